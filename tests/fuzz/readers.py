"""The readers of input files as the fuzzer calls them: bytes in, checked values out."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.errors import BridgeError, FileError
from parity_bridge.experiment.flags.orientation_matrix import read_matrix
from parity_bridge.experiment.regions import Region
from parity_bridge.experiment.smv import read_header, read_mask
from parity_bridge.experiment.sources import read_sources
from parity_bridge.experiment.tables.fdump_cache import decode_cache
from parity_bridge.experiment.tables.hkl_text import MAX_INDEX, parse_reflections
from parity_bridge.images.image_file import open_image
from parity_bridge.records.reading import read_side
from parity_bridge.scan.store import TILES_FOLDER, StoreLayout, check_store, finished_tile
from parity_bridge.taps.trace_log import read_trace
from tests.scan.stores import finished_store, metadata_file

#: In memory where there is such a place: a fuzzer writes thousands of files a second.
_MEMORY = Path("/dev/shm")  # noqa: S108 - TemporaryDirectory makes a folder of its own in it
_FOLDER = tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)
_NUMBERS = itertools.count()


@contextmanager
def _file(data: bytes, ending: str = "") -> Iterator[Path]:
    """Yield a file that holds ``data``, under a new name: readers cache what they read."""
    path = Path(_FOLDER.name) / f"{next(_NUMBERS)}{ending}"
    path.write_bytes(data)
    try:
        yield path
    finally:
        path.unlink()


def _table(data: bytes) -> None:
    hkl, F = parse_reflections(data, Path("table.hkl"))
    assert F.size > 0
    assert hkl.shape == (F.size, 3)
    assert F.shape == (F.size,)
    assert hkl.dtype == np.int64
    assert F.dtype == np.float64
    assert np.isfinite(F).all()
    assert hkl.min() >= -MAX_INDEX
    assert hkl.max() <= MAX_INDEX


def _cache(data: bytes) -> None:
    box, grid = decode_cache(data, Path("Fdump.bin"))
    assert grid.size > 0
    assert grid.shape == box.shape
    assert grid.dtype == np.float64
    assert grid.flags.c_contiguous
    assert np.isfinite(grid).all()


def _matrix(data: bytes) -> None:
    with _file(data) as path:
        values = read_matrix(path)
    assert len(values) == 9
    assert all(type(value) is float and math.isfinite(value) for value in values)


def _sources(data: bytes) -> None:
    with _file(data) as path:
        sources = read_sources(path)
    assert len(sources) > 0
    assert sources.shape == (len(sources), 5)
    assert sources.dtype == np.float64
    assert not sources.flags.writeable
    assert not np.isinf(sources).any()
    # NaN stands at the end of a line, for what the line leaves out, and only there.
    missing = np.isnan(sources)
    assert (missing[:, 1:] >= missing[:, :-1]).all()
    assert (sources[:, 4][~missing[:, 4]] > 0).all()


def _image(data: bytes) -> None:
    with _file(data) as path:
        mask, header = read_mask(path), read_header(path)
    assert mask.dtype == np.uint8
    assert mask.shape == (header["SIZE2"], header["SIZE1"])
    assert mask.size > 0
    assert mask.max() <= 1
    assert not mask.flags.writeable
    assert all(math.isfinite(value) for value in header.values())


def _record(data: bytes) -> None:
    """Check that no figure of a record, ours or another program's, differs from itself."""
    with _file(data) as path:
        side = read_side(path)
    assert len(side.pixels) == 1
    comparison = compare_runs(side.pixels, side.pixels, tolerances_for())
    (pixel,) = comparison.pixels
    assert pixel.differing == ()
    assert (comparison.exit_status == 0) >= (pixel.absent == ())


def _trace(data: bytes) -> None:
    with _file(data) as path:
        lines = read_trace(path)
    assert len(lines) > 0
    assert all(line.key and line.values for line in lines)
    assert [line.number for line in lines] == sorted({line.number for line in lines})


def _tolerances(data: bytes) -> None:
    with _file(data) as path:
        tolerances = tolerances_for(overrides=path)
    assert tolerances.overridden
    assert all(
        0 <= t.atol < math.inf and 0 <= t.rtol < math.inf for t in tolerances.fields.values()
    )


def _any_image(data: bytes) -> None:
    with _file(data) as path:
        image = open_image(path, None)
        pixels = image.read(Region.whole(*image.shape))
    assert pixels.size > 0
    assert pixels.shape == image.shape
    assert pixels.dtype.name == image.dtype
    assert pixels.flags.c_contiguous


@cache
def _scan() -> StoreLayout:
    folder = Path(_FOLDER.name) / "scan"
    folder.mkdir()
    return finished_store(folder)


def _store(data: bytes) -> None:
    """Check a tile's record in a store of a scan after a ``t``, else metadata of an array."""
    layout = _scan()
    if data[:1] != b"t":
        metadata_file(layout.folder).write_bytes(data)
        check_store(layout)
        return
    name, region = "0_0", Region(range(4), range(4))
    (layout.folder / TILES_FOLDER / f"{name}.json").write_bytes(data[1:])
    record = finished_tile(layout, name, region)
    if record is None:
        raise FileError("the tile is computed again")
    assert record.region.region == region


def _bare_image(data: bytes) -> None:
    shape = (2, 3)
    with _file(data, ".bin") as path:
        image = open_image(path, shape)
        pixels = image.read(Region.whole(*shape))
    assert pixels.astype("<f4").tobytes() == data
    assert image.value_type == pixels.dtype.name == "float32"


#: The names are those of the folders in corpus and regressions, the order is that of the fuzzer's
#: first byte.
READERS: dict[str, Callable[[bytes], None]] = {
    "table": _table,
    "cache": _cache,
    "matrix": _matrix,
    "sources": _sources,
    "image": _image,
    "record": _record,
    "trace": _trace,
    "tolerances": _tolerances,
    "any_image": _any_image,
    "bare_image": _bare_image,
    "store": _store,
}


def refusal(name: str, data: bytes) -> str:
    """Return the message with which the reader ``name`` refuses ``data``, empty where it reads it.

    Any other exception is a bug. An AssertionError means that a value is impossible.
    """
    try:
        READERS[name](data)
    except BridgeError as error:
        sentence = str(error)
    else:
        return ""
    assert sentence
    assert "\n" not in sentence
    return sentence
