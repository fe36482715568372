"""Defective ports that derive a part of the setup differently, and the roots that must be named."""

from __future__ import annotations

from dataclasses import dataclass

from pytest import MonkeyPatch  # noqa: PT013 - a type

from parity_bridge.engines.torch_port import beam, crystal, detector, setup, sweep
from tests.explain.edited_source import edited
from tests.explain.faults import LAYERS, PEPTIDE, FaultInjection, _both

TURNED = f"{PEPTIDE} -twotheta 10 -detector_rotx 5 -detector_roty 3 -detector_rotz 2"
SIZED = PEPTIDE.replace("-detpixels 64 ", "")
TRICLINIC = (
    "-cell 21 17 23 81 107 96 -default_F 5 -lambda 1 -N 4 -distance 60 -detpixels 64 -pixel 1 "
    "-oversample 1"
)
SWEEP = f"{PEPTIDE} -phi 5 -osc 3 -phisteps 3"
DIVERGENT = f"{PEPTIDE} -hdivrange 3 -hdivstep 0.8 -vdivrange 2 -vdivstep 0.9"


@dataclass(frozen=True)
class SetupFault:
    """A change of the port, and the fields that must be named as its roots: field -> clause."""

    name: str
    flags: str
    inject: FaultInjection
    roots: dict[str, str | None]
    #: Some of the fields that must be said to follow.
    followers: tuple[str, ...] = ()


def _second_axis(patch: MonkeyPatch) -> None:
    """The 2θ axis of MOSFLM with the opposite sign."""
    *before, _, polar, spindle = detector.CONVENTION_AXES["mosflm"]
    axes = (*before, detector.Z, polar, spindle)
    patch.setitem(detector.CONVENTION_AXES, "mosflm", axes)


_COUNT_UP = edited(
    detector, "_count_pixels", "math.ceil(exact_count)", "math.floor(exact_count + 1.0)"
)

