"""The folder of a scan while it grows: maps in a Zarr store, a record of each finished tile.

A tile is finished when its record is there, which is written last. Chunks and records are renamed
into place whole, so that a scan that is stopped loses only the tiles under way. The store itself
depends on the inputs only: not on threads, executor, interruptions or the time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import ValidationError

from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.errors import FileError, error_text
from parity_bridge.experiment.regions import F_CELL_PLANES, Region
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.reading import FileVersion, file_version, read_file
from parity_bridge.files.schema import SCHEMA_VERSION, Count, Number, Schema, Version
from parity_bridge.records.folder import make_folder
from parity_bridge.records.pixel_records import as_json
from parity_bridge.scan.sides import SideIdentity, SideTile
from parity_bridge.scan.statistics import Statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)

MAPS_FOLDER = "maps.zarr"
INPUTS_FILE = "inputs.json"
TILES_FOLDER = "tiles"
#: Groups of the store.
SIDE_GROUPS = ("reference", "other")
IMAGE = "image"
MISMATCH = "mismatch"
#: Bit of each field of Tap 4 in the map of mismatches.
MISMATCH_BITS = {name: 1 << place for place, name in enumerate(F_CELL_PLANES)}


class Span(Schema):
    """First and one past the last pixel of a region, along slow and along fast."""

    slow: tuple[Count, Count]
    fast: tuple[Count, Count]

    @classmethod
    def of(cls, region: Region) -> Span:
        """Return the ends of ``region``."""
        return cls(
            slow=(region.slow.start, region.slow.stop), fast=(region.fast.start, region.fast.stop)
        )

    @property
    def region(self) -> Region:
        """The pixels of the span."""
        return Region(range(*self.slow), range(*self.fast))


class ScanInputs(Schema):
    """What a scan depends on, and how it is divided; written before the first tile."""

    schema_version: Version = SCHEMA_VERSION
    reference: SideIdentity
    other: SideIdentity
    region: Span
    tile: tuple[Count, Count]  # pixels along slow and fast
    intensity_tolerance: Tolerance
    f_cell_tolerance: Tolerance
    #: Of packages and of the C library, on which the bits of both engines depend.
    versions: dict[str, str | None]


class StoredState(Schema):
    """A ``RunState`` in the record of a tile."""

    interpolation_on: bool
    swept: bool
    polar_axis: tuple[Number, Number, Number]


class TileRecord(Schema):
    """A finished tile."""

    schema_version: Version = SCHEMA_VERSION
    region: Span
    statistics: Statistics
    #: Of each side after the last pixel; None for an image.
    states: tuple[StoredState | None, StoredState | None]
    runtime_c_ms: Number
    runtime_py_ms: Number


@dataclass(frozen=True)
class StoreLayout:
    """Where the maps lie and how they are divided; all that a worker needs to write a tile."""

    folder: Path
    region: Region
    tile: tuple[int, int]
    #: Whether each side has Tap 4.
    f_cell: tuple[bool, bool]

    @property
    def arrays(self) -> dict[str, str]:
        """Path in the store -> dtype."""
        dtypes = {}
        for side, has_f_cell in zip(SIDE_GROUPS, self.f_cell, strict=True):
            dtypes[f"{side}/{IMAGE}"] = "float32"
            if has_f_cell:
                dtypes |= {f"{side}/{name}": dtype for name, dtype in F_CELL_PLANES.items()}
        if all(self.f_cell):
            dtypes[MISMATCH] = "uint16"
        return dtypes


def create_store(layout: StoreLayout, inputs: ScanInputs) -> None:
    """Create an empty store in the existing folder; ``inputs`` are written last.

    Raises FileError where the store cannot be written.
    """
    import zarr  # noqa: PLC0415 - slow to import

    with _write_errors(layout.folder):
        make_folder(layout.folder / TILES_FOLDER)
        group = zarr.open_group(layout.folder / MAPS_FOLDER, mode="w", zarr_format=3)
        group.attrs["region"] = inputs.region.model_dump(mode="json")
        group.attrs["mismatch_bits"] = MISMATCH_BITS
        for path, dtype in layout.arrays.items():
            group.create_array(
                path,
                shape=layout.region.shape,
                chunks=tuple(map(min, layout.tile, layout.region.shape)),
                dtype=dtype,
                fill_value=0,
                compressors=_compressors(np.dtype(dtype).itemsize),
                dimension_names=("slow", "fast"),
                # A chunk of zeros is written like any other: a missing chunk is a lost one.
                config={"write_empty_chunks": True},
            )
        write_text(layout.folder / INPUTS_FILE, as_json(inputs))


def check_same_inputs(folder: Path, inputs: ScanInputs) -> None:
    """Raise FileError where the scan in ``folder`` was begun with other ``inputs``."""
    begun = _read(folder / INPUTS_FILE, ScanInputs)
    for name, before, now in _differences(begun.model_dump(), inputs.model_dump()):
        raise FileError(
            f"{folder} was begun with {name} {_value_text(before)}, not {_value_text(now)}; it "
            "cannot be resumed: give it what it was begun with, or another --stamp"
        )


def stored_tile(layout: StoreLayout) -> tuple[int, int]:
    """Return the tile of the scan begun in the folder; raise FileError if it cannot be read."""
    begun: ScanInputs = _read(layout.folder / INPUTS_FILE, ScanInputs)
    return begun.tile


def remove_partial_files(layout: StoreLayout) -> None:
    """Remove the half-written files of writers that were killed."""
    for path in (*layout.folder.rglob("*.partial"), *layout.folder.rglob(".*.tmp")):
        path.unlink(missing_ok=True)


def finished_tile(layout: StoreLayout, name: str, region: Region) -> TileRecord | None:
    """Return the record of a tile if it is of ``region`` and all of the tile is there.

    A record that cannot be read counts as none: the tile is computed again.
    """
    path = layout.folder / TILES_FOLDER / f"{name}.json"
    try:
        record: TileRecord | None = _read(path, TileRecord) if path.exists() else None
    except FileError as error:
        _LOG.warning("%s; its tile is computed again", error)
        return None
    if record is None or record.region != Span.of(region) or not _chunks_exist(layout, region):
        return None
    return record


def write_tile(
    layout: StoreLayout,
    name: str,
    sides: tuple[SideTile, SideTile],
    mismatch: NDArray[np.uint16] | None,
    record: TileRecord,
) -> None:
    """Write the maps of a tile, then its record; raises FileError where that fails."""
    place = _array_slices(layout, record.region.region)
    maps: dict[str, NDArray[Any]] = {}
    for side, tile in zip(SIDE_GROUPS, sides, strict=True):
        maps[f"{side}/{IMAGE}"] = tile.image
        maps |= {f"{side}/{field}": plane for field, plane in (tile.planes or {}).items()}
    if mismatch is not None:
        maps[MISMATCH] = mismatch
    with _write_errors(layout.folder):
        arrays = _open_arrays(layout)
        for path in layout.arrays:
            arrays[path][place] = maps[path]
        write_text(layout.folder / TILES_FOLDER / f"{name}.json", as_json(record))


def read_map(layout: StoreLayout, path: str, region: Region) -> NDArray[Any]:
    """Return a map over ``region``, (slow, fast); raise FileError where it cannot be read."""
    try:
        array = _open_arrays(layout)[path]
        return np.asarray(array[_array_slices(layout, region)])
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise FileError(
            f"{layout.folder / MAPS_FOLDER}: the map {path} cannot be read ({_reason(error)}); "
            "scan again under another --stamp"
        ) from error


def _compressors(size: int) -> Any:
    from zarr.codecs import BloscCodec, Crc32cCodec  # noqa: PLC0415 - slow to import

    shuffle: Literal["shuffle", "noshuffle"] = "shuffle" if size > 1 else "noshuffle"
    return (BloscCodec(cname="lz4", clevel=1, shuffle=shuffle, typesize=size), Crc32cCodec())


def _open_arrays(layout: StoreLayout) -> dict[str, Any]:
    """Return the arrays of the store by their paths, opened once in each process."""
    version = file_version(layout.folder / INPUTS_FILE, "record of a scan")
    return _cached_arrays(layout.folder, tuple(layout.arrays), version)


@lru_cache(maxsize=8)
def _cached_arrays(folder: Path, paths: tuple[str, ...], _version: FileVersion) -> dict[str, Any]:
    import zarr  # noqa: PLC0415 - slow to import

    group = zarr.open_group(folder / MAPS_FOLDER, mode="r+")
    return {
        path: group[path].with_config({"write_empty_chunks": True})  # type: ignore[union-attr]
        for path in paths
    }


def _array_slices(layout: StoreLayout, region: Region) -> tuple[slice, slice]:
    """Return where in the arrays of the store ``region`` lies."""
    top, left = layout.region.slow.start, layout.region.fast.start
    slow, fast = region.slow, region.fast
    return slice(slow.start - top, slow.stop - top), slice(fast.start - left, fast.stop - left)


def _chunks_exist(layout: StoreLayout, region: Region) -> bool:
    rows, columns = (
        range(place.start // size, -(-place.stop // size))
        for place, size in zip(_array_slices(layout, region), layout.tile, strict=True)
    )
    return all(
        _is_filled(layout.folder / MAPS_FOLDER / path / "c" / str(row) / str(column))
        for path in layout.arrays
        for row in rows
        for column in columns
    )


def _is_filled(chunk: Path) -> bool:
    """Return whether a file is there and not empty, as a power cut may leave it."""
    try:
        return chunk.stat().st_size > 0
    except OSError:
        return False


@contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    """Turn any error of the file system or of Zarr into a FileError of one sentence."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise FileError(
            f"{folder} cannot be written ({_reason(error)}); finished tiles stay: make room "
            "or allow it, then go on with --resume"
        ) from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or error_text(error)


def _read(path: Path, model: Any) -> Any:
    try:
        return model.model_validate_json(read_file(path, "record of a scan"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise FileError(
            f"{path} is no record of a scan ({first['msg']}); scan again under another --stamp"
        ) from error


def _differences(before: Any, now: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield every leaf in which two records differ, by its path."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*before, *now)):
            yield from _differences(before.get(key), now.get(key), f"{name} {key}".strip())
    elif before != now:
        yield name, before, now


def _value_text(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
