"""nanoBragg command lines as the tests of their flags write them."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from parity_bridge.errors import BridgeError
from parity_bridge.experiment.flags.fields import experiment_of, fields_of
from parity_bridge.experiment.model import (
    Experiment,
)
from parity_bridge.experiment.nanobragg_flags import parse_flags

CELL = "-cell 100 -default_F 10"


def parsed(line: str) -> Experiment:
    return parse_flags(shlex.split(f"{CELL} {line}")).experiment


def refusal(line: str) -> str:
    with pytest.raises(BridgeError) as caught:
        parse_flags(shlex.split(line))
    message = str(caught.value)
    assert "pydantic" not in message
    assert "http" not in message
    assert "\n" not in message
    return message


def with_field(experiment: Experiment, path: str, value: Any) -> Experiment:
    return experiment_of({**fields_of(experiment), path: value})
