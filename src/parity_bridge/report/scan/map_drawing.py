"""A map on a sheet: its axes and colour bar, and its values reduced so that no mismatch is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.report.scan.scales import EQUAL, FIRST, LAST, ZERO, Scale
from parity_bridge.report.scan.sheet import Box, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from parity_bridge.scan.maps import RegionMaps

_BAR = 18  # px, the width of a colour bar


def draw_map(sheet: Sheet, box: Box, colours: NDArray[np.uint8], maps: RegionMaps) -> Axes:
    """Draw RGB ``colours``, (rows, columns, 3), over the region of ``maps``."""
    axes = sheet.axes(box)
    slow, fast = maps.region.slow, maps.region.fast
    rows, columns = maps.reference.shape
    # A pixel's number lies in its middle; the last blocks may reach beyond the region.
    ends = (
        fast.start - 0.5,
        fast.start + columns * maps.factor - 0.5,
        slow.start + rows * maps.factor - 0.5,
        slow.start - 0.5,
    )
    axes.imshow(colours, extent=ends, interpolation="nearest", aspect="auto")
    axes.set_xlim(fast.start - 0.5, fast.stop - 0.5)
    axes.set_ylim(slow.stop - 0.5, slow.start - 0.5)
    axes.locator_params(nbins=7, integer=True)
    axes.tick_params(labelsize=9)
    axes.set_xlabel("fast, pixel →", fontsize=10)
    axes.set_ylabel("← slow, pixel", fontsize=10)
    return axes


def draw_colour_bar(
    sheet: Sheet, beside: Box, scale: Scale, colours: NDArray[np.uint8], unit: str
) -> None:
    """Draw the ramp of ``colours`` with the ticks of ``scale``."""
    height = max(beside.height, 140)
    axes = sheet.axes(Box(beside.left, beside.top, _BAR, height))
    ramp = colours[1:] if scale.kind == "symmetric" else colours[FIRST : LAST + 1]
    axes.imshow(ramp[:, None], extent=(0, 1, 0, 1), origin="lower", aspect="auto")
    ticks = scale.ticks()
    axes.yaxis.tick_right()
    axes.set(xticks=[])
    axes.set_yticks([place for place, _ in ticks], [text for _, text in ticks], fontsize=9)
    axes.set_title(unit, fontsize=9, loc="left")


def reduced_to_panel(
    indices: NDArray[np.uint8], box: Box, *, symmetric: bool = False
) -> NDArray[np.uint8]:
    """Return colour indices of no more cells than the panel ``box`` has pixels.

    Each is the most conspicuous of the cells that it stands for.
    """
    for axis, most in ((0, box.height), (1, box.width)):
        count = indices.shape[axis]
        if count >= most:
            starts = np.linspace(0, count, int(most), endpoint=False).astype(np.intp)
            indices = _reduced_axis(indices, starts, axis, symmetric=symmetric)
    return indices


def enlarge_isolated_cells(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return colour indices with cells that differ, but no neighbour of theirs, grown to 3 x 3."""
    padded = np.pad(indices, 1, constant_values=ZERO)
    differs = padded > ZERO
    isolated = differs[1:-1, 1:-1] & (
        _cell_neighbourhoods(differs.astype(np.uint8)).sum(axis=0) == 1
    )
    only_isolated = np.pad(np.where(isolated, indices, ZERO), 1, constant_values=ZERO)
    grown: NDArray[np.uint8] = np.maximum(indices, _cell_neighbourhoods(only_isolated).max(axis=0))
    return grown


def _reduced_axis(
    indices: NDArray[np.uint8], starts: NDArray[np.intp], axis: int, *, symmetric: bool
) -> NDArray[np.uint8]:
    largest: NDArray[np.uint8] = np.maximum.reduceat(indices, starts, axis=axis)
    if not symmetric:
        return largest
    smallest: NDArray[np.uint8] = np.minimum.reduceat(indices, starts, axis=axis)
    below, above = EQUAL - smallest.astype(np.int16), largest.astype(np.int16) - EQUAL
    return np.where(below > above, smallest, largest)


def _cell_neighbourhoods(padded: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return each cell and its eight neighbours, (9, rows, columns)."""
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    shifted = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    cells: NDArray[np.uint8] = np.stack(shifted)
    return cells
