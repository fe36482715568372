"""The flags that say what is simulated (contract §1 to §6)."""

from __future__ import annotations

from itertools import starmap

from parity_bridge.experiment.flags.flag import Flag
from parity_bridge.experiment.flags.flag_makers import (
    CONVENTION,
    PIVOT,
    convention_flag,
    direction_flag,
    divergence_flag,
    integer_flag,
    number_flag,
    size_flag,
    switch_flag,
    tuple_paths,
)

_MASK_BEAM_CENTRE = "detector.mask_beam_centre"

#: The number of ``-misset_seed``; a field of the Experiment only where the orientation is random.
MISSET_SEED = "crystal.misset_seed"


def _energy_to_wavelength(electronvolt: float) -> float:
    if electronvolt <= 0:
        raise ValueError("the value must be greater than 0")
    return 12398.42 / electronvolt


_OVERSAMPLED = {
    "-oversample_thick": "captured fraction",
    "-oversample_polar": "polarization",
    "-oversample_omega": "solid angle",
}


def _oversample_flag(name: str, factor: str) -> Flag:
    return Flag(
        name,
        f"{factor} per subpixel",
        also_sets={f"sampling.{name[1:]}": True},
        ends_word=True,
    )


def _cells_flag(place: int, axis: str) -> Flag:
    return Flag(
        f"-N{axis}",
        f"unit cells along {axis}",
        (f"crystal.cells.{place}",),
        kind="integer",
        ends_word=True,
    )


_CELLS = (
    Flag(
        "-N",
        "unit cells along each axis",
        tuple_paths("crystal.cells"),
        kind="integer",
        counts=(1,),
        repeat=True,
        written=False,
    ),
    *starmap(_cells_flag, enumerate("abc")),
)

_ORIENTATION = (
    Flag(
        "-cell",
        "a b c, Å, alpha beta gamma, degrees; missing b, c are a, missing angles 90",
        tuple(f"crystal.cell.{name}" for name in ("a", "b", "c", "alpha", "beta", "gamma")),
        counts=(1, 2, 3, 4, 5, 6),
    ),
    Flag(
        "-misset",
        "rotations about x y z, degrees, or random",
        tuple_paths("crystal.misset"),
        kind="orientation",
        counts=(1, 3),
    ),
    Flag(
        "-misset_seed",
        "seed of -misset random",
        (MISSET_SEED,),
        kind="integer",
        written=False,
    ),
    Flag(
        "-xtalsize",
        "crystal size along x, y and z, mm",
        tuple_paths("crystal.sample_size"),
        spellings=("-xtalsize", "-xtal_size", "-samplesize", "-sample_size"),
        counts=(1,),
        repeat=True,
        written=False,
    ),
    size_flag("x", 0, "-xtal_thick -sample_thick"),
    size_flag("y", 1, "-xtal_width -sample_width -width"),
    size_flag("z", 2, "-xtal_heigh -sample_heigh -heigh"),
)

_STRUCTURE_FACTORS = (
    Flag("-hkl", "text table, h k l F a line", ("structure_factors.hkl",), kind="path"),
    Flag("-dump", "cache read without -hkl", ("structure_factors.dump",), kind="path"),
    number_flag("-default_F", "structure_factors.default_F", "F where no table has one, electrons"),
)

_CRYSTAL = (
    Flag(
        "-mat",
        "MOSFLM orientation matrix: a file of nine numbers",
        (*tuple_paths("crystal.matrix", 9), "crystal.matrix_file"),
        kind="matrix",
        counts=(1,),
    ),
    switch_flag("-round_xtal", "crystal.shape", "ellipsoidal crystal", "round"),
    switch_flag("-square_xtal", "crystal.shape", "parallelepiped crystal", "parallelepiped"),
    switch_flag("-gauss_xtal", "crystal.shape", "Gaussian spots", "gauss"),
    Flag(
        "-tophat_spots",
        "top-hat spots",
        spellings=("-tophat_spots", "-binary_spots"),
        also_sets={"crystal.shape": "tophat"},
    ),
    number_flag("-fudge", "crystal.fudge", "factor on the spot radius of the other shapes"),
    number_flag("-water", "crystal.water", "thickness of the surrounding water, µm"),
    Flag(
        "-mosaic",
        "mosaic spread, degrees",
        ("crystal.mosaic_spread",),
        spellings=("-mosaic", "-mosaici", "-mosaic_spr"),
    ),
    Flag(
        "-mosaic_domains",
        "number of mosaic domains",
        ("crystal.mosaic_domains",),
        kind="integer",
        spellings=("-mosaic_dom",),
    ),
    integer_flag("-mosaic_seed", "crystal.mosaic_seed", "seed of the mosaic domains"),
)

