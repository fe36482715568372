"""What a command was asked to do, after its arguments were checked one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parity_bridge.engines.choice import EngineChoice, Target


@dataclass(frozen=True)
class RunRequest:
    """``run``: a reference engine and others at the same pixels."""

    command: str
    targets: tuple[Target, ...]
    #: nanoBragg flags of both engines.
    flags: tuple[str, ...]
    #: Names of the taps to record.
    taps: tuple[str, ...]
    out_dir: Path
    stamp: str
    reference: EngineChoice
    others: tuple[EngineChoice, ...]
    #: Further nanoBragg flags by engine name.
    engine_flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: File of tolerances that replace the shipped ones.
    tolerances: Path | None = None


@dataclass(frozen=True)
class CompareRequest:
    """``compare``: records against records."""

    command: str
    reference: Path
    other: Path
    #: Names of the taps to compare; empty: all that are there.
    taps: tuple[str, ...]
    tolerances: Path | None = None
    as_json: bool = False
    #: Folder of the report; None prints it only.
    folder: Path | None = None


@dataclass(frozen=True)
class ExplainRequest:
    """``explain``: why two sides disagree, each an engine or a folder of records."""

    command: str
    reference: EngineChoice | Path
    other: EngineChoice | Path
    #: Pixels where engines are run; of the records where there are any and none is named.
    targets: tuple[Target, ...]
    #: None: those of the records.
    flags: tuple[str, ...] | None
    tolerances: Path | None = None
    engine_flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Whether ``--state`` was given; else an engine begins pixels as the records beside it.
    state_given: bool = False


@dataclass(frozen=True)
class FrameRequest:
    """``frame``: one engine over the whole detector."""

    command: str
    flags: tuple[str, ...]
    engine: EngineChoice
    output: Path
    threads: int
    #: Keywords for the engine's constructor besides dtype and device.
    settings: Mapping[str, str | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class TraceRequest:
    """``trace``: one engine at one pixel."""

    command: str
    target: Target
    flags: tuple[str, ...]
    #: Names of the taps to record and print.
    taps: tuple[str, ...]
    engine: EngineChoice
    as_json: bool = False
    out_dir: Path | None = None


@dataclass(frozen=True)
class ScanRequest:
    """``scan``: two sides over a whole region, each an engine or the file of an image."""

    command: str
    reference: EngineChoice | Path
    other: EngineChoice | Path
    #: nanoBragg flags of both engines.
    flags: tuple[str, ...]
    #: Whether any of them was given, and they are not the benchmark's.
    flags_given: bool
    out_dir: Path
    stamp: str
    #: Further nanoBragg flags by engine name.
    engine_flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Pixels of a tile along either axis; None: chosen.
    tile: int | None = None
    threads: int = 1
    #: Address of a Dask scheduler; None: threads of this process.
    dask: str | None = None
    resume: bool = False
    quiet: bool = False
    #: Name of a threshold -> limit, and a file of them.
    thresholds: Mapping[str, float] = field(default_factory=dict)
    threshold_file: Path | None = None
    #: File of tolerances that replace the shipped ones.
    tolerances: Path | None = None
    #: File of many experiments, each a scan of its own.
    experiments: Path | None = None
