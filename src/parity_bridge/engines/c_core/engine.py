"""The engine ``c``: experiment in, observations and frames out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from parity_bridge import _core
from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.arithmetic.gradient import render_gradients
from parity_bridge.engines.c_core.arithmetic.library import (
    ArithmeticCore,
    dual_core,
    truth_core,
)
from parity_bridge.engines.c_core.arithmetic.prepare import CoreExperiment
from parity_bridge.engines.c_core.arithmetic.tangents import TangentObservation, observe_tangents
from parity_bridge.engines.c_core.frame import FrameContext, render, states_before
from parity_bridge.engines.c_core.marshal import table_struct
from parity_bridge.engines.c_core.pixels import observe_pixels
from parity_bridge.engines.c_core.scanner import CoreScanner
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.checks import (
    check_evaluations,
    check_pixels,
    check_state,
    check_threads,
)
from parity_bridge.errors import ShapeError, UsageError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.parameters import chosen_parameters
from parity_bridge.experiment.regions import (
    Frame,
    GradientFrame,
    Planes,
    Region,
    RunState,
    f_cell_planes,
)
from parity_bridge.experiment.smv import read_mask

if TYPE_CHECKING:
    from parity_bridge.engines.c_core.overrides import StageOverrides
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors
    from parity_bridge.taps.observation import Observation, Quantity

PRECISIONS = {"exact": lib.PB_EXACT, "fast": lib.PB_FAST}


class CCore:
    """The reference: float64 on the CPU, bit for bit the contract."""

    name: ClassVar[str] = "c"
    implementation: ClassVar[str] = "c"
    trace_prefix: ClassVar[str] = "TRACE_C"
    folder: ClassVar[str] = "c_taps"

    def __init__(
        self, *, dtype: str = "float64", device: str = "cpu", precision: str = "exact"
    ) -> None:
        """Raise UsageError for anything but float64 on the CPU, or a precision it does not have.

        ``precision`` applies to frames: ``exact`` gives the contract's bits, ``fast`` computes the
        sines of the lattice factor with vector instructions (see ``csrc/pb_core.h``).
        """
        if dtype != "float64":
            raise UsageError(f"--dtype {dtype}: the C core computes in float64; leave --dtype out")
        if device != "cpu":
            raise UsageError(f"--device {device}: the C core runs on the cpu; leave --device out")
        if precision not in PRECISIONS:
            raise UsageError(f"--precision {precision}: choose {' or '.join(PRECISIONS)}")
        self.precision = PRECISIONS[precision]

    def observe(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast) one after the other; see ``Engine.observe``."""
        return self.replay(experiment, pixels, behaviours=behaviours, in_frame=in_frame)

    def replay(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,
        factors: StructureFactors | None = None,
        derived: Mapping[str, Quantity] | None = None,
        overrides: Sequence[StageOverrides] | None = None,
    ) -> list[Observation]:
        """Observe with some intermediate values given instead of computed.

        ``factors`` replace the structure factors of the experiment; ``derived`` are quantities of
        ``taps.derived`` that replace the core's own before sources and orientations are laid out;
        ``overrides`` are stages of each pixel. Raise as ``observe`` does, and ShapeError where the
        number of rows is not the number of evaluations, or of overrides not that of pixels.
        """
        if factors is None:
            factors = structure_factors.load(experiment.structure_factors, behaviours)
        setup, table = derive(experiment, behaviours, derived), table_struct(factors)
        pixels_fast, pixels_slow = setup.detector.pixels
        check_pixels(pixels, pixels_slow, pixels_fast)
        check_evaluations(setup.evaluations)
        frame_context = self._frame_context(experiment, setup, table)
        states = (
            states_before(frame_context, pixels)
            if in_frame
            else [frame_context.start()] * len(pixels)
        )
        stages: Sequence[StageOverrides | None] = (
            [None] * len(pixels) if overrides is None else overrides
        )
        if len(stages) != len(pixels):
            raise ShapeError(
                f"stages of {len(stages)} pixels are given for {len(pixels)}; give those of every "
                "pixel"
            )
        return observe_pixels(experiment, factors, frame_context, pixels, states, stages)

    def tangents(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        parameters: Sequence[str],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,
    ) -> list[TangentObservation]:
        """Observe ``pixels`` (slow, fast), and each figure's derivatives by ``parameters``.

        Names of ``experiment.parameters``, or ``all``; values have the bits of ``observe``. Raise
        as ``observe`` does, UsageError for a parameter that the experiment cannot be
        differentiated by, and EngineError where the package was built without derivatives.
        """
        return self._observe_over(
            dual_core(), experiment, pixels, parameters, behaviours, in_frame, {}
        )

    def truth(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        parameters: Sequence[str] = (),
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,
        moved: Mapping[str, float] | None = None,
    ) -> list[TangentObservation]:
        """Observe as ``tangents`` does, in binary128: what the same formulas are without rounding.

        Constants of the contract and inputs are doubles there too. ``moved`` moves parameters by so
        much from what the experiment says, without rounding them to double.
        """
        return self._observe_over(
            truth_core(), experiment, pixels, parameters, behaviours, in_frame, moved or {}
        )

    def _observe_over(
        self,
        core: ArithmeticCore,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        parameters: Sequence[str],
        behaviours: Behaviours,
        in_frame: bool,
        moved: Mapping[str, float],
    ) -> list[TangentObservation]:
        chosen = chosen_parameters(experiment, parameters)
        frame_context, question = self._differentiated(core, experiment, behaviours, moved)
        pixels_fast, pixels_slow = frame_context.setup.detector.pixels
        check_pixels(pixels, pixels_slow, pixels_fast)
        check_evaluations(frame_context.setup.evaluations)
        states = (
            states_before(frame_context, pixels)
            if in_frame
            else [frame_context.start()] * len(pixels)
        )
        return observe_tangents(question, pixels, states, chosen)

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
        """Render ``region`` as ``frame`` does, and its derivatives by ``parameters``.

        Raise as ``frame`` and ``tangents`` do.
        """
        check_state(state)
        threads = check_threads(threads)
        chosen = chosen_parameters(experiment, parameters)
        frame_context, question = self._differentiated(dual_core(), experiment, behaviours, {})
        begin = state or frame_context.start()
        return render_gradients(
            question, frame_context, frame_context.region(region), begin, threads, chosen
        )

    def _differentiated(
        self,
        core: ArithmeticCore,
        experiment: Experiment,
        behaviours: Behaviours,
        moved: Mapping[str, float],
    ) -> tuple[FrameContext, CoreExperiment]:
        """Return an experiment as the core computes it in double, and over other numbers."""
        factors = structure_factors.load(experiment.structure_factors, behaviours)
        frame_context = self._load_frame_context(experiment, behaviours, factors)
        return frame_context, CoreExperiment(core, experiment, factors, behaviours, moved)

    def scanner(self, experiment: Experiment, *, behaviours: Behaviours = REFERENCE) -> CoreScanner:
        """Prepare ``experiment`` for regions; see ``FrameEngine.scanner``."""
        return CoreScanner(self._load_frame_context(experiment, behaviours))

    def frame(
        self,
        experiment: Experiment,
        region: Region | None = None,
        *,
        behaviours: Behaviours = REFERENCE,
        state: RunState | None = None,
        threads: int = 1,
        factors: StructureFactors | None = None,
        derived: Mapping[str, Quantity] | None = None,
    ) -> Frame:
        """Render ``region`` row by row on a pool of ``threads``; see ``FrameEngine.frame``.

        ``factors`` replace the structure factors of the experiment, ``derived`` quantities as for
        ``replay``.
        """
        check_state(state)
        threads = check_threads(threads)
        frame_context = self._load_frame_context(experiment, behaviours, factors, derived)
        chosen = frame_context.region(region)
        image = np.empty(chosen.shape, dtype=np.float32)
        begin = state or frame_context.start()
        after, in_order = render(frame_context, chosen, begin, threads, image=image)
        return Frame(image, after, in_order)

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
        """Count Tap 4 of every pixel of ``region``; see ``FrameEngine.f_cell_maps``."""
        check_state(state)
        threads = check_threads(threads)
        frame_context = self._load_frame_context(experiment, behaviours)
        chosen = frame_context.region(region)
        planes = f_cell_planes(chosen, out)
        render(frame_context, chosen, state or frame_context.start(), threads, planes=planes)
        return planes

    def build(self) -> Mapping[str, str]:
        """Return compiler, flags and build type of the core, and the hash of the compiled file."""
        text: bytes = ffi.string(lib.pb_build_info())
        return {
            "engine": "parity_bridge C core",
            "build": text.decode(),
            "core_sha256": _core_sha256(),
        }

    def _load_frame_context(
        self,
        experiment: Experiment,
        behaviours: Behaviours,
        factors: StructureFactors | None = None,
        derived: Mapping[str, Quantity] | None = None,
    ) -> FrameContext:
        if factors is None:
            factors = structure_factors.load(experiment.structure_factors, behaviours)
        setup = derive(experiment, behaviours, derived)
        return self._frame_context(experiment, setup, table_struct(factors))

    def _frame_context(self, experiment: Experiment, setup: Any, table: Any) -> FrameContext:
        mask = experiment.detector.mask
        pixels = None if mask is None else read_mask(mask)
        return FrameContext(setup, table, self.precision, pixels)


@lru_cache(maxsize=1)
def _core_sha256() -> str:
    """Return the first digits of the hash of the compiled core, which identify it."""
    return hashlib.sha256(Path(_core.__file__).read_bytes()).hexdigest()[:16]
