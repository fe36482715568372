"""A finished float32 image for which integer images can be written (contract §9, §10)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.marshal import check_layout
from parity_bridge.engines.c_core.setup import check_status, derive
from parity_bridge.errors import UsageError
from parity_bridge.experiment.regions import check_mask
from parity_bridge.experiment.smv import read_mask
from parity_bridge.images.smv_writing import SmvGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment

#: Degrees in a radian, as the contract multiplies it (§1).
_RTD = 180.0 * (1.0 / math.pi)


class ImageStatistics(NamedTuple):
    """Statistics of the region of interest, photons (contract §9)."""

    #: Pixels that are not masked; ``mean`` and ``rms`` are over them, ``rmsd`` over all.
    counted: int
    max: float
    #: The first pixel (slow, fast) with the largest value; None where none is above 0.
    max_pixel: tuple[int, int] | None
    mean: float
    rms: float
    rmsd: float


@dataclass(frozen=True)
class FinishedImage:
    """The whole detector's image, and what the files made of it need to know."""

    values: NDArray[np.float32]  # (slow, fast), photons
    mask: NDArray[np.uint8] | None  # (slow, fast), 0 where a pixel was not computed
    #: Of the region of interest, inclusive: fast min, fast max, slow min, slow max.
    roi: tuple[int, int, int, int]
    geometry: SmvGeometry

    @classmethod
    def of(cls, experiment: Experiment, values: NDArray[Any]) -> Self:
        """Return the image of ``experiment`` that any engine computed, ``values`` (slow, fast).

        Raise UsageError for an image of another size than the detector, FileError for a mask that
        cannot be read, and as ``derive``.
        """
        setup = derive(experiment)
        detector = setup.detector
        fast, slow = detector.pixels
        if values.shape != (slow, fast):
            raise UsageError(
                f"the image has {' x '.join(map(str, values.shape))} pixels, the detector {slow} "
                f"slow x {fast} fast; give the image of the whole detector"
            )
        path = experiment.detector.mask
        mask = None if path is None else read_mask(path)
        check_mask(mask, slow, fast)
        # A value beyond float32 becomes infinite, which ``statistics`` refuses.
        with np.errstate(over="ignore"):
            contiguous = np.ascontiguousarray(values, dtype=np.float32)
        twotheta = experiment.detector.twotheta
        return cls(contiguous, mask, tuple(detector.roi), _geometry(setup, twotheta))

    @cached_property
    def statistics(self) -> ImageStatistics:
        """Statistics of the pixels.

        Raise UsageError where one in the region of interest is NaN or infinite.
        """
        counted = self._counted
        pixel = (counted.max_slow, counted.max_fast) if counted.max_slow >= 0 else None
        return ImageStatistics(
            counted.counted, counted.max, pixel, counted.mean, counted.rms, counted.rmsd
        )

    def integer_scale(self, given: float | None = None) -> float:
        """Return what an SMV image is multiplied by: ``given`` above 0, else by the rule of §9.

        The largest pixel becomes 55000; without one the scale is 1. Raise as ``statistics``.
        """
        scale: float = lib.pb_integer_scale(self._counted, given or 0.0)
        return scale

    def pgm_scale(self, given: float | None = None, integer_scale: float | None = None) -> float:
        """Return what a PGM is multiplied by: ``given`` above 0, else by the rule of §9.

        Five standard deviations become 250; without a deviation the scale is that of the SMV image,
        ``integer_scale`` or its rule. Raise as ``statistics``.
        """
        fallback = self.integer_scale(integer_scale)
        scale: float = lib.pb_pgm_scale(self._counted, given or 0.0, fallback)
        return scale

    @cached_property
    def _counted(self) -> Any:
        """A ``pb_image_statistics *``."""
        counted = ffi.new("pb_image_statistics *")
        status = lib.pb_count_image(self.struct, counted)
        if status == lib.PB_NOT_FINITE:
            raise UsageError(
                "a pixel of the image is NaN or infinite, which no integer stands for; "
                "check -fluence and the structure factors"
            )
        check_status(status)
        return counted

    @property
    def struct(self) -> Any:
        """A ``pb_float_image *`` on these arrays; it must not outlive them."""
        check_layout(self.values, np.float32, 2)
        slow, fast = self.values.shape
        image = ffi.new("pb_float_image *", {"pixels": (fast, slow), "roi": self.roi})
        image.values = ffi.cast("float *", ffi.from_buffer(self.values))
        if self.mask is not None:
            check_layout(self.mask, np.uint8, 2)
            image.mask = ffi.cast("uint8_t *", ffi.from_buffer(self.mask))
        return image


def _geometry(setup: Any, twotheta: float) -> SmvGeometry:
    """Return what a header says, from the setup; ``twotheta`` as given, degrees."""
    d = setup.detector
    fast, slow = d.pixels
    half = 0.5 * d.pixel_size
    phi, oscillation = setup.phi0 * _RTD, setup.phi.range * _RTD
    return SmvGeometry(
        fast=fast,
        slow=slow,
        pixel_size=d.pixel_size * 1000.0,
        distance=d.distance * 1000.0,
        wavelength=setup.beam.lambda0 * 1e10,
        beam=(d.Xbeam * 1000.0, d.Ybeam * 1000.0),
        adxv=(d.Fbeam * 1000.0, (d.detsize[1] - d.Sbeam) * 1000.0),
        mosflm=((d.Sbeam - half) * 1000.0, (d.Fbeam - half) * 1000.0),
        denzo=(d.Sbeam * 1000.0, d.Fbeam * 1000.0),
        dials_origin=(1000.0 * d.pix0.z, 1000.0 * d.pix0.y, 1000.0 * -d.pix0.x),
        xds_origin=(d.Fclose / d.pixel_size + 0.5, d.Sclose / d.pixel_size + 0.5),
        close_distance=d.close_distance * 1000.0,
        phi=phi,
        oscillation=oscillation,
        twotheta=twotheta / _RTD * _RTD,
    )