_BEAM = (
    number_flag("-lambda -wave", "beam.wavelength", "wavelength, Å"),
    Flag(
        "-energy",
        "photon energy, eV",
        ("beam.wavelength",),
        convert=_energy_to_wavelength,
        written=False,
    ),
    number_flag("-fluence", "beam.fluence", "photons/m²"),
    number_flag("-flux", "beam.flux", "photons/s"),
    number_flag("-exposure", "beam.exposure", "exposure time, s"),
    number_flag("-beamsize", "beam.beam_size", "beam size, mm"),
    divergence_flag("-divergence", "range", "divergence along both axes, mrad"),
    divergence_flag("-divsteps", "steps", "steps of the divergence along both axes", "integer"),
    number_flag("-hdivrange", "beam.horizontal_divergence.range", "horizontal divergence, mrad"),
    number_flag("-hdivstep", "beam.horizontal_divergence.step", "its step, mrad"),
    integer_flag("-hdivsteps", "beam.horizontal_divergence.steps", "its number of steps"),
    number_flag("-vdivrange", "beam.vertical_divergence.range", "vertical divergence, mrad"),
    number_flag("-vdivstep", "beam.vertical_divergence.step", "its step, mrad"),
    integer_flag("-vdivsteps", "beam.vertical_divergence.steps", "its number of steps"),
    switch_flag("-round_div", "beam.round_divergence", "drop the corners of the divergence grid"),
    switch_flag("-square_div", "beam.round_divergence", "keep these corners", value=False),
    number_flag("-dispersion", "beam.dispersion", "full spread of the wavelength, percent"),
    integer_flag("-dispsteps", "beam.dispersion_steps", "number of wavelengths"),
    Flag(
        "-sourcefile",
        "text file of sources, X Y Z weight wavelength (m) a line",
        ("beam.source_file",),
        kind="path",
    ),
)

_GEOMETRY = (
    number_flag("-Xbeam", "detector.x_beam", "beam centre, mm", "beam"),
    Flag(
        "-Ybeam",
        "beam centre, mm",
        ("detector.y_beam",),
        also_sets={PIVOT: "beam", _MASK_BEAM_CENTRE: None},
    ),
    number_flag("-Xclose", "detector.x_close", "point closest to the sample, mm", "sample"),
    number_flag("-Yclose", "detector.y_close", "point closest to the sample, mm", "sample"),
    number_flag("-ORGX", "detector.org_x", "XDS origin, pixels", "sample"),
    number_flag("-ORGY", "detector.org_y", "XDS origin, pixels", "sample"),
    Flag("-pivot", "beam or sample, custom geometry", (PIVOT,), kind="pivot", written=False),
    convention_flag("mosflm", "beam"),
    convention_flag("xds", "sample"),
    *(convention_flag(name, "beam") for name in ("adxv", "denzo", "dials")),
    direction_flag("-fdet_vector", "fast", "fast axis"),
    direction_flag("-sdet_vector", "slow", "slow axis"),
    direction_flag("-odet_vector", "odet", "axis out of the detector plane"),
    direction_flag("-beam_vector", "beam", "beam direction"),
    direction_flag("-polar_vector", "polarization", "polarization axis"),
    direction_flag("-spindle_axis", "spindle", "spindle axis"),
    direction_flag("-twotheta_axis", "twotheta", "2θ axis"),
    Flag(
        "-pix0_vector",
        "selects custom geometry, the numbers are not used (§2)",
        counts=(3,),
        also_sets={CONVENTION: "custom"},
        written=False,
    ),
    number_flag("-distance", "detector.distance", "sample to detector along the beam, mm", "beam"),
    number_flag(
        "-close_distance", "detector.close_distance", "shortest distance to the plane, mm", "sample"
    ),
    Flag(
        "-twotheta",
        "rotation about the 2θ axis, degrees",
        ("detector.twotheta",),
        also_sets={PIVOT: "sample"},
        written=False,
    ),
    number_flag("-detector_rotx", "detector.rotations.0", "rotation about x, degrees"),
    number_flag("-detector_roty", "detector.rotations.1", "rotation about y, degrees"),
    number_flag("-detector_rotz", "detector.rotations.2", "rotation about z, degrees"),
    Flag(
        "-curved_det",
        "all pixels at the same distance; not as the last word",
        words_needed=1,
        also_sets={"detector.curved": True},
    ),
    switch_flag("-point_pixel", "detector.point_pixel", "solid angle without obliquity"),
)

