"""Both sides of a made-up field."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity_bridge.explain.differences.values import FieldValues, rounding_slack


def rows_of(pixels: int = 2, subpixels: int = 2, sources: int = 1, steps: int = 1) -> Any:
    """The places of every evaluation, in the order of the loops."""
    shape = (pixels, 1, subpixels, subpixels, sources, steps, 1)
    loops = np.indices(shape).reshape(len(shape), -1).T
    return np.hstack((loops[:, :1] + 10, loops[:, :1] + 50, loops[:, 1:]))


def field_of(ours: Any, theirs: Any, places: Any = None, **more: Any) -> FieldValues:
    """A field whose sides must agree to the last bit."""
    ours, theirs = (np.asarray(side, dtype=np.float64) for side in (ours, theirs))
    if ours.ndim == 1:
        ours, theirs = ours[:, np.newaxis], theirs[:, np.newaxis]
    names = {1: ("",), 3: ("x", "y", "z")}.get(ours.shape[1], tuple(map(str, range(9))))
    differs = ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))
    slack = rounding_slack(ours, theirs, by_column=False)
    return FieldValues(names, ours, theirs, differs, slack, places, **more)
