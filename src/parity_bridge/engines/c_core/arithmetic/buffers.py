"""Where a core leaves the figures of one pixel after the other, and how its rows are laid out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.c_core.arithmetic.prepare import (
    PreparedCore,
    state_struct,
)
from parity_bridge.engines.c_core.marshal import stop_pointer
from parity_bridge.engines.c_core.observations import orientation_room
from parity_bridge.engines.c_core.setup import check_status
from parity_bridge.taps.evaluations import EVALUATION, ORIENTATION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.engines.c_core.arithmetic.library import ArithmeticCore
    from parity_bridge.experiment.regions import RunState


class Buffers:
    """Where the core leaves the figures of one pixel after the other."""

    def __init__(self, prepared: PreparedCore) -> None:
        """Lay out room for all that a pixel of ``prepared`` can have."""
        self._prepared, core, setup = prepared, prepared.core, prepared.setup
        room = orientation_room(setup)
        self.evaluations = np.empty(setup.evaluations, dtype=evaluation_dtype(core))
        self._orientations = np.empty(room, dtype=orientation_dtype(core))
        rows = core.ffi.from_buffer(self._orientations)
        self._used = core.ffi.new(
            "pb_used_orientations *",
            {"rows": core.ffi.cast("pb_used_orientation *", rows), "capacity": room},
        )
        self.totals = core.ffi.new("pb_pixel_totals *")
        self.f_cell = core.ffi.new("pb_f_cell_stats *")

    @property
    def orientations(self) -> NDArray[np.void]:
        """Rows of the orientations that the pixel uses."""
        return self._orientations[: self._used.count]

    def compute(self, pixel: tuple[int, int], state: RunState) -> None:
        """Compute a pixel (slow, fast) from the state of a run before it."""
        core, prepared = self._prepared.core, self._prepared
        self._used.count = 0
        check_status(
            core.lib.pb_pixel(
                prepared.setup,
                prepared.table,
                *pixel,
                state_struct(core, state),
                self.totals,
                self.f_cell,
                core.ffi.cast("pb_evaluation *", core.ffi.from_buffer(self.evaluations)),
                self.evaluations.size,
                self._used,
                core.ffi.NULL,
                stop_pointer(core.ffi),
            )
        )


def evaluation_dtype(core: ArithmeticCore) -> np.dtype[np.void]:
    """Return the layout of ``pb_evaluation`` over the numbers of ``core``, each an opaque block."""
    fields = core.ffi.typeof("pb_evaluation").fields
    offsets = {name: field.offset for name, field in fields}
    return _dtype(core, "pb_evaluation", EVALUATION, offsets)


def orientation_dtype(core: ArithmeticCore) -> np.dtype[np.void]:
    """Return that of ``pb_used_orientation``, whose two orientations are three vectors each."""
    fields = dict(core.ffi.typeof("pb_used_orientation").fields)
    vector = core.ffi.sizeof("pb_vec3")
    offsets = {name: fields[name].offset for name in ORIENTATION.names or () if name in fields}
    for when in ("spindle", "mosaic"):
        for place, axis in enumerate("abc"):
            offsets[f"{axis}_{when}"] = fields[when].offset + place * vector
    return _dtype(core, "pb_used_orientation", ORIENTATION, offsets)


def _dtype(
    core: ArithmeticCore, kind: str, plain: np.dtype[np.void], offsets: Mapping[str, int]
) -> np.dtype[np.void]:
    number = np.dtype(f"V{core.number_size}")
    formats = [
        (number, plain[name].shape) if is_number(plain, name) else plain[name] for name in offsets
    ]
    return np.dtype(
        {
            "names": list(offsets),
            "formats": formats,
            "offsets": list(offsets.values()),
            "itemsize": core.ffi.sizeof(kind),
        }
    )


def is_number(plain: np.dtype[np.void], name: str) -> bool:
    """Return whether a field of rows holds numbers that carry derivatives."""
    return bool(plain[name].base == np.float64)
