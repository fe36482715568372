"""The kinds of experiment that are drawn: each makes some behaviours and flags visible."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from parity_bridge.locate.experiments.candidate import (
    PIXELS_FAST,
    PIXELS_SLOW,
    Candidate,
    Part,
)
from parity_bridge.locate.experiments.draw import Draw

_DETECTOR = f"-detpixels_x {PIXELS_FAST} -detpixels_y {PIXELS_SLOW} -oversample 1"
_ALWAYS = "q hkl F_latt polar I"
_PLACES = "position airpath"


class Kind(NamedTuple):
    """A kind of experiment, what it is for, and how one is drawn."""

    name: str
    purpose: str
    draw: Callable[[Draw], Candidate]
    #: Mistakes that change nothing here: two flags of which one overrides the other, say.
    without_effect: tuple[str, ...] = ()


def _triclinic(draw: Draw) -> str:
    lengths = draw.numbers((14, 18), (19, 23), (24, 28))
    return f"-cell {lengths} {draw.numbers((76, 84), (94, 102), (106, 115))} {draw.cells()}"


def _wide_detector(draw: Draw) -> str:
    """Return a flat detector that reaches to some 30° on either side."""
    return (
        f"{_DETECTOR} -pixel {draw.number(6, 8)} -distance {draw.number(50, 60)} "
        f"-Xbeam {draw.number(16, 24)} -Ybeam {draw.number(18, 30)}"
    )


def _layers(draw: Draw) -> str:
    return (
        f"-detector_abs {draw.number(400, 700)} -detector_thick {draw.number(800, 1500)} "
        "-detector_thicksteps 2"
    )


def _flat(draw: Draw) -> tuple[str, tuple[Part, ...]]:
    """Return a wavelength, and core and parts: a triclinic crystal, a turned flat detector."""
    wavelength = draw.number(0.95, 1.15)
    core = f"-lambda {wavelength} {_triclinic(draw)} {_wide_detector(draw)} -nointerpolate"
    return wavelength, (
        Part.of(f"{core} -default_F {draw.number(30, 60)}", varies=_ALWAYS),
        Part.of(f"-misset {draw.numbers((5, 15), (18, 30), (33, 50))}"),
        Part.of(f"-polar {draw.number(0.4, 0.9)}"),
        Part.of(f"-fluence {draw.number(1, 9)}e27"),
        Part.of(f"-hkl {draw.table()}", "in_box_zero unlisted", "F_cell"),
        Part.of(
            f"-detector_rotx {draw.number(2, 6)} -detector_roty {draw.number(-8, -4)} "
            f"-detector_rotz {draw.number(9, 14)}",
            varies=_PLACES,
        ),
        Part.of(f"-twotheta {draw.number(5, 12)}"),
    )


def _plain(draw: Draw) -> Candidate:
    _, (core, *parts) = _flat(draw)
    return Candidate(core, tuple(parts))


def _subpixels(draw: Draw) -> Candidate:
    wavelength, (core, *parts) = _flat(draw)
    return Candidate(
        core,
        (
            Part.of("-oversample 2", "omega polar divide_by_steps", "omega"),
            *parts,
            Part.of(f"-sourcefile {draw.sources(float(wavelength))}", "weights"),
            Part.of(_layers(draw), "capture layers parallax", "capture"),
            Part.of(f"-water {draw.number(0.2, 0.6)}", "background"),
        ),
    )


def _interpolated(draw: Draw) -> Candidate:
    core = f"-lambda {draw.number(0.95, 1.15)} {_triclinic(draw)} {_DETECTOR}"
    return Candidate(
        Part.of(
            f"{core} -pixel {draw.number(4, 5)} -distance {draw.number(50, 60)} -default_F "
            f"{draw.number(30, 60)} -misset {draw.numbers((-15, -5), (18, 30), (-50, -33))}",
            varies=_ALWAYS,
        ),
        (
            Part.of("-oversample 2", "divide_by_steps", _PLACES),
            Part.of(f"-xds -ORGX {draw.number(3, 6)} -ORGY {draw.number(2, 4)}"),
            Part.of(f"-hkl {draw.table()}", "unlisted", "F_cell"),
            Part.of(f"-detector_roty {draw.number(-4, -2)} -twotheta {draw.number(3, 6)}"),
            Part.of("-interpolate", "interpolation_switches_off"),
            Part.of(f"-polar {draw.number(-0.9, -0.4)}"),
            Part.of("-oversample_omega -oversample_polar", "oversampled", "omega"),
            Part.of(f"{_layers(draw)} -oversample_thick", "parallax", "capture"),
            Part.of(f"-dmin {draw.number(2, 2.6)}", "dmin"),
            Part.of(f"-gauss_xtal -fudge {draw.number(0.5, 0.9)}"),
        ),
    )


def _top_hat(draw: Draw) -> Candidate:
    wavelength = draw.number(0.95, 1.15)
    core = f"-lambda {wavelength} {draw.cells()} -nointerpolate {_wide_detector(draw)}"
    return Candidate(
        Part.of(
            f"{core} -mat {draw.matrix(float(wavelength))} -default_F {draw.number(30, 60)} "
            f"-polar {draw.number(0.4, 0.9)}", varies="position q hkl polar",
        ),
        (
            Part.of(f"-dump {draw.cache()}", "cache in_box_zero"),
            Part.of(f"-tophat_spots -fudge {draw.number(0.02, 0.08, 3)}", "zero_lattice"),
            Part.of("-curved_det"),
            Part.of(
                f"-flux {draw.number(1, 9)}e15 -exposure {draw.number(1.5, 4)} -beamsize "
                f"{draw.number(0.05, 0.09)}"
            ),
            Part.of(f"-phi {draw.number(10, 20)} -osc {draw.number(2, 5)} -phisteps 2"),
            Part.of(f"-dispersion {draw.number(2, 5)} -dispsteps 2"),
            Part.of(f"-hdivrange {draw.number(20, 40)} -hdivsteps 3"),
            Part.of(f"-vdivrange {draw.number(20, 40)} -vdivsteps 2", "round_beam"),
        ),
    )  # fmt: skip


def _custom(draw: Draw) -> Candidate:
    core = f"-lambda {draw.number(0.95, 1.15)} {_triclinic(draw)} {_DETECTOR} -nointerpolate"
    near = (-0.1, 0.1)
    # The second step is at exactly 0, whatever the binary of the number is.
    step = float(draw.number(1, 3))
    return Candidate(
        Part.of(
            f"{core} -pixel {draw.number(6, 8)} -default_F {draw.number(30, 60)} -polar "
            f"{draw.number(0.4, 0.9)}", varies=_ALWAYS,
        ),
        (
            Part.of(
                f"-fdet_vector {draw.numbers(near, near)} 1 -sdet_vector {draw.number(*near)} -1 "
                f"{draw.number(*near)} -odet_vector 1 {draw.numbers(near, near)}", varies=_PLACES,
            ),
            Part.of(f"-beam_vector 1 {draw.numbers(near, near)}"),
            Part.of(f"-polar_vector {draw.numbers(near, near)} 1"),
            Part.of(f"-phi {-step} -osc {2 * step} -phisteps 2", "phi_carry_over"),
            Part.of(f"-spindle_axis {draw.numbers(near, near)} 1"),
            Part.of(f"-close_distance {draw.number(50, 60)}"),
            Part.of(f"-Xclose {draw.number(16, 24)} -Yclose {draw.number(18, 30)}"),
            Part.of(f"-hkl {draw.table()}", "in_box_zero unlisted", "F_cell"),
            Part.of(f"-round_xtal -fudge {draw.number(0.3, 0.6)}"),
            Part.of(f"-misset random -misset_seed {draw.different(1, 999, 1)[0]}"),
            Part.of("-point_pixel"),
            Part.of(f"-mosaic {draw.number(1, 3)} -mosaic_dom 3"),
        ),
    )  # fmt: skip


def _ties(draw: Draw) -> Candidate:
    """Draw a cubic cell of which pixel 0 0 has an index that is a half to the last bit.

    The pixel lies at 60, 80 and 0 mm from the sample, whose airpath is 100 mm: k is -b*0.8/lambda.
    The half of an even number is rounded in three ways to two indices.
    """
    edge = (int(draw.one_of("4", "6", "8")) + 0.5) / 0.8
    odd = draw.different(1, 4, 3)
    cells = " ".join(f"-N{axis} {2 * half + 1}" for axis, half in zip("abc", odd, strict=True))
    return Candidate(
        Part.of(
            f"-cell {edge} {edge} {edge} 90 90 90 -lambda 1 {cells} -distance 60 {_DETECTOR} "
            f"-pixel {draw.different(4, 7, 1)[0]} -Xbeam -80 -Ybeam 0 -nointerpolate "
            f"-default_F {draw.number(30, 60)}", varies="q hkl I",
        ),
        (Part.of(f"-hkl {draw.table(13)}", "rounding"),),
    )  # fmt: skip


#: The fewest evaluations first: where a port differs at one evaluation, the others hide it.
KINDS = (
    Kind(
        "plain", "one evaluation a pixel: geometry, cell, lattice, lookup, photons", _plain,
        ("-oversample_polar added",),
    ),
    Kind(
        "custom", "axes of their own, phi steps and domains", _custom, ("-oversample_polar added",)
    ),
    Kind("subpixels", "subpixels, sources and layers", _subpixels),
    Kind(
        "top-hat", "a curved detector, a matrix, a cache, a divergent beam", _top_hat,
        # The 3 x 2 sources have no corner that a round beam drops.
        ("-square_div added",),
    ),
    Kind(
        "interpolated", "lookups between the entries, factors at every lookup", _interpolated,
        ("-nopolar added",),
    ),
    Kind(
        "ties", "an index halfway between two", _ties,
        ("-oversample_polar added", "-interpolate", "-default_F left out"),
    ),
)  # fmt: skip
