"""The words that a user typed, followed by what a run needs besides (contract §8).

A program tests every flag against every word and takes whatever follows it for its values. So what
is added may be taken for values of the last words typed, `-misset_seed 7` say, which sets no angles
only as long as fewer than three words follow it. Every command line is therefore read once more
by our own reader before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from parity_bridge.errors import BridgeError
from parity_bridge.experiment.flags.values import is_flag_word
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags

#: Parts of a word that take the next word for the name of a file that a program reads.
_INPUT_FILES = ("-hkl", "-mat", "-sourcefile", "-mask", "-img")
#: The cache, which a program also writes.
_CACHE = "-dump"
_MASK = "-mask"

#: Flags at the end of a command line that may be short of values.
_LAST_FLAGS = 4


def own_words(experiment: Experiment, cache: str) -> tuple[str, ...] | None:
    """Return the words typed for ``experiment``, its files by absolute names.

    ``cache`` is the name of the cache in the folder of the run. Return None where no words are
    known, where ``experiment`` has been changed since they were read, or where the name of a file
    is a flag as well.
    """
    words = experiment.typed
    if not words or not _still_said(words, experiment):
        return None
    named = list(words)
    for place, word in _file_flags(words):
        file = words[place + 1]
        if file.startswith("-"):
            return None
        named[place + 1] = cache if _CACHE in word else str(Path(file).absolute())
    return tuple(named)


def _still_said(words: tuple[str, ...], experiment: Experiment) -> bool:
    """Return whether ``words`` describe ``experiment``.

    A cache in the working directory is read in one way only; no run of a program finds it.
    """
    readings = (_read(words, as_original=True), _read(words))
    return _with_absolute_files(experiment) in [
        _with_absolute_files(reading) for reading in readings if reading is not None
    ]


def _with_absolute_files(experiment: Experiment) -> Experiment:
    parts = {
        name: part.model_copy(
            update={field: value.absolute() for field, value in part if isinstance(value, Path)}
        )
        for name, part in experiment
    }
    return experiment.model_copy(update=parts)


def without_mask(words: Sequence[str]) -> list[str]:
    """Return ``words`` without a mask, which would leave pixels out, and without its header."""
    dropped = {place for place, word in _file_flags(words) if _MASK in word}
    dropped |= {place + 1 for place in dropped}
    return [word for place, word in enumerate(words) if place not in dropped]


def joined(typed: Sequence[str], added: Sequence[str], stated: Experiment) -> list[str] | None:
    """Return ``typed`` and ``added`` words that together say ``stated``, but for names of files.

    ``added`` comes last, or before flags at the end that would take it for their values. Return
    None where neither says it.
    """
    starts = [place for place, word in enumerate(typed) if is_flag_word(word)][-_LAST_FLAGS:]
    for end in (len(typed), *reversed(starts)):
        words = (*typed[:end], *added, *typed[end:])
        experiment = _read(words, as_original=True)
        if experiment is not None and _effective(experiment) == _effective(stated):
            return list(words)
    return None


def _effective(experiment: Experiment) -> Experiment:
    """Return ``experiment`` without names of files and without a pivot that has no effect (§2)."""
    plain = experiment.without_files()
    if plain.detector.convention == "custom":
        return plain
    detector = plain.detector.model_copy(update={"pivot": "sample"})
    return plain.model_copy(update={"detector": detector})


def _file_flags(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the place of each word that takes the next one for a file, and the word."""
    for place, word in enumerate(words[:-1]):
        if word.startswith("-") and any(flag in word for flag in (*_INPUT_FILES, _CACHE)):
            yield place, word


@lru_cache(maxsize=64)
def _read(words: tuple[str, ...], *, as_original: bool = False) -> Experiment | None:
    """Return the experiment that ``words`` describe; None where they describe none."""
    try:
        reading = parse_flags(words, as_original=as_original, needs_structure_factors=False)
    except BridgeError:
        return None
    return reading.experiment
