"""Which engine is run at which pixels, and how; cheap to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One pixel to compute; ``coords`` is (slow, fast)."""

    coords: tuple[int, int]
    tag: str | None = None


@dataclass(frozen=True)
class EngineChoice:
    """An engine by its name in the registry, and where it computes."""

    name: str
    dtype: str = "float64"
    device: str = "cpu"
    #: Where it is to differ from the reference, ``omega=last`` say.
    behaviours: tuple[str, ...] = ()
    #: Whether a pixel begins in the state in which a run over the whole frame reaches it.
    in_frame: bool = False
    #: Whether a pixel that does not come out finite is an error; if not, it is recorded.
    check_finite: bool = True
    #: The executable, for an engine that runs one.
    c_bin: str | None = None
