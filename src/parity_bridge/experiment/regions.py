"""Regions of a frame, the state a run carries from pixel to pixel, and rendered frames.

The order of pixels matters to the reference in three ways, and ``RunState`` holds all of them: one
unsafe lookup switches interpolation off for the rest of the run, a spindle angle of exactly 0 keeps
the last rotation, and the polarization axis is normalised again at every use (contract §5, §6).
A run computes a region slow-major.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Region:
    """A rectangle of pixels, half-open: ``slow`` and ``fast`` count from 0 with a step of 1."""

    slow: range
    fast: range

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels along slow and fast."""
        return len(self.slow), len(self.fast)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its place in an array of the whole detector, (slow, fast)."""
        return slice(self.slow.start, self.slow.stop), slice(self.fast.start, self.fast.stop)

    @classmethod
    def whole(cls, pixels_slow: int, pixels_fast: int) -> Region:
        """Return the region of all pixels of a detector."""
        return cls(range(pixels_slow), range(pixels_fast))

    @classmethod
    def checked_or_whole(cls, region: Region | None, pixels_slow: int, pixels_fast: int) -> Region:
        """Return ``region``, checked, or all pixels of the detector; raises as ``check`` does."""
        if region is None:
            return cls.whole(pixels_slow, pixels_fast)
        if not isinstance(region, Region):
            raise UsageError(
                f"region={region!r} is not a region of pixels; give Region(range(SLOW, SLOW), "
                "range(FAST, FAST)), or leave it out"
            )
        region.check(pixels_slow, pixels_fast)
        return region

    @classmethod
    def from_roi(cls, roi: Sequence[int], pixels_slow: int, pixels_fast: int) -> Region:
        """Return the pixels of a detector that a run with ``roi`` computes; a range may be empty.

        ``roi`` is fast min, fast max, slow min, slow max, inclusive, and may reach beyond the
        detector.
        """
        fast_min, fast_max, slow_min, slow_max = roi
        given = cls(range(slow_min, slow_max + 1), range(fast_min, fast_max + 1))
        return cls.whole(pixels_slow, pixels_fast).within(given)

    def within(self, other: Region) -> Region:
        """Return the pixels that also lie in ``other``; either range may be empty."""
        return Region(_common_range(self.slow, other.slow), _common_range(self.fast, other.fast))

    def check(self, pixels_slow: int, pixels_fast: int) -> None:
        """Raise UsageError for a region without a pixel or not on the detector."""
        for axis, chosen, count in (
            ("slow", self.slow, pixels_slow),
            ("fast", self.fast, pixels_fast),
        ):
            if not isinstance(chosen, range):
                raise UsageError(
                    f"the region holds {chosen!r} along {axis}; give a range of pixels from "
                    f"0..{count - 1}"
                )
            if not chosen or chosen.step != 1 or chosen.start < 0 or chosen.stop > count:
                raise UsageError(
                    f"the region {chosen.start}..{chosen.stop - 1} along {axis} is not on the "
                    f"detector; choose pixels from 0..{count - 1}"
                )


def _common_range(these: range, others: range) -> range:
    return range(max(these.start, others.start), min(these.stop, others.stop))


@dataclass(frozen=True)
class RunState:
    """What a run carries from one pixel to the next; twin of ``pb_run_state``."""

    #: No lookup has been unsafe so far, and there is a table to interpolate in.
    interpolation_on: bool
    #: A spindle angle of exactly 0 keeps the rotation from the end of a sweep. True where one sweep
    #: is complete, or where sweeps do not begin at 0 and it makes no difference.
    swept: bool
    polar_axis: tuple[float, float, float]


@dataclass(frozen=True)
class Frame:
    """A rendered region."""

    image: NDArray[np.float32]  # (slow, fast), photons; 0 where nothing was computed
    #: After the last pixel.
    state: RunState
    #: Whether the order of its pixels matters: it began in a state that a pixel may change.
    in_order: bool


@dataclass(frozen=True)
class GradientFrame:
    """A region with the derivatives of its intensities; every array is (slow, fast) float64."""

    #: Photons, before they are rounded to an image's float32.
    intensity: NDArray[np.float64]
    #: Name of a parameter -> photons per unit of it.
    gradients: Mapping[str, NDArray[np.float64]]
    #: After the last pixel.
    state: RunState
    #: As in ``Frame``.
    in_order: bool

    @property
    def frame(self) -> Frame:
        """The image that the derivatives belong to."""
        return Frame(self.intensity.astype(np.float32), self.state, self.in_order)


@dataclass(frozen=True)
class ScannedRegion:
    """A region computed once for both its image and its Tap 4."""

    image: NDArray[np.float32]  # (slow, fast), as in ``Frame``
    planes: Planes
    #: After the last pixel.
    state: RunState


def check_mask(mask: NDArray[np.uint8] | None, pixels_slow: int, pixels_fast: int) -> None:
    """Raise UsageError for a mask (slow, fast) of another size than the detector."""
    if mask is not None and mask.shape != (pixels_slow, pixels_fast):
        raise UsageError(
            f"-mask has {mask.shape[0]} slow x {mask.shape[1]} fast pixels, the "
            f"detector {pixels_slow} x {pixels_fast}; give a mask of the detector's size"
        )


#: Planes of Tap 4 over a region, in the order of ``pb_f_cell_planes``: name -> dtype.
F_CELL_PLANES = {
    "total_lookups": "int32",
    "skipped_lookups": "int32",
    "out_of_bounds_count": "int32",
    "default_f_count": "int32",
    "zero_f_count": "int32",
    "sum_f_cell": "float64",
    "h_min": "int32",
    "h_max": "int32",
    "k_min": "int32",
    "k_max": "int32",
    "l_min": "int32",
    "l_max": "int32",
}

#: Name -> plane over a region, (slow, fast).
Planes = dict[str, "NDArray[Any]"]


def f_cell_planes(region: Region, out: Planes | None = None) -> Planes:
    """Return planes of Tap 4 for ``region``: new ones, or ``out`` where it is given.

    Raise UsageError where ``out`` has other names, shapes or dtypes, and where its planes cannot
    all be filled: read-only memory, or memory that two planes share.
    """
    if out is None:
        return {name: np.empty(region.shape, dtype) for name, dtype in F_CELL_PLANES.items()}
    _check_arrays(out)
    given = {name: (plane.shape, plane.dtype) for name, plane in out.items()}
    expected = {name: (region.shape, np.dtype(dtype)) for name, dtype in F_CELL_PLANES.items()}
    if given != expected or not all(plane.flags.c_contiguous for plane in out.values()):
        raise UsageError(
            f"the planes to fill are not those of a region of {region.shape} pixels; leave them out"
        )
    _check_memory(out)
    return out


def _check_arrays(out: object) -> None:
    """Raise UsageError for anything but numpy arrays by name.

    A subclass may give its entries another meaning, as a masked array does: only files in memory
    are arrays like any other.
    """
    arrays = isinstance(out, dict) and all(
        type(plane) in (np.ndarray, np.memmap) for plane in out.values()
    )
    if not arrays:
        raise UsageError(
            "the planes to fill are not numpy arrays by name; give what f_cell_maps returned "
            "before, or leave them out"
        )


def _check_memory(out: Planes) -> None:
    """Raise UsageError for planes, C-contiguous, that cannot hold values of their own."""
    for name, plane in out.items():
        if not (plane.flags.writeable and plane.flags.aligned):
            fault = "read-only" if plane.flags.aligned else "not aligned"
            raise UsageError(
                f"the plane {name!r} to fill is {fault}; give arrays of numpy.empty, or leave the "
                "planes out"
            )
    for (first, plane), (second, other) in combinations(out.items(), 2):
        # Exact for C-contiguous arrays.
        if np.may_share_memory(plane, other):
            raise UsageError(
                f"the planes {first!r} and {second!r} to fill share memory; give every plane an "
                "array of its own, or leave the planes out"
            )
