"""The records beside the maps of a scan: what it depends on, and each finished tile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.errors import FileError
from parity_bridge.experiment.regions import Region
from parity_bridge.files.reading import read_file
from parity_bridge.files.schema import SCHEMA_VERSION, Count, Number, Schema, Version
from parity_bridge.scan.sides import SideIdentity
from parity_bridge.scan.statistics import Statistics

#: Pixels of a tile along either axis, at most.
LARGEST_TILE = 4096

_TilePixels = Annotated[int, Field(ge=1, le=LARGEST_TILE)]


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
    tile: tuple[_TilePixels, _TilePixels]  # pixels along slow and fast
    intensity_tolerance: Tolerance
    f_cell_tolerance: Tolerance
    #: Of packages and of the C library, on which the bits of both engines depend.
    versions: dict[str, str | None]
    #: Of the C library's functions; None where no side is an engine.
    libm_fingerprint: str | None = None


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


_Record = TypeVar("_Record", ScanInputs, TileRecord)


def read_scan_record(path: Path, model: type[_Record]) -> _Record:
    """Read the ``model`` in ``path``; raises FileError where it cannot be read or is not one."""
    try:
        return model.model_validate_json(read_file(path, "record of a scan"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise FileError(
            f"{path} is no record of a scan ({first['msg']}); scan again under another --stamp"
        ) from error
