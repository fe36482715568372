"""The contract's formula of every float field: what the reference computes, and in which section.

Formulas are those of ``docs/contract.md``, cut to the line that gives the field; the section holds
the rest. Symbols are the contract's.
"""

from __future__ import annotations

from dataclasses import dataclass

from parity_bridge.taps.semantics import field_of


@dataclass(frozen=True)
class Formula:
    """The formula of one field."""

    #: Number of the contract's section.
    section: int
    text: str


_ANGLES = "the angles of -detector_rotx, _roty and _rotz, then 2θ about its axis"
_STEP = "of the row of the table of sweeps that fits what was given"
_POLAR = "polar = 0.5*(1.0 + c*c - K*cos(2*psi)*(1 - c*c)), c = dot(incident, d)"
_OMEGA = "omega = pixel*pixel/airpath/airpath*close_distance/airpath, of the first subpixel"
_CAPTURE = "capture = exp(-t*thickstep*mu/p) - exp(-(t+1)*thickstep*mu/p), p = dot(d, odet)"
_HKL = "h = dot(a,q), k = dot(b,q), l = dot(c,q)"
_HKL0 = "h0 = (int)ceil(h - 0.5), so a half rounds down"
_LOOKUP = (
    "the stored entry at h0 k0 l0 inside the table's box, a stored 0 included; default_F outside"
)
_SUM = "I += F*F*L*L, from I_bg on; each oversampled factor then multiplies I"
_PARALLELEPIPED = "g({0}, {1}), g(x,N) = sin(x*N)/sin(x), N where x is exactly 0"