_POLARIZATION = (
    Flag(
        "-polar",
        "Kahn polarization factor, -1 to 1",
        ("beam.polarization",),
        also_sets={"beam.polarized": True},
    ),
    switch_flag("-nopolar", "beam.polarized", "no polarization factor", value=False),
)

_SENSOR = (
    # Before -detector_thick, so that to_flags writes a thickness after what sets it to 0.
    Flag(
        "-detector_abs",
        "attenuation depth of the sensor, µm; 0 or inf also sets its thickness to 0",
        ("detector.attenuation_depth",),
        kind="depth",
        also_at_zero={"detector.thickness": 0.0},
    ),
    number_flag("-detector_thick", "detector.thickness", "thickness of the sensor, µm"),
    integer_flag(
        "-detector_thicksteps -thicksteps", "detector.thickness_steps", "layers of the sensor"
    ),
)

_PIXELS = (
    number_flag("-pixel", "detector.pixel_size", "pixel size, mm"),
    Flag(
        "-detpixels",
        "pixels along both axes",
        ("detector.pixels_fast", "detector.pixels_slow"),
        kind="integer",
        counts=(1,),
        repeat=True,
        written=False,
    ),
    integer_flag("-detpixels_f -detpixels_x", "detector.pixels_fast", "pixels along fast"),
    integer_flag("-detpixels_s -detpixels_y", "detector.pixels_slow", "pixels along slow"),
    Flag(
        "-detsize",
        "detector size along both axes, mm",
        ("detector.detsize_fast", "detector.detsize_slow"),
        counts=(1,),
        repeat=True,
        written=False,
    ),
    number_flag("-detsize_f", "detector.detsize_fast", "detector size along fast, mm"),
    number_flag("-detsize_s", "detector.detsize_slow", "detector size along slow, mm"),
)

_SAMPLING = (
    *starmap(_oversample_flag, _OVERSAMPLED.items()),
    Flag(
        "-oversample",
        "subpixels along each axis of a pixel",
        ("sampling.oversample",),
        kind="integer",
    ),
    number_flag("-phi", "sampling.phi", "spindle angle at the start, degrees"),
    number_flag("-osc", "sampling.oscillation.range", "rotation about the spindle, degrees"),
    number_flag("-phistep", "sampling.oscillation.step", "its step, degrees"),
    integer_flag("-phisteps", "sampling.oscillation.steps", "its number of steps"),
    number_flag("-dmin", "sampling.dmin", "resolution cut, Å"),
    switch_flag("-interpolate", "sampling.interpolate", "interpolate structure factors"),
    switch_flag("-nointerpolate", "sampling.interpolate", "nearest structure factor", value=False),
    Flag(
        "-roi",
        "region: fast_min fast_max slow_min slow_max, inclusive",
        tuple_paths("sampling.roi", 4),
        kind="integer",
    ),
)

_IMAGES = (
    Flag(
        "-img",
        "SMV image whose header sets geometry, wavelength and spindle",
        kind="path",
        counts=(1,),
        reads_header=True,
        written=False,
    ),
    Flag(
        "-mask",
        "as -img, and pixels that are 0 in it are skipped",
        ("detector.mask",),
        kind="path",
        reads_header=True,
        written=False,
    ),
)

#: In the order in which they fire (§8).
EXPERIMENT_FLAGS = (
    *_CELLS,
    *_ORIENTATION,
    *_GEOMETRY,
    *_PIXELS,
    *_POLARIZATION,
    *_SENSOR,
    *_SAMPLING,
    *_STRUCTURE_FACTORS,
    *_CRYSTAL,
    *_BEAM,
    *_IMAGES,
)
