"""The engine protocol and the registry.

An engine is anything with a name that takes an Experiment and gives, for the pixels asked for, what
its production code computed there. Engines register under the entry-point group
``parity_bridge.engines``; ``package.module:Class`` works too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from parity_bridge.engines.choice import EngineChoice
from parity_bridge.errors import EngineError, MissingEngineError, UsageError, one_line
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import Frame, Planes, Region, RunState, ScannedRegion
    from parity_bridge.taps.observation import Observation, Quantity

ENTRY_POINT_GROUP = "parity_bridge.engines"

#: Rows of one tapped pixel that are kept, some 200 bytes each.
MAX_TAPPED_EVALUATIONS = 1_000_000


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


def engine_names() -> list[str]:
    """Names of the registered engines, sorted."""
    return sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)})


def engine_class(name: str) -> type[Engine]:
    """The class registered as ``name``, or named as ``package.module:Class``.

    Raises UsageError where there is no such class, EngineError where its module cannot be imported.
    """
    for point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        return _load_engine_class(name, point.module, point.attr)
    module, _, attribute = name.partition(":")
    if not all(map(str.isidentifier, (*module.split("."), attribute))):
        raise UsageError(f"there is no engine named {name!r}; {_choices()}")
    return _load_engine_class(name, module, attribute)


def create_engine(
    name: str, *, dtype: str = "float64", device: str = "cpu", **settings: Any
) -> Engine:
    """An engine ready to run; ``settings`` are keywords that only some engines know.

    Raises UsageError for one that this engine does not know.
    """
    made = engine_class(name)
    known = signature(made).parameters
    for setting in settings:
        if setting not in known:
            raise UsageError(f"--{setting} means nothing to engine {name!r}; leave it out")
    return made(dtype=dtype, device=device, **settings)


def engine_for_choice(choice: EngineChoice) -> Engine:
    """The engine that was chosen, told what of the choice it knows; raises as ``create_engine``."""
    known = signature(engine_class(choice.name)).parameters
    settings: dict[str, Any] = {}
    if not choice.check_finite and "check_finite" in known:
        settings["check_finite"] = False
    if choice.c_bin is not None and "c_bin" in known:
        settings["c_bin"] = Path(choice.c_bin)
    return create_engine(choice.name, dtype=choice.dtype, device=choice.device, **settings)


def takes_program(name: str) -> bool:
    """Whether the engine of this name runs an executable that one may name."""
    return "c_bin" in signature(engine_class(name)).parameters


def recorded_taps(engine: Engine | type[Engine]) -> tuple[str, ...]:
    """Names of the taps that an engine records."""
    names: tuple[str, ...] = tuple(getattr(engine, "taps", ("all",)))
    return names


def unrecorded_fields(engine: Engine | type[Engine]) -> tuple[str, ...]:
    """Fields of these taps that an engine does not record, as ``tap_id.field``.

    ``untold`` is the former name of ``unrecorded``, which engines may still have.
    """
    fields: tuple[str, ...] = tuple(getattr(engine, "unrecorded", getattr(engine, "untold", ())))
    return fields


def tolerance_case(*engines: Engine | type[Engine]) -> str | None:
    """The case of tolerances that the first of ``engines`` to ask for one asks for; None: none."""
    asked: Iterator[str | None] = (getattr(engine, "tolerances", None) for engine in engines)
    return next(filter(None, asked), None)


def frame_engine(engine: Engine, name: str) -> FrameEngine:
    """``engine`` as one that renders frames; raises UsageError where it does not."""
    if not callable(getattr(engine, "frame", None)):
        raise UsageError(f"engine {name!r} renders no frames; choose c or torch")
    return cast("FrameEngine", engine)


def check_pixels(pixels: Sequence[tuple[int, int]], pixels_slow: int, pixels_fast: int) -> None:
    """Raise UsageError for the first of ``pixels`` (slow, fast) that lies outside the detector."""
    for slow, fast in pixels:
        if not (0 <= slow < pixels_slow and 0 <= fast < pixels_fast):
            raise UsageError(
                f"--pixel {slow} {fast} lies outside the detector of {pixels_slow} slow x "
                f"{pixels_fast} fast pixels; give SLOW 0..{pixels_slow - 1} "
                f"FAST 0..{pixels_fast - 1}"
            )


def check_evaluations(evaluations: int) -> None:
    """Raise UsageError where a tapped pixel would have more rows than anyone can read."""
    if evaluations > MAX_TAPPED_EVALUATIONS:
        raise UsageError(
            f"a tapped pixel would have {evaluations} evaluations, more than "
            f"{MAX_TAPPED_EVALUATIONS}; take fewer subpixels, layers, sources, phi steps or mosaic "
            "domains, or render a frame, which keeps no record of them"
        )


def _load_engine_class(name: str, module: str, attribute: str) -> type[Engine]:
    found = getattr(_module(name, module), attribute, None)
    if not (isinstance(found, type) and callable(getattr(found, "observe", None))):
        raise UsageError(
            f"engine {name!r}: {module} has no class {attribute} with observe; {_choices()}"
        )
    for needed in ("name", "implementation", "trace_prefix", "folder"):
        if not isinstance(getattr(found, needed, None), str):
            raise UsageError(
                f"engine {name!r}: the class {attribute} has no {needed}, a word that reports "
                "need; docs/engines.md says what it is"
            )
    return cast("type[Engine]", found)


def _module(name: str, module: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        # The module itself or a package above it, not something that it imports.
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            raise MissingEngineError(
                f"engine {name!r}: there is no module {error.name!r}; {_choices()}"
            ) from error
        raise EngineError(f"engine {name!r} could not be loaded: {error}") from error
    except Exception as error:  # whatever the module does when it is imported
        raise EngineError(f"engine {name!r} could not be loaded: {one_line(error)}") from error


def _choices() -> str:
    return f"choose {', '.join(engine_names())} or package.module:Class"
