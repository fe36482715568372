"""The engine ``torch``: experiment in, observations and frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from parity_bridge.engines.checks import (
    check_evaluations,
    check_pixels,
    check_state,
    check_threads,
)
from parity_bridge.engines.torch_port.chain import EAGER_KERNELS, ChainKernels
from parity_bridge.engines.torch_port.compiled_kernels import compiled_kernels
from parity_bridge.engines.torch_port.failures import torch_errors
from parity_bridge.engines.torch_port.frame_context import COMPILED_BATCH, FrameContext
from parity_bridge.engines.torch_port.observations import (
    Recorder,
    check_pixels_finite,
    observations,
)
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.pixel import pixel
from parity_bridge.engines.torch_port.run_state import start
from parity_bridge.engines.torch_port.scanner import TorchScanner
from parity_bridge.engines.torch_port.setup import derive, lay_out
from parity_bridge.engines.torch_port.state_conversion import run_state, stack_states
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.errors import UsageError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.regions import Frame, Planes, Region, RunState, f_cell_planes
from parity_bridge.experiment.smv import read_mask
from parity_bridge.experiment.sources import read_sources

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors
    from parity_bridge.taps.observation import Observation

DTYPES = {"float64": torch.float64, "float32": torch.float32}


class TorchPort:
    """The port: geometry derived in float64, pixels computed in ``dtype`` on ``device``."""

    name: ClassVar[str] = "torch"
    implementation: ClassVar[str] = "pytorch"
    trace_prefix: ClassVar[str] = "TRACE_PY"
    folder: ClassVar[str] = "py_taps"

    def __init__(
        self,
        *,
        dtype: str = "float64",
        device: str = "cpu",
        compile: bool = False,  # noqa: A002 - torch calls it that
        check_finite: bool = True,
    ) -> None:
        """Raise UsageError for a dtype or device that this engine does not have.

        Without ``check_finite`` the engine records a pixel even where a value of it is not finite:
        where the reference is finite, that difference is what a comparison must show.

        ``compile`` lets torch compile the steps of frames: faster, with torch's own
        transcendentals instead of the C library's bits.
        """
        if dtype not in DTYPES:
            raise UsageError(f"--dtype {dtype}: choose {' or '.join(DTYPES)}")
        self.dtype = DTYPES[dtype]
        self.device = _usable_device(device)
        self._compile = compile
        self._refuses_nonfinite = check_finite

    def observe(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast) in one batch; see ``Engine.observe``."""
        factors = structure_factors.load(experiment.structure_factors, behaviours)
        with torch_errors():
            frame_context = self._frame_context(experiment, factors, behaviours)
            setup = frame_context.setup
            pixels_fast, pixels_slow = setup.detector.pixels
            check_pixels(pixels, pixels_slow, pixels_fast)
            check_evaluations(setup.evaluations)
            begin = start(setup, frame_context.table)
            before = [begin] * len(pixels)
            if in_frame:
                before = frame_context.states_before(list(pixels), begin)
            slow, fast = torch.tensor(pixels, dtype=torch.int64, device=self.device).unbind(-1)
            recorder = Recorder(setup, frame_context.table, slow)
            totals, _, _ = pixel(
                setup, frame_context.table, slow, fast, stack_states(before), recorder.add
            )
            if self._refuses_nonfinite:
                check_pixels_finite(totals, recorder.rows)
            return observations(
                pixels,
                [run_state(state) for state in before],
                experiment,
                factors,
                frame_context,
                totals,
                recorder,
            )

    def scanner(
        self, experiment: Experiment, *, behaviours: Behaviours = REFERENCE
    ) -> TorchScanner:
        """Prepare ``experiment`` for regions; see ``FrameEngine.scanner``."""
        return self._make_scanner(
            experiment, behaviours, compiled_kernels() if self._compile else EAGER_KERNELS
        )

    def frame(
        self,
        experiment: Experiment,
        region: Region | None = None,
        *,
        behaviours: Behaviours = REFERENCE,
        state: RunState | None = None,
        threads: int = 1,
    ) -> Frame:
        """Render ``region`` batch by batch on a pool of ``threads``; see ``FrameEngine.frame``."""
        check_state(state)
        threads = check_threads(threads)
        scanner = self.scanner(experiment, behaviours=behaviours)
        chosen = Region.checked_or_whole(region, *scanner.pixels)
        image = np.empty(chosen.shape, dtype=np.float32)
        begin = state or scanner.start()
        after, in_order = scanner.render(chosen, begin, threads, image=image)
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
        scanner = self._make_scanner(experiment, behaviours, EAGER_KERNELS)
        chosen = Region.checked_or_whole(region, *scanner.pixels)
        planes = f_cell_planes(chosen, out)
        scanner.render(chosen, state or scanner.start(), threads, planes=planes)
        return planes

    def build(self) -> Mapping[str, str]:
        """Return what the port was run with, besides dtype, device and versions."""
        return {
            "engine": "parity_bridge PyTorch port",
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "threads": str(torch.get_num_threads()),
        }

    def _frame_context(
        self, experiment: Experiment, factors: StructureFactors, behaviours: Behaviours
    ) -> FrameContext:
        listed, mask = experiment.beam.source_file, experiment.detector.mask
        lines = None if listed is None else read_sources(listed)
        values = Parameters.of(experiment, self.device)
        setup = derive(experiment, values, behaviours, lines)
        return FrameContext(
            setup=lay_out(experiment, values, setup, lines),
            table=Table.of(factors, self.dtype, self.device),
            mask=None if mask is None else read_mask(mask),
            batch=COMPILED_BATCH if self._compile and self.device.type == "cpu" else None,
        )

    def _make_scanner(
        self, experiment: Experiment, behaviours: Behaviours, kernels: ChainKernels
    ) -> TorchScanner:
        factors = structure_factors.load(experiment.structure_factors, behaviours)
        with torch_errors():
            return TorchScanner(
                self._frame_context(experiment, factors, behaviours),
                kernels,
                is_compiled=kernels is not EAGER_KERNELS,
                check_finite=self._refuses_nonfinite,
            )


def _usable_device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, dtype=torch.float64, device=device).cpu()
    except Exception as error:  # every backend of torch fails in its own way
        usable = "cpu or cuda" if torch.cuda.is_available() else "cpu"
        raise UsageError(f"--device {name} cannot be used here; choose {usable}") from error
    return device
