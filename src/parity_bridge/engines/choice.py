"""Which engine is to look at which pixels, and how; cheap to import."""

from __future__ import annotations

from dataclasses import dataclass


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
    #: What it is to do otherwise than the reference, ``omega=last`` say.
    behaviours: tuple[str, ...] = ()
    #: Whether a pixel begins in the state that a run over the whole frame comes to it in.
    in_frame: bool = False
    #: Whether a pixel that does not come out finite is an error, and not something to be recorded.
    check_finite: bool = True
    #: The executable, of an engine that runs one.
    c_bin: str | None = None
