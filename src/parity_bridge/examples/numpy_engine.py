"""A port in plain NumPy and its engine, to begin your own with; ``docs/engines.md`` explains it.

``Port`` stands for your port: here the plain case of contract §1 to §6, which is one source,
one domain, no rotation, a flat MOSFLM detector, a parallelepiped, nearest lookups. ``NumpyEngine``
is what you write. It refuses the rest and records all taps but ``config``, with the C core's bits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from parity_bridge.engines.checks import check_pixels
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.model import MAX_OVERSAMPLE
from parity_bridge.experiment.structure_factors import StructureFactors, load
from parity_bridge.taps.counting import observation_of, subpixel_rows, unrotated
from parity_bridge.taps.observation import TOTALS

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Observation

RTD, R_E_SQR = 180.0 * (1.0 / math.pi), 7.94079248018965e-30  # degrees, m²
#: For each of three axes, the next one and the one after.
J, K = [1, 2, 0], [2, 0, 1]


def dot(u: Any, v: Any) -> Any:
    """Sum from x to z, which numpy does not promise; vectors lie along the last axis."""
    return u[..., 0] * v[..., 0] + u[..., 1] * v[..., 1] + u[..., 2] * v[..., 2]


def length(v: Any) -> Any:
    """Return the length of vectors."""
    return np.sqrt(dot(v, v))


@np.vectorize
def sincg(x: float, N: float) -> float:
    """Return sin(x*N)/sin(x), one by one: numpy's sine need not have the C library's bits."""
    return math.sin(x * N) / math.sin(x) if x else N


class Port:
    """A simulation in SI units; arrays have a row for each subpixel."""

    def __init__(self, given: Experiment, table: StructureFactors) -> None:
        detector, crystal = given.detector, given.crystal.model_dump()
        self.beam, self.wavelength, self.table = given.beam, given.beam.wavelength / 1.0e10, table
        self.size, self.distance = detector.pixel_size / 1000.0, detector.distance / 1000.0
        height, Sbeam = self.edge(detector.pixels_slow, detector.detsize_slow, detector.x_beam)
        width, Fbeam = self.edge(detector.pixels_fast, detector.detsize_fast, detector.y_beam)
        self.pixels, self.beam_centre = (height, width), (Sbeam, Fbeam)
        self.axes = self.real_axes(list(crystal["cell"].values()), crystal["misset"])
        self.N = np.maximum(crystal["cells"], 1.0)
        longest = (length(self.axes) * self.N).max()
        asked = 3.0 * longest / (self.wavelength * self.distance / self.size)
        self.oversample = given.sampling.oversample or max(1, math.ceil(asked))

    def edge(self, count: int | None, mm: float, beam: float | None) -> tuple[int, float]:
        """Return the pixels along an edge, and where the beam centre lies on it (§2)."""
        whole = self.size * count if count else mm / 1000.0
        centre = (whole + self.size) / 2.0 if beam is None else beam / 1000.0
        return math.ceil(whole / self.size - 0.5), centre + 0.5 * self.size

    def real_axes(self, cell: Sequence[float | None], misset: Sequence[float]) -> Any:
        """Return rows a, b, c of a crystal; lengths given in Å, angles in degrees (§3)."""
        a, b, c, *angles = cell
        edges = np.array([a, b or a, c or a], dtype=np.float64)
        turns = np.array([angle or 90.0 for angle in angles]) / RTD
        sin, cos = (np.array([f(turn) for turn in turns]) for f in (math.sin, math.cos))
        s = turns.sum() / 2
        skew = math.prod(math.sin(turn) for turn in (s, *(s - turns)))
        V = 2.0 * edges.prod() * math.sqrt(abs(skew))
        lengths = edges[J] * edges[K] * sin * (1.0 / V)
        cosines = (cos[J] * cos[K] - cos) / (sin[J] * sin[K])
        x, y, z = np.where(cosines**2 > 1.0, 1.0, cosines)
        w = min(edges[2] * (1.0 / V) / lengths[0] / lengths[1], 1.0)
        star = lengths[:, None] * [[1.0, 0.0, 0.0], [z, w, 0.0], [y, 0.0, 0.0]]
        star[2, 1:] = lengths[2] * (x - y * z) / w, lengths[2] * V / (edges.prod() * w)
        for j, k, turn in zip(J, K, np.array(misset) / RTD, strict=True):
            u, v = star[:, j].copy(), star[:, k].copy()
            star[:, j] = u * math.cos(turn) - v * math.sin(turn)
            star[:, k] = u * math.sin(turn) + v * math.cos(turn)
        across = np.cross(star[J], star[K])
        return (edges / V / length(across))[:, None] * across * (1.0 / (1.0 / V)) * 1e-10

    def position(self, slow: Any, fast: Any) -> Any:
        """Return the centres of subpixels, which are counted over the whole detector (§6)."""
        sub = self.size / self.oversample
        S, F = sub * slow + sub / 2.0, sub * fast + sub / 2.0
        Sbeam, Fbeam = self.beam_centre
        return np.stack(np.broadcast_arrays(self.distance, Sbeam - S, F - Fbeam), axis=-1)

    def omega(self, airpath: Any) -> Any:
        """Return the solid angle of the pixel, that of its first subpixel."""
        return (self.size * self.size / airpath / airpath * self.distance / airpath)[:1]

    def polar(self, d: Any) -> Any:
        """Return the polarization factor, that of the first subpixel."""
        x, y, z = d[0] / length(d[0])
        psi = -math.atan2(y, z)
        return 0.5 * (1.0 + x * x - self.beam.polarization * math.cos(2 * psi) * (1 - x * x))

    def nearest(self, hkl: Any) -> Any:
        """Return nearest indices, a half rounded down (§5)."""
        return np.ceil(hkl - 0.5).astype(int)

    def look_up(self, hkl0: Any) -> tuple[Any, Any]:
        """Return F, and whether indices lie outside the table, as all do without one (§5)."""
        grid = np.empty((0, 0, 0)) if self.table.grid is None else self.table.grid
        at = hkl0 - self.table.minimum
        inside = ((at >= 0) & (at < grid.shape)).all(axis=-1)
        F_cell = np.full(len(at), self.table.provenance.default_F)
        F_cell[inside] = grid[tuple(at[inside].T)]
        return F_cell, ~inside

    def pixel(self, slow: Any, fast: Any) -> dict[str, Any]:
        """Compute all values on the way to the photons in a pixel, by their names in taps."""
        position = self.position(slow, fast)
        airpath = length(position)
        d = position / airpath[:, None]
        q = (d - [1.0, 0.0, 0.0]) / self.wavelength
        hkl = dot(self.axes, q[:, None])
        hkl0 = self.nearest(hkl)
        factors = sincg(math.pi * hkl, self.N)
        F_latt = factors.prod(axis=-1)
        F_cell, outside = self.look_up(hkl0)
        I = np.cumsum(F_cell * F_cell * F_latt * F_latt)
        omega, polar = self.omega(airpath), self.polar(d)
        scaled = R_E_SQR * self.beam.fluence * I[-1]
        v = scaled / len(I)
        photons = v * polar * omega[-1]
        return {
            "position": position, "airpath": airpath, "omega": omega, "capture": 1.0, "q": q,
            "hkl": hkl, "hkl0": hkl0, "F_latt_factors": factors, "F_latt": F_latt,
            "F_cell": F_cell, "default_f": outside,
            "out_of_bounds": outside & (self.table.grid is not None), "polar": polar, "I": I,
            "I_per_step": I / len(I), "fluence_scaled": scaled, "normalized": v,
            "after_capture": v, "after_polar": v * polar, "after_omega": photons,
            "intensity": photons, "image": np.float32(photons),
        }  # fmt: skip


#: The fields of an Experiment that the port reads; the others may only have their defaults.
SUPPORTED_FIELDS = """cell misset cells wavelength polarization fluence distance pivot
    pixel_size pixels_slow pixels_fast detsize_slow detsize_fast x_beam y_beam oversample
    interpolate roi hkl dump default_F"""


class NumpyEngine:
    """The port as an engine."""

    name: ClassVar[str] = "numpy"
    implementation: ClassVar[str] = "numpy"
    trace_prefix: ClassVar[str] = "TRACE_NP"
    folder: ClassVar[str] = "numpy_taps"
    taps = ("omega", "orientation", "hkl", "lattice", "f_cell", "pre_norm", "post_scale", "final")
    port: ClassVar[type[Port]] = Port

    def __init__(self, *, dtype: str = "float64", device: str = "cpu") -> None:
        if (dtype, device) != ("float64", "cpu"):
            raise UsageError(f"engine numpy has no {dtype} on {device}, only float64 on cpu")

    def observe(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,  # noqa: ARG002 - no pixel depends on the one before
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast) one by one; see ``Engine.observe``."""
        parts = experiment.model_dump(exclude_defaults=True).values()
        more = [name for part in parts for name in part if name not in SUPPORTED_FIELDS.split()]
        interpolate, cells = experiment.sampling.interpolate, experiment.crystal.cells
        if interpolate or (interpolate is None and min(cells) <= 2):
            more.append("interpolation (give -nointerpolate)")
        if more or behaviours != REFERENCE:
            raise UsageError(f"engine numpy has no {', '.join([*more, *behaviours.switched])}")
        port = self.port(experiment, load(experiment.structure_factors))
        check_pixels(pixels, *port.pixels)
        if port.oversample > MAX_OVERSAMPLE:
            raise UsageError(f"{port.oversample} subpixels an edge are too many; give -oversample")
        return [self.record(port, experiment, pixel) for pixel in pixels]

    def record(self, port: Port, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        """Record one pixel: its rows, and the end of its chain."""
        n, (slow, fast) = port.oversample, pixel
        rows = subpixel_rows(n)
        values = port.pixel(slow * n + rows["sub_slow"], fast * n + rows["sub_fast"])
        for name in values.keys() & set(rows.dtype.names or ()):
            rows[name] = values[name]
        totals = {name: float(np.ravel(values[name])[-1]) for name in TOTALS if name in values}
        roi = experiment.sampling.roi or (0, port.pixels[1], 0, port.pixels[0])
        if not (roi[0] <= fast <= roi[1] and roi[2] <= slow <= roi[3]):
            totals |= {"in_roi": 0, "image": 0.0}
        table = port.table.provenance
        observation = observation_of(experiment, pixel, rows, table, n, totals=totals, roi=roi)
        return replace(observation, orientations=unrotated(port.axes))

    def build(self) -> Mapping[str, str]:
        """Return what was run."""
        return {"engine": "NumPy example", "numpy": np.__version__}
