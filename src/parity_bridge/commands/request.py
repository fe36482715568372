"""What a command was asked to do, after its arguments were checked one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """One pixel to look at; ``coords`` is (slow, fast)."""

    coords: tuple[int, int]
    tag: str | None = None


@dataclass(frozen=True)
class EngineChoice:
    """An engine by its name in the registry, and where it computes."""

    name: str
    dtype: str = "float64"
    device: str = "cpu"


@dataclass(frozen=True)
class RunRequest:
    """``run``: a reference engine and another one at the same pixels."""

    command: str
    targets: tuple[Target, ...]
    #: nanoBragg flags of both engines.
    flags: tuple[str, ...]
    #: Names of the taps to record.
    taps: tuple[str, ...]
    out_dir: Path
    stamp: str
    reference: EngineChoice
    other: EngineChoice
    #: Further nanoBragg flags by engine name.
    engine_flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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
