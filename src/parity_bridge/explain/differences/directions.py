"""Vectors that keep their length and matrices that stay rotations, each turned by its own angle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.explain.differences.values import FieldValues, Relation
from parity_bridge.explain.differences.wording import number_text

if TYPE_CHECKING:
    from parity_bridge.explain.differences.values import Floats, Mask

_VECTOR = ("x", "y", "z")
_MATRIX = 9
#: How far from 1 the products of rows of a rotation may be, and its determinant.
_ROUNDING = 1e-12


def directions(values: FieldValues) -> Iterator[Relation]:
    """Yield that vectors keep their length in every differing row, in other directions."""
    if values.names != _VECTOR:
        return
    ours, theirs = values.ours, values.theirs
    lengths = np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1)
    same_length = np.abs(lengths[0] - lengths[1]) <= 2.0 * values.slack.max(axis=1)
    sines = np.linalg.norm(np.cross(ours, theirs), axis=1)
    angles = np.arctan2(sines, (ours * theirs).sum(axis=1))
    yield _relation(values, "direction", "another direction", angles, same_length)


def rotations(values: FieldValues) -> Iterator[Relation]:
    """Yield that matrices are rotations on both sides, but other ones."""
    if len(values.names) != _MATRIX:
        return
    ours, theirs = (side.reshape(-1, 3, 3) for side in (values.ours, values.theirs))
    turns = theirs @ ours.swapaxes(1, 2)
    cosines = (np.trace(turns, axis1=1, axis2=2) - 1.0) / 2.0
    angles = np.arccos(np.clip(cosines, -1.0, 1.0))
    are_rotations = _is_rotation(ours) & _is_rotation(theirs)
    yield _relation(values, "rotation", "another rotation", angles, are_rotations)


def _is_rotation(matrices: Floats) -> Mask:
    products = matrices @ matrices.swapaxes(1, 2)
    from_unity = np.abs(products - np.eye(3)).max(axis=(1, 2))
    from_proper = np.abs(np.asarray(np.linalg.det(matrices)) - 1.0)
    is_rotation: Mask = np.maximum(from_unity, from_proper) <= _ROUNDING
    return is_rotation


def _relation(values: FieldValues, kind: str, what: str, angles: Floats, holds: Mask) -> Relation:
    largest = float(np.degrees(angles[values.differing_rows].max()))
    text = f"{what}, up to {number_text(largest, 4)}° from the reference's"
    if kind == "direction":
        text += ", the length kept"
    return Relation(kind, text, np.broadcast_to(holds[:, np.newaxis], values.ours.shape))