SETUP_FAULTS = (
    SetupFault(
        "2θ axis of MOSFLM",
        TURNED,
        _second_axis,
        {"twotheta_axis": "the opposite sign"},
        ("sdet_vector", "odet_vector", "pix0_vector"),
    ),
    SetupFault(
        "pixel count rounded up",
        f"{SIZED} -detsize 64.5",
        _COUNT_UP,
        {"fpixels": "exactly 1 more", "spixels": "exactly 1 more"},
    ),
    SetupFault(
        "pixel count of a rounded size",
        f"{SIZED} -detsize 64.4",
        edited(
            detector,
            "_count_pixels",
            "exact_count = detsize",
            "detsize = pixel * math.ceil(detsize / pixel); exact_count = detsize",
        ),
        {"fpixels": "exactly 1 more", "spixels": "exactly 1 more"},
    ),
    SetupFault(
        "size not from the count",
        f"{PEPTIDE} -detsize 70",
        edited(
            detector,
            "_count_pixels",
            "units.metres(detsize_mm) if count is None else pixel * count",
            "units.metres(detsize_mm)",
        ),
        {
            "detsize_f": "1.09375 times the reference's",
            "detsize_s": "1.09375 times the reference's",
        },
    ),
    SetupFault(
        "beam centre swapped",
        f"{PEPTIDE} -Xbeam 30 -Ybeam 36",
        edited(
            detector,
            "_beam_centre",
            "Centre(y + 0.5 * pixel, x + 0.5 * pixel,",
            "Centre(x + 0.5 * pixel, y + 0.5 * pixel,",
        ),
        {"Fbeam": "the reference's `Sbeam`", "Sbeam": "the reference's `Fbeam`"},
        ("pix0_vector", "Fclose"),
    ),
    SetupFault(
        "half a pixel along fast",
        TURNED,
        edited(detector, "_beam_centre", "Centre(y + 0.5 * pixel, x", "Centre(y, x"),
        {"Fbeam": "exactly a subpixel or half a pixel, 5e-4 m, less"},
    ),
    SetupFault(
        "ratio inverted",
        TURNED,
        edited(detector, "_place_detector", "ratio = torch.where(", "ratio = 1.0 / torch.where("),
        {"distance": "0.996046308911 times the reference's ((close distance/distance)²)"},
    ),
    SetupFault(
        "close distance for distance",
        TURNED,
        edited(
            detector,
            "_place_detector",
            "distance = close_distance / ratio\n\n",
            "distance = close_distance\n\n",
        ),
        {"distance": "0.998021196624 times the reference's (close distance/distance)"},
        ("pix0_vector", "close_distance"),
    ),
    SetupFault(
        "pix0 not rotated",
        f"{TURNED} -pivot sample -beam_vector 1 0 0",
        edited(
            detector,
            "_place_detector",
            "pix0 = _rotated_with_detector(flat, angles, d.twotheta_axis, twotheta)",
            "pix0 = flat",
        ),
        {"pix0_vector": "turned by 10.8277°, its length kept"},
    ),
    SetupFault(
        "order of the rotations",
        TURNED,
        edited(
            detector,
            "_rotated_with_detector",
            "rotate_axis(rotate(v, angles), axis, twotheta)",
            "rotate(rotate_axis(v, axis, twotheta), angles)",
        ),
        {
            "fdet_vector": "turned by 1.01432°, its length kept",
            "sdet_vector": "turned by 0.598684°, its length kept",
            "odet_vector": "turned by 0.822013°, its length kept",
        },
    ),
    SetupFault(
        "rotation about x reversed",
        TURNED.replace("-twotheta 10 ", ""),
        edited(
            detector,
            "_place_detector",
            "angles, twotheta = (rx,",
            "angles, twotheta = (None if rx is None else -rx,",
        ),
        {
            "fdet_vector": "turned by 10°, its length kept",
            "sdet_vector": "turned by 10°, its length kept",
        },
    ),
    SetupFault(
        "rotation about the normal reversed",
        f"{PEPTIDE} -detector_rotx 5",
        edited(
            detector,
            "_place_detector",
            "angles, twotheta = (rx,",
            "angles, twotheta = (None if rx is None else -rx,",
        ),
        {
            "fdet_vector": "turned by 10°, its length kept",
            "sdet_vector": "turned by 10°, its length kept",
        },
    ),
    SetupFault(
        "odet not rotated",
        f"{PEPTIDE} -detector_roty 5",
        edited(
            detector, "_place_detector", "    if d.pivot ==", "    odet = d.odet\n    if d.pivot =="
        ),
        {"odet_vector": "the reference's `beam_vector`"},
    ),
    SetupFault(
        "volume without the skew",
        TRICLINIC,
        edited(crystal, "_complete_cell", "2.0 * a * b * c * sqrt(product.abs())", "a * b * c"),
        {"V_cell": "1.06078333892 times the reference's"},
        ("a_star", "b_star", "c_star"),
    ),
    SetupFault(
        "cosine of gamma*",
        TRICLINIC,
        edited(
            crystal,
            "_default_orientation",
            "(cos_al * cos_be - cos_ga)",
            "(cos_ga - cos_al * cos_be)",
        ),
        {
            "b_star": "turned by 7.13726°, 1.0048 times as long",
            "c_star": "turned by 2.00139°, 1.00521 times as long",
        },
        ("a0",),
    ),
    SetupFault(
        "a* of the wrong volume, not regenerated",
        TRICLINIC,
        edited(
            crystal,
            "_real_space",
            "a_star=scale(cross(b, c), V_star)",
            "a_star=scale(cross(b, c), V_star * 1.02)",
        ),
        {"a_star": "1.02 times the reference's"},
    ),
    SetupFault(
        "a, b and c not resized",
        TRICLINIC,
        edited(
            crystal,
            "_real_space",
            "bc = _resized(bc, given.a / given.V)",
            "bc = _resized(bc, given.b / given.V)",
        ),
        {"a0": "0.809523809524 times the reference's"},
        ("b_star", "c_star"),
    ),
    SetupFault(
        "misset about x reversed",
        TRICLINIC + " -misset 10 20 30",
        edited(
            crystal,
            "_misset",
            "return rx, ry, rz",
            "return -rx, ry, rz",
        ),
        {
            "b_star": "turned by 19.9608°, its length kept",
            "c_star": "turned by 19.1811°, its length kept",
        },
        ("a0", "b0", "c0"),
    ),
    SetupFault(
        "cells rounded down",
        f"{TRICLINIC} -samplesize 0.0000250",
        edited(crystal, "_count_cells", ".ceil()", ".floor()"),
        {"Na": "exactly 1 less", "Nb": "exactly 1 less", "Nc": "exactly 1 less"},
    ),
    SetupFault(
        "sources rounded down",
        DIVERGENT,
        edited(sweep, "_ceil_steps", "math.ceil(quotient)", "math.floor(quotient)"),
        {"sources": "exactly 3 less"},
        ("source_list", "steps"),
    ),
    SetupFault(
        "dispersion over n",
        f"{PEPTIDE} -dispersion 2 -dispsteps 4",
        edited(
            sweep, "_with_range", "given_range / (steps - 1), steps", "given_range / steps, steps"
        ),
        {"source_list": "at every source but the first, in wavelength alone"},
    ),
    SetupFault(
        "phi step over n - 1",
        SWEEP,
        edited(
            sweep, "_with_range", "given_range / steps, steps", "given_range / (steps - 1), steps"
        ),
        {"phistep": "1.5 times the reference's (n/(n - 1) of n phi steps)"},
    ),
    SetupFault(
        "phi steps one more",
        f"{PEPTIDE} -phi 5 -osc 3 -phistep 1",
        edited(sweep, "_ceil_steps", "math.ceil(quotient)", "math.floor(quotient) + 1"),
        {"phisteps": "exactly 1 more"},
        ("steps",),
    ),
    SetupFault(
        "one domain more",
        f"{PEPTIDE} -mosaic 0.5 -mosaic_domains 3",
        edited(
            crystal,
            "derive_crystal",
            "(crystal.mosaic_domains or DEFAULT_DOMAINS)",
            "1 + (crystal.mosaic_domains or DEFAULT_DOMAINS)",
            setup,
        ),
        {"mosaic_domains": "exactly 1 more"},
        ("mosaic_umats", "steps"),
    ),
    SetupFault(
        "beam size not squared",
        f"{PEPTIDE} -flux 1e12 -exposure 2 -beamsize 0.3 -water 2",
        edited(beam, "_fluence", "/ size / size if", "/ size if"),
        {"fluence": "3e-4 times the reference's"},
        ("I_bg",),
    ),
    SetupFault(
        "layers over n",
        LAYERS,
        edited(
            sweep, "_with_range", "given_range / (steps - 1), steps", "given_range / steps, steps"
        ),
        {"detector_thickstep": "0.75 times the reference's ((n - 1)/n of n layers)"},
    ),
    SetupFault(
        "attenuation of the thickness",
        LAYERS,
        edited(
            detector,
            "_derive_sensor",
            "mu = _safe_reciprocal(depth_in_metres) if depth > 0.0 else 0.0",
            "mu = _safe_reciprocal(thick.range)",
        ),
        {"detector_mu": "0.666666666667 times the reference's"},
    ),
    SetupFault(
        "2θ axis and volume",
        f"{TRICLINIC} -twotheta 10",
        _both(
            _second_axis,
            edited(crystal, "_complete_cell", "2.0 * a * b * c * sqrt(product.abs())", "a * b * c"),
        ),
        {"twotheta_axis": "the opposite sign", "V_cell": "1.06078333892 times the reference's"},
    ),
    SetupFault(
        "beam centre and wavelength",
        f"{PEPTIDE} -Xbeam 30 -Ybeam 36",
        _both(
            edited(detector, "_beam_centre", "Centre(y + 0.5 * pixel, x", "Centre(y, x"),
            edited(beam, "derive_beam", "wavelength / 1.0e10", "wavelength / 1.0e10 * 1.01", setup),
        ),
        {
            "Fbeam": "exactly a subpixel or half a pixel, 5e-4 m, less",
            "lambda0": "1.01 times the reference's",
        },
        ("pix0_vector", "source_list"),
    ),
    SetupFault(
        "oversampling of two cells",
        f"{PEPTIDE.replace('-oversample 2 ', '')} -N 3",
        edited(crystal, "recommended_oversample", "3.0 * longest", "2.0 * longest", setup),
        {"oversample": "exactly 1 less"},
        ("subpixel_size", "steps"),
    ),
)
