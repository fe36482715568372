"""The semantic table: what every field of every tap means, and who computes it.

One row a field. ``docs/taps.md`` is rendered from it; a comparison takes from it which figures must
be equal. Functions are named file.function, of ``csrc/`` (``pb_`` left out) and of
``engines/torch_port/``; names that begin with ``parity_bridge.`` belong to the package itself.
"""

from __future__ import annotations

from parity_bridge.taps.field_meaning import (
    FieldMeaning,
    exact_field,
    float_field,
    presence_field,
)

_RECORD = "parity_bridge.records.pixel_records.record_of"
_OVERSAMPLE = ("setup.choose_oversample", "setup._choose_oversample")

#: Fields that every record has.
ENVELOPE = {
    "schema_version": exact_field("1", _RECORD),
    "tap_id": exact_field("which tap", _RECORD),
    "implementation": exact_field("which side; not compared", _RECORD),
    "pixel_coords": exact_field("the pixel: slow, fast", _RECORD),
    "tag": exact_field("name given to the pixel, or null; not compared", _RECORD),
    "oversample": exact_field("subpixels along each edge of the pixel", *_OVERSAMPLE),
    "timestamp_utc": exact_field("when the record was written; not compared", _RECORD),
}

_FLAGS = "parity_bridge.experiment.nanobragg_flags.given_flags"
_TABLE = "parity_bridge.experiment.structure_factors.load"
_HKL_TABLE = {
    "source": exact_field("kind of file the structure factors were read from", _TABLE),
    "file": exact_field("its path; not compared", _TABLE),
    "sha256": exact_field("SHA-256 of its bytes", _TABLE),
    "entries": exact_field("entries read; not compared", _TABLE),
    "extents": exact_field("box of Miller indices that it spans", _TABLE),
    "default_F": exact_field("F where no entry is found", _TABLE, unit="electrons"),
}

_PIXELS = ("detector.count_pixels", "detector._count_pixels")
_AXES = ("detector.chosen_axes", "detector._chosen_axes")
_PLACED = ("detector.place_detector", "detector._place_detector")
_SENSOR = ("detector.derive_sensor", "detector._derive_sensor")
_CELL = ("crystal.real_space", "crystal._real_space")
_CELLS = ("crystal.choose_cells", "crystal._choose_cells")
_DOMAINS = ("crystal.choose_domains", "crystal.derive_crystal")
_BEAM = "beam.derive_beam"
_SWEEP = "sweep.sample_sweep"
_SPINDLE = "setup.sweep_spindle"

