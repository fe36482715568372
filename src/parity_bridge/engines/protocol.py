"""What an engine is: the protocol of pixels, and that of frames.

An engine is anything with a name that takes an Experiment and gives, for the pixels asked for, what
its production code computed there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from parity_bridge.experiment.behaviours import REFERENCE, Behaviours

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import Frame, Planes, Region, RunState, ScannedRegion
    from parity_bridge.taps.observation import Observation, Quantity


class Engine(Protocol):
    """One implementation of the contract.

    Besides what stands below a class may have ``taps: ClassVar[tuple[str, ...]]``, names of the
    taps that it records (all where it says nothing), ``unrecorded: ClassVar[tuple[str, ...]]``,
    fields of these that it does not record (``f_cell_stats.hkl_fractional``), and ``tolerances:
    ClassVar[str]``, the case of ``tolerances.toml`` that holds for it (else its dtype and device).
    """

    #: Name on the command line.
    name: ClassVar[str]
    #: Name in records.
    implementation: ClassVar[str]
    #: Word before every line of a TRACE log, and the folder its records go to.
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
        """Compute ``pixels`` (slow, fast) and tell what was seen, one Observation a pixel.

        Each pixel starts as a run does, or, ``in_frame``, as a run over the whole frame would have
        left things when it came to the pixel.
        Raises UsageError for a pixel outside the detector or an experiment that derives to
        nonsense, FileError for a file that cannot be read, EngineError otherwise.
        """
        ...

    def build(self) -> Mapping[str, str]:
        """What was run: versions, compiler, dtype, device."""
        ...


class Scanner(Protocol):
    """An experiment prepared once, of which an engine computes region after region.

    Regions may be computed in any order and on several threads at once, each from the state that it
    is given.
    """

    @property
    def pixels(self) -> tuple[int, int]:
        """Pixels of the detector along slow and fast."""
        ...

    @property
    def roi(self) -> Region:
        """What a run computes of it, ``-roi`` within the detector; either range may be empty."""
        ...

    @property
    def oversample(self) -> int:
        """Subpixels along each axis, the one in force."""
        ...

    @property
    def derived(self) -> Mapping[str, Quantity]:
        """Quantities of ``taps.derived``, by name."""
        ...

    def start(self) -> RunState:
        """The state at the start of a run."""
        ...

    def is_settled(self, state: RunState) -> bool:
        """Whether nothing in ``state`` will change, so that the order of pixels matters no more."""
        ...

    def scan(self, region: Region, state: RunState, *, threads: int = 1) -> ScannedRegion:
        """Image and Tap 4 of ``region``, both from one pass, as a run in ``state`` computes them.

        The bits are those of ``frame`` and ``f_cell_maps``. Raises as ``FrameEngine.frame`` does.
        """
        ...

    def margins(self, region: Region, state: RunState) -> NDArray[np.float64]:
        """Smallest distance of any fractional index from a half-integer tie, (slow, fast).

        Infinite where no lookup was made.
        """
        ...


class FrameEngine(Engine, Protocol):
    """An engine that renders frames too."""

    def scanner(self, experiment: Experiment, *, behaviours: Behaviours = REFERENCE) -> Scanner:
        """``experiment`` ready for regions; raises as ``frame`` does."""
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
        Raises as ``observe`` does; UsageError for a region that is not on the detector.
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
        """Tap 4 of every pixel of ``region``: the planes of ``F_CELL_PLANES``, (slow, fast).

        ``out`` are the planes of an earlier call to fill again, as fresh memory costs more time
        than counting does. Raises as ``frame`` does.
        """
        ...
