"""Whether the values of an image are ``a*I + b`` of the reference's I, rounded, cut off or clipped.

A fit holds at every pixel or not at all. It says nothing of an image in which almost all pixels
have one value, which a line of slope 0 would fit as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.explain.images.line_fit import Bounds, Line, fit_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What is done to ``a*I + b``: rounded to a whole number, its fraction cut off, or nothing.
Rounding = Literal["round", "floor", "none"]

#: Least number of pixels that must have another value than the commonest one.
_FEWEST = 8
#: Pixels of the sample that rules most fits out.
_SAMPLE = 4096
#: Half a unit in the last place of float32, over the value: integer images round through it (§9),
#: and programs that scale in float32 round twice.
_FLOAT32 = 2.0**-24


@dataclass(frozen=True)
class KnownNumbers:
    """Slopes and offsets that are tried first, in this order."""

    slopes: tuple[float, ...] = (1.0,)
    offsets: tuple[float, ...] = (0.0,)


@dataclass(frozen=True)
class ValueFit:
    """A line through all pixels, and what is done to it."""

    line: Line
    rounding: Rounding
    #: Largest value of the image where larger ones are clipped to it, and how many are.
    top: float | None = None
    clipped: int = 0

    @property
    def is_identity(self) -> bool:
        """Whether the values are those of the reference."""
        line = self.line
        return self.rounding == "none" and self.top is None and (line.slope, line.offset) == (1, 0)

    @property
    def names(self) -> tuple[str, ...]:
        """What is done to the reference's values, step by step."""
        line = self.line
        steps = {
            "scaled": line.slope != 1.0,
            "offset": line.offset != 0.0,
            self.rounding: self.rounding != "none",
            "clipped": self.top is not None,
        }
        return tuple(name for name, is_done in steps.items() if is_done)