_CONFIG = {
    "nanobragg_flags": exact_field("flag and its values as given, but for files", _FLAGS),
    **{f"structure_factors.{name}": meaning for name, meaning in _HKL_TABLE.items()},
    "state.interpolation_on": exact_field(
        "no unsafe lookup was met before this pixel, and there is a table", "run_state.start"
    ),
    "state.swept": exact_field(
        "a spindle angle of exactly 0 finds the crystal as a sweep left it", "run_state.start"
    ),
    "state.polar_axis": float_field("1", "polarization axis, unit vector", "run_state.start"),
    "derived.fpixels": exact_field("pixels along fast", *_PIXELS),
    "derived.spixels": exact_field("pixels along slow", *_PIXELS),
    "derived.pixel_size": float_field("m", "edge of a pixel", "detector.derive_detector"),
    "derived.subpixel_size": float_field(
        "m", "edge of a subpixel", "setup.choose_oversample", "setup.derive"
    ),
    "derived.detsize_f": float_field("m", "edge of the detector along fast", *_PIXELS),
    "derived.detsize_s": float_field("m", "edge of the detector along slow", *_PIXELS),
    "derived.beam_vector": float_field("1", "direction of the beam, unit vector", *_AXES),
    "derived.fdet_vector": float_field("1", "fast axis, unit vector", *_PLACED),
    "derived.sdet_vector": float_field("1", "slow axis, unit vector", *_PLACED),
    "derived.odet_vector": float_field("1", "normal of the detector, unit vector", *_PLACED),
    "derived.polar_vector": float_field("1", "polarization axis, unit vector", *_AXES),
    "derived.spindle_vector": float_field("1", "spindle axis, unit vector", *_AXES),
    "derived.twotheta_axis": float_field("1", "axis of the 2θ arm, as given", *_AXES),
    "derived.pix0_vector": float_field("m", "outer corner of the first pixel", *_PLACED),
    "derived.distance": float_field(
        "m", "from the sample to the detector along the beam", *_PLACED
    ),
    "derived.close_distance": float_field(
        "m", "shortest distance to the detector's plane", *_PLACED
    ),
    "derived.Fbeam": float_field("m", "beam centre along fast", *_PLACED),
    "derived.Sbeam": float_field("m", "beam centre along slow", *_PLACED),
    "derived.Fclose": float_field("m", "closest point along fast", *_PLACED),
    "derived.Sclose": float_field("m", "closest point along slow", *_PLACED),
    "derived.a_star": float_field("1/Å", "reciprocal vector a*", *_CELL),
    "derived.b_star": float_field("1/Å", "reciprocal vector b*", *_CELL),
    "derived.c_star": float_field("1/Å", "reciprocal vector c*", *_CELL),
    "derived.V_cell": float_field("Å³", "volume of the cell", *_CELL),
    "derived.a0": float_field("m", "cell vector a before any rotation about the spindle", *_CELL),
    "derived.b0": float_field("m", "cell vector b, likewise", *_CELL),
    "derived.c0": float_field("m", "cell vector c, likewise", *_CELL),
    "derived.Na": float_field("1", "cells along a", *_CELLS),
    "derived.Nb": float_field("1", "cells along b", *_CELLS),
    "derived.Nc": float_field("1", "cells along c", *_CELLS),
    "derived.mosaic_spread": float_field("rad", "largest misorientation of a domain", *_DOMAINS),
    "derived.mosaic_domains": exact_field("mosaic domains", *_DOMAINS),
    "derived.lambda0": float_field("m", "wavelength", _BEAM),
    "derived.fluence": float_field("photons/m²", "fluence", "beam.fluence", "beam._fluence"),
    "derived.I_bg": float_field(
        "electrons²",
        "background of the water as a term of the sum, its first value",
        "beam.background",
        "beam._background",
    ),
    "derived.sources": exact_field("sources", "beam.lay_out_sources"),
    "derived.phi0": float_field("rad", "spindle angle of the first step", _SPINDLE, "setup.derive"),
    "derived.phistep": float_field("rad", "step of the spindle", _SWEEP),
    "derived.phisteps": exact_field("spindle steps", _SWEEP),
    "derived.osc": float_field("rad", "range of the spindle", _SWEEP),
    "derived.detector_thick": float_field("m", "thickness of the sensor", _SWEEP),
    "derived.detector_thickstep": float_field("m", "thickness of a layer", _SWEEP),
    "derived.detector_thicksteps": exact_field("layers of the sensor", _SWEEP),
    "derived.detector_mu": float_field(
        "1/m", "attenuation of the sensor; -1 where nothing was given", *_SENSOR
    ),
    "derived.oversample": exact_field("subpixels along each edge of a pixel", *_OVERSAMPLE),
    "derived.steps": exact_field("evaluations of one layer, which divide the sum", "setup.lay_out"),
    "derived.interpolate": exact_field(
        "1 where lookups are interpolated at the start",
        "setup.derive parity_bridge.taps.derived.derived_quantities",
    ),
    "derived.source_list": float_field(
        "1, 1, m",
        "each source: direction (unit vector), weight, wavelength",
        "beam.finish_sources",
        "beam._finish_sources",
    ),
    "derived.mosaic_umats": float_field(
        "1", "each domain: rotation matrix, row by row", "mosaic.mosaic_domains"
    ),
}

_PLACE = {
    "subpixel_index": exact_field("subpixel within the pixel: slow, fast", "chain.run_chain"),
    "layer": exact_field("layer of the sensor, from 0", "chain.run_chain"),
}
_DOMAIN_LOOP = ("chain.evaluate_source", "chain._run_source")
_INNER = {
    "source": exact_field("source, from 0", "chain.evaluate_subpixel", "chain._run_subpixel"),
    "phi_step": exact_field("spindle step, from 0", *_DOMAIN_LOOP),
    "domain": exact_field("mosaic domain, from 0", *_DOMAIN_LOOP),
}

