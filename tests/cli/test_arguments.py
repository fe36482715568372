"""Names that the arguments of commands repeat, since the modules they come from import slowly."""

from __future__ import annotations

from typing import get_args

from parity_bridge.cli import arguments, options, shared_options
from parity_bridge.engines.c_core.engine import PRECISIONS
from parity_bridge.scan.thresholds import LIMITED_QUANTITY, ThresholdName, Thresholds
from parity_bridge.taps.registry import TAPS_BY_NAME


def test_every_threshold_of_a_scan_has_its_option() -> None:
    names = tuple(arguments.THRESHOLD_HELP)
    assert names == tuple(LIMITED_QUANTITY) == tuple(Thresholds.model_fields)
    assert names == get_args(ThresholdName)


def test_the_help_names_every_tap() -> None:
    assert tuple(TAPS_BY_NAME) == shared_options.TAPS


def test_a_frame_has_every_precision_of_the_c_core() -> None:
    assert tuple(PRECISIONS) == options.PRECISIONS
