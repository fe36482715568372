"""What an engine is: the protocol of pixels, and that of frames.

An engine is a named class that takes an Experiment and returns, for the requested pixels, what its
production code computed there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from parity_bridge.experiment.behaviours import REFERENCE, Behaviours

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import (
        Frame,
        GradientFrame,
        Planes,
        Region,
        RunState,
        ScannedRegion,
    )
    from parity_bridge.taps.observation import Observation, Quantity


class Engine(Protocol):
    """One implementation of the contract.

    A class may have more members than these: ``taps: ClassVar[tuple[str, ...]]``, names of the
    taps that it records (default: all); ``unrecorded: ClassVar[tuple[str, ...]]``, fields of these
    taps that it does not record (``f_cell_stats.hkl_fractional``); ``tolerances: ClassVar[str]``,
    its case of ``tolerances.toml`` (default: that of its dtype and device); and ``hears_words:
    ClassVar[bool]``, whether it reads the words of ``Experiment.typed`` by itself.
    A tap that it cannot record at one pixel it names in ``Observation.unrecorded``.
    """

    #: Name on the command line.
    name: ClassVar[str]
    #: Name in records.
    implementation: ClassVar[str]
    #: Word before every line of a TRACE log, and the folder for its records.
    trace_prefix: ClassVar[str]
    folder: ClassVar[str]

    def __init__(self, *, dtype: str = "float64", device: str = "cpu") -> None:
        """Raise UsageError for a dtype or device this engine does not have."""
        ...

    def observe(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast) and record them, one Observation for each pixel.

        Each pixel begins in the state at the start of a run, or, with ``in_frame``, in the state in
        which a run over the whole frame reaches it.
        Raise UsageError for a pixel outside the detector or an experiment that derives to nonsense,
        FileError for a file that cannot be read, and EngineError for any other failure.
        """
        ...

    def build(self) -> Mapping[str, str]:
        """Return what was run: versions, compiler, dtype, device."""
        ...


class Scanner(Protocol):
    """An experiment prepared once, so that an engine can compute region after region of it.

    Regions may be computed in any order and on several threads at once, each from a given state.
    """

    @property
    def pixels(self) -> tuple[int, int]:
        """Pixels of the detector along slow and fast."""
        ...

    @property
    def roi(self) -> Region:
        """The pixels that a run computes, ``-roi`` on the detector; either range may be empty."""
        ...

    @property
    def oversample(self) -> int:
        """Subpixels along each axis."""
        ...

    @property
    def derived(self) -> Mapping[str, Quantity]:
        """Quantities of ``taps.derived``, by name."""
        ...

    def start(self) -> RunState:
        """Return the state at the start of a run."""
        ...

    def is_settled(self, state: RunState) -> bool:
        """Return whether nothing in ``state`` will change: pixel order no longer matters."""
        ...

    def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
        """Compute image and Tap 4 of ``region`` in one pass, as a run in ``state`` does.

        The bits are those of ``frame`` and ``f_cell_maps``. Raise as ``FrameEngine.frame`` does.
        """
        ...

    def margins(self, region: Region, state: RunState) -> NDArray[np.float64]:
        """Return the smallest distance of any index from a half-integer tie, (slow, fast).

        The indices are fractional; the distance is infinite where no lookup was made.
        """
        ...


class FrameEngine(Engine, Protocol):
    """An engine that renders frames too."""

    def scanner(self, experiment: Experiment, *, behaviours: Behaviours = REFERENCE) -> Scanner:
        """Prepare ``experiment`` for regions; raise as ``frame`` does."""
        ...

    def frame(
        self,
        experiment: Experiment,
        region: Region | None = None,
        *,
        behaviours: Behaviours = REFERENCE,
        state: RunState | None = None,
        threads: int = 1,
    ) -> Frame:
        """Render ``region``, the whole detector by default, as one run that begins in ``state``.

        ``state`` None is the start of a run. Any number of threads gives the same bits.
        Raise as ``observe`` does, and UsageError for a region that is not on the detector.
        """
        ...

    def f_cell_maps(
        self,
        experiment: Experiment,
        region: Region | None = None,
        *,
        behaviours: Behaviours = REFERENCE,
        state: RunState | None = None,
        threads: int = 1,
        out: Planes | None = None,
    ) -> Planes:
        """Count Tap 4 of every pixel of ``region``: the planes of ``F_CELL_PLANES``, (slow, fast).

        ``out`` are the planes of an earlier call, to be filled again: fresh memory costs more time
        than counting. Raise as ``frame`` does.
        """
        ...


class GradientEngine(Engine, Protocol):
    """An engine that gives the derivatives of frames."""

    def gradient_frame(
        self,
        experiment: Experiment,
        parameters: Sequence[str],
        region: Region | None = None,
        *,
        behaviours: Behaviours = REFERENCE,
        state: RunState | None = None,
        threads: int = 1,
    ) -> GradientFrame:
        """Render ``region`` as ``FrameEngine.frame`` does, and its derivatives by ``parameters``.

        Names of ``experiment.parameters``, or ``all``. Raise as ``frame`` does, and UsageError for
        a parameter that the experiment cannot be differentiated by.
        """
        ...
