"""Two tiles of the same region against each other: a map of mismatches, and statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.pairing import exceeds_tolerance
from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.experiment.regions import F_CELL_PLANES, Planes, Region
from parity_bridge.scan.maps import Geometry
from parity_bridge.scan.resolution import inverse_d, shell_numbers
from parity_bridge.scan.sides import SideTile
from parity_bridge.scan.statistics import (
    SHELL_COUNT,
    ULP_BINS,
    WORST_COUNT,
    Moments,
    ShellSums,
    Statistics,
    most_differing,
)
from parity_bridge.scan.store import MISMATCH_BITS
from parity_bridge.scan.summary import FieldCount, WorstPixel

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Fields of Tap 4 that jump where an index is rounded otherwise: all but the sum of F.
_INDEX_BITS = sum(bit for name, bit in MISMATCH_BITS.items() if F_CELL_PLANES[name] == "int32")

#: Units in the last place, of an index or of 1, within which rounding may decide: each of some
#: twenty steps from flag to index rounds, and a difference of two near vectors magnifies it.
SENSITIVE_ULPS = 64


@dataclass(frozen=True)
class ComparisonRules:
    """By what two tiles are compared."""

    case: str  # of the tolerances
    intensity: Tolerance
    f_cell: Tolerance  # of the mean F of the lookups
    #: Where pixels lie, and ascending 1/d of the shells; None: nobody says.
    geometry: Geometry | None
    shells: tuple[float, ...]
    #: Distance from a half within which rounding may decide, over the index or 1.
    sensitive_within: float


#: Distances of the reference's indices from a half, computed where they are needed only.
Margins = Callable[[], "NDArray[np.float64]"]


def compare_tiles(
    region: Region,
    reference: SideTile,
    other: SideTile,
    rules: ComparisonRules,
    margins: Margins | None,
) -> tuple[NDArray[np.uint16] | None, Statistics]:
    """Bits of ``store.MISMATCH_BITS`` where Tap 4 differs beyond its tolerance, and the statistics.

    The bits are None where a side has no Tap 4.
    """
    bits, fields = None, None
    if reference.planes is not None and other.planes is not None:
        bits, fields = _compare_f_cell(reference.planes, other.planes, rules.f_cell)
    mismatch = np.zeros(region.shape, np.bool_) if bits is None else bits != 0
    differing_mask = _differing_mask(reference.image, other.image, None)
    inverse = None if rules.geometry is None else inverse_d(rules.geometry, region)
    image_pair = _ImagePair.of(reference.image, other.image, differing_mask)
    statistics = Statistics(
        pixels=mismatch.size,
        **_intensity_statistics(image_pair, differing_mask, rules.intensity),
        **_index_counts(bits, mismatch, reference.planes, margins, rules.sensitive_within),
        f_cell=fields,
        ulps=_ulp_counts(image_pair, differing_mask),
        shells=_shell_sums(image_pair, differing_mask, mismatch, inverse, rules.shells),
        worst=_worst_pixels(region, image_pair, differing_mask, bits, inverse),
    )
    return bits, statistics


@dataclass(frozen=True)
class _ImagePair:
    """Both images of a tile in float64, and where both are finite."""

    c: NDArray[np.float32]
    py: NDArray[np.float32]
    c_float64: NDArray[np.float64]
    #: The same array where nothing differs.
    py_float64: NDArray[np.float64]
    difference: NDArray[np.float64] | None  # py - c; None: nowhere
    finite: NDArray[np.bool_] | None  # None: everywhere

    @classmethod
    def of(
        cls,
        c: NDArray[np.float32],
        py: NDArray[np.float32],
        differing_mask: NDArray[np.bool_] | None,
    ) -> _ImagePair:
        wide_c = c.astype(np.float64)
        wide_py = wide_c if differing_mask is None else py.astype(np.float64)
        difference = None
        if differing_mask is not None:
            with np.errstate(invalid="ignore"):
                difference = wide_py - wide_c
        # A sum is not finite where any of its terms is not.
        with np.errstate(invalid="ignore", over="ignore"):
            are_finite = np.isfinite(wide_c.sum()) and np.isfinite(wide_py.sum())
        if are_finite:
            return cls(c, py, wide_c, wide_py, difference, None)
        return cls(c, py, wide_c, wide_py, difference, np.isfinite(c) & np.isfinite(py))

    def finite_values(self, values: NDArray[Any]) -> NDArray[Any]:
        """``values`` of the pixels finite in both, one after the other."""
        return values.reshape(-1) if self.finite is None else values[self.finite]


def _compare_f_cell(
    ours: Planes, theirs: Planes, tolerance: Tolerance
) -> tuple[NDArray[np.uint16], tuple[FieldCount, ...]]:
    bits = np.zeros(ours["total_lookups"].shape, dtype=np.uint16)
    counts = []
    for name, bit in MISMATCH_BITS.items():
        differing_mask = _differing_mask(ours[name], theirs[name], None)
        beyond = differing_mask
        if differing_mask is not None and name == "sum_f_cell":
            beyond = _means_beyond_tolerance(ours, theirs, tolerance)
        if beyond is not None:
            bits |= np.where(beyond, np.uint16(bit), np.uint16(0))
        counts.append(
            FieldCount(
                field=name, differing=_count(differing_mask), beyond_tolerance=_count(beyond)
            )
        )
    return bits, tuple(counts)


def _means_beyond_tolerance(
    ours: Planes, theirs: Planes, tolerance: Tolerance
) -> NDArray[np.bool_]:
    """Where the sums of F differ by more than the tolerance of their means allows."""
    lookups = np.maximum(ours["total_lookups"], 1)
    c, py = ours["sum_f_cell"], theirs["sum_f_cell"]
    if tolerance.atol == tolerance.rtol == 0.0:
        return exceeds_tolerance(c, py, None)
    return exceeds_tolerance(c / lookups, py / lookups, tolerance)


def _differing_mask(
    ours: NDArray[Any], theirs: NDArray[Any], tolerance: Tolerance | None
) -> NDArray[np.bool_] | None:
    """Where two arrays differ; None: nowhere, found out by their bits, which is quick."""
    bits = f"i{ours.dtype.itemsize}"
    if (ours.view(bits) == theirs.view(bits)).all():
        return None
    differing_mask = exceeds_tolerance(ours, theirs, tolerance)
    return differing_mask if differing_mask.any() else None


def _count(mask: NDArray[np.bool_] | None) -> int:
    return 0 if mask is None else int(np.count_nonzero(mask))


def _intensity_statistics(
    image_pair: _ImagePair, differing_mask: NDArray[np.bool_] | None, tolerance: Tolerance
) -> dict[str, Any]:
    beyond = (
        None
        if differing_mask is None
        else exceeds_tolerance(image_pair.c_float64, image_pair.py_float64, tolerance)
    )
    found = {
        "moments": _moments(image_pair),
        "differing_intensity": _count(differing_mask),
        "beyond_tolerance_intensity": _count(beyond),
    }
    if image_pair.finite is not None:
        nonfinite = ~np.isfinite(image_pair.c), ~np.isfinite(image_pair.py)
        found["nonfinite_c"], found["nonfinite_py"] = (int(mask.sum()) for mask in nonfinite)
        found["one_sided"] = int((nonfinite[0] != nonfinite[1]).sum())
    if image_pair.difference is not None:
        size = np.abs(image_pair.finite_values(image_pair.difference))
        reference = np.abs(image_pair.finite_values(image_pair.c_float64))
        # A difference from nothing is infinite; no difference is none.
        relative = np.where(size > 0, np.inf, 0.0)
        np.divide(size, reference, out=relative, where=reference > 0)
        found["max_abs_diff"] = float(size.max(initial=0.0))
        found["max_rel_diff"] = float(relative.max(initial=0.0))
    return found


def _moments(image_pair: _ImagePair) -> Moments:
    c = image_pair.finite_values(image_pair.c_float64)
    if not c.size:
        return Moments()
    sum_c = float(c.sum())
    mean_c = sum_c / c.size
    off_c = c - mean_c
    squares_c = float(np.dot(off_c, off_c))
    if image_pair.difference is None:
        return Moments(
            count=c.size, mean_c=mean_c, mean_py=mean_c, squares_c=squares_c,
            squares_py=squares_c, products=squares_c, sum_c=sum_c, sum_py=sum_c,
        )  # fmt: skip
    py, difference = (
        image_pair.finite_values(image_pair.py_float64),
        image_pair.finite_values(image_pair.difference),
    )
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


def _ordinals(image: NDArray[np.float32]) -> NDArray[np.int64]:
    """Positions of float32 among all, so that neighbours differ by one and -0 equals 0."""
    bits = image.view(np.int32).astype(np.int64)
    return np.where(bits >= 0, bits, -(bits + 2**31))


def _ulp_distances(image_pair: _ImagePair) -> NDArray[np.int64]:
    distances: NDArray[np.int64] = np.abs(_ordinals(image_pair.c) - _ordinals(image_pair.py))
    return distances


def _ulp_counts(
    image_pair: _ImagePair, differing_mask: NDArray[np.bool_] | None
) -> tuple[int, ...]:
    """Pixels by the number of binary digits of their distance, those finite in both."""
    if differing_mask is None:
        return (image_pair.finite_values(image_pair.c).size, *(0,) * (ULP_BINS - 1))
    digits = np.frexp(image_pair.finite_values(_ulp_distances(image_pair)).astype(np.float64))[1]
    return tuple(np.bincount(digits, minlength=ULP_BINS).tolist())


def _index_counts(
    bits: NDArray[np.uint16] | None,
    mismatch: NDArray[np.bool_],
    planes: Planes | None,
    margins: Margins | None,
    within: float,
) -> dict[str, Any]:
    """Pixels that differ, in any field and in those of the indices, and what rounding decided."""
    if bits is None or planes is None:
        return {}
    found: dict[str, Any] = {
        "lookups": int(planes["total_lookups"].sum(dtype=np.int64)),
        "differing_f_cell": _count(mismatch),
    }
    of_index = (bits & _INDEX_BITS) != 0
    sensitive: int | None = 0
    if of_index.any():
        sensitive = (
            None
            if margins is None
            else _rounding_sensitive_count(of_index, planes, margins(), within)
        )
    return {**found, "differing_index": _count(of_index), "rounding_sensitive": sensitive}


def _rounding_sensitive_count(
    of_index: NDArray[np.bool_], planes: Planes, margins: NDArray[np.float64], within: float
) -> int:
    ends = [np.abs(planes[f"{axis}_{end}"][of_index]) for axis in "hkl" for end in ("min", "max")]
    largest = np.maximum.reduce(ends).astype(np.float64)
    return int((margins[of_index] <= within * np.maximum(largest, 1.0)).sum())


def _shell_sums(
    image_pair: _ImagePair,
    differing_mask: NDArray[np.bool_] | None,
    mismatch: NDArray[np.bool_],
    inverse: NDArray[np.float64] | None,
    edges: tuple[float, ...],
) -> tuple[ShellSums, ...]:
    if inverse is None:
        return ()
    shells = shell_numbers(edges, inverse)
    flat = shells.reshape(-1)
    finite = image_pair.finite_values(shells)

    def counted(places: NDArray[np.int64], weights: Any = None) -> list[Any]:
        counts: list[Any] = np.bincount(places, weights, minlength=SHELL_COUNT).tolist()
        return counts

    nothing = [0] * SHELL_COUNT
    squared, largest = [0.0] * SHELL_COUNT, [0.0] * SHELL_COUNT
    if image_pair.difference is not None:
        difference = image_pair.finite_values(image_pair.difference)
        squared = counted(finite, difference * difference)
        top = np.zeros(SHELL_COUNT)
        np.maximum.at(top, finite, np.abs(difference))
        largest = top.tolist()
    columns = zip(
        counted(flat),
        counted(flat[mismatch.reshape(-1)]) if mismatch.any() else nothing,
        nothing if differing_mask is None else counted(shells[differing_mask]),
        counted(finite),
        counted(finite, image_pair.finite_values(image_pair.c_float64)),
        squared,
        largest,
        strict=True,
    )
    return tuple(
        ShellSums(**dict(zip(ShellSums.model_fields, column, strict=True))) for column in columns
    )


def _worst_pixels(
    region: Region,
    image_pair: _ImagePair,
    differing_mask: NDArray[np.bool_] | None,
    bits: NDArray[np.uint16] | None,
    inverse: NDArray[np.float64] | None,
) -> tuple[WorstPixel, ...]:
    """The pixels of the tile that differ most, in intensity or in Tap 4."""
    differing = np.zeros(region.shape, np.bool_) if differing_mask is None else differing_mask
    if bits is not None and bits.any():
        differing = differing | (bits != 0)
    places = np.flatnonzero(differing)
    if not places.size:
        return ()
    size = np.zeros(places.size)
    if image_pair.difference is not None:
        size = np.nan_to_num(np.abs(image_pair.difference.reshape(-1)[places]), nan=np.inf)
        # Two NaN, or the same infinity, differ in Tap 4 only.
        size[~_differing_at(differing_mask, places)] = 0.0
    if places.size > WORST_COUNT:
        kept = size >= np.partition(size, -WORST_COUNT)[-WORST_COUNT]
        places, size = places[kept], size[kept]
    fields = np.zeros(places.size, np.uint16) if bits is None else bits.reshape(-1)[places]
    order = np.lexsort((places, -np.bitwise_count(fields).astype(np.int64), -size))[:WORST_COUNT]
    return most_differing(
        [
            _worst_pixel(region, image_pair, differing_mask, bits, inverse, int(places[at]))
            for at in order
        ]
    )


def _differing_at(
    differing_mask: NDArray[np.bool_] | None, places: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the intensities at ``places`` differ."""
    return (
        np.zeros(places.size, np.bool_)
        if differing_mask is None
        else differing_mask.reshape(-1)[places]
    )


def _worst_pixel(
    region: Region,
    image_pair: _ImagePair,
    differing_mask: NDArray[np.bool_] | None,
    bits: NDArray[np.uint16] | None,
    inverse: NDArray[np.float64] | None,
    place: int,
) -> WorstPixel:
    at = divmod(place, len(region.fast))
    ours, theirs = float(image_pair.c[at]), float(image_pair.py[at])
    finite = bool(np.isfinite(image_pair.c[at]) and np.isfinite(image_pair.py[at]))
    first, second = (int(_ordinals(np.array(image[at]))) for image in (image_pair.c, image_pair.py))
    own = 0 if bits is None else int(bits[at])
    scattered = None if inverse is None else float(inverse[at])
    return WorstPixel(
        pixel_coords=(region.slow.start + at[0], region.fast.start + at[1]),
        reference=ours,
        other=theirs,
        # Two NaN, or the same infinity, are no difference.
        abs_diff=abs(theirs - ours) if differing_mask is not None and differing_mask[at] else 0.0,
        ulps=abs(first - second) if finite else None,
        fields=tuple(name for name, bit in MISMATCH_BITS.items() if own & bit),
        resolution=1.0 / scattered if scattered else None,
    )
