"""The committed example reports are what the program writes today."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.engines.registry import create_engine
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.records.pixel_records import read_records
from parity_bridge.report.writing import check_report
from parity_bridge.taps.registry import TAPS_BY_ID

REPORTS = Path(__file__).parents[2] / "reports"
PIXELS = [(0, 0), (2048, 2048)]
EXAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
    "example": {"c_taps": (), "py_taps": ()},
    "example-disagreeing": {"c_taps": (), "py_taps": ("omega=last",)},
}
ENGINES = {"c_taps": "c", "py_taps": "torch"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_memo_and_summaries_follow_from_the_records(example: str) -> None:
    assert check_report(REPORTS / example) == []


@pytest.mark.parametrize("folder", ENGINES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_records_hold_what_the_engine_gives(example: str, folder: str) -> None:
    stored = read_records(REPORTS / example / folder)
    experiment = parse_flags(BENCHMARK_FLAGS).experiment
    behaviours = Behaviours.parse(EXAMPLES[example][folder])
    observations = create_engine(ENGINES[folder]).observe(experiment, PIXELS, behaviours=behaviours)
    assert [observation.pixel for observation in observations] == list(stored)
    for observation in observations:
        records = {record.tap_id: record.values for record in stored[observation.pixel]}
        assert records.keys() == TAPS_BY_ID.keys()
        for tap_id, tap in TAPS_BY_ID.items():
            values = type(records[tap_id]).model_validate(tap.extract(observation).values())
            assert values == records[tap_id], tap_id


def test_the_disagreement_is_explained() -> None:
    memo = (REPORTS / "example-disagreeing" / "f_cell_comparison.md").read_text(encoding="utf-8")
    assert "pytorch uses the last subpixel's solid angle; with `omega=last` the C core" in memo
