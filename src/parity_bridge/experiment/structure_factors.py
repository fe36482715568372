"""Structure factors on disk -> a dense grid, and where it came from (contract §5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.experiment.tables.fdump_cache import decode_cache, encode_cache
from parity_bridge.experiment.tables.grid_box import IndexBox, MillerIndex
from parity_bridge.experiment.tables.hkl_text import Reflections, parse_reflections
from parity_bridge.files.atomic_write import write_bytes
from parity_bridge.files.memory import memory_errors
from parity_bridge.files.reading import FileVersion, file_version, read_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import StructureFactorSource

FileKind = Literal["text", "cache"]
_NAMES: dict[FileKind, str] = {"text": "table", "cache": "cache"}


@dataclass(frozen=True)
class StructureFactors:
    """A grid of structure factors as the engines look them up."""

    #: Electrons, (h, k, l), C-contiguous, read-only; ``None`` where no file was named.
    grid: NDArray[np.float64] | None
    #: Miller indices of ``grid[0, 0, 0]``.
    minimum: MillerIndex
    provenance: HklTable


def load(source: StructureFactorSource, behaviours: Behaviours = REFERENCE) -> StructureFactors:
    """Return the structure factors that ``source`` names: a text table, else a cache, else none.

    ``behaviours.unlisted`` says what fills the entries that a text table does not list,
    ``behaviours.cache`` whether a cache is read at all (contract §5, §7). The grid is cached until
    the file changes, since every engine of a run loads the same one.
    Raises FileError for a file that cannot be read or has the wrong content.
    """
    if source.hkl is not None:
        unlisted = 0.0 if behaviours.unlisted == "zero" else source.default_F
        return _load_file("text", source.hkl, source.default_F, unlisted)
    if source.dump is not None and behaviours.cache == "read":
        # A cache lists every entry, so there is nothing to fill.
        return _load_file("cache", source.dump, source.default_F, 0.0)
    provenance = HklTable(
        source="none", file=None, sha256=None, entries=0, extents=None, default_F=source.default_F
    )
    return StructureFactors(None, (0, 0, 0), provenance)


def write_cache(path: str | Path, factors: StructureFactors) -> None:
    """Write the grid of ``factors`` as the original program would write it to ``Fdump.bin``.

    Raises UsageError where there is no grid, FileError where ``path`` cannot be written.
    """
    if factors.grid is None:
        raise UsageError("no structure factors to write to a cache; name a table with -hkl FILE")
    h, k, l = (
        low + size - 1 for low, size in zip(factors.minimum, factors.grid.shape, strict=True)
    )
    write_bytes(path, encode_cache(IndexBox(factors.minimum, (h, k, l)), factors.grid))


def _load_file(kind: FileKind, path: Path, default_F: float, unlisted: float) -> StructureFactors:
    return _load_version(kind, path, default_F, unlisted, file_version(path, _NAMES[kind]))


@lru_cache(maxsize=2)
def _load_version(
    kind: FileKind, path: Path, default_F: float, unlisted: float, _version: FileVersion
) -> StructureFactors:
    with memory_errors(path, _NAMES[kind]):
        return _read_table(kind, path, default_F, unlisted)


def _read_table(kind: FileKind, path: Path, default_F: float, unlisted: float) -> StructureFactors:
    data = read_file(path, _NAMES[kind])
    if kind == "text":
        reflections = parse_reflections(data, path)
        entries = reflections.F.size
        box, grid = _fill_grid(reflections, unlisted, path)
    else:
        box, grid = decode_cache(data, path)
        entries = grid.size
    grid.setflags(write=False)
    provenance = HklTable(
        source=kind,
        file=str(path),
        sha256=hashlib.sha256(data).hexdigest(),
        entries=entries,
        extents=box.extents,
        default_F=default_F,
    )
    return StructureFactors(grid, box.minimum, provenance)


def _fill_grid(
    reflections: Reflections, unlisted: float, path: Path
) -> tuple[IndexBox, NDArray[np.float64]]:
    hkl = reflections.hkl
    box = IndexBox(tuple(hkl.min(axis=0).tolist()), tuple(hkl.max(axis=0).tolist()))
    box.check_size("table", path)
    places = np.ravel_multi_index(tuple((hkl - box.minimum).T), box.shape)
    # numpy guarantees no order for repeated indices, so the last line of each is chosen explicitly.
    unique, from_the_end = np.unique(places[::-1], return_index=True)
    grid = np.full(box.shape, unlisted)
    grid.reshape(-1)[unique] = reflections.F[::-1][from_the_end]
    return box, grid
