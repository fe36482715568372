"""Integer images of a finished image: SMV, PGM, and SMV with noise (contract §9, §10)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.setup import check_status
from parity_bridge.errors import UsageError
from parity_bridge.files.atomic_write import write_bytes
from parity_bridge.images.pgm_writing import pgm_header
from parity_bridge.images.smv_writing import smv_header

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from parity_bridge.engines.c_core.finished_image import FinishedImage

#: What is added to every pixel of the region of interest.
DEFAULT_ADC = 40.0
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class IntegerImage:
    """Pixels as they lie in a file, and the header before them."""

    header: bytes
    pixels: NDArray[np.uint16] | NDArray[np.uint8]  # (slow, fast)
    #: What the photons were multiplied by; 1 for noise.
    scale: float

    @property
    def parts(self) -> tuple[bytes, memoryview]:
        """The file in two parts; 16-bit pixels are little-endian."""
        pixels = self.pixels.astype(self.pixels.dtype.newbyteorder("<"), copy=False)
        return self.header, pixels.data

    @property
    def data(self) -> bytes:
        """The whole file."""
        return b"".join(self.parts)

    def write(self, path: Path | str) -> None:
        """Write the file ``path`` or replace it whole; raise FileError where that fails."""
        write_bytes(path, *self.parts)


@dataclass(frozen=True)
class NoiseImage(IntegerImage):
    """An integer image with noise."""

    #: Counted in the region of interest, before ``adc`` is added.
    photons: float
    #: Pixels beyond 65535.
    overloads: int


def integer_image(
    image: FinishedImage, *, scale: float | None = None, adc: float = DEFAULT_ADC
) -> IntegerImage:
    """Return the SMV image: photons times ``scale`` plus ``adc``, rounded, 0 to 65535.

    Without a ``scale`` above 0 the largest pixel becomes 55000 (``FinishedImage.integer_scale``).
    Raise UsageError for a number or a pixel that is not finite.
    """
    _check_numbers(scale=scale, adc=adc)
    chosen = image.integer_scale(scale)
    pixels = np.empty(image.values.shape, dtype=np.uint16)
    check_status(lib.pb_integer_image(image.struct, chosen, adc, _pointer("uint16_t *", pixels)))
    return IntegerImage(smv_header(image.geometry), pixels, chosen)


def pgm_image(
    image: FinishedImage, *, scale: float | None = None, integer_scale: float | None = None
) -> IntegerImage:
    """Return the PGM: photons times ``scale``, at most 255, the fraction cut off.

    Without a ``scale`` above 0 five standard deviations become 250 (``FinishedImage.pgm_scale``).
    Raise UsageError as ``integer_image``.
    """
    _check_numbers(scale=scale, integer_scale=integer_scale)
    chosen = image.pgm_scale(scale, integer_scale)
    pixels = np.empty(image.values.shape, dtype=np.uint8)
    check_status(lib.pb_pgm_image(image.struct, chosen, _pointer("uint8_t *", pixels)))
    header = pgm_header(image.geometry.fast, image.geometry.slow, chosen)
    return IntegerImage(header, pixels, chosen)


def noise_image(image: FinishedImage, *, seed: int, adc: float = DEFAULT_ADC) -> NoiseImage:
    """Return the SMV image of counts that Poisson noise draws with ``seed``, plus ``adc``.

    Raise UsageError for a number or a pixel that is not finite, and for a seed beyond 31 bits.
    """
    _check_numbers(adc=adc)
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"the seed of the noise is {seed}; give 0 to {LARGEST_SEED}")
    _ = image.statistics  # every pixel is finite
    pixels = np.empty(image.values.shape, dtype=np.uint16)
    totals = ffi.new("pb_noise_totals *")
    target = _pointer("uint16_t *", pixels)
    check_status(lib.pb_noise_image(image.struct, seed, adc, target, totals))
    header = smv_header(image.geometry)
    return NoiseImage(header, pixels, 1.0, photons=totals.photons, overloads=totals.overloads)


def _check_numbers(**numbers: float | None) -> None:
    for name, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise UsageError(f"{name} is {number}; give a finite number")


def _pointer(kind: str, pixels: NDArray[np.uint16] | NDArray[np.uint8]) -> Any:
    """Return a pointer to the first of ``pixels``, which must outlive it."""
    return ffi.cast(kind, ffi.from_buffer(pixels, require_writable=True))
