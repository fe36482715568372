"""Defective ports: each one change to the PyTorch port or to its inputs, and what must be found.

A fault is planted in the port's modules for the length of a test. Where it is a behaviour of
contract §7 it is planted as a port would have it, in the port's own code, wherever that is a single
place; the others are told to the port as behaviours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from pytest import MonkeyPatch  # noqa: PT013 - a type

from parity_bridge import examples
from parity_bridge.engines.torch_port import (
    chain_state,
    detector,
    engine,
    evaluation,
    lattice,
    orientations,
    photons,
    pixel,
    scattering,
    subpixel,
    units,
)
from parity_bridge.engines.torch_port import setup as port_setup
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.setup import FactorMode
from parity_bridge.engines.torch_port.structure_factors import Lookup, Table
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.experiment.model import StructureFactorSource
from parity_bridge.experiment.structure_factors import load, write_cache

FaultInjection = Callable[[MonkeyPatch], None]

PEPTIDE = (
    f"-cell 21.937 4.866 23.477 90 107.08 90 -hkl {Path(examples.__file__).parent}/gnnqqny_p1.hkl "
    "-lambda 1.0 -N 8 -distance 60 -detpixels 64 -pixel 1.0 -oversample 2 -misset 1 2 3 "
    "-nointerpolate"
)
CUBE = "-cell 10 10 10 90 90 90 -default_F 3 -lambda 1 -N 5 -distance 60 -detpixels 64 -pixel 1"
LAYERS = f"{PEPTIDE} -detector_abs 200 -detector_thick 300 -detector_thicksteps 4"
#: A pixel whose h is -1.5 and whose k is -4.5, both to the last bit: no two rules agree on both.
TIE_FLAGS = (
    "-cell 3.75 5.625 5.625 90 90 90 -lambda 1 -N 1 -distance 6 -detpixels 1 -pixel 2 "
    "-oversample 1 -Xbeam -8 -Ybeam 0 -nointerpolate -default_F 3 -hkl counted.hkl"
)
#: Whose table has no symmetry and no two equal entries.
COUNTED = f"{CUBE} -hkl counted.hkl -oversample 2 -nointerpolate"
PIXELS = ((10, 50), (32, 20), (50, 12))


@dataclass(frozen=True)
class Fault:
    """One change and what must come of it."""

    name: str
    flags: str
    #: The first divergence.
    tap: str
    field: str
    #: What the explanation must name; None where it is neither a behaviour nor an input.
    expected_names: tuple[str, ...] | None = None
    #: The stages that must be named where nothing explains the fault.
    stages: tuple[str, ...] = ()
    inject: FaultInjection | None = None
    port_behaviours: tuple[str, ...] = ()
    port_flags: str = ""
    reference_flags: str = ""
    pixels: tuple[tuple[int, int], ...] = PIXELS
    in_frame: bool = False


def write_inputs(folder: Path) -> None:
    """The tables that the flags name."""
    box = [(h, k, l) for h in range(-6, 7) for k in range(-9, 10) for l in range(-8, 9)]
    counted = "".join(f"{h} {k} {l} {400 + 20 * h + 7 * k + l / 16}\n" for h, k, l in box)
    (folder / "counted.hkl").write_text(counted)
    topped = "".join(f"{h} {k} {l} {500 + h + k}\n" for h, k, l in box if k <= -5)
    (folder / "topped.hkl").write_text(topped)
    wide = [(h, k, l) for h in range(-9, 10) for k in range(-9, 10) for l in range(-9, 10)]
    (folder / "zeros.hkl").write_text("".join(f"{h} {k} {l} 0\n" for h, k, l in wide))
    (folder / "sparse.hkl").write_text("-9 -9 -9 7.5\n9 9 9 9.25\n")
    (folder / "sources.txt").write_text(
        "-10 0 0 1.0 1.0e-10\n-10 0.1 0 0.25 1.01e-10\n-10 0 -0.1 3.0 0.99e-10\n"
    )
    zeros = load(StructureFactorSource(hkl=folder / "zeros.hkl"))
    write_cache(folder / "stale.bin", zeros)


def _wrap(module: Any, name: str, make: Callable[[Any], Any]) -> FaultInjection:
    """Plant what ``make`` makes of the original in its place."""
    return lambda patch: patch.setattr(module, name, make(getattr(module, name)))


def _spread_subpixels(position: Any) -> Any:
    """Subpixels at ±0.5 of a pixel from its centre where they belong at ±0.25."""

    def spread(d: Any, depth: Any, slow: Any, fast: Any) -> Any:
        def away(index: Any) -> Any:
            middle = 2.0 * (index / 2.0).floor() + 1.0
            return middle + 2.0 * (index + 0.5 - middle) - 0.5

        return position(d, depth, away(slow), away(fast))

    return spread


def _single(position: Any) -> Any:
    """Positions in float32."""

    def rounded(*arguments: Any) -> Vec3:
        return Vec3(*(part.to(torch.float32).to(torch.float64) for part in position(*arguments)))

    return rounded


def _half_to_even(nearest: Any) -> Any:
    return lambda index, rounding: nearest(index, "half_even")


def _default_for_zero(lookup: Any) -> Any:
    def found(table: Table, hkl0: Vec3, in_box_zero: str) -> Lookup:
        F, outside, default_f = lookup(table, hkl0, in_box_zero)
        zero = (F == 0.0) & ~outside
        return Lookup(torch.where(zero, table.default_F, F), outside, default_f | zero)

    return found


def _permuted(lookup: Any) -> Any:
    """k and l swapped."""
    return lambda table, hkl0, *rest: lookup(table, Vec3(hkl0.x, hkl0.z, hkl0.y), *rest)


def _shifted(axis: int, by: int) -> FaultInjection:
    def make(of: Any) -> Any:
        def shifted(*arguments: Any) -> Table:
            table: Table = of(*arguments)
            minimum = list(table.minimum)
            minimum[axis] += by
            return replace(table, minimum=tuple(minimum))  # type: ignore[arg-type]

        return shifted

    return lambda patch: patch.setattr(Table, "of", make(Table.of))


def _topless(lookup: Any) -> Any:
    """The largest index on each axis counts as outside."""

    def found(table: Table, hkl0: Vec3, *rest: Any) -> Lookup:
        F, outside, default_f = lookup(table, hkl0, *rest)
        if table.values is None:
            return Lookup(F, outside, default_f)
        sizes = zip(hkl0, table.minimum, table.values.shape, strict=True)
        for index, low, size in sizes:
            outside = outside | (index >= low + size - 1)
        return Lookup(torch.where(outside, table.default_F, F), outside, outside)

    return found


def _zero_outside(lookup: Any) -> Any:
    """0 outside the table's box, where default_F belongs."""

    def found(table: Table, hkl0: Vec3, *rest: Any) -> Lookup:
        F, outside, default_f = lookup(table, hkl0, *rest)
        return Lookup(torch.where(outside, torch.zeros_like(F), F), outside, default_f)

    return found


