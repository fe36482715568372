"""The noise budget of a field, and what it leaves of a relation between the two sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.explain.differences.values import Floats
    from parity_bridge.taps.noise_budget import NoiseBudget

#: Rounding of the operations that a relation adds, in units of the figure itself.
_OPERATIONS = 8 * np.finfo(np.float64).eps


def noise_table(
    noise: Mapping[tuple[int, int], NoiseBudget],
    rows: Sequence[tuple[tuple[int, int], NDArray[np.int64] | None]],
    tap_id: str,
    keys: Sequence[str],
    components: int | None = None,
) -> Floats | None:
    """Return the spread of each figure of a field: (rows, components); None where it is not known.

    ``rows`` are the pixels and, for figures of rows, the rows' numbers; ``keys`` the components,
    those of several rows one after the other where ``components`` says how many one row has.
    """
    blocks = []
    for pixel, numbers in rows:
        spread = {} if pixel not in noise else noise[pixel].spread.get(tap_id, {})
        if any(key not in spread for key in keys):
            return None
        columns = [np.array(spread[key], dtype=np.float64) for key in keys]
        if numbers is not None and any(
            len(column) <= numbers.max(initial=-1) for column in columns
        ):
            return None
        block = np.stack([column if numbers is None else column[numbers] for column in columns], -1)
        blocks.append(block.reshape(-1, components or len(keys)))
    return np.concatenate(blocks) if blocks else None


def noise_slack(ours: Floats, theirs: Floats, noise: Floats, *, by_column: bool) -> Floats:
    """Return what noise leaves of a relation between two columns, for each element.

    Components of one vector share the largest noise; ``by_column`` keeps them separate. Where the
    other side's figures are larger, by a factor say, so is the noise that they inherit.
    """
    if not by_column:
        noise = np.broadcast_to(noise.max(axis=1, keepdims=True), noise.shape)
    sizes = [_sizes(side, by_column=by_column) for side in (ours, theirs)]
    with np.errstate(invalid="ignore", divide="ignore"):
        growth = np.where(sizes[0] > 0.0, sizes[1] / sizes[0], 1.0)
    grown = noise * np.maximum(np.nan_to_num(growth, posinf=1.0), 1.0)
    return np.asarray(grown + _OPERATIONS * np.maximum(*sizes))


def _sizes(side: Floats, *, by_column: bool) -> Floats:
    """Return the size of each figure or, of a vector, that of its largest component."""
    sizes = np.abs(np.where(np.isfinite(side), side, 0.0))
    return sizes if by_column else np.broadcast_to(sizes.max(axis=1, keepdims=True), sizes.shape)
