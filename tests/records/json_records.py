"""Records as JSON, this program's and those of another, and the comparison of their files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.cli.program import main
from parity_bridge.records.pixel_records import record_suffix
from parity_bridge.taps.registry import TAPS_BY_ID
from tests.records.real_records import benchmark_run, record_texts

#: All that a plain record of another program has.
PLAIN = ("total_lookups", "out_of_bounds_count", "zero_f_count", "mean_f_cell", "hkl_bounds")
Compare = Callable[..., tuple[int, dict[str, Any]]]
Json = dict[str, Any]


def ours(tap_id: str = "f_cell_stats", engine: str = "c", pixel: int = 0) -> Json:
    record: Json = json.loads(record_texts(benchmark_run(engine))[tap_id][pixel])
    return record


def plain() -> Json:
    record = ours()
    return {
        "tap_id": "f_cell_stats",
        "pixel_coords": record["pixel_coords"],
        "oversample": record["oversample"],
        "values": {name: record["values"][name] for name in PLAIN},
        "timestamp_utc": "2025-10-08T12:00:00Z",
    }


def folder_of(path: Path, records: list[Json]) -> Path:
    path.mkdir()
    for record in records:
        slow, fast = record["pixel_coords"]
        end = record_suffix(TAPS_BY_ID[record["tap_id"]])
        (path / f"pixel_{slow}_{fast}{end}").write_text(json.dumps(record))
    return path


def everything(engine: str) -> list[Json]:
    return [ours(tap_id, engine, pixel) for tap_id in TAPS_BY_ID for pixel in (0, 1)]


def compared_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Compare:
    """Return a function that compares two records or lists of records: exit status and JSON."""

    def compare(reference: Json | list[Json], other: Json | list[Json], *words: str) -> Any:
        sides = []
        for name, side in (("a", reference), ("b", other)):
            if isinstance(side, list):
                sides.append(folder_of(tmp_path / name, side))
            else:
                sides.append(tmp_path / f"{name}.json")
                sides[-1].write_text(json.dumps(side))
        status = main(["compare", *map(str, sides), "--json", *words])
        return status, json.loads(capsys.readouterr().out)

    return compare


def absences(summary: Json, pixel: int = 0) -> set[tuple[str, str, str]]:
    return {
        (item["what"], item["missing_in"], item["name"])
        for item in summary["pixels"][pixel]["absent"]
    }
