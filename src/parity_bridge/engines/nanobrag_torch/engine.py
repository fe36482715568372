"""The engine ``nanobrag_torch``: experiment in, what the port computed out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from parity_bridge.engines.checks import check_evaluations, check_pixels
from parity_bridge.engines.nanobrag_torch.derived import UNRECORDED
from parity_bridge.engines.nanobrag_torch.observations import observations_of
from parity_bridge.engines.nanobrag_torch.package import load_package, package_version
from parity_bridge.engines.nanobrag_torch.scanner import NanobragScanner
from parity_bridge.engines.nanobrag_torch.simulation import Simulation
from parity_bridge.errors import UsageError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.regions import Frame, Region
from parity_bridge.taps.orientation import SPINDLE

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import Planes, RunState
    from parity_bridge.taps.observation import Observation

_DTYPES = ("float64", "float32")


class NanobragTorch:
    """The public PyTorch port; what it computes is recorded on the way, nothing is re-derived."""

    name: ClassVar[str] = "nanobrag_torch"
    implementation: ClassVar[str] = "nanobrag_torch"
    trace_prefix: ClassVar[str] = "TRACE_NT"
    folder: ClassVar[str] = "nt_taps"
    taps: ClassVar[tuple[str, ...]] = (
        "config", "omega", "orientation", "hkl", "lattice", "f_cell", "pre_norm", "final",
    )  # fmt: skip
    tolerances: ClassVar[str] = "in an order of its own"
    unrecorded: ClassVar[tuple[str, ...]] = (
        *(f"config_snapshot.{field}" for field in UNRECORDED),
        *(f"orientation.{field}" for field in ("phi", *SPINDLE)),
        "omega_subpixel.airpath",
        "omega_subpixel.omega",
        "omega_subpixel.capture",
        "lattice.F_latt",
        "intensity_pre_norm.sum",
        "intensity_pre_norm.steps",
        "intensity_pre_norm.sum_over_steps",
        "intensity_pre_norm.interpolation_on",
        "intensity_pre_norm.running_sum",
    )

    def __init__(self, *, dtype: str = "float64", device: str = "cpu") -> None:
        """Raise UsageError for a dtype or device that torch does not have.

        Raise EngineError where the package cannot be used, MissingEngineError where it is not
        installed.
        """
        self._package = load_package()
        import torch  # noqa: PLC0415 - only after the package has been loaded

        if dtype not in _DTYPES:
            raise UsageError(f"--dtype {dtype}: choose {' or '.join(_DTYPES)}")
        try:
            self._device = torch.device(device)
        except RuntimeError as error:
            raise UsageError(f"--device {device}: torch knows no such device") from error
        self._dtype = getattr(torch, dtype)

    def observe(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,  # noqa: ARG002 - the port carries nothing from pixel to pixel
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast), all in one run."""
        simulation = self._simulation(experiment, behaviours)
        check_pixels(pixels, *simulation.pixels)
        check_evaluations(simulation.steps * (experiment.sampling.oversample or 1) ** 2)
        factors = structure_factors.load(experiment.structure_factors)
        slow, fast = np.array(pixels, dtype=np.intp).reshape(-1, 2).T
        return observations_of(simulation, simulation.record(slow, fast), pixels, factors)

    def scanner(
        self, experiment: Experiment, *, behaviours: Behaviours = REFERENCE
    ) -> NanobragScanner:
        """Prepare ``experiment`` for regions; see ``FrameEngine.scanner``."""
        return NanobragScanner(self._simulation(experiment, behaviours))

    def frame(
        self,
        experiment: Experiment,
        region: Region | None = None,
        *,
        behaviours: Behaviours = REFERENCE,
        state: RunState | None = None,  # noqa: ARG002 - the port carries nothing
        threads: int = 1,
    ) -> Frame:
        """Render ``region`` by the port alone, without a recorder; see ``FrameEngine.frame``."""
        return self.scanner(experiment, behaviours=behaviours).frame(region, threads)

    def f_cell_maps(
        self,
        experiment: Experiment,
        region: Region | None = None,
        *,
        behaviours: Behaviours = REFERENCE,
        state: RunState | None = None,  # noqa: ARG002 - the port carries nothing
        threads: int = 1,
        out: Planes | None = None,
    ) -> Planes:
        """Count Tap 4 of ``region``; see ``FrameEngine.f_cell_maps``."""
        return self.scanner(experiment, behaviours=behaviours).planes(region, threads, out)

    def build(self) -> Mapping[str, str]:
        """Return name and version of the package."""
        return {"engine": package_version()}

    def _simulation(self, experiment: Experiment, behaviours: Behaviours) -> Simulation:
        if behaviours != REFERENCE:
            raise UsageError(f"--behaviour: {self.name} decides by itself; leave it out")
        return Simulation(self._package, experiment, self._device, self._dtype)