@dataclass(frozen=True)
class Values:
    """The pixels that are compared, one after the other, finite."""

    reference: NDArray[np.float64]  # photons
    image: NDArray[np.float64]
    tolerance: Tolerance

    def sample(self) -> Values:
        """Return about ``_SAMPLE`` of the pixels, among them the brightest of both sides."""
        step = -(-self.image.size // _SAMPLE)
        places = np.arange(0, self.image.size, step)
        brightest = [int(self.reference.argmax()), int(self.image.argmax())]
        places = np.union1d(places, brightest)
        return Values(self.reference[places], self.image[places], self.tolerance)


def fit_values(values: Values, known: KnownNumbers) -> tuple[ValueFit, ...]:
    """Return the fits that hold at every pixel, several only where the pixels allow both."""
    if not _is_informative(values.image):
        return ()
    if not np.array_equal(values.image, np.rint(values.image)):
        return tuple(_first(_real_fits(values)))
    same = next(_real_fits(values), None)
    if same is not None and same.line.slope == 1.0:
        return (same,)
    if values.reference.min() < 0:
        return ()
    return _integer_fits(values, known)


def _is_informative(image: NDArray[np.float64]) -> bool:
    """Return whether enough pixels have another value than the commonest."""
    if not image.size:
        return False
    distinct, counts = np.unique(image[:: -(-image.size // _SAMPLE)], return_counts=True)
    return int(np.count_nonzero(image != distinct[counts.argmax()])) >= _FEWEST


def _first(fits: Iterator[ValueFit]) -> list[ValueFit]:
    return [fit for fit in [next(fits, None)] if fit is not None]


def _integer_fits(values: Values, known: KnownNumbers) -> tuple[ValueFit, ...]:
    """Fit whole numbers; both roundings are returned where both have a whole offset."""
    for clips in (False, True):
        fits = [
            fit
            for rounding in ("round", "floor")
            if (fit := _integer_fit(values, known, rounding, clips=clips)) is not None
        ]
        whole = [fit for fit in fits if fit.line.offset.is_integer()]
        if fits:
            return tuple(whole or fits[:1])
    return ()


def _integer_fit(
    values: Values, known: KnownNumbers, rounding: Rounding, *, clips: bool
) -> ValueFit | None:
    top = float(values.image.max())
    if clips and np.count_nonzero(values.image == top) < 2:
        return None
    line = None
    for part in (values.sample(), values):
        bounds = _integer_bounds(*_extremes(part), rounding, top if clips else None)
        line = fit_line(bounds, known.offsets, known.slopes)
        if line is None:
            return None
    if line is None or line.slope == 0.0:
        return None
    if not clips:
        return ValueFit(line, rounding)
    beyond = values.reference * line.slope + line.offset >= top + 1.0
    unclipped = values.image[values.image < top]
    if not beyond.any() or not _is_informative(unclipped):
        return None
    return ValueFit(line, rounding, top, int(np.count_nonzero(beyond)))


def _extremes(values: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the darkest and the brightest reference pixel under each value of the image.

    They bound a line as all pixels together do.
    """
    image = values.image
    is_short = image.min() >= 0 and image.max() < 2**16
    # 16 bits are sorted by their digits, much faster than by comparing them.
    order = np.argsort(image.astype(np.uint16) if is_short else image, kind="stable")
    sorted_image, sorted_reference = image[order], values.reference[order]
    starts = np.flatnonzero(np.diff(sorted_image, prepend=-np.inf))
    distinct = sorted_image[starts]
    darkest = np.minimum.reduceat(sorted_reference, starts)
    brightest = np.maximum.reduceat(sorted_reference, starts)
    return np.concatenate((darkest, brightest)), np.concatenate((distinct, distinct))


def _integer_bounds(
    reference: NDArray[np.float64],
    image: NDArray[np.float64],
    rounding: Rounding,
    top: float | None,
) -> Bounds:
    slack = 2.0 * (np.abs(image) + 1.0) * _FLOAT32
    below, above = (0.5, 0.5) if rounding == "round" else (0.0, 1.0)
    low, high = image - below - slack, image + above + slack
    if top is not None:
        high[image == top] = np.inf
        low[image == 0.0] = -np.inf
    return Bounds(reference, low, high)


def _real_fits(values: Values) -> Iterator[ValueFit]:
    """Yield the lines that hold to rounding, the simplest first."""
    top = float(values.image.max())
    at_top = values.image == top
    tops = (None, top) if np.count_nonzero(at_top) > 1 else (None,)
    for limit in tops:
        kept = values if limit is None else _without(values, at_top)
        if not _is_informative(kept.image):
            continue
        for slope, offset in _guesses(kept.sample()):
            line = Line(slope, offset, (slope, slope))
            if not _holds(kept, line):
                continue
            beyond = values.reference[at_top] * slope + offset
            if limit is None:
                yield ValueFit(line, "none")
            elif (beyond >= top * (1 - 4 * _FLOAT32)).all() and beyond.max() > top:
                yield ValueFit(line, "none", top, int(np.count_nonzero(beyond > top)))


def _without(values: Values, left_out: NDArray[np.bool_]) -> Values:
    return Values(values.reference[~left_out], values.image[~left_out], values.tolerance)


def _guesses(values: Values) -> Iterator[tuple[float, float]]:
    """Yield slopes and offsets by least squares, rounded to few digits first."""
    yield 1.0, 0.0
    reference, image = values.reference, values.image
    squares = float(np.dot(reference, reference))
    if squares == 0.0:
        return
    factor = float(np.dot(reference, image)) / squares
    difference = float(np.median(image - reference))
    centred = reference - reference.mean()
    spread = float(np.dot(centred, centred))
    slope = float(np.dot(centred, image)) / spread if spread else factor
    for digits in (2, 4, 6, 17):
        yield _rounded(factor, digits), 0.0
        yield 1.0, _rounded(difference, digits)
        rounded = _rounded(slope, digits)
        yield rounded, _rounded(float(image.mean() - rounded * reference.mean()), digits)


def _rounded(number: float, digits: int) -> float:
    return float(f"{number:.{digits - 1}e}")


def _holds(values: Values, line: Line) -> bool:
    """Return whether every pixel lies on the line to within rounding and the tolerance."""
    for part in (values.sample(), values):
        scaled = line.slope * part.reference
        size = np.maximum(np.abs(part.image), np.abs(scaled))
        limit = part.tolerance.atol + (part.tolerance.rtol + 4 * _FLOAT32) * size
        if (np.abs(scaled + line.offset - part.image) > limit).any():
            return False
    return True
