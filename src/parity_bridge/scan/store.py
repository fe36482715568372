"""The folder of a scan while it grows: maps in a Zarr store, a record of each finished tile.

A tile is finished when its record is there, which is written last. Chunks and records are renamed
into place whole, so that a scan that is stopped loses only the tiles under way. The store itself
depends on the inputs only: not on threads, executor, interruptions or the time.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from parity_bridge.errors import BridgeError, FileError, error_text
from parity_bridge.experiment.regions import F_CELL_PLANES, Region
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.reading import FileVersion, file_version
from parity_bridge.images.image_file import ValueType
from parity_bridge.records.folder import make_folder
from parity_bridge.records.pixel_records import as_json
from parity_bridge.scan import store_check
from parity_bridge.scan.sides import SideTile
from parity_bridge.scan.store_records import ScanInputs, Span, TileRecord, read_scan_record

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


@dataclass(frozen=True)
class StoreLayout:
    """Where the maps lie and how they are divided; all that a worker needs to write a tile."""

    folder: Path
    region: Region
    tile: tuple[int, int]
    #: Whether each side has Tap 4.
    f_cell: tuple[bool, bool]
    #: Of both images: the wider of the types of the two sides.
    image_dtype: ValueType = "float32"

    @property
    def arrays(self) -> dict[str, str]:
        """Path in the store -> dtype."""
        dtypes: dict[str, str] = {}
        for side, has_f_cell in zip(SIDE_GROUPS, self.f_cell, strict=True):
            dtypes[f"{side}/{IMAGE}"] = self.image_dtype
            if has_f_cell:
                dtypes |= {f"{side}/{name}": dtype for name, dtype in F_CELL_PLANES.items()}
        if all(self.f_cell):
            dtypes[MISMATCH] = "uint16"
        return dtypes

    @property
    def chunks(self) -> tuple[int, int]:
        """Pixels of a chunk along slow and fast."""
        (rows, columns), (slow, fast) = self.tile, self.region.shape
        return min(rows, slow), min(columns, fast)


def create_store(layout: StoreLayout, inputs: ScanInputs) -> None:
    """Create an empty store in the existing folder; ``inputs`` are written last.

    Raises FileError where the store cannot be written.
    """
    with _write_errors(layout.folder):
        make_folder(layout.folder / TILES_FOLDER)
        _create_arrays(layout.folder / MAPS_FOLDER, layout)
        write_text(layout.folder / INPUTS_FILE, as_json(inputs))


def check_same_inputs(folder: Path, inputs: ScanInputs) -> None:
    """Raise FileError where the scan in ``folder`` was begun with other ``inputs``."""
    begun = read_scan_record(folder / INPUTS_FILE, ScanInputs)
    differing = store_check.differences(begun.model_dump(), inputs.model_dump())
    for name, before, now in differing:
        if name == "libm_fingerprint":
            raise FileError(
                f"{folder} was begun with another libm variant (fingerprint {before}, here {now}): "
                "the C library has other last bits of sin, exp and the like on this processor; "
                "resume where it was begun, or give another --stamp"
            )
        stored, current = store_check.value_text(before), store_check.value_text(now)
        raise FileError(
            f"{folder} was begun with {store_check.value_text(name)} {stored}, not {current}; it "
            "cannot be resumed: give it what it was begun with, or another --stamp"
        )


def check_store(layout: StoreLayout) -> None:
    """Raise FileError where anything in the store is not what a scan writes.

    Zarr opens nothing of it: metadata are compared as JSON, chunks by their names.
    """
    expected = _expected_metadata(layout)
    store_check.check_entries(layout.folder / MAPS_FOLDER, expected)
    store_check.check_metadata(layout.folder / MAPS_FOLDER, expected)
    for path in store_check.walk_regular_files(layout.folder / TILES_FOLDER):
        if path.suffix != ".json" and not store_check.is_partial(path):
            raise FileError(f"{path} is not part of a scan; {store_check.REMEDY}")


def stored_tile(layout: StoreLayout) -> tuple[int, int]:
    """Return the tile of the scan begun in the folder; raise FileError if it cannot be read."""
    return read_scan_record(layout.folder / INPUTS_FILE, ScanInputs).tile


def remove_partial_files(layout: StoreLayout) -> None:
    """Remove the half-written files of writers that were killed; the store is checked before.

    Raises FileError where one cannot be removed.
    """
    with _write_errors(layout.folder):
        for path in (*layout.folder.rglob("*.partial"), *layout.folder.rglob(".*.tmp")):
            path.unlink(missing_ok=True)


def finished_tile(layout: StoreLayout, name: str, region: Region) -> TileRecord | None:
    """Return the record of a tile if it is of ``region`` and all of the tile is there.

    A record that cannot be read counts as none: the tile is computed again.
    """
    path = layout.folder / TILES_FOLDER / f"{name}.json"
    try:
        record = read_scan_record(path, TileRecord) if path.exists() else None
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
    arrays = _open_arrays(layout)
    item_size = np.dtype(layout.arrays[path]).itemsize
    for chunk in _chunk_files(layout, path, region):
        store_check.check_chunk(chunk, math.prod(layout.chunks) * item_size, item_size)
    try:
        return np.asarray(arrays[path][_array_slices(layout, region)])
    except Exception as error:  # the decoders may raise anything
        raise _decoding_error(layout, path, region, arrays[path], error) from error


def _decoding_error(
    layout: StoreLayout, path: str, region: Region, array: Any, error: Exception
) -> FileError:
    """Return the error that names the first chunk that cannot be decoded, or else the map."""
    rows, columns = layout.chunks
    for chunk in _chunk_files(layout, path, region):
        top, left = int(chunk.parent.name) * rows, int(chunk.name) * columns
        try:
            array[top : top + rows, left : left + columns]
        except Exception as reason:  # noqa: BLE001 - the decoders may raise anything
            return store_check.damaged_chunk(chunk, _reason(reason))
    return FileError(
        f"{layout.folder / MAPS_FOLDER}: the map {path} cannot be read ({_reason(error)}); "
        f"{store_check.REMEDY}"
    )


def _create_arrays(store: Any, layout: StoreLayout) -> None:
    """Write the metadata of all groups and arrays into an empty Zarr ``store``."""
    import zarr  # noqa: PLC0415 - slow to import

    group = zarr.open_group(store, mode="w", zarr_format=3)
    group.attrs["region"] = Span.of(layout.region).model_dump(mode="json")
    group.attrs["mismatch_bits"] = MISMATCH_BITS
    for path, dtype in layout.arrays.items():
        group.create_array(
            path,
            shape=layout.region.shape,
            chunks=layout.chunks,
            dtype=dtype,
            fill_value=0,
            compressors=_compressors(np.dtype(dtype).itemsize),
            dimension_names=("slow", "fast"),
            # A chunk of zeros is written like any other: a missing chunk is a lost one.
            config={"write_empty_chunks": True},
        )


@lru_cache(maxsize=8)
def _expected_metadata(layout: StoreLayout) -> dict[str, Any]:
    """Return path of a group or array -> its metadata, as ``create_store`` writes them."""
    from zarr.storage import MemoryStore  # noqa: PLC0415 - slow to import

    files: dict[str, Any] = {}
    _create_arrays(MemoryStore(files), layout)
    return {
        name.rpartition("/")[0]: json.loads(content.to_bytes()) for name, content in files.items()
    }


def _compressors(size: int) -> Any:
    from zarr.codecs import BloscCodec, Crc32cCodec  # noqa: PLC0415 - slow to import

    shuffle: Literal["shuffle", "noshuffle"] = "shuffle" if size > 1 else "noshuffle"
    return (BloscCodec(cname="lz4", clevel=1, shuffle=shuffle, typesize=size), Crc32cCodec())


def _open_arrays(layout: StoreLayout) -> dict[str, Any]:
    """Return the arrays of the store by their paths, opened once in each process."""
    version = file_version(layout.folder / INPUTS_FILE, "record of a scan")
    return _cached_arrays(layout, version)


@lru_cache(maxsize=8)
def _cached_arrays(layout: StoreLayout, _version: FileVersion) -> dict[str, Any]:
    import zarr  # noqa: PLC0415 - slow to import

    store = layout.folder / MAPS_FOLDER
    store_check.check_metadata(store, _expected_metadata(layout))
    return {
        path: zarr.open_array(store, path=path, mode="r+", zarr_format=3).with_config(
            {"write_empty_chunks": True}
        )
        for path in layout.arrays
    }


def _array_slices(layout: StoreLayout, region: Region) -> tuple[slice, slice]:
    """Return where in the arrays of the store ``region`` lies."""
    top, left = layout.region.slow.start, layout.region.fast.start
    slow, fast = region.slow, region.fast
    return slice(slow.start - top, slow.stop - top), slice(fast.start - left, fast.stop - left)


def _chunks_exist(layout: StoreLayout, region: Region) -> bool:
    return all(
        store_check.is_filled(chunk)
        for path in layout.arrays
        for chunk in _chunk_files(layout, path, region)
    )


def _chunk_files(layout: StoreLayout, path: str, region: Region) -> Iterator[Path]:
    """Yield the files of the chunks of an array in which ``region`` lies."""
    rows, columns = (
        range(place.start // size, -(-place.stop // size))
        for place, size in zip(_array_slices(layout, region), layout.chunks, strict=True)
    )
    folder = layout.folder / MAPS_FOLDER / path / store_check.CHUNKS
    for row in rows:
        for column in columns:
            yield folder / str(row) / str(column)


@contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    """Turn any error of the file system or of Zarr into a FileError of one sentence."""
    try:
        yield
    except BridgeError:
        raise
    except Exception as error:  # Zarr and its codecs may raise anything
        raise FileError(
            f"{folder} cannot be written ({_reason(error)}); finished tiles stay: make room "
            "or allow it, then go on with --resume"
        ) from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or error_text(error)
