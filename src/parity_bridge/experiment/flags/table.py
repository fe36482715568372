"""The nanoBragg flags, one table (contract §8)."""

from __future__ import annotations

from functools import lru_cache

from parity_bridge.experiment.flags.experiment_flags import EXPERIMENT_FLAGS
from parity_bridge.experiment.flags.flag import Flag
from parity_bridge.experiment.flags.output_flags import OUTPUT_FLAGS

#: The flags of one word fire in this order.
FLAGS = (*EXPERIMENT_FLAGS, *OUTPUT_FLAGS)

FLAG_BY_NAME = {name: flag for flag in FLAGS for name in (flag.name, *flag.all_spellings)}


@lru_cache(maxsize=1024)
def flags_in(word: str) -> tuple[tuple[Flag, str], ...]:
    """Return the flags that fire on ``word``, in order, each with its spelling in the word."""
    return tuple((flag, part) for flag in FLAGS if (part := flag.part_of(word)))
