"""Resolution of pixels, and shells of it.

They only sort pixels and label pictures: no engine reads them. Where sources have many directions
or wavelengths, the resolution is that of the beam's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.experiment.regions import Region
from parity_bridge.scan.maps import Geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Quantity


def derived_geometry(experiment: Experiment, derived: Mapping[str, Quantity]) -> Geometry:
    """Return where pixels lie by what an engine derived (names of ``taps.derived``)."""
    quantities: Mapping[str, Any] = derived  # vectors and numbers, by their names
    vectors = {
        name: tuple(map(float, quantities[source]))
        for name, source in (
            ("pix0", "pix0_vector"),
            ("fast", "fdet_vector"),
            ("slow", "sdet_vector"),
            ("beam", "beam_vector"),
        )
    }
    return Geometry(
        pixel_size=float(quantities["pixel_size"]),
        wavelength=float(quantities["lambda0"]) * 1e10,
        sphere_radius=float(quantities["distance"]) if experiment.detector.curved else None,
        **vectors,  # type: ignore[arg-type]
    )


def inverse_d(geometry: Geometry, region: Region) -> NDArray[np.float64]:
    """Return 1/d of the centres of pixels, 1/Å, (slow, fast); 0 in the direct beam."""
    fast = (np.arange(region.fast.start, region.fast.stop) + 0.5) * geometry.pixel_size
    slow = (np.arange(region.slow.start, region.slow.stop)[:, None] + 0.5) * geometry.pixel_size
    place: list[Any] = [
        corner + slow * s + fast * f
        for corner, s, f in zip(geometry.pix0, geometry.slow, geometry.fast, strict=True)
    ]
    if geometry.sphere_radius is not None:
        place = _on_the_sphere(geometry, place, geometry.sphere_radius)
    length = np.sqrt(place[0] * place[0] + place[1] * place[1] + place[2] * place[2])
    squared = np.zeros_like(length)
    for component, beam in zip(place, geometry.beam, strict=True):
        scattered = component / length - beam
        squared += scattered * scattered
    inverse: NDArray[np.float64] = np.sqrt(squared) / geometry.wavelength
    return inverse


def shell_edges(geometry: Geometry, region: Region, shells: int) -> tuple[float, ...]:
    """Return ``shells + 1`` ascending 1/d, 1/Å, from 0: equal volumes up to the farthest pixel."""
    rows, columns = _ends(region.slow), _ends(region.fast)
    farthest = max(
        float(inverse_d(geometry, Region(range(s, s + 1), range(f, f + 1)))[0, 0])
        for s in rows
        for f in columns
    )
    top = max(farthest, 1e-12) * (1 + 1e-9)
    return tuple(top * math.cbrt(number / shells) for number in range(shells + 1))


def shell_numbers(edges: Sequence[float], inverse: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the shell of each 1/d, shape as given; beyond either end the nearest."""
    count = len(edges) - 1
    scaled = inverse * (1.0 / edges[-1])
    numbers = (scaled * scaled * scaled * count).astype(np.int64)
    return np.clip(numbers, 0, count - 1, out=numbers)


def _ends(chosen: range) -> tuple[int, int]:
    return chosen.start, chosen.stop - 1


def _on_the_sphere(geometry: Geometry, place: list[Any], radius: float) -> list[Any]:
    """Return flat positions wrapped around the sample (contract §6)."""
    start = [component * radius for component in geometry.beam]
    turned = _rotated(start, geometry.slow, place[1] / radius)
    return _rotated(turned, geometry.fast, place[2] / radius)


def _rotated(vector: Sequence[Any], axis: Sequence[float], angle: Any) -> list[Any]:
    """Return ``vector`` turned about a unit vector by ``angle``, radians, of any shape."""
    cosine, sine = np.cos(angle), np.sin(angle)
    along = sum(n * v for n, v in zip(axis, vector, strict=True)) * (1.0 - cosine)
    (nx, ny, nz), (vx, vy, vz) = axis, vector
    return [
        nx * along + vx * cosine + (ny * vz - nz * vy) * sine,
        ny * along + vy * cosine + (nz * vx - nx * vz) * sine,
        nz * along + vz * cosine + (nx * vy - ny * vx) * sine,
    ]
