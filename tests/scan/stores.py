"""A small store of a scan, as ``scan`` leaves it, and what somebody may have put there instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.experiment.regions import Region
from parity_bridge.scan.sides import SideIdentity, SideTile
from parity_bridge.scan.statistics import Statistics
from parity_bridge.scan.store import (
    IMAGE,
    MAPS_FOLDER,
    StoreLayout,
    create_store,
    write_tile,
)
from parity_bridge.scan.store_records import ScanInputs, Span, TileRecord

REGION = Region(range(8), range(6))
#: One image of float32 a side, in chunks of 4 x 4; those at the right edge are cut.
REFERENCE = f"reference/{IMAGE}"


def layout_in(folder: Path) -> StoreLayout:
    return StoreLayout(folder, REGION, (4, 4), (False, False))


def image() -> np.ndarray:
    return np.arange(48, dtype=np.float32).reshape(REGION.shape)


def inputs() -> ScanInputs:
    side = SideIdentity(name="an image", dtype="float32")
    return ScanInputs(
        reference=side,
        other=side,
        region=Span.of(REGION),
        tile=(4, 4),
        intensity_tolerance=Tolerance(),
        f_cell_tolerance=Tolerance(),
        versions={},
    )


def finished_store(folder: Path) -> StoreLayout:
    """Write a store with all of its tiles into ``folder``."""
    layout = layout_in(folder)
    create_store(layout, inputs())
    for row in range(2):
        for column in range(2):
            rows, columns = range(4 * row, 4 * row + 4), range(4 * column, min(4 * column + 4, 6))
            write_one(layout, f"{row}_{column}", Region(rows, columns))
    return layout


def write_one(layout: StoreLayout, name: str, region: Region) -> None:
    tile = SideTile(image()[region.slices], None, None)
    record = TileRecord(
        region=Span.of(region),
        statistics=Statistics(pixels=len(region.slow) * len(region.fast)),
        states=(None, None),
        runtime_c_ms=0.0,
        runtime_py_ms=0.0,
    )
    write_tile(layout, name, (tile, tile), None, record)


def metadata_file(folder: Path, path: str = REFERENCE) -> Path:
    return folder / MAPS_FOLDER / path / "zarr.json"


def edit_metadata(folder: Path, change: Callable[[Any], object]) -> None:
    file = metadata_file(folder)
    content = json.loads(file.read_bytes())
    change(content)
    file.write_text(json.dumps(content))


def chunk_file(folder: Path, row: int = 0, column: int = 0) -> Path:
    return folder / MAPS_FOLDER / REFERENCE / "c" / str(row) / str(column)