_OMEGA = {
    "row": presence_field(
        "whether this place was reached", "chain.evaluate_subpixel", "chain._run_subpixel"
    ),
    **_PLACE,
    "position": float_field(
        "m", "centre of the subpixel in this layer", "subpixel.subpixel_position"
    ),
    "airpath": float_field(
        "m", "from the sample to there", "subpixel.diffracted_rays", "subpixel.subpixel_geometry"
    ),
    "omega": float_field(
        "sr",
        "solid angle of the pixel in force there",
        "subpixel.solid_angle subpixel.update_omega",
    ),
    "capture": float_field(
        "1",
        "captured fraction in force there",
        "subpixel.captured_fraction subpixel.update_capture",
    ),
}

_ROTATED = ("orientations.rotated_about_spindle", "orientations._rotated_about_spindle")
_SPREAD = ("orientations.by_matrix", "orientations._by_matrices")
_ORIENTATION = {
    "row": presence_field(
        "whether another orientation is used from this place on",
        "chain.rotation_at",
        "chain._rotation_at",
    ),
    **_PLACE,
    **_INNER,
    "phi": float_field(
        "rad", "spindle angle of the step", "orientations.phi_at", "orientations._spindle_angles"
    ),
    "a_spindle": float_field("m", "cell vector a after the rotation about the spindle", *_ROTATED),
    "b_spindle": float_field("m", "cell vector b, likewise", *_ROTATED),
    "c_spindle": float_field("m", "cell vector c, likewise", *_ROTATED),
    "a_mosaic": float_field("m", "cell vector a after the rotation of the domain", *_SPREAD),
    "b_mosaic": float_field("m", "cell vector b, likewise", *_SPREAD),
    "c_mosaic": float_field("m", "cell vector c, likewise", *_SPREAD),
}

_WITHIN_DMIN_ROW = presence_field(
    "whether the resolution cut left this place", "scattering.is_beyond_dmin"
)
_HKL_FRACTIONAL = float_field("1", "fractional Miller index", "orientations.miller_index")
_HKL_ROUNDED = exact_field("nearest Miller index", "structure_factors.nearest_index")

_HKL = {
    "row": _WITHIN_DMIN_ROW,
    **_PLACE,
    **_INNER,
    "scattering_vector": float_field("1/m", "q = (d - incident)/λ", "scattering.scattering_vector"),
    "hkl_fractional": _HKL_FRACTIONAL,
    "hkl_rounded": _HKL_ROUNDED,
}

_AXIS = ("lattice.parallelepiped", "lattice._parallelepiped")
_LATTICE = {
    "row": _WITHIN_DMIN_ROW,
    **_PLACE,
    **_INNER,
    "F_latt_a": float_field("1", "factor of the axis a; null but for a parallelepiped", *_AXIS),
    "F_latt_b": float_field("1", "factor of the axis b, likewise", *_AXIS),
    "F_latt_c": float_field("1", "factor of the axis c, likewise", *_AXIS),
    "F_latt": float_field("1", "lattice factor", "lattice.lattice_factor"),
}

_COUNTED = ("pixel.count_lookup", "f_cell.LookupCounts.add")
_STATS = ("pixel.count_lookup", "f_cell.f_cell_stats")
_STRUCTURE_FACTOR = "structure_factors.structure_factor"
_F_CELL = {
    "total_lookups": exact_field("structure-factor lookups made", *_COUNTED),
    "skipped_lookups": exact_field(
        "evaluations that ended before a lookup", "pixel.record_evaluation", _COUNTED[1]
    ),
    "out_of_bounds_count": exact_field("lookups outside the box of a loaded table", *_COUNTED),
    "default_f_count": exact_field(
        "lookups that returned default_F for want of an entry", *_COUNTED
    ),
    "zero_f_count": exact_field("lookups that returned exactly 0", *_COUNTED),
    "mean_f_cell": float_field(
        "electrons",
        "mean of the F returned, over the lookups; null without one, as are the next three",
        "pixel.count_lookup parity_bridge.engines.c_core.observations.f_cell_stats",
        "f_cell.LookupCounts.add f_cell.FCellStats.mean_f_cell",
    ),
    "hkl_bounds": exact_field("smallest and largest nearest index asked for", *_COUNTED),
    "hkl_fractional_bounds": float_field("1", "the same of the fractional index", *_STATS),
    "rounding_margin": float_field(
        "1",
        "smallest distance of an index from a half-integer",
        f"structure_factors.tie_distance {_STATS[0]}",
        f"structure_factors.tie_distance {_STATS[1]}",
    ),
    "lookup": presence_field(
        "whether a lookup was made at this place",
        "evaluation.decide_lookups",
        "evaluation.evaluate f_cell.lookup_mask",
    ),
    **_PLACE,
    **_INNER,
    "hkl_fractional": _HKL_FRACTIONAL,
    "hkl_rounded": _HKL_ROUNDED,
    "F_cell": float_field("electrons", "structure factor", _STRUCTURE_FACTOR),
    "out_of_bounds": exact_field(
        "nearest index outside the box of a loaded table; false where F was interpolated",
        _STRUCTURE_FACTOR,
    ),
    **{f"hkl_table.{name}": meaning for name, meaning in _HKL_TABLE.items()},
}

