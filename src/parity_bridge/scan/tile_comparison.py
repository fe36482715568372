"""Two tiles of the same region against each other: a map of mismatches, and statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.pairing import disagree
from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.experiment.regions import F_CELL_PLANES, Planes, Region
from parity_bridge.scan.resolution import inverse_d, shell_numbers
from parity_bridge.scan.sides import SideTile
from parity_bridge.scan.statistics import (
    SHELLS,
    ULP_BINS,
    WORST,
    Moments,
    ShellSums,
    Statistics,
    worst_of,
)
from parity_bridge.scan.store import BITS
from parity_bridge.scan.summary import FieldCount, WorstPixel
from parity_bridge.scan.views import Geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Fields of Tap 4 that jump where an index is rounded otherwise: all but the sum of F.
_INDEX_BITS = sum(bit for name, bit in BITS.items() if F_CELL_PLANES[name] == "int32")

#: Units in the last place, of an index or of 1, within which rounding may decide: each of some
#: twenty steps from flag to index rounds, and a difference of two near vectors magnifies it.
SENSITIVE_ULPS = 64


@dataclass(frozen=True)
class Rules:
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


def compare(
    region: Region, reference: SideTile, other: SideTile, rules: Rules, margins: Margins | None
) -> tuple[NDArray[np.uint16] | None, Statistics]:
    """Bits of ``store.BITS`` where Tap 4 differs beyond its tolerance, and the statistics.

    The bits are None where a side has no Tap 4.
    """
    bits, fields = None, None
    if reference.planes is not None and other.planes is not None:
        bits, fields = _f_cell(reference.planes, other.planes, rules.f_cell)
    mismatch = np.zeros(region.shape, np.bool_) if bits is None else bits != 0
    apart = _differing(reference.image, other.image, None)
    inverse = None if rules.geometry is None else inverse_d(rules.geometry, region)
    pairs = _Pairs.of(reference.image, other.image, apart)
    statistics = Statistics(
        pixels=mismatch.size,
        **_intensities(pairs, apart, rules.intensity),
        **_index_counts(bits, mismatch, reference.planes, margins, rules.sensitive_within),
        f_cell=fields,
        ulps=_ulps(pairs, apart),
        shells=_shells(pairs, apart, mismatch, inverse, rules.shells),
        worst=_worst(region, pairs, apart, bits, inverse),
    )
    return bits, statistics


@dataclass(frozen=True)
class _Pairs:
    """Both images of a tile in float64, and where both are finite."""

    c: NDArray[np.float32]
    py: NDArray[np.float32]
    wide_c: NDArray[np.float64]
    #: The same array where nothing differs.
    wide_py: NDArray[np.float64]
    difference: NDArray[np.float64] | None  # py - c; None: nowhere
    finite: NDArray[np.bool_] | None  # None: everywhere

    @classmethod
    def of(
        cls,
        c: NDArray[np.float32],
        py: NDArray[np.float32],
        apart: NDArray[np.bool_] | None,
    ) -> _Pairs:
        wide_c = c.astype(np.float64)
        wide_py = wide_c if apart is None else py.astype(np.float64)
        difference = None
        if apart is not None:
            with np.errstate(invalid="ignore"):
                difference = wide_py - wide_c
        # A sum is not finite where any of its terms is not.
        with np.errstate(invalid="ignore", over="ignore"):
            are_finite = np.isfinite(wide_c.sum()) and np.isfinite(wide_py.sum())
        if are_finite:
            return cls(c, py, wide_c, wide_py, difference, None)
        return cls(c, py, wide_c, wide_py, difference, np.isfinite(c) & np.isfinite(py))

    def finite_of(self, values: NDArray[Any]) -> NDArray[Any]:
        """``values`` of the pixels finite in both, one after the other."""
        return values.reshape(-1) if self.finite is None else values[self.finite]


def _f_cell(
    ours: Planes, theirs: Planes, tolerance: Tolerance
) -> tuple[NDArray[np.uint16], tuple[FieldCount, ...]]:
    bits = np.zeros(ours["total_lookups"].shape, dtype=np.uint16)
    counts = []
    for name, bit in BITS.items():
        apart = _differing(ours[name], theirs[name], None)
        beyond = apart
        if apart is not None and name == "sum_f_cell":
            beyond = _beyond(ours, theirs, tolerance)
        if beyond is not None:
            bits |= np.where(beyond, np.uint16(bit), np.uint16(0))
        counts.append(
            FieldCount(field=name, differing=_count(apart), beyond_tolerance=_count(beyond))
        )
    return bits, tuple(counts)


def _beyond(ours: Planes, theirs: Planes, tolerance: Tolerance) -> NDArray[np.bool_]:
    """Where the sums of F differ by more than the tolerance of their means allows."""
    lookups = np.maximum(ours["total_lookups"], 1)
    c, py = ours["sum_f_cell"], theirs["sum_f_cell"]
    if tolerance.atol == tolerance.rtol == 0.0:
        return disagree(c, py, None)
    return disagree(c / lookups, py / lookups, tolerance)


def _differing(
    ours: NDArray[Any], theirs: NDArray[Any], tolerance: Tolerance | None
) -> NDArray[np.bool_] | None:
    """Where two arrays differ; None: nowhere, found out by their bits, which is quick."""
    bits = f"i{ours.dtype.itemsize}"
    if (ours.view(bits) == theirs.view(bits)).all():
        return None
    apart = disagree(ours, theirs, tolerance)
    return apart if apart.any() else None


def _count(mask: NDArray[np.bool_] | None) -> int:
    return 0 if mask is None else int(np.count_nonzero(mask))


def _intensities(
    pairs: _Pairs, apart: NDArray[np.bool_] | None, tolerance: Tolerance
) -> dict[str, Any]:
    beyond = None if apart is None else disagree(pairs.wide_c, pairs.wide_py, tolerance)
    found = {
        "moments": _moments(pairs),
        "differing_intensity": _count(apart),
        "beyond_tolerance_intensity": _count(beyond),
    }
    if pairs.finite is not None:
        nonfinite = ~np.isfinite(pairs.c), ~np.isfinite(pairs.py)
        found["nonfinite_c"], found["nonfinite_py"] = (int(mask.sum()) for mask in nonfinite)
        found["one_sided"] = int((nonfinite[0] != nonfinite[1]).sum())
    if pairs.difference is not None:
        size = np.abs(pairs.finite_of(pairs.difference))
        reference = np.abs(pairs.finite_of(pairs.wide_c))
        # A difference from nothing is infinite; no difference is none.
        relative = np.where(size > 0, np.inf, 0.0)
        np.divide(size, reference, out=relative, where=reference > 0)
        found["max_abs_diff"] = float(size.max(initial=0.0))
        found["max_rel_diff"] = float(relative.max(initial=0.0))
    return found


def _moments(pairs: _Pairs) -> Moments:
    c = pairs.finite_of(pairs.wide_c)
    if not c.size:
        return Moments()
    sum_c = float(c.sum())
    mean_c = sum_c / c.size
    off_c = c - mean_c
    squares_c = float(np.dot(off_c, off_c))
    if pairs.difference is None:
        return Moments(
            count=c.size, mean_c=mean_c, mean_py=mean_c, squares_c=squares_c,
            squares_py=squares_c, products=squares_c, sum_c=sum_c, sum_py=sum_c,
        )  # fmt: skip
    py, difference = pairs.finite_of(pairs.wide_py), pairs.finite_of(pairs.difference)
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


def _ulp_distances(pairs: _Pairs) -> NDArray[np.int64]:
    distances: NDArray[np.int64] = np.abs(_ordinals(pairs.c) - _ordinals(pairs.py))
    return distances


def _ulps(pairs: _Pairs, apart: NDArray[np.bool_] | None) -> tuple[int, ...]:
    """Pixels by the number of binary digits of their distance, those finite in both."""
    if apart is None:
        return (pairs.finite_of(pairs.c).size, *(0,) * (ULP_BINS - 1))
    digits = np.frexp(pairs.finite_of(_ulp_distances(pairs)).astype(np.float64))[1]
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
        sensitive = None if margins is None else _sensitive(of_index, planes, margins(), within)
    return {**found, "differing_index": _count(of_index), "rounding_sensitive": sensitive}


def _sensitive(
    of_index: NDArray[np.bool_], planes: Planes, margins: NDArray[np.float64], within: float
) -> int:
    ends = [np.abs(planes[f"{axis}_{end}"][of_index]) for axis in "hkl" for end in ("min", "max")]
    largest = np.maximum.reduce(ends).astype(np.float64)
    return int((margins[of_index] <= within * np.maximum(largest, 1.0)).sum())


def _shells(
    pairs: _Pairs,
    apart: NDArray[np.bool_] | None,
    mismatch: NDArray[np.bool_],
    inverse: NDArray[np.float64] | None,
    edges: tuple[float, ...],
) -> tuple[ShellSums, ...]:
    if inverse is None:
        return ()
    shells = shell_numbers(edges, inverse)
    flat = shells.reshape(-1)
    finite = pairs.finite_of(shells)

    def counted(places: NDArray[np.int64], weights: Any = None) -> list[Any]:
        counts: list[Any] = np.bincount(places, weights, minlength=SHELLS).tolist()
        return counts

    nothing = [0] * SHELLS
    squared, largest = [0.0] * SHELLS, [0.0] * SHELLS
    if pairs.difference is not None:
        difference = pairs.finite_of(pairs.difference)
        squared = counted(finite, difference * difference)
        top = np.zeros(SHELLS)
        np.maximum.at(top, finite, np.abs(difference))
        largest = top.tolist()
    columns = zip(
        counted(flat),
        counted(flat[mismatch.reshape(-1)]) if mismatch.any() else nothing,
        nothing if apart is None else counted(shells[apart]),
        counted(finite),
        counted(finite, pairs.finite_of(pairs.wide_c)),
        squared,
        largest,
        strict=True,
    )
    return tuple(
        ShellSums(**dict(zip(ShellSums.model_fields, column, strict=True))) for column in columns
    )


def _worst(
    region: Region,
    pairs: _Pairs,
    apart: NDArray[np.bool_] | None,
    bits: NDArray[np.uint16] | None,
    inverse: NDArray[np.float64] | None,
) -> tuple[WorstPixel, ...]:
    """The pixels of the tile that differ most, in intensity or in Tap 4."""
    differing = np.zeros(region.shape, np.bool_) if apart is None else apart
    if bits is not None and bits.any():
        differing = differing | (bits != 0)
    places = np.flatnonzero(differing)
    if not places.size:
        return ()
    size = np.zeros(places.size)
    if pairs.difference is not None:
        size = np.nan_to_num(np.abs(pairs.difference.reshape(-1)[places]), nan=np.inf)
        # Two NaN, or the same infinity, differ in Tap 4 only.
        size[~_differs(apart, places)] = 0.0
    if places.size > WORST:
        kept = size >= np.partition(size, -WORST)[-WORST]
        places, size = places[kept], size[kept]
    fields = np.zeros(places.size, np.uint16) if bits is None else bits.reshape(-1)[places]
    order = np.lexsort((places, -np.bitwise_count(fields).astype(np.int64), -size))[:WORST]
    return worst_of([_pixel(region, pairs, apart, bits, inverse, int(places[at])) for at in order])


def _differs(apart: NDArray[np.bool_] | None, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the intensities at ``places`` differ."""
    return np.zeros(places.size, np.bool_) if apart is None else apart.reshape(-1)[places]


def _pixel(
    region: Region,
    pairs: _Pairs,
    apart: NDArray[np.bool_] | None,
    bits: NDArray[np.uint16] | None,
    inverse: NDArray[np.float64] | None,
    place: int,
) -> WorstPixel:
    at = divmod(place, len(region.fast))
    ours, theirs = float(pairs.c[at]), float(pairs.py[at])
    finite = bool(np.isfinite(pairs.c[at]) and np.isfinite(pairs.py[at]))
    first, second = (int(_ordinals(np.array(image[at]))) for image in (pairs.c, pairs.py))
    own = 0 if bits is None else int(bits[at])
    scattered = None if inverse is None else float(inverse[at])
    return WorstPixel(
        pixel_coords=(region.slow.start + at[0], region.fast.start + at[1]),
        reference=ours,
        other=theirs,
        # Two NaN, or the same infinity, are no difference.
        abs_diff=abs(theirs - ours) if apart is not None and apart[at] else 0.0,
        ulps=abs(first - second) if finite else None,
        fields=tuple(name for name, bit in BITS.items() if own & bit),
        resolution=1.0 / scattered if scattered else None,
    )
