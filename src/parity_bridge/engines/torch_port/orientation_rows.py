"""Orientations that pixels use become numbers here, each at the evaluation that first uses it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from parity_bridge.engines.torch_port.chain_state import Place
from parity_bridge.engines.torch_port.evaluation import Evaluation
from parity_bridge.engines.torch_port.orientations import Orientation, Rotation
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.taps.evaluations import ORIENTATION
from parity_bridge.taps.orientation import MOSAIC, SPINDLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]


@dataclass
class OrientationRows:
    """The orientations that a batch of pixels uses, one evaluation after the other."""

    rotations: Rotation
    pixels: int
    #: Phi step and domain -> the cell vectors last used there: (9,) for all pixels, or (pixels, 9).
    _last: dict[tuple[int, int], Floats] = field(default_factory=dict)
    #: Rows, of all pixels or each, and the pixels that use them; None: all.
    _rows: list[tuple[NDArray[np.void], Mask | None]] = field(default_factory=list)

    @classmethod
    def of(cls, setup: Setup, pixels: int) -> OrientationRows:
        """Begin without rows; raise ValueError for a setup that was not laid out."""
        if setup.rotations is None:
            raise ValueError("the setup has no rotations yet; lay it out")
        return cls(setup.rotations, pixels)

    def add(self, evaluation: Evaluation) -> None:
        """Record the orientation of an evaluation for the pixels that did not use it before."""
        place = evaluation.place
        key = place.phi_step, place.domain
        vectors, last = _numbers(*_components(evaluation.orientation)), self._last.get(key)
        if last is not None and last.tobytes() == vectors.tobytes():
            return
        changed = None if last is None else _changed(last, vectors, self.pixels)
        self._last[key] = vectors
        if changed is None or changed.any():
            rotation = self.rotations[evaluation.rotation]
            self._rows.append((_row(place, rotation, vectors), changed))

    def of_pixels(self) -> list[NDArray[np.void]]:
        """Return the rows of each pixel, (orientations,); one array for pixels that agree."""
        if all(rows.ndim == 0 and changed is None for rows, changed in self._rows):
            return [np.array([rows for rows, _ in self._rows], dtype=ORIENTATION)] * self.pixels
        table = np.stack([np.broadcast_to(rows, self.pixels) for rows, _ in self._rows])
        used = np.ones(table.shape, dtype=np.bool_)
        for number, (_, changed) in enumerate(self._rows):
            used[number] = True if changed is None else changed
        shared: dict[bytes, NDArray[np.void]] = {}
        own = (table[used[:, number], number] for number in range(self.pixels))
        return [shared.setdefault(rows.tobytes(), rows) for rows in own]


def _row(place: Place, rotation: Rotation, vectors: Floats) -> NDArray[np.void]:
    """Return one row for all pixels, (), or for each, (pixels,)."""
    spindle = _numbers(rotation.phi, *_components(rotation.crystal))
    shape = np.broadcast_shapes(spindle.shape[:-1], vectors.shape[:-1])
    row = np.zeros(shape, dtype=ORIENTATION)
    for name, value in vars(place).items():
        row[name] = value
    row["phi"] = spindle[..., 0]
    for names, components in ((SPINDLE, spindle[..., 1:]), (MOSAIC, vectors)):
        for number, name in enumerate(names):
            row[name] = components[..., 3 * number : 3 * number + 3]
    return row


def _components(orientation: Orientation) -> tuple[Tensor, ...]:
    return (*orientation.a, *orientation.b, *orientation.c)


def _changed(last: Floats, vectors: Floats, pixels: int) -> Mask:
    """Return which pixels use other cell vectors than before, (pixels,)."""
    same = (last == vectors) | (np.isnan(last) & np.isnan(vectors))
    return np.broadcast_to(~same.all(axis=-1), (pixels,))


def _numbers(*tensors: Tensor) -> NDArray[Any]:
    """Return the tensors side by side along the last axis."""
    together = torch.stack(torch.broadcast_tensors(*tensors), dim=-1)
    numbers: NDArray[Any] = together.detach().to("cpu", torch.float64).numpy()
    return numbers