_CONFIG = {
    "state.polar_axis": Formula(6, "the polarization axis, made a unit vector in place"),
    "state.interpolation_on": Formula(5, "off after the first unsafe lookup of a run"),
    "state.swept": Formula(6, "phi exactly 0 keeps the last phi step's rotation"),
    "derived.fpixels": Formula(2, "count = ceil(detsize/pixel - 0.5)"),
    "derived.spixels": Formula(2, "count = ceil(detsize/pixel - 0.5)"),
    "derived.pixel_size": Formula(1, "mm/1000.0 of -pixel"),
    "derived.subpixel_size": Formula(6, "sub = pixel/oversample"),
    "derived.detsize_f": Formula(2, "detsize = pixel*count, where a count is given"),
    "derived.detsize_s": Formula(2, "detsize = pixel*count, where a count is given"),
    "derived.beam_vector": Formula(2, "the beam of the convention, as a unit vector"),
    "derived.fdet_vector": Formula(2, f"the fast axis as a unit vector, rotated by {_ANGLES}"),
    "derived.sdet_vector": Formula(2, f"the slow axis as a unit vector, rotated by {_ANGLES}"),
    "derived.odet_vector": Formula(2, f"the normal as a unit vector, rotated by {_ANGLES}"),
    "derived.polar_vector": Formula(2, "the polarization axis of the convention, a unit vector"),
    "derived.spindle_vector": Formula(2, "the spindle axis of the convention, a unit vector"),
    "derived.twotheta_axis": Formula(2, "the 2θ axis of the convention, not made a unit vector"),
    "derived.pix0_vector": Formula(
        2,
        "BEAM pivot: pix0 = -Fbeam*fast - Sbeam*slow + distance*beam; SAMPLE pivot: -Fclose*fast - "
        "Sclose*slow + close_distance*odet, then rotated as the axes",
    ),
    "derived.distance": Formula(2, "distance = close_distance/ratio"),
    "derived.close_distance": Formula(2, "close_distance = dot(pix0, odet)"),
    "derived.Fbeam": Formula(2, "Fbeam = dot(fast, v), v = close_distance/ratio*beam - pix0"),
    "derived.Sbeam": Formula(2, "Sbeam = dot(slow, v), v = close_distance/ratio*beam - pix0"),
    "derived.Fclose": Formula(2, "Fclose = -dot(pix0, fast)"),
    "derived.Sclose": Formula(2, "Sclose = -dot(pix0, slow)"),
    "derived.a_star": Formula(3, "misset rotated; a* = scale(cross(b,c), V*)"),
    "derived.b_star": Formula(3, "misset rotated; b* = scale(cross(c,a), V*)"),
    "derived.c_star": Formula(3, "misset rotated; c* = scale(cross(a,b), V*)"),
    "derived.V_cell": Formula(3, "V = 2.0*a*b*c*sqrt(skew), or 1.0/dot(a*, cross(b*,c*))"),
    "derived.a0": Formula(3, "a = scale(cross(b*,c*), V), in metres: times 1e-10"),
    "derived.b0": Formula(3, "b = scale(cross(c*,a*), V), in metres: times 1e-10"),
    "derived.c0": Formula(3, "c = scale(cross(a*,b*), V), in metres: times 1e-10"),
    "derived.Na": Formula(3, "-Na, or ceil(size_x/|a|) of a sample size; at least 1"),
    "derived.Nb": Formula(3, "-Nb, or ceil(size_y/|b|) of a sample size; at least 1"),
    "derived.Nc": Formula(3, "-Nc, or ceil(size_z/|c|) of a sample size; at least 1"),
    "derived.mosaic_spread": Formula(1, "deg / RTD of -mosaic"),
    "derived.mosaic_domains": Formula(4, "no spread: 1; a spread without a count: 10"),
    "derived.lambda0": Formula(1, "A/1.0e10 of -lambda, or (12398.42/eV)/1.0e10 of -energy"),
    "derived.fluence": Formula(1, "fluence = flux*exposure/beamsize/beamsize, where flux is given"),
    "derived.I_bg": Formula(6, "I_bg = 2.57*2.57*r_e_sqr*fluence*w*w*w*1e6*Avogadro/18.0"),
    "derived.sources": Formula(4, "the points of hdiv, vdiv and dispersion; lines of -sourcefile"),
    "derived.phi0": Formula(1, "deg / RTD of -phi"),
    "derived.phistep": Formula(4, f"the step {_STEP}"),
    "derived.phisteps": Formula(4, f"the number of steps {_STEP}"),
    "derived.osc": Formula(4, f"the range {_STEP}"),
    "derived.detector_thick": Formula(1, "um*1e-6 of -detector_thick"),
    "derived.detector_thickstep": Formula(4, f"the step {_STEP}"),
    "derived.detector_thicksteps": Formula(4, f"the number of steps {_STEP}"),
    "derived.detector_mu": Formula(1, "mu = 1.0/(um*1e-6) of -detector_abs"),
    "derived.oversample": Formula(
        3, "given, or ceil(3.0 * (longest of |a|*Na, |b|*Nb, |c|*Nc) / (lambda*distance/pixel))"
    ),
    "derived.steps": Formula(6, "steps = sources*domains*phisteps*oversample*oversample"),
    "derived.interpolate": Formula(5, "asked for, or by default where Na, Nb or Nc is at most 2"),
    "derived.source_list": Formula(
        4, "v = scale(beam, -10.0), rotated by vdiv and hdiv; lambda*(1.0 + dispstep*w - disp/2.0)"
    ),
    "derived.mosaic_umats": Formula(4, "rotation by rot about a random axis; the first is 1"),
}

_OMEGA_TAP = {
    "position": Formula(
        6, "pos = F*fast + S*slow + Odet*odet + pix0, F = sub*(fpixel*oversample + subF) + sub/2.0"
    ),
    "airpath": Formula(6, "airpath = |pos|"),
    "omega": Formula(6, _OMEGA),
    "capture": Formula(6, _CAPTURE),
}

_SPINDLE = (
    "{0} = {0}0 rotated about the spindle: n*dot(n,v)*(1.0-cos(phi)) + v*cos(phi) + "
    "cross(n,v)*sin(phi); phi exactly 0 keeps the last rotation of the sweep before"
)
_MOSAIC = "{0} = matrix*{0}, of the domain, after the spindle; only with a mosaic spread above 0"
_ORIENTATION_TAP = {
    "row": _CONFIG["state.swept"],
    "phi": Formula(6, "phi = phi0 + phistep*step"),
    **{f"{name}_spindle": Formula(6, _SPINDLE.format(name)) for name in "abc"},
    **{f"{name}_mosaic": Formula(6, _MOSAIC.format(name)) for name in "abc"},
}

