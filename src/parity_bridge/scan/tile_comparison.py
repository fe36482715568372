"""Two tiles of the same region against each other: a map of mismatches, and statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.comparison.pairing import exceeds_tolerance
from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.experiment.regions import F_CELL_PLANES, Planes, Region
from parity_bridge.scan.image_pair import (
    ImagePair,
    count_true,
    differing_mask,
    intensity_statistics,
    ulp_counts,
)
from parity_bridge.scan.maps import Geometry
from parity_bridge.scan.resolution import inverse_d, shell_numbers
from parity_bridge.scan.sides import SideTile
from parity_bridge.scan.statistics import SHELL_COUNT, ShellSums, Statistics
from parity_bridge.scan.store import MISMATCH_BITS
from parity_bridge.scan.summary import FieldCount
from parity_bridge.scan.worst_pixels import ComparedTile, worst_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Fields of Tap 4 that jump where an index is rounded differently: all but the sum of F.
_INDEX_BITS = sum(bit for name, bit in MISMATCH_BITS.items() if F_CELL_PLANES[name] == "int32")

#: Units in the last place, of an index or of 1, within which rounding may decide: each of some
#: twenty steps from flag to index rounds, and a difference of two near vectors magnifies it.
SENSITIVE_ULPS = 64


@dataclass(frozen=True)
class ComparisonRules:
    """The tolerances and limits by which two tiles are compared."""

    case: str  # of the tolerances
    intensity: Tolerance
    f_cell: Tolerance  # of the mean F of the lookups
    #: Where pixels lie, and ascending 1/d of the shells; None: no engine says.
    geometry: Geometry | None
    shells: tuple[float, ...]
    #: Distance from a half within which rounding may decide, over the index or 1.
    sensitive_within: float


#: Distances of the reference's indices from a half, computed only where they are needed.
Margins = Callable[[], "NDArray[np.float64]"]


def compare_tiles(
    region: Region,
    reference: SideTile,
    other: SideTile,
    rules: ComparisonRules,
    margins: Margins | None,
) -> tuple[NDArray[np.uint16] | None, Statistics]:
    """Return the mismatches of Tap 4 and the statistics of a tile.

    The mismatches are bits of ``store.MISMATCH_BITS``, (slow, fast), where a field differs beyond
    its tolerance; None where a side has no Tap 4.
    """
    # Sums and squares of float64 may be infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        return _compare_tiles(region, reference, other, rules, margins)


def _compare_tiles(
    region: Region,
    reference: SideTile,
    other: SideTile,
    rules: ComparisonRules,
    margins: Margins | None,
) -> tuple[NDArray[np.uint16] | None, Statistics]:
    bits, fields = None, None
    if reference.planes is not None and other.planes is not None:
        bits, fields = _compare_f_cell(reference.planes, other.planes, rules.f_cell)
    mismatch = np.zeros(region.shape, np.bool_) if bits is None else bits != 0
    images = ImagePair.of(reference.image, other.image)
    inverse = None if rules.geometry is None else inverse_d(rules.geometry, region)
    statistics = Statistics(
        pixels=mismatch.size,
        **intensity_statistics(images, rules.intensity),
        **_index_counts(bits, mismatch, reference.planes, margins, rules.sensitive_within),
        f_cell=fields,
        ulps=ulp_counts(images),
        shells=() if inverse is None else _shell_sums(images, mismatch, inverse, rules.shells),
        worst=worst_pixels(ComparedTile(region, images, bits, inverse)),
    )
    return bits, statistics


def _compare_f_cell(
    ours: Planes, theirs: Planes, tolerance: Tolerance
) -> tuple[NDArray[np.uint16], tuple[FieldCount, ...]]:
    """Return the mismatch bits of every pixel and the counts of every field."""
    bits = np.zeros(ours["total_lookups"].shape, dtype=np.uint16)
    counts = []
    for name, bit in MISMATCH_BITS.items():
        differing = differing_mask(ours[name], theirs[name])
        beyond = differing
        if differing is not None and name == "sum_f_cell":
            beyond = _means_beyond_tolerance(ours, theirs, tolerance)
        if beyond is not None:
            bits |= np.where(beyond, np.uint16(bit), np.uint16(0))
        counts.append(
            FieldCount(
                field=name, differing=count_true(differing), beyond_tolerance=count_true(beyond)
            )
        )
    return bits, tuple(counts)


def _means_beyond_tolerance(
    ours: Planes, theirs: Planes, tolerance: Tolerance
) -> NDArray[np.bool_]:
    """Return where the sums of F differ by more than the tolerance of their means allows."""
    lookups = np.maximum(ours["total_lookups"], 1)
    c, py = ours["sum_f_cell"], theirs["sum_f_cell"]
    if tolerance.atol == tolerance.rtol == 0.0:
        return exceeds_tolerance(c, py, None)
    return exceeds_tolerance(c / lookups, py / lookups, tolerance)


def _index_counts(
    bits: NDArray[np.uint16] | None,
    mismatch: NDArray[np.bool_],
    planes: Planes | None,
    margins: Margins | None,
    within: float,
) -> dict[str, Any]:
    """Count the lookups, the pixels that differ, and those that rounding may have decided."""
    if bits is None or planes is None:
        return {}
    differing_index = (bits & _INDEX_BITS) != 0
    sensitive: int | None = 0
    if differing_index.any():
        sensitive = (
            None
            if margins is None
            else _rounding_sensitive_count(differing_index, planes, margins(), within)
        )
    return {
        "lookups": int(planes["total_lookups"].sum(dtype=np.int64)),
        "differing_f_cell": count_true(mismatch),
        "differing_index": count_true(differing_index),
        "rounding_sensitive": sensitive,
    }


def _rounding_sensitive_count(
    differing_index: NDArray[np.bool_], planes: Planes, margins: NDArray[np.float64], within: float
) -> int:
    ends = [
        np.abs(planes[f"{axis}_{end}"][differing_index]) for axis in "hkl" for end in ("min", "max")
    ]
    largest = np.maximum.reduce(ends).astype(np.float64)
    return int((margins[differing_index] <= within * np.maximum(largest, 1.0)).sum())


def _shell_sums(
    images: ImagePair,
    mismatch: NDArray[np.bool_],
    inverse: NDArray[np.float64],
    edges: tuple[float, ...],
) -> tuple[ShellSums, ...]:
    """Return the sums of each shell between ``edges``; both they and ``inverse`` are 1/d, 1/Å."""
    shells = shell_numbers(edges, inverse)
    flat = shells.reshape(-1)
    finite = images.finite_values(shells)

    def counted(places: NDArray[np.int64], weights: Any = None) -> list[Any]:
        counts: list[Any] = np.bincount(places, weights, minlength=SHELL_COUNT).tolist()
        return counts

    nothing = [0] * SHELL_COUNT
    squared, largest = [0.0] * SHELL_COUNT, [0.0] * SHELL_COUNT
    if images.difference is not None:
        difference = images.finite_values(images.difference)
        squared = counted(finite, difference * difference)
        top = np.zeros(SHELL_COUNT)
        np.maximum.at(top, finite, np.abs(difference))
        largest = top.tolist()
    columns = zip(
        counted(flat),
        counted(flat[mismatch.reshape(-1)]) if mismatch.any() else nothing,
        nothing if images.differing is None else counted(shells[images.differing]),
        counted(finite),
        counted(finite, images.finite_values(images.c_float64)),
        squared,
        largest,
        strict=True,
    )
    return tuple(
        ShellSums(**dict(zip(ShellSums.model_fields, column, strict=True))) for column in columns
    )
