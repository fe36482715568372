"""What rotations of the crystal that ports get wrong would make of the reference's cell vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.explain.differences.wording import number_text
from parity_bridge.taps.orientation import MOSAIC, SPINDLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.explain.differences.values import Floats
    from parity_bridge.taps.pixel_taps import PixelTaps

    Facts = Mapping[str, NDArray[Any]]

_XYZ = "xyz"
_CONFIG = "config_snapshot"
_MATRICES = "derived.mosaic_umats."
#: Domains whose rotation may be that of all.
_MOST_DOMAINS = 8
#: Axes that may be taken for the spindle, by name.
_AXES = {
    "the beam": "beam_vector", "the fast axis": "fdet_vector", "the slow axis": "sdet_vector",
    "the detector's normal": "odet_vector", "the polarization axis": "polar_vector",
}  # fmt: skip


@dataclass(frozen=True)
class Turning:
    """The reference's setup of all rotations, and the rows that a port has otherwise."""

    #: Of the first tap, and of the rows of the tap ``orientation``, by name.
    figures: Mapping[str, Any]
    facts: Facts
    #: Of each row, from 0, (rows,).
    phi_step: NDArray[np.int64]
    domain: NDArray[np.int64]
    #: Vectors of the other side, (rows, 3).
    theirs: Floats

    @property
    def phi(self) -> Floats:
        """Spindle angle of each row, rad, as all angles."""
        return self.facts["phi"]

    def turned(self, axis: str) -> Floats:
        """Return a cell vector after the rotation about the spindle, (rows, 3)."""
        columns = [self.facts[f"{axis}_spindle.{component}"] for component in _XYZ]
        return np.stack(columns, axis=1)

    def vector(self, name: str) -> Floats:
        """Return a derived vector, (3,)."""
        return np.array([self.figures[f"derived.{name}.{axis}"] for axis in _XYZ])

    @property
    def matrices(self) -> Floats:
        """Rotation matrices of the domains, (domains, 3, 3)."""
        numbers = [value for name, value in self.figures.items() if name.startswith(_MATRICES)]
        return np.array(numbers, dtype=np.float64).reshape(-1, 3, 3)


def other_rotations(
    facts: Facts, name: str, reference: PixelTaps, places: NDArray[np.int64], theirs: Floats
) -> dict[str, Floats]:
    """Return other rotations of the crystal than the reference's, by what they are.

    ``name`` is a field of the tap ``orientation``, ``facts`` its columns; rows of ``places`` are
    those of ``FieldValues``, and ``theirs`` are the other side's vectors.
    """
    if name not in (*SPINDLE, *MOSAIC) or _CONFIG not in reference.taps:
        return {}
    figures = reference.taps[_CONFIG].pixel
    turning = Turning(figures, facts, places[:, 6], places[:, 7], theirs)
    if any(f"derived.{axis}0.x" not in figures for axis in "abc"):
        return {}
    rotations = _spindle_rotations if name in SPINDLE else _mosaic_rotations
    return dict(rotations(turning, name[0]))


def _spindle_rotations(turning: Turning, axis: str) -> Iterator[tuple[str, Floats]]:
    """Yield the crystal turned by other angles, or about other axes."""
    unrotated, spindle = turning.vector(f"{axis}0"), turning.vector("spindle_vector")
    turned = f"`{axis}0` turned about"
    yield f"`{axis}0`, not turned at all", np.broadcast_to(unrotated, (len(turning.phi), 3))
    for words, angle in _other_angles(turning):
        yield f"{turned} the spindle by {words}", _rotated(unrotated, spindle, angle)
    for words, name in _AXES.items():
        other = turning.vector(name)
        yield f"{turned} {words} instead of the spindle", _rotated(unrotated, other, turning.phi)
    length = _axis_length(unrotated, spindle, turning.phi, turning.theirs)
    if length is not None:
        words = f"a spindle axis of length {number_text(length, 6)}, not made a unit vector"
        yield f"{turned} {words}", _rotated(unrotated, length * spindle, turning.phi)


def _other_angles(turning: Turning) -> Iterator[tuple[str, Floats]]:
    """Yield the angle of each row that a port may take in the place of phi."""
    phi, step = turning.phi, float(turning.figures.get("derived.phistep", 0.0))
    start = float(turning.figures.get("derived.phi0", 0.0))
    number = turning.phi_step
    yield "-phi, the other way", -phi
    yield "phi and half a step more, the middle of the step", phi + step / 2.0
    yield "phi and a step more", phi + step
    yield "phi and a step less", phi - step
    yield (
        "the phi of every step so far added up",
        number * start + phi + (step * number * (number - 1) / 2.0),
    )
    yield "phi less the phi at which the sweep begins", phi - start
    yield "phi in degrees where radians belong", np.degrees(phi)
    yield "phi turned into radians once too often", np.radians(phi)
    yield "twice phi", 2.0 * phi
    yield "half phi", phi / 2.0


def _mosaic_rotations(turning: Turning, axis: str) -> Iterator[tuple[str, Floats]]:
    """Yield the crystal with another matrix than that of its domain, or in another order."""
    matrices = turning.matrices
    if not len(matrices) or turning.domain.max(initial=0) >= len(matrices):
        return
    turned, own, field = turning.turned(axis), matrices[turning.domain], f"`{axis}_spindle`"
    yield f"{field} times the transposed matrix of the domain", _times(own.swapaxes(1, 2), turned)
    first = _times(own, np.broadcast_to(turning.vector(f"{axis}0"), turned.shape))
    yield (
        f"`{axis}0` turned as the domain first, then about the spindle",
        _rotated(first, turning.vector("spindle_vector"), turning.phi),
    )
    yield f"{field} times the matrix of the domain twice", _times(own, _times(own, turned))
    for number, matrix in enumerate(matrices[:_MOST_DOMAINS]):
        shared = np.broadcast_to(matrix, own.shape)
        yield f"{field} times the matrix of domain {number} at every domain", _times(shared, turned)
    after = ", then as the domain" if len(matrices) > 1 else ""
    for words, vectors in _spindle_rotations(turning, axis):
        yield f"{words}{after}", _times(own, vectors)


def _times(matrices: Floats, vectors: Floats) -> Floats:
    product: Floats = np.einsum("rij,rj->ri", matrices, vectors)
    return product


def _rotated(v: Floats, n: Floats, angle: Floats) -> Floats:
    """Rotate ``v``, (3,) or (rows, 3), about ``n`` by each angle (contract §2)."""
    c, s = np.cos(angle)[:, np.newaxis], np.sin(angle)[:, np.newaxis]
    along = (v @ n)[..., np.newaxis] * n
    turned: Floats = along * (1.0 - c) + v * c + np.cross(n, v) * s
    return turned


def _axis_length(v: Floats, n: Floats, angle: Floats, theirs: Floats) -> float | None:
    """Return the length of the axis with which ``v`` rotates to ``theirs``; None without one.

    The part of a rotation across axis and vector grows with that length.
    """
    across = np.cross(n, v)
    sizes = np.abs(np.sin(angle))
    row = int(np.argmax(sizes))
    if sizes[row] == 0.0 or not across.any():
        return None
    rest = theirs[row] - v * np.cos(angle[row])
    length = float(rest @ across / (across @ across) / np.sin(angle[row]))
    return length if np.isfinite(length) and length > 0.0 else None