_HKL_TAP = {
    "row": Formula(6, "with dmin > 0 a source is skipped where dmin > 0.5/stol"),
    "scattering_vector": Formula(6, "q = (d - incident)/lambda"),
    "hkl_fractional": Formula(6, _HKL),
    "hkl_rounded": Formula(5, _HKL0),
}

_LATTICE_TAP = {
    "F_latt_a": Formula(6, _PARALLELEPIPED.format("pi*h", "Na")),
    "F_latt_b": Formula(6, _PARALLELEPIPED.format("pi*k", "Nb")),
    "F_latt_c": Formula(6, _PARALLELEPIPED.format("pi*l", "Nc")),
    "F_latt": Formula(6, "the product of g over the axes with N > 1, or the shape's factor"),
}

_F_CELL_TAP = {
    "total_lookups": Formula(6, "one lookup an evaluation, unless F_latt is 0 without water"),
    "lookup": Formula(6, "no lookup where F_latt is exactly 0 and there is no water"),
    "mean_f_cell": Formula(5, "the mean of F over the lookups"),
    "hkl_fractional": Formula(6, _HKL),
    "hkl_fractional_bounds": Formula(6, _HKL),
    "hkl_rounded": Formula(5, _HKL0),
    "hkl_bounds": Formula(5, _HKL0),
    "rounding_margin": Formula(5, _HKL0),
    "F_cell": Formula(5, _LOOKUP),
    "out_of_bounds": Formula(5, "an index outside h_min..h_max, both inclusive, on any axis"),
}

_PRE_NORM_TAP = {
    "sum": Formula(6, _SUM),
    "steps": _CONFIG["derived.steps"],
    "sum_over_steps": Formula(6, "I/steps"),
    "evaluation": Formula(6, "a lookup, unless F_latt is exactly 0 without water, or beyond dmin"),
    "interpolation_on": _CONFIG["state.interpolation_on"],
    "polar": Formula(6, _POLAR),
    "running_sum": Formula(6, _SUM),
}

_POST_SCALE_TAP = {
    "fluence_scaled": Formula(6, "r_e_sqr*fluence*I"),
    "normalized": Formula(6, "r_e_sqr*fluence*I/steps"),
    "capture": Formula(6, f"{_CAPTURE}, of the last layer"),
    "after_capture": Formula(6, "v *= capture, unless oversampled"),
    "polar": Formula(6, f"{_POLAR}, of the first subpixel"),
    "after_polar": Formula(6, "v *= polar, unless oversampled"),
    "omega": Formula(6, _OMEGA),
    "after_omega": Formula(6, "v *= omega, unless oversampled"),
}

_FINAL_TAP = {
    "intensity": Formula(
        6, "v = r_e_sqr*fluence*I/steps, then v *= capture, polar, omega unless oversampled"
    ),
    "in_region": Formula(2, "-roi is inclusive at both ends"),
    "region": Formula(2, "-roi xmin xmax ymin ymax, inclusive at both ends, fast then slow"),
    "image": Formula(6, "(float)(0.0f + v); 0 outside the region and where the mask is 0"),
}

#: tap_id -> field -> formula. Inputs and places of the loops have none.
FORMULAS: dict[str, dict[str, Formula]] = {
    "config_snapshot": _CONFIG,
    "omega_subpixel": _OMEGA_TAP,
    "orientation": _ORIENTATION_TAP,
    "hkl_subpixel": _HKL_TAP,
    "lattice": {"row": _HKL_TAP["row"], **_LATTICE_TAP},
    "f_cell_stats": _F_CELL_TAP,
    "intensity_pre_norm": _PRE_NORM_TAP,
    "intensity_post_scale": _POST_SCALE_TAP,
    "final_output": _FINAL_TAP,
}


def formula_of(tap_id: str, figure: str) -> Formula | None:
    """Return the formula of ``figure``, ``hkl_fractional.h`` say; None where it has none."""
    return FORMULAS[tap_id].get(field_of(tap_id, figure))
