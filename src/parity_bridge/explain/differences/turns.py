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
    yield from _turned(values, keeps_length=True)


def turns_and_lengths(values: FieldValues) -> Iterator[Relation]:
    """Yield the angle and the factor by which the vectors of all differing rows are off."""
    yield from _turned(values, keeps_length=False)


def _turned(values: FieldValues, *, keeps_length: bool) -> Iterator[Relation]:
    if values.names != _VECTOR:
        return
    ours, theirs = values.ours, values.theirs
    lengths = np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1)
    sine = np.linalg.norm(np.cross(ours, theirs), axis=1)
    angles = np.arctan2(sine, (ours * theirs).sum(axis=1))
    rows = values.differing_rows
    angle = float(np.median(angles[rows]))
    factor = 1.0 if keeps_length else float(np.median((lengths[1] / lengths[0])[rows]))
    right_length = np.abs(factor * lengths[0] - lengths[1]) <= 2.0 * values.slack.max(axis=1)
    holds = right_length & (np.abs(angles - angle) <= _ANGLE)
    if angle > 10.0 * _ANGLE and np.isfinite(factor):
        length = "its length kept" if keeps_length else f"{number_text(factor, 6)} times as long"
        text = f"turned by {number_text(float(np.degrees(angle)), 6)}°, {length}"
        yield Relation("turn", text, np.broadcast_to(holds[:, np.newaxis], ours.shape))
