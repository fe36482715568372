"""How a region is scanned, and where the report goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ScanSettings:
    """Everything about a scan besides the question."""

    #: Of the report, and its name as ``--stamp`` takes it.
    folder: Path
    stamp: str
    #: Pixels of a tile along either axis; None: chosen.
    tile: int | None = None
    threads: int = 1
    #: Address of a Dask scheduler; None: threads of this process.
    dask: str | None = None
    resume: bool = False
    #: Whether no progress is shown.
    quiet: bool = False
    #: Name of a threshold -> limit, and a file of them.
    thresholds: Mapping[str, float] = field(default_factory=dict)
    threshold_file: Path | None = None
