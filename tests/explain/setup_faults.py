"""All defective ports that derive a part of the setup differently."""

from __future__ import annotations

from parity_bridge.engines.torch_port import beam, crystal, detector, setup, sweep
from tests.explain.detector_faults import DETECTOR_FAULTS, reversed_axis
from tests.explain.edited_source import edited
from tests.explain.faults import LAYERS, PEPTIDE, _both
from tests.explain.setup_fault import DIVERGENT, SWEEP, TRICLINIC, SetupFault

SETUP_FAULTS = (
    *DETECTOR_FAULTS,
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
        "volume of the axes",
        TRICLINIC,
        edited(
            crystal,
            "_real_space",
            "    a0, b0, c0 =",
            "    V_star = dot(a, cross(b, c)).reciprocal()\n"
            "    V_cell = quotient(1.0, V_star)\n"
            "    a0, b0, c0 =",
        ),
        {"V_cell": "0.999608207153 times the reference's (off by -0.000392 of it)"},
        ("a_star", "b_star", "c_star"),
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
            reversed_axis,
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
