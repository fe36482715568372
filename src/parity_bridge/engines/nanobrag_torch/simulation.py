"""One experiment in the port: its crystal, detector and beam, run for any pixels at once."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.nanobrag_torch.beam_config import beam_config
from parity_bridge.engines.nanobrag_torch.crystal_config import crystal_config
from parity_bridge.engines.nanobrag_torch.detector_config import (
    detector_config,
    pixels_of,
    roi_of,
)
from parity_bridge.engines.nanobrag_torch.evaluations import Evaluations
from parity_bridge.engines.nanobrag_torch.quiet import quiet_port
from parity_bridge.engines.nanobrag_torch.recorder import RawEvaluations, Recorder
from parity_bridge.errors import UsageError
from parity_bridge.experiment.regions import check_mask
from parity_bridge.experiment.smv import read_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.engines.nanobrag_torch.package import Package
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import Region

#: Most evaluations of one run; some 300 bytes each while the port computes.
MAX_EVALUATIONS = 2**21


@dataclass(frozen=True)
class Recorded:
    """What one run gave."""

    #: Photons, (pixels,), without region of interest and mask.
    intensity: NDArray[np.float64]
    raw: RawEvaluations
    simulator: Any
    sources: int

    @property
    def evaluations(self) -> Evaluations:
        """The evaluations in the order of the contract; raise EngineError where they are others."""
        return Evaluations.of(self.raw, self.intensity.size, self.sources)


class Simulation:
    """An experiment as the port has it; see the module's first line."""

    def __init__(self, package: Package, experiment: Experiment, device: Any, dtype: Any) -> None:
        """Configure the port; raise UsageError for what its configuration cannot say."""
        check_sayable(experiment)
        self.package, self.experiment = package, experiment
        self._where = {"device": device, "dtype": dtype}
        self.pixels = pixels_of(experiment.detector)
        self.roi, self.roi_region = roi_of(experiment)
        check_mask(self.mask, *self.pixels)
        classes = package.classes
        with quiet_port():
            self.crystal = classes["Crystal"](crystal_config(package, experiment), **self._where)
            self._load_structure_factors()
            self.detector = classes["Detector"](detector_config(package, experiment), **self._where)
            self.beam = beam_config(package, experiment, self.detector.beam_vector)

    @cached_property
    def mask(self) -> NDArray[np.uint8] | None:
        """(slow, fast); 0 where the image is left 0."""
        file = self.experiment.detector.mask
        return None if file is None else read_mask(file)

    @property
    def sources(self) -> int:
        """Number of sources."""
        directions = self.beam.source_directions
        return 1 if directions is None else len(directions)

    @property
    def steps(self) -> int:
        """Evaluations of a subpixel."""
        config = self.crystal.config
        return int(self.sources * config.phi_steps * config.mosaic_domains)

    @cached_property
    def coordinates(self) -> Any:
        """Positions of all pixels as the port computes them, m, (slow, fast, 3)."""
        with quiet_port():
            return self.detector.get_pixel_coords()

    def record(self, slow: NDArray[np.intp], fast: NDArray[np.intp], **limits: bool) -> Recorded:
        """Run pixels (slow, fast) at once and record their evaluations; see ``Recorder``."""
        places = self.coordinates[slow, fast][None]
        with quiet_port(), Recorder(self.package, self.crystal, **limits) as recorder:
            simulator = self._simulator(self._selection(places))
            image = simulator.run()
        intensity = image.detach().cpu().double().numpy().reshape(-1)
        return Recorded(intensity, recorder.raw, simulator, self.sources)

    def image(self, region: Region) -> NDArray[np.float64]:
        """Run ``region`` without recording; 0 outside the region of interest and the mask."""
        with quiet_port():
            if region.shape == self.pixels:
                detector = copy.copy(self.detector)
                detector.config = replace(detector.config, mask_array=self._mask_tensor(region))
            else:
                places = self.coordinates[region.slices]
                detector = self._selection(places, self._mask_tensor(region))
            image = self._simulator(detector).run()
        array: NDArray[np.float64] = image.detach().cpu().double().numpy()
        return array

    def shown(self, region: Region) -> NDArray[np.bool_]:
        """Return which pixels of ``region`` an image shows: (slow, fast)."""
        shown = np.zeros(self.pixels, dtype=np.bool_)
        shown[self.roi_region.slices] = True
        if self.mask is not None:
            shown &= self.mask != 0
        return shown[region.slices]

    def _mask_tensor(self, region: Region) -> Any:
        return self.detector.beam_vector.new_tensor(self.shown(region))

    def _simulator(self, detector: Any) -> Any:
        simulator = self.package.classes["Simulator"]
        return simulator(self.crystal, detector, beam_config=self.beam, **self._where)

    def _selection(self, places: Any, mask: Any = None) -> Any:
        """Return the detector with no pixels but those at ``places``, (slow, fast, 3), m."""
        slow, fast = places.shape[:2]
        selection = copy.copy(self.detector)
        selection.config = replace(
            selection.config, spixels=slow, fpixels=fast, mask_array=mask,
            roi_xmin=None, roi_xmax=None, roi_ymin=None, roi_ymax=None,
        )  # fmt: skip
        selection.spixels, selection.fpixels = slow, fast
        selection.get_pixel_coords = lambda: places
        return selection

    def _load_structure_factors(self) -> None:
        source = self.experiment.structure_factors
        if source.hkl is not None:
            self.crystal.load_hkl(str(source.hkl))
        elif source.dump is not None:
            table = self.package.classes["read_fdump"](str(source.dump), **self._where)
            self.crystal.hkl_data, self.crystal.hkl_metadata = table
        if self.experiment.sampling.interpolate is not None:
            self.crystal.interpolate = self.experiment.sampling.interpolate


def check_sayable(experiment: Experiment) -> None:
    """Raise UsageError for what the port's configuration has no word for."""
    if any(experiment.crystal.sample_size):
        raise UsageError(
            "-xtalsize: nanobrag_torch is given the size of a crystal in cells only; give -Na -Nb "
            "-Nc"
        )
