"""The semantic table: what every field of every tap means, and who computes it.

One row a field. ``docs/taps.md`` is rendered from it; a comparison takes from it which figures must
be equal. Functions are named file.function, of ``csrc/`` and of ``engines/torch_port/``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """One row of the table."""

    definition: str
    unit: str
    #: Must be equal; otherwise a tolerance applies.
    exact: bool
    c: str
    torch: str


def _exact(definition: str, c: str, torch: str | None = None, unit: str = "") -> Meaning:
    return Meaning(definition, unit, True, c, torch or c)


def _float(unit: str, definition: str, c: str, torch: str | None = None) -> Meaning:
    return Meaning(definition, unit, False, c, torch or c)


_DETECTOR = "detector.derive_detector"
_CRYSTAL = "crystal.derive_crystal"
_BEAM = "beam.derive_beam"
_SWEEP = "sweep.sample_sweep"
_FLAGS = "nanobragg_flags.parse_flags"
_TABLE = "structure_factors.load"

_CONFIG = {
    "nanobragg_flags": _exact("flag and its values as given, but for files", _FLAGS),
    "structure_factors.source": _exact("kind of file the structure factors were read from", _TABLE),
    "structure_factors.file": _exact("its path; not compared", _TABLE),
    "structure_factors.sha256": _exact("SHA-256 of its bytes", _TABLE),
    "structure_factors.entries": _exact("entries read; not compared", _TABLE),
    "structure_factors.extents": _exact("box of Miller indices that it spans", _TABLE),
    "structure_factors.default_F": _exact(
        "F where no entry is found", _TABLE, unit="electrons"
    ),
    "state.interpolation_on": _exact(
        "no unsafe lookup was met before this pixel, and there is a table", "pixel.start"
    ),
    "state.swept": _exact(
        "a spindle angle of exactly 0 finds the crystal as a sweep left it", "pixel.start"
    ),
    "state.polar_axis": _float("", "polarization axis, unit vector", "pixel.start"),
    "derived.fpixels": _exact("pixels along fast", _DETECTOR),
    "derived.spixels": _exact("pixels along slow", _DETECTOR),
    "derived.pixel_size": _float("m", "edge of a pixel", _DETECTOR),
    "derived.subpixel_size": _float("m", "edge of a subpixel", "setup.derive"),
    "derived.detsize_f": _float("m", "edge of the detector along fast", _DETECTOR),
    "derived.detsize_s": _float("m", "edge of the detector along slow", _DETECTOR),
    "derived.beam_vector": _float("", "direction of the beam, unit vector", _DETECTOR),
    "derived.fdet_vector": _float("", "fast axis, unit vector", _DETECTOR),
    "derived.sdet_vector": _float("", "slow axis, unit vector", _DETECTOR),
    "derived.odet_vector": _float("", "normal of the detector, unit vector", _DETECTOR),
    "derived.polar_vector": _float("", "polarization axis, unit vector", _DETECTOR),
    "derived.spindle_vector": _float("", "spindle axis, unit vector", _DETECTOR),
    "derived.twotheta_axis": _float("", "axis of the 2θ arm, as given", _DETECTOR),
    "derived.pix0_vector": _float("m", "outer corner of the first pixel", _DETECTOR),
    "derived.distance": _float("m", "from the sample to the detector along the beam", _DETECTOR),
    "derived.close_distance": _float("m", "shortest distance to the detector's plane", _DETECTOR),
    "derived.Fbeam": _float("m", "beam centre along fast", _DETECTOR),
    "derived.Sbeam": _float("m", "beam centre along slow", _DETECTOR),
    "derived.Fclose": _float("m", "closest point along fast", _DETECTOR),
    "derived.Sclose": _float("m", "closest point along slow", _DETECTOR),
    "derived.a_star": _float("1/Å", "reciprocal vector a*", _CRYSTAL),
    "derived.b_star": _float("1/Å", "reciprocal vector b*", _CRYSTAL),
    "derived.c_star": _float("1/Å", "reciprocal vector c*", _CRYSTAL),
    "derived.V_cell": _float("Å³", "volume of the cell", _CRYSTAL),
    "derived.a0": _float("m", "cell vector a before any rotation about the spindle", _CRYSTAL),
    "derived.b0": _float("m", "cell vector b, likewise", _CRYSTAL),
    "derived.c0": _float("m", "cell vector c, likewise", _CRYSTAL),
    "derived.Na": _float("", "cells along a", _CRYSTAL),
    "derived.Nb": _float("", "cells along b", _CRYSTAL),
    "derived.Nc": _float("", "cells along c", _CRYSTAL),
    "derived.mosaic_spread": _float("rad", "largest misorientation of a domain", _CRYSTAL),
    "derived.mosaic_domains": _exact("mosaic domains", _CRYSTAL),
    "derived.lambda0": _float("m", "wavelength", _BEAM),
    "derived.fluence": _float("photons/m²", "fluence", _BEAM),
    "derived.I_bg": _float("", "background of the water, the sum's first value", _BEAM),
    "derived.sources": _exact("sources", "beam.lay_out_sources"),
    "derived.phi0": _float("rad", "spindle angle of the first step", "setup.derive"),
    "derived.phistep": _float("rad", "step of the spindle", _SWEEP),
    "derived.phisteps": _exact("spindle steps", _SWEEP),
    "derived.osc": _float("rad", "range of the spindle", _SWEEP),
    "derived.detector_thick": _float("m", "thickness of the sensor", _SWEEP),
    "derived.detector_thickstep": _float("m", "thickness of a layer", _SWEEP),
    "derived.detector_thicksteps": _exact("layers of the sensor", _SWEEP),
    "derived.detector_mu": _float("1/m", "attenuation of the sensor", _DETECTOR),
    "derived.oversample": _exact("subpixels along each edge of a pixel", "setup.derive"),
    "derived.steps": _exact("evaluations of one layer, which divide the sum", "setup.lay_out"),
    "derived.interpolate": _exact("1 where lookups are interpolated at the start", "setup.derive"),
    "derived.source_list": _float(
        "m", "each source: direction (unit vector), weight, wavelength", "beam.lay_out_sources"
    ),
    "derived.mosaic_umats": _float(
        "", "each domain: rotation matrix, row by row", "mosaic.mosaic_domains"
    ),
}

_PLACE = {
    "subpixel_index": _exact("subpixel within the pixel: slow, fast", "chain.run_chain"),
    "layer": _exact("layer of the sensor, from 0", "chain.run_chain"),
}
_INNER = {
    "source": _exact("source, from 0", "chain.run_chain"),
    "phi_step": _exact("spindle step, from 0", "chain.run_chain"),
    "domain": _exact("mosaic domain, from 0", "chain.run_chain"),
}

_OMEGA = {
    **_PLACE,
    "position": _float("m", "centre of the subpixel in this layer", "detector.subpixel_position"),
    "airpath": _float("m", "from the sample to there", "chain.look_along", "chain._look"),
    "omega": _float("sr", "solid angle of the pixel in force there", "detector.solid_angle"),
    "capture": _float("", "captured fraction in force there", "detector.captured_fraction"),
}

_HKL_FRACTIONAL = _float(
    "", "fractional Miller index", "crystal.miller_index"
)
_HKL_ROUNDED = _exact("nearest Miller index", "structure_factors.nearest_index")

_HKL = {
    **_PLACE,
    **_INNER,
    "scattering_vector": _float("1/m", "q = (d - incident)/λ", "beam.scattering_vector"),
    "hkl_fractional": _HKL_FRACTIONAL,
    "hkl_rounded": _HKL_ROUNDED,
}

_LATTICE = {
    **_PLACE,
    **_INNER,
    "F_latt_a": _float("", "factor of the axis a of a parallelepiped", "lattice.lattice_factor"),
    "F_latt_b": _float("", "factor of the axis b, likewise", "lattice.lattice_factor"),
    "F_latt_c": _float("", "factor of the axis c, likewise", "lattice.lattice_factor"),
    "F_latt": _float("", "lattice factor", "lattice.lattice_factor"),
}

_STATS = ("pixel.count_lookup", "f_cell.f_cell_stats")
_F_CELL = {
    "total_lookups": _exact("structure-factor lookups made", *_STATS),
    "skipped_lookups": _exact("evaluations that ended before a lookup", "pixel.record", _STATS[1]),
    "out_of_bounds_count": _exact("lookups outside the box of a loaded table", *_STATS),
    "default_f_count": _exact("lookups that returned default_F for want of an entry", *_STATS),
    "zero_f_count": _exact("lookups that returned exactly 0", *_STATS),
    "mean_f_cell": _float("electrons", "mean of the F returned, over the lookups", *_STATS),
    "hkl_bounds": _exact("smallest and largest nearest index asked for", *_STATS),
    "hkl_fractional_bounds": _float("", "the same of the fractional index", *_STATS),
    "rounding_margin": _float("", "smallest distance of an index from a half-integer", *_STATS),
    "lookup": _exact("whether a lookup was made at this place", "chain.decide_lookups",
                     "f_cell.made_lookup"),
    **_PLACE,
    **_INNER,
    "hkl_fractional": _HKL_FRACTIONAL,
    "hkl_rounded": _HKL_ROUNDED,
    "F_cell": _float("electrons", "structure factor", "structure_factors.structure_factor"),
    "out_of_bounds": _exact(
        "nearest index outside the box of a loaded table", "structure_factors.nearest_lookup"
    ),
}

_PRE_NORM = {
    "sum": _float("", "I after the last evaluation, background included", "chain.add_to_sum",
                  "chain._added"),
    "steps": _exact("what the sum is divided by; layers do not count", "setup.lay_out"),
    "sum_over_steps": _float("", "sum divided by steps", "pixel.totals_of", "pixel.pixel"),
    **_PLACE,
    **_INNER,
    "evaluation": _exact(
        "lookup, no_lattice (F_latt is 0 and there is no water) or beyond_dmin",
        "chain.decide_lookups",
        "chain._evaluate",
    ),
    "interpolation_on": _exact(
        "no unsafe lookup has been met after this evaluation", "structure_factors.structure_factor"
    ),
    "polar": _float("", "polarization factor in force", "polarization.polarization_factor"),
    "running_sum": _float("", "I after this evaluation", "chain.add_to_sum", "chain._added"),
}

_FINISH = ("chain.finish", "chain.Chain")
_POST_SCALE = {
    "fluence_scaled": _float("photons", "r_e² times fluence times sum", *_FINISH),
    "normalized": _float("photons", "that over the steps", *_FINISH),
    "capture": _float("", "captured fraction of the layer that scales", "chain.take_means",
                      "pixel.pixel"),
    "after_capture": _float("photons", "times capture, unless oversampled", *_FINISH),
    "polar": _float("", "polarization factor that scales", "polarization.polarization_factor"),
    "after_polar": _float("photons", "times polar, unless oversampled", *_FINISH),
    "omega": _float("sr", "solid angle that scales", "detector.solid_angle"),
    "after_omega": _float("photons", "times omega, unless oversampled", *_FINISH),
}

_FINAL = {
    "intensity": _float("photons", "of the pixel", *_FINISH),
    "in_region": _exact("inside the region of interest", "chain.is_in_roi"),
    "region": _exact("ends of the region of interest, inclusive", _DETECTOR),
    "mask": _exact("value of the mask at the pixel", "smv.read_mask"),
    "image": _float("photons", "what an image holds there, float32", "pixel.totals_of",
                    "pixel.pixel"),
}

#: tap_id -> field -> meaning, fields in the order of the schema.
SEMANTICS: dict[str, dict[str, Meaning]] = {
    "config_snapshot": _CONFIG,
    "omega_subpixel": _OMEGA,
    "hkl_subpixel": _HKL,
    "lattice": _LATTICE,
    "f_cell_stats": _F_CELL,
    "intensity_pre_norm": _PRE_NORM,
    "intensity_post_scale": _POST_SCALE,
    "final_output": _FINAL,
}

#: Inputs to both engines, compared as such before any figure.
INPUTS = ("nanobragg_flags", "structure_factors")


def field_of(tap_id: str, figure: str) -> str:
    """The field of the table that ``figure``, ``hkl_fractional.h`` say, is a part of."""
    fields = SEMANTICS[tap_id]
    name = figure
    while name and name not in fields:
        name = name.rpartition(".")[0]
    return name


def is_exact(tap_id: str, figure: str) -> bool:
    """Whether a figure must be equal; so must one that the table does not know."""
    field = field_of(tap_id, figure)
    return not field or SEMANTICS[tap_id][field].exact
