"""Vectors of the same length in another direction: turned by one angle in every row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity_bridge.explain.differences.values import FieldValues, Relation
from parity_bridge.explain.differences.wording import number_text

_VECTOR = ("x", "y", "z")
#: How well an angle is known in the sixteenth digit of a vector's components, rad.
_ANGLE = 1e-8


def turns(values: FieldValues) -> Iterator[Relation]:
    """Yield the angle by which the vectors of all differing rows are turned, their length kept."""
    if values.names != _VECTOR:
        return
    ours, theirs = values.ours, values.theirs
    lengths = np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1)
    sine = np.linalg.norm(np.cross(ours, theirs), axis=1)
    angles = np.arctan2(sine, (ours * theirs).sum(axis=1))
    rows = values.differing_rows
    angle = float(np.median(angles[rows]))
    same_length = np.abs(lengths[0] - lengths[1]) <= 2.0 * values.slack.max(axis=1)
    holds = same_length & (np.abs(angles - angle) <= _ANGLE)
    if angle > 10.0 * _ANGLE:
        text = f"turned by {number_text(float(np.degrees(angle)), 6)}°, its length kept"
        yield Relation("turn", text, np.broadcast_to(holds[:, np.newaxis], ours.shape))