def _set_factor_mode(name: str, mode: FactorMode) -> FaultInjection:
    """One of the factors is kept another way."""

    def make(begin: Any) -> Any:
        def begun(self: Any) -> None:
            begin(self)
            getattr(self, name).mode = mode

        return begun

    return _wrap(chain_state.Chain, "__post_init__", make)


def _polar_per_subpixel(patch: MonkeyPatch) -> None:
    _set_factor_mode("polar", FactorMode.LAST)(patch)
    patch.setattr(scattering, "_is_polarized_once", lambda setup: False)


def _both(first: FaultInjection, second: FaultInjection) -> FaultInjection:
    def plant(patch: MonkeyPatch) -> None:
        first(patch)
        second(patch)

    return plant


def _finish(change: Callable[[Any, Any], Any]) -> FaultInjection:
    """The end of the chain with another division."""

    def make(finish: Any) -> Any:
        def finished(self: Any) -> Any:
            ratio = change(self.setup, 1.0)
            made = finish(self)
            return type(made)(made[0], *(value * ratio for value in made[1:]))

        return finished

    return _wrap(pixel, "scale_to_photons", make)


def _undivided(patch: MonkeyPatch) -> None:
    """The steps are taken for 1."""
    original = photons.scale_to_photons

    def finished(self: Any) -> Any:
        setup = self.setup
        self.setup = replace(setup, steps=1)
        try:
            return original(self)
        finally:
            self.setup = setup

    patch.setattr(pixel, "scale_to_photons", finished)


