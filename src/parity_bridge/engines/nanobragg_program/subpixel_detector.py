"""A detector whose pixels are the subpixels of another, in the same place (contract §2).

What a program prints about a pixel are the values of its last subpixel. On a detector divided finer
by the oversampling, and not oversampled, every subpixel is a pixel of its own. Its beam centre is
derived anew, since the conventions count it from half a pixel or in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from parity_bridge.errors import UsageError
from parity_bridge.experiment.beam_centre import nearest_number, with_plain_beam_centre
from parity_bridge.experiment.model import Detector, Experiment

#: Most pixels that 32 bits can count.
MOST_PIXELS = 2**31 - 1


@dataclass(frozen=True)
class PixelGrid:
    """Pixels of a detector and its resulting size, contract §2."""

    pixel: float  # m
    detsize_fast: float  # m
    detsize_slow: float  # m
    fast: int
    slow: int


def pixel_grid_of(detector: Detector) -> PixelGrid:
    """Return pixels and size of ``detector``; raise UsageError for no pixel or too many."""
    pixel = _in_metres(detector.pixel_size)
    detsize_fast, fast = _size_along(detector, pixel, detector.pixels_fast, detector.detsize_fast)
    detsize_slow, slow = _size_along(detector, pixel, detector.pixels_slow, detector.detsize_slow)
    return PixelGrid(pixel, detsize_fast, detsize_slow, fast, slow)


def _size_along(
    detector: Detector, pixel: float, count: int | None, detsize: float
) -> tuple[float, int]:
    """Return size, m, and pixels along one axis."""
    size = _in_metres(detsize) if count is None else pixel * count
    found = size / pixel - 0.5 if pixel > 0 else math.inf
    if not 0 < found < MOST_PIXELS:
        raise UsageError(
            f"-pixel {detector.pixel_size!r} gives the detector no sensible number of pixels; "
            "check it and -detpixels or -detsize"
        )
    return size, math.ceil(found)


def subpixel_experiment(
    experiment: Experiment, pixel: tuple[int, int], oversample: int
) -> Experiment:
    """Return ``experiment`` on a detector of its subpixels, limited to those of ``pixel``.

    ``pixel`` is (slow, fast), with ``oversample`` subpixels along either axis. Origin and axes are
    those of the first detector bit for bit where some flag can express them, else as near as a flag
    allows. Raise UsageError for a detector with more pixels than a program can count.
    """
    slow, fast = (number * oversample for number in pixel)
    last = oversample - 1
    sampling = experiment.sampling.model_copy(
        update={"oversample": 1, "roi": (fast, fast + last, slow, slow + last)}
    )
    detector = _subpixel_detector(experiment.detector, oversample)
    return experiment.model_copy(update={"detector": detector, "sampling": sampling})


def _subpixel_detector(detector: Detector, oversample: int) -> Detector:
    detector = with_plain_beam_centre(detector)
    pixel_grid = pixel_grid_of(detector)
    fast, slow = pixel_grid.fast * oversample, pixel_grid.slow * oversample
    if fast * slow > MOST_PIXELS:
        raise UsageError(
            f"-oversample {oversample}: a detector of {slow} x {fast} subpixels is more than a "
            "program counts; give fewer subpixels, or fewer pixels with -detpixels"
        )
    size = nearest_number(
        detector.pixel_size / oversample, _in_metres, pixel_grid.pixel / oversample
    )
    sub = _in_metres(size)
    subpixel_grid = PixelGrid(sub, sub * fast, sub * slow, fast, slow)
    return detector.model_copy(
        update={
            "pixel_size": size,
            "pixels_fast": fast,
            "pixels_slow": slow,
            "mask": None,
            **_BEAM_CENTRE_RULES[detector.convention](detector, pixel_grid, subpixel_grid),
        }
    )


def _mosflm_beam_centre(
    detector: Detector, pixel_grid: PixelGrid, subpixel_grid: PixelGrid
) -> dict[str, float]:
    """Add half a pixel to the beam centre: Fbeam = Ybeam + pixel/2, and Sbeam likewise."""

    def restated(given: float | None, detsize: float) -> float:
        beam = _given_or(given, (detsize + pixel_grid.pixel) / 2.0) + 0.5 * pixel_grid.pixel
        return nearest_number(
            (beam - 0.5 * subpixel_grid.pixel) * 1000.0,
            lambda mm: _in_metres(mm) + 0.5 * subpixel_grid.pixel,
            beam,
        )

    return {
        "x_beam": restated(detector.x_beam, pixel_grid.detsize_slow),
        "y_beam": restated(detector.y_beam, pixel_grid.detsize_fast),
    }


def _denzo_beam_centre(
    detector: Detector, pixel_grid: PixelGrid, _finer: PixelGrid
) -> dict[str, float]:
    """Use the given beam centre, whose default includes half a pixel."""
    return {
        "x_beam": _in_mm(
            _given_or(detector.x_beam, (pixel_grid.detsize_slow + pixel_grid.pixel) / 2.0)
        ),
        "y_beam": _in_mm(
            _given_or(detector.y_beam, (pixel_grid.detsize_fast + pixel_grid.pixel) / 2.0)
        ),
    }


def _adxv_beam_centre(
    detector: Detector, pixel_grid: PixelGrid, subpixel_grid: PixelGrid
) -> dict[str, float]:
    """Count Ybeam from the other edge: Sbeam = detsize_s - Ybeam."""
    x_beam = _given_or(detector.x_beam, (pixel_grid.detsize_fast + pixel_grid.pixel) / 2.0)
    y_beam = _given_or(detector.y_beam, (pixel_grid.detsize_slow - pixel_grid.pixel) / 2.0)
    beam = pixel_grid.detsize_slow - y_beam
    guess = (subpixel_grid.detsize_slow - beam) * 1000.0
    return {
        "x_beam": _in_mm(x_beam),
        "y_beam": nearest_number(
            guess, lambda mm: subpixel_grid.detsize_slow - _in_metres(mm), beam
        ),
    }


def _sample_close_point(
    detector: Detector, pixel_grid: PixelGrid, subpixel_grid: PixelGrid
) -> dict[str, float]:
    """Use the close point, in pixels where it is given: Fclose = (ORGX - 0.5)*pixel."""
    return {
        "org_x": _close_point_origin(
            detector.org_x, pixel_grid.detsize_fast, pixel_grid, subpixel_grid
        ),
        "org_y": _close_point_origin(
            detector.org_y, pixel_grid.detsize_slow, pixel_grid, subpixel_grid
        ),
    }


def _custom_close_point(
    detector: Detector, pixel_grid: PixelGrid, subpixel_grid: PixelGrid
) -> dict[str, float]:
    """Adjust only a beam centre that follows the close point; others do not depend on pixels."""
    depends = {
        "org_x": detector.x_beam is None and detector.x_close is None,
        "org_y": detector.y_beam is None and detector.y_close is None,
    }
    return {
        n: value
        for n, value in _sample_close_point(detector, pixel_grid, subpixel_grid).items()
        if depends[n]
    }


def _close_point_origin(
    given: float | None, detsize: float, pixel_grid: PixelGrid, subpixel_grid: PixelGrid
) -> float:
    close = detsize / 2.0 if given is None else (given - 0.5) * pixel_grid.pixel
    return nearest_number(
        close / subpixel_grid.pixel + 0.5, lambda org: (org - 0.5) * subpixel_grid.pixel, close
    )


_BEAM_CENTRE_RULES: dict[str, Callable[[Detector, PixelGrid, PixelGrid], dict[str, float]]] = {
    "mosflm": _mosflm_beam_centre,
    "denzo": _denzo_beam_centre,
    "adxv": _adxv_beam_centre,
    "xds": _sample_close_point,
    "dials": _sample_close_point,
    "custom": _custom_close_point,
}


def _in_metres(mm: float) -> float:
    return mm / 1000.0


def _in_mm(metres: float) -> float:
    return nearest_number(metres * 1000.0, _in_metres, metres)


def _given_or(mm: float | None, default: float) -> float:
    return default if mm is None else _in_metres(mm)
