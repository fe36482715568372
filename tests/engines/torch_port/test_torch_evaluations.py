"""A tapped pixel holds the numbers of its evaluations, not their tensors."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.engines.torch_port.chain import run_chain
from parity_bridge.engines.torch_port.evaluation import Evaluation
from parity_bridge.experiment.nanobragg_flags import parse_flags


def test_an_evaluation_is_freed_before_the_next_but_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held until the end is gigabytes, which take seconds to free after Ctrl-C."""
    living: weakref.WeakSet[Evaluation] = weakref.WeakSet()
    most = 0

    def watched(*arguments: Any) -> Iterator[Evaluation]:
        nonlocal most
        for evaluation in run_chain(*arguments):
            living.add(evaluation)
            most = max(most, len(living))
            yield evaluation

    monkeypatch.setattr("parity_bridge.engines.torch_port.pixel.run_chain", watched)
    flags = "-cell 50 -default_F 10 -detpixels 8 -oversample 5"
    (observation,) = TorchPort().observe(parse_flags(flags.split()).experiment, [(3, 4)])
    assert len(observation.evaluations) == 25
    assert most <= 2