def _on_setup(**changes: Any) -> FaultInjection:
    """Something of the port's setup is otherwise, once everything is laid out."""

    def make(lay_out: Any) -> Any:
        def laid_out(*arguments: Any) -> Any:
            made = lay_out(*arguments)
            for part, change in changes.items():
                made = replace(made, **{part: change(getattr(made, part))})
            return made

        return laid_out

    return _wrap(engine, "lay_out", make)


def _on_derived(module: Any, name: str, change: Callable[[Any], Any]) -> FaultInjection:
    """A derivation whose result is changed before anything is made from it."""
    return _wrap(
        module, name, lambda derive: lambda *given, **named: change(derive(*given, **named))
    )


def _negative(vector: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(-value for value in vector)


def _negated_misset(make: Any) -> Any:
    """Values whose misset has the wrong sign."""

    def of(experiment: Any, device: Any) -> Any:
        misset = _negative(experiment.crystal.misset)
        changed = experiment.crystal.model_copy(update={"misset": misset})
        return make(experiment.model_copy(update={"crystal": changed}), device)

    return of


def _swapped_pixels(compute: Any) -> Any:
    return lambda setup, table, slow, fast, *rest: compute(setup, table, fast, slow, *rest)


def _without_pi(sincg: Any) -> Any:
    return lambda x, N: sincg(x / math.pi, N)


def _not_a_number(sincg: Any) -> Any:
    return lambda x, N: sincg(x, N) * torch.nan


def _unforced(domains: Any) -> Any:
    """Mosaic domains whose first is not the identity."""

    def made(spread: Any, count: int, seed: int) -> Any:
        matrices = domains(spread, count + 1, seed)
        return matrices[1:]

    return made


def _slip_of_lambda(beam: Any) -> Any:
    return replace(beam, lambda0=beam.lambda0 * (1.0 + 1e-10))


def _in_angstrom(made: Any) -> Any:
    return replace(made, a0=Vec3(*(x * 1e10 for x in made.a0)))


def _position(original: Any) -> Any:
    """The same sums in another order."""

    def reordered(d: Any, depth: Any, slow: Any, fast: Any) -> Vec3:
        F, S = d.subpixel_size * (fast + 0.5), d.subpixel_size * (slow + 0.5)
        axes = zip(d.pix0, d.odet, d.slow, d.fast, strict=True)
        return Vec3(*((p + depth * o) + (S * s + F * f) for p, o, s, f in axes))

    return reordered


def _scattering(original: Any) -> Any:
    """Each vector over the wavelength, then the difference."""
    return lambda d, source: Vec3(
        *(x / source.wavelength - i / source.wavelength
          for x, i in zip(d, source.incident, strict=True))
    )  # fmt: skip


def _index(original: Any) -> Any:
    """The products from the last to the first."""
    return lambda orientation, q: Vec3(
        *((v.z * q.z + v.y * q.y) + v.x * q.x
          for v in (orientation.a, orientation.b, orientation.c))
    )  # fmt: skip


def _solid_angle(original: Any) -> Any:
    return lambda d, airpath: (
        (d.pixel_size * d.pixel_size * d.close_distance) / (airpath * airpath * airpath)
    )


def _sincg(original: Any) -> Any:
    """torch's own sines, and a reciprocal."""
    return lambda x, N: torch.where(x == 0.0, N, torch.sin(N * x) * (1.0 / torch.sin(x)))


#: Ports that only round otherwise, by the name of what is computed in another order.
REORDERINGS: dict[str, FaultInjection] = {
    "position": _wrap(subpixel, "subpixel_position", _position),
    "scattering": _wrap(scattering, "scattering_vector", _scattering),
    "hkl": _wrap(evaluation, "miller_index", _index),
    "factors": _wrap(subpixel, "solid_angle", _solid_angle),
    "f_latt": _wrap(lattice, "sincg", _sincg),
}

FAULTS = (
    Fault("subpixels at ±0.5", PEPTIDE, "omega_subpixel", "position.y", stages=("position",),
          inject=_wrap(subpixel, "subpixel_position", _spread_subpixels)),
    Fault("half-to-even rounding", TIE_FLAGS, "hkl_subpixel", "hkl_rounded.k",
          ("rounding=half_even",), pixels=((0, 0),),
          inject=_wrap(evaluation, "nearest_index", _half_to_even)),
    Fault("half-up rounding", TIE_FLAGS, "hkl_subpixel", "hkl_rounded.h", ("rounding=half_up",),
          port_behaviours=("rounding=half_up",), pixels=((0, 0),)),
    Fault("truncated indices", COUNTED, "hkl_subpixel", "hkl_rounded.h", ("rounding=truncate",),
          inject=_wrap(evaluation, "nearest_index", lambda _: lambda x, rule: torch.trunc(x))),
    Fault("floor of indices", COUNTED, "hkl_subpixel", "hkl_rounded.l", ("rounding=floor",),
          inject=_wrap(evaluation, "nearest_index", lambda _: lambda x, rule: torch.floor(x))),
    Fault("default_F for a stored zero", f"{CUBE} -hkl zeros.hkl -oversample 2 -nointerpolate",
          "f_cell_stats", "F_cell", ("in_box_zero=default",),
          inject=_wrap(evaluation, "nearest_lookup", _default_for_zero)),
    Fault("table shifted along h", COUNTED, "f_cell_stats", "F_cell",
          ("index h -1",), inject=_shifted(0, 1)),
    Fault("table shifted along k", COUNTED, "f_cell_stats", "F_cell",
          ("index k +1",), inject=_shifted(1, -1)),
    Fault("table shifted along l", COUNTED, "f_cell_stats", "F_cell",
          ("index l -1",), inject=_shifted(2, 1)),
    Fault("k and l swapped", COUNTED, "f_cell_stats", "F_cell", ("k and l swapped",),
          inject=_wrap(evaluation, "nearest_lookup", _permuted)),
    Fault("bounds exclusive at the top", TIE_FLAGS.replace("counted", "topped"), "f_cell_stats",
          "F_cell", ("bounds exclusive at the top",),
          inject=_wrap(evaluation, "nearest_lookup", _topless), pixels=((0, 0),)),
    Fault("0 outside the box", f"{CUBE} -hkl topped.hkl -oversample 2 -nointerpolate",
          "f_cell_stats", "F_cell", ("0 outside the box",),
          inject=_wrap(evaluation, "nearest_lookup", _zero_outside)),
    Fault("last omega", PEPTIDE, "omega_subpixel", "omega", ("omega=last",),
          inject=_set_factor_mode("omega", FactorMode.LAST)),
    Fault("mean omega", PEPTIDE, "omega_subpixel", "omega", ("omega=mean",),
          inject=_set_factor_mode("omega", FactorMode.MEAN)),
    Fault("omega of each term", PEPTIDE, "omega_subpixel", "omega", ("omega=each",),
          port_behaviours=("omega=each",)),
    Fault("polar per subpixel", f"{PEPTIDE} -polar 0.5", "intensity_pre_norm", "polar",
          ("polar=last",), inject=_polar_per_subpixel),
    Fault("steps not divided", PEPTIDE, "intensity_post_scale", "normalized",
          ("divide_by_steps=false",), inject=_undivided),
    Fault("steps dividing twice", PEPTIDE, "intensity_post_scale", "normalized",
          stages=("scaling",), inject=_finish(lambda setup, one: one / setup.steps)),
    Fault("float32 geometry", PEPTIDE, "omega_subpixel", "position.x", stages=("position",),
          inject=_wrap(subpixel, "subpixel_position", _single)),
    Fault("wavelength off by 1e-10", PEPTIDE, "config_snapshot", "derived.lambda0",
          stages=("setup",), inject=_on_derived(port_setup, "derive_beam", _slip_of_lambda)),
    Fault("a in Å where metres belong", PEPTIDE, "config_snapshot", "derived.a0.x",
          stages=("setup",), inject=_on_derived(port_setup, "derive_crystal", _in_angstrom)),
    Fault("weights used", f"{PEPTIDE} -sourcefile sources.txt", "intensity_pre_norm",
          "running_sum", ("weights=used",), port_behaviours=("weights=used",)),
    Fault("phi carry-over missing", f"{PEPTIDE} -phi 0 -osc 3 -phisteps 3", "orientation",
          "a_spindle.x", ("phi_carry_over=false",), port_behaviours=("phi_carry_over=false",),
          in_frame=True),
    Fault("interpolation not switched off",
          f"{PEPTIDE.replace('-nointerpolate', '-interpolate')} -misset 11 22 33 -default_F 2.5",
          "config_snapshot", "state.interpolation_on", ("interpolation_switches_off=false",),
          port_behaviours=("interpolation_switches_off=false",), pixels=((32, 32),), in_frame=True),
    Fault("wrong pivot", f"{PEPTIDE} -detector_rotx 5 -detector_roty 3", "config_snapshot",
          "derived.pix0_vector.x", ("-pivot sample",),
          inject=lambda patch: patch.setitem(detector.PIVOTS, "mosflm", "sample")),
    Fault("MOSFLM half pixel missing", PEPTIDE, "config_snapshot", "derived.pix0_vector.y",
          ("MOSFLM half pixel left out",),
          inject=_wrap(port_setup, "derive_detector", lambda derive: lambda raw, *others: derive(
              raw.model_copy(update={"convention": "denzo"}), *others))),
    Fault("fast and slow swapped", PEPTIDE, "omega_subpixel", "position.y",
          ("slow and fast swapped",), inject=_wrap(engine, "pixel", _swapped_pixels)),
    Fault("sincg without pi", PEPTIDE, "lattice", "F_latt_a", stages=("f_latt",),
          inject=_wrap(lattice, "sincg", _without_pi)),
    Fault("missing fudge", f"{PEPTIDE} -gauss_xtal -fudge 1.7", "lattice", "F_latt",
          ("-fudge left out",),
          inject=_on_setup(crystal=lambda made: replace(made, fudge=1.0))),
    Fault("thick layers summed", LAYERS, "intensity_pre_norm", "running_sum", ("layers=each",),
          port_behaviours=("layers=each",)),
    Fault("no parallax", LAYERS, "omega_subpixel", "capture", ("parallax=unused",),
          inject=_wrap(subpixel, "captured_fraction", lambda captured: lambda d, layer, ray: (
              captured(d, layer, d.odet)))),
    Fault("capture of the first layer", LAYERS, "intensity_post_scale", "capture",
          ("layers=first",), port_behaviours=("layers=first",)),
    Fault("capture of each subpixel", LAYERS, "omega_subpixel", "capture", ("capture=last",),
          inject=_wrap(chain_state.Chain, "uncaptured", lambda make: lambda self: _with_mode(
              make(self), FactorMode.LAST))),
    Fault("background after division", f"{PEPTIDE} -water 100", "intensity_pre_norm",
          "running_sum", ("background=undivided",), port_behaviours=("background=undivided",)),
    Fault("dmin not applied", f"{PEPTIDE} -dmin 5", "hkl_subpixel", "row", ("dmin=ignored",),
          inject=_wrap(scattering, "is_beyond_dmin", lambda cut: lambda q, dmin: cut(q, 0.0)),
          pixels=((0, 0), (2, 60), (32, 30))),
    Fault("skipped lookups counted", f"{PEPTIDE} -tophat_spots", "f_cell_stats", "lookup",
          ("zero_lattice=looked_up",), port_behaviours=("zero_lattice=looked_up",)),
    Fault("mosaic identity not forced", f"{PEPTIDE} -mosaic 0.5 -mosaic_domains 3",
          "config_snapshot", "derived.mosaic_umats.0.0", stages=("setup",),
          inject=_wrap(port_setup, "mosaic_domains", _unforced)),
    Fault("0/0 on a node", f"{CUBE} -oversample 1 -nointerpolate", "lattice", "F_latt_a",
          stages=("f_latt",), inject=_wrap(lattice, "sincg", _not_a_number)),
    Fault("omega and sincg at once", PEPTIDE, "omega_subpixel", "omega",
          stages=("f_latt", "factors"),
          inject=_both(_set_factor_mode("omega", FactorMode.LAST),
                       _wrap(lattice, "sincg", _without_pi))),
    Fault("wrong electron radius", PEPTIDE, "intensity_post_scale", "fluence_scaled",
          stages=("scaling",),
          inject=lambda patch: patch.setattr(units, "R_E_SQR", 7.94e-30)),
    Fault("stale cache on one side", f"{CUBE} -oversample 2 -nointerpolate", "f_cell_stats",
          "F_cell", ("stale cache",), reference_flags="-dump stale.bin"),
    Fault("wrong default fill", f"{CUBE} -hkl sparse.hkl -oversample 2 -nointerpolate",
          "f_cell_stats", "F_cell", ("unlisted=zero",), port_behaviours=("unlisted=zero",)),
    Fault("sign of misset", PEPTIDE, "config_snapshot", "derived.a_star.x", ("-misset negated",),
          inject=lambda patch: patch.setattr(
              Parameters, "of", _negated_misset(Parameters.of))),
    Fault("Kahn factor sign", f"{PEPTIDE} -polar 0.7", "intensity_pre_norm", "polar",
          ("-polar negated",),
          inject=_wrap(scattering, "polarization_factor", lambda factor: (
              lambda i, d, axis, kahn: factor(i, d, axis, -kahn)))),
    Fault("obliquity left out", PEPTIDE, "omega_subpixel", "omega", ("-point_pixel added",),
          inject=_on_setup(detector=lambda made: replace(made, point_pixel=True))),
    Fault("flat where curved", f"{PEPTIDE} -curved_det -phi 0", "omega_subpixel", "position.x",
          ("-curved_det left out",),
          inject=_on_setup(detector=lambda made: replace(made, curved=False))),
    Fault("oversampled factors on the term", f"{PEPTIDE} -oversample_omega -oversample_polar",
          "intensity_pre_norm", "running_sum", ("oversampled=term",),
          port_behaviours=("oversampled=term",)),
    Fault("running sum where none was asked for", PEPTIDE, "omega_subpixel", "omega",
          ("-oversample_omega added",),
          inject=_on_setup(omega=lambda mode: FactorMode.RUNNING_SUM)),
    Fault("another default_F", f"{CUBE} -oversample 2", "f_cell_stats", "F_cell",
          ("different default_F",), port_flags="-default_F 4"),
    Fault("another misset", PEPTIDE, "config_snapshot", "derived.a_star.x", ("-misset",),
          port_flags="-misset 1 2 4"),
    Fault("another misset, last omega", PEPTIDE, "config_snapshot", "derived.a_star.x",
          ("its own inputs", "omega=last"), port_flags="-misset 1 2 4",
          port_behaviours=("omega=last",)),
    Fault("last omega, steps not divided", PEPTIDE, "omega_subpixel", "omega",
          ("omega=last", "divide_by_steps=false"),
          inject=_both(_set_factor_mode("omega", FactorMode.LAST), _undivided)),
    Fault("k and l swapped, mean omega", COUNTED, "omega_subpixel", "omega",
          ("omega=mean", "k and l swapped"),
          inject=_both(_set_factor_mode("omega", FactorMode.MEAN),
                       _wrap(evaluation, "nearest_lookup", _permuted))),
    Fault("spindle turning backwards", f"{PEPTIDE} -phi 5 -osc 3 -phisteps 3", "orientation",
          "a_spindle.x", ("spindle reversed",),
          inject=_wrap(orientations, "rotate_axis", lambda rotate: lambda v, n, phi: rotate(
              v, n, -phi))),
)  # fmt: skip


def _with_mode(kept: Any, mode: FactorMode) -> Any:
    kept.mode = mode
    return kept
