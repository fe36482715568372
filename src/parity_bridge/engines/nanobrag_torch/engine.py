"""The engine ``nanobrag_torch``: experiment in, the lookups and images of the port out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from parity_bridge.engines.checks import check_pixels
from parity_bridge.engines.nanobrag_torch.configs import (
    beam_config,
    check_plain,
    crystal_config,
    detector_config,
    pixels_of,
)
from parity_bridge.engines.nanobrag_torch.lookup_recorder import LookupRecorder
from parity_bridge.engines.nanobrag_torch.package import load_package, package_version
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.taps.counting import observation_of, subpixel_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors
    from parity_bridge.taps.observation import Observation

_DTYPES = ("float64", "float32")


class NanobragTorch:
    """The public PyTorch port; its lookups are recorded while it computes, none re-derived.

    Its lookup takes nearest indices, so that fractional indices are not recorded.
    """

    name: ClassVar[str] = "nanobrag_torch"
    implementation: ClassVar[str] = "nanobrag_torch"
    trace_prefix: ClassVar[str] = "TRACE_NT"
    folder: ClassVar[str] = "nt_taps"
    taps: ClassVar[tuple[str, ...]] = ("f_cell", "final")
    #: A pixel moved to the corner of a detector of its own rounds differently.
    tolerances: ClassVar[str] = "float32"
    unrecorded: ClassVar[tuple[str, ...]] = (
        "f_cell_stats.hkl_fractional",
        "f_cell_stats.hkl_fractional_bounds",
        "f_cell_stats.rounding_margin",
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
        in_frame: bool = False,  # noqa: ARG002 - nothing of a run is carried over in plain cases
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast), each as a detector of its own."""
        if behaviours != REFERENCE:
            raise UsageError(f"--behaviour: {self.name} decides by itself; leave it out")
        check_plain(experiment)
        check_pixels(pixels, *pixels_of(experiment.detector))
        factors = structure_factors.load(experiment.structure_factors)
        return [self._observe_pixel(experiment, factors, pixel) for pixel in pixels]

    def build(self) -> Mapping[str, str]:
        """Return name and version of the package."""
        return {"engine": package_version()}

    def _observe_pixel(
        self, experiment: Experiment, factors: StructureFactors, pixel: tuple[int, int]
    ) -> Observation:
        classes = self._package.classes
        where = {"device": self._device, "dtype": self._dtype}
        crystal = classes["Crystal"](crystal_config(self._package, experiment), **where)
        detector = classes["Detector"](detector_config(self._package, experiment, pixel), **where)
        if experiment.structure_factors.hkl is not None:
            self._load_table(crystal, str(experiment.structure_factors.hkl))
        simulator = classes["Simulator"](
            crystal, detector, beam_config=beam_config(self._package, experiment), **where
        )
        with LookupRecorder(crystal) as lookups:
            image = simulator.run()
        oversample = experiment.sampling.oversample or 1
        rows = subpixel_rows(oversample)
        if lookups.count != rows.size:
            raise EngineError(
                f"{package_version()} made {lookups.count} lookups for pixel {pixel[0]} {pixel[1]} "
                "where "
                f"{rows.size} are due; this engine was written for a version that makes one a "
                "subpixel"
            )
        _fill_lookups(rows, lookups, factors)
        value = float(image.detach().reshape(-1)[0])
        totals = {"intensity": value, "image": float(np.float32(value))}
        fast, slow = pixels_of(experiment.detector)[::-1]
        return observation_of(
            experiment, pixel, rows, factors.provenance, oversample,
            totals=totals, roi=(0, fast, 0, slow),
        )  # fmt: skip

    def _load_table(self, crystal: Any, file: str) -> None:
        if not hasattr(crystal, "load_hkl"):
            raise EngineError(f"{package_version()} has no Crystal.load_hkl; leave -hkl out")
        crystal.load_hkl(file)


def _fill_lookups(
    rows: NDArray[np.void], lookups: LookupRecorder, factors: StructureFactors
) -> None:
    """Fill in the lookups; the table's extents say which requested indices lie outside."""
    rows["hkl0"] = np.rint(lookups.indices)
    rows["F_cell"] = lookups.F
    if factors.grid is None:
        rows["default_f"] = 1
        return
    low = np.array(factors.minimum)
    inside = ((rows["hkl0"] >= low) & (rows["hkl0"] < low + factors.grid.shape)).all(axis=1)
    rows["out_of_bounds"] = rows["default_f"] = ~inside