_SUM = ("evaluation.add_to_sum", "evaluation._add_to_sum")
_POLAR = "polarization.polarization_factor scattering.update_polar"
_PRE_NORM = {
    "sum": float_field(
        "electrons²",
        "I after the last evaluation and layer, background included",
        f"{_SUM[0]} photons.end_layer",
        f"{_SUM[1]} photons.end_layer",
    ),
    "steps": exact_field("what the sum is divided by; layers do not count", "setup.lay_out"),
    "sum_over_steps": float_field(
        "electrons²", "sum divided by steps", "pixel.totals_of", "pixel.pixel"
    ),
    "row": presence_field("whether this place was reached", *_DOMAIN_LOOP),
    **_PLACE,
    **_INNER,
    "evaluation": exact_field(
        "lookup, no_lattice (F_latt is 0 and there is no water) or beyond_dmin",
        "scattering.is_beyond_dmin evaluation.decide_lookups pixel.record_evaluation",
        "scattering.is_beyond_dmin evaluation.evaluate observations._fill_evaluation",
    ),
    "interpolation_on": exact_field(
        "no unsafe lookup has been met after this evaluation", _STRUCTURE_FACTOR
    ),
    "polar": float_field("1", "polarization factor in force", _POLAR),
    "running_sum": float_field(
        "electrons²", "I after this evaluation; whatever is oversampled multiplies it", *_SUM
    ),
}

_FINISH = "photons.scale_to_photons"
_FACTOR_RESULT = ("photons.take_means", "factor_accumulator.FactorAccumulator.result")
_POST_SCALE = {
    "fluence_scaled": float_field("photons/sr", "r_e² times fluence times sum", _FINISH),
    "normalized": float_field("photons/sr", "that over the steps", _FINISH),
    "capture": float_field(
        "1",
        "captured fraction of the layer that scales",
        "photons.end_layer photons.take_means",
        "photons.end_layer pixel.pixel",
    ),
    "after_capture": float_field("photons/sr", "times capture, unless oversampled", _FINISH),
    "polar": float_field("1", "polarization factor that scales", *_FACTOR_RESULT),
    "after_polar": float_field("photons/sr", "times polar, unless oversampled", _FINISH),
    "omega": float_field("sr", "solid angle that scales", *_FACTOR_RESULT),
    "after_omega": float_field("photons", "times omega, unless oversampled", _FINISH),
}

_FINAL = {
    "intensity": float_field("photons", "of the pixel", _FINISH),
    "in_region": exact_field("inside the region of interest", "detector.in_roi"),
    "region": exact_field(
        "ends of the region of interest, inclusive",
        "detector.choose_roi",
        "detector.derive_detector",
    ),
    "mask": exact_field(
        "1 where the mask lets the pixel through, 0 where not; null without a mask",
        "parity_bridge.experiment.smv.read_mask",
    ),
    "image": float_field(
        "photons",
        "what an image holds there, float32; 0 outside the region and where the mask is 0",
        "pixel.totals_of parity_bridge.taps.final_output.extract",
        "pixel.pixel parity_bridge.taps.final_output.extract",
    ),
}

#: tap_id -> field -> meaning, fields in the order of the schema.
SEMANTICS: dict[str, dict[str, FieldMeaning]] = {
    "config_snapshot": _CONFIG,
    "omega_subpixel": _OMEGA,
    "orientation": _ORIENTATION,
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
    """Return the field of the table that contains ``figure``, ``hkl_fractional.h`` say."""
    fields = SEMANTICS[tap_id]
    name = figure
    while name and name not in fields:
        name = name.rpartition(".")[0]
    return name


def is_exact(tap_id: str, figure: str) -> bool:
    """Return whether a figure must be equal; a figure that the table does not know must be."""
    field = field_of(tap_id, figure)
    return not field or SEMANTICS[tap_id][field].exact
