"""The images of both sides over a tile, and the statistics of their intensities.

``c`` is the reference and ``py`` the other side, as in ``summary``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.pairing import exceeds_tolerance
from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.scan.statistics import ULP_BINS, Moments

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ImagePair:
    """Both images of a tile, in the type compared and in float64, and where they differ.

    All arrays are of shape (slow, fast).
    """

    c: NDArray[np.floating]  # both in float32 or both in float64
    py: NDArray[np.floating]
    c_float64: NDArray[np.float64]
    #: The same array as ``c_float64`` where nothing differs.
    py_float64: NDArray[np.float64]
    differing: NDArray[np.bool_] | None  # None: nowhere
    difference: NDArray[np.float64] | None  # py - c; None: nowhere
    finite: NDArray[np.bool_] | None  # in both images; None: everywhere

    @classmethod
    def of(cls, c: NDArray[np.floating], py: NDArray[np.floating]) -> ImagePair:
        """Return the pair of two images, photons."""
        differing = differing_mask(c, py)
        wide_c = c.astype(np.float64, copy=False)
        wide_py = wide_c if differing is None else py.astype(np.float64, copy=False)
        difference = None
        if differing is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                difference = wide_py - wide_c
        # A sum is not finite where any of its terms is not.
        with np.errstate(invalid="ignore", over="ignore"):
            are_finite = np.isfinite(wide_c.sum()) and np.isfinite(wide_py.sum())
        finite = None if are_finite else np.isfinite(c) & np.isfinite(py)
        return cls(c, py, wide_c, wide_py, differing, difference, finite)

    def finite_values(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return ``values`` of the pixels finite in both, one after the other."""
        return values.reshape(-1) if self.finite is None else values[self.finite]


def differing_mask(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Return where two arrays differ; None: nowhere, which equal bits show quickly."""
    bits = f"i{ours.dtype.itemsize}"
    if (ours.view(bits) == theirs.view(bits)).all():
        return None
    mask = exceeds_tolerance(ours, theirs, None)
    return mask if mask.any() else None


def count_true(mask: NDArray[np.bool_] | None) -> int:
    """Return the number of pixels in ``mask``; None: none."""
    return 0 if mask is None else int(np.count_nonzero(mask))


def intensity_statistics(pair: ImagePair, tolerance: Tolerance) -> dict[str, Any]:
    """Return the fields of ``Statistics`` that say how the intensities differ."""
    beyond = (
        None
        if pair.differing is None
        else exceeds_tolerance(pair.c_float64, pair.py_float64, tolerance)
    )
    fields = {
        "moments": _moments(pair),
        "differing_intensity": count_true(pair.differing),
        "beyond_tolerance_intensity": count_true(beyond),
    }
    if pair.finite is not None:
        nonfinite = ~np.isfinite(pair.c), ~np.isfinite(pair.py)
        fields["nonfinite_c"], fields["nonfinite_py"] = (int(mask.sum()) for mask in nonfinite)
        fields["one_sided"] = int((nonfinite[0] != nonfinite[1]).sum())
    if pair.difference is not None:
        size = np.abs(pair.finite_values(pair.difference))
        reference = np.abs(pair.finite_values(pair.c_float64))
        # A difference from nothing is infinite; no difference is none.
        relative = np.where(size > 0, np.inf, 0.0)
        np.divide(size, reference, out=relative, where=reference > 0)
        fields["max_abs_diff"] = float(size.max(initial=0.0))
        fields["max_rel_diff"] = float(relative.max(initial=0.0))
    return fields


def ulp_counts(pair: ImagePair) -> tuple[int, ...]:
    """Count the pixels finite in both images by the binary digits of their distance in ULPs."""
    bins = ULP_BINS[pair.c.dtype.name]
    if pair.differing is None:
        return (pair.finite_values(pair.c).size, *(0,) * (bins - 1))
    distances = pair.finite_values(ulp_distances(pair.c, pair.py))
    # The digits of either half, since float64 would round a distance of more than 53.
    high, low = distances >> 32, distances & (2**32 - 1)
    digits = np.where(high > 0, 32 + _binary_digits(high), _binary_digits(low))
    return tuple(np.bincount(digits, minlength=bins).tolist())


def ulp_distances(c: NDArray[Any], py: NDArray[Any]) -> NDArray[np.int64]:
    """Return distances in units in the last place of the common type, at most 2**63 - 1."""
    first, second = _ordinals(c), _ordinals(py)
    # Those of float64 may be 2**64 apart: a difference of unsigned numbers holds that.
    larger, smaller = np.maximum(first, second), np.minimum(first, second)
    distances = larger.astype(np.uint64) - smaller.astype(np.uint64)
    return np.minimum(distances, np.uint64(2**63 - 1)).astype(np.int64)


def _binary_digits(values: NDArray[np.int64]) -> NDArray[np.int32]:
    digits: NDArray[np.int32] = np.frexp(values.astype(np.float64))[1]
    return digits


def _ordinals(image: NDArray[Any]) -> NDArray[np.int64]:
    """Return positions of floats among all: neighbours differ by one, and -0 equals 0."""
    width = 8 * image.dtype.itemsize
    bits = image.view(f"i{image.dtype.itemsize}").astype(np.int64)
    return np.where(bits >= 0, bits, -(bits & (2 ** (width - 1) - 1)))


def _moments(pair: ImagePair) -> Moments:
    c = pair.finite_values(pair.c_float64)
    if not c.size:
        return Moments()
    sum_c = float(c.sum())
    mean_c = sum_c / c.size
    off_c = c - mean_c
    squares_c = float(np.dot(off_c, off_c))
    if pair.difference is None:
        return Moments(
            count=c.size, mean_c=mean_c, mean_py=mean_c, squares_c=squares_c,
            squares_py=squares_c, products=squares_c, sum_c=sum_c, sum_py=sum_c,
        )  # fmt: skip
    py = pair.finite_values(pair.py_float64)
    difference = pair.finite_values(pair.difference)
    sum_py = float(py.sum())
    mean_py = sum_py / c.size
    off_py = py - mean_py
    return Moments(
        count=c.size,
        mean_c=mean_c,
        mean_py=mean_py,
        squares_c=squares_c,
        squares_py=float(np.dot(off_py, off_py)),
        products=float(np.dot(off_c, off_py)),
        sum_c=sum_c,
        sum_py=sum_py,
        squared_difference=float(np.dot(difference, difference)),
    )
