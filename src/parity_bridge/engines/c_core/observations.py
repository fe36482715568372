"""From the structs that the C core filled in to the observations of every engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge._core import ffi
from parity_bridge.taps.derived import derived_quantities
from parity_bridge.taps.evaluations import EVALUATION, ORIENTATION
from parity_bridge.taps.f_cell import COUNTS
from parity_bridge.taps.observation import TOTALS, FCellStats, Quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray


def row_buffer(count: int) -> NDArray[np.void]:
    """Return ``count`` empty evaluation rows for the core to fill."""
    return np.empty(count, dtype=EVALUATION)


def orientation_room(setup: Any) -> int:
    """Return how many orientations one pixel of a ``pb_setup *`` can use."""
    return int((setup.phi.steps + setup.leading_zeros) * setup.crystal.domains)


class UsedOrientations:
    """The orientations that pixels of one setup use, recorded by the core one pixel at a time."""

    def __init__(self, setup: Any) -> None:
        """Lay out room for all that one pixel of ``setup`` can use."""
        room = orientation_room(setup)
        self._rows = np.empty(room, dtype=ORIENTATION)
        self.struct = ffi.new(
            "pb_used_orientations *",
            {
                "rows": ffi.cast("pb_used_orientation *", ffi.from_buffer(self._rows)),
                "capacity": room,
            },
        )
        self._last = self._rows[:0]

    def copy(self) -> NDArray[np.void]:
        """Return those of the last pixel: the same array for pixels that use the same ones."""
        own = self._rows[: self.struct.count]
        if own.size != self._last.size or own.tobytes() != self._last.tobytes():
            self._last = own.view(np.uint8).copy().view(ORIENTATION)
        return self._last


def copy_rows(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Return a copy of contiguous evaluation rows.

    numpy would copy them field by field, which takes longer, and meanwhile answers no Ctrl-C.
    """
    return rows.view(np.uint8).copy().view(EVALUATION)


def plain(value: Any) -> Quantity:
    """Return a number as it is, a ``pb_vec3`` as its three components."""
    if isinstance(value, ffi.CData):
        return value.x, value.y, value.z
    quantity: Quantity = value
    return quantity


def derived_from_setup(setup: Any, table: Any, *, lists: bool = True) -> dict[str, Quantity]:
    """Return the quantities of ``taps.derived`` that a ``pb_setup *`` holds.

    Without ``lists``, those with a row for each source or domain are empty.
    """
    return derived_quantities(
        setup,
        plain,
        source_list=_source_list(setup) if lists else [],
        mosaic_umats=_mosaic_umats(setup) if lists else [],
        has_table=table.values != ffi.NULL,
    )


def totals_of(totals: Any, steps: int, mask: int | None) -> dict[str, float | int]:
    """Return the end of the chain from a ``pb_pixel_totals *``; a ``mask`` of 0 makes it 0."""
    image = 0.0 if mask == 0 else totals.image
    apart = {"steps": steps, "after_omega": totals.intensity, "image": image}
    return {name: apart[name] if name in apart else getattr(totals, name) for name in TOTALS}


def f_cell_stats(stats: Any) -> FCellStats:
    """Return Tap 4 from a ``pb_f_cell_stats *``."""
    total = stats.total_lookups
    return FCellStats(
        counts={name: getattr(stats, name) for name in COUNTS},
        mean_f_cell=stats.sum_f_cell / total if total else math.nan,
        hkl_bounds=(list(stats.hkl_min), list(stats.hkl_max)),
        hkl_fractional_bounds=(list(stats.fractional_min), list(stats.fractional_max)),
        rounding_margin=stats.rounding_margin,
    )


def _source_list(setup: Any) -> list[list[float]]:
    """Return direction, weight and wavelength (m) of every source."""
    sources = ffi.unpack(setup.sources, setup.source_count)
    return [
        [s.direction.x, s.direction.y, s.direction.z, s.weight, getattr(s, "lambda")]
        for s in sources
    ]


def _mosaic_umats(setup: Any) -> list[list[float]]:
    """Return the rotation matrix of every mosaic domain, row by row."""
    numbers = ffi.unpack(setup.domain_matrices, 9 * setup.crystal.domains)
    return [numbers[start : start + 9] for start in range(0, len(numbers), 9)]
