"""The nanoBragg flags in scope, one table (contract §1 to §6)."""

from __future__ import annotations

from parity_bridge.experiment.flags.flag import Flag, Value, ValueKind

_PIVOT = "detector.pivot"

_CONVENTION = "detector.convention"

#: Holds the seed of ``-misset random`` until all flags are read; it is no field of an Experiment.
MISSET_SEED = "crystal.misset_seed"


def _tuple_paths(tuple_field: str, size: int = 3) -> tuple[str, ...]:
    return tuple(f"{tuple_field}.{place}" for place in range(size))


def _switch_flag(name: str, field_name: str, text: str, value: Value = True) -> Flag:
    return Flag((name,), text, also_sets={field_name: value})


def _number_flag(names: str, field_name: str, text: str, pivot: str | None = None) -> Flag:
    also = {} if pivot is None else {_PIVOT: pivot}
    return Flag(tuple(names.split()), text, (field_name,), also_sets=also)


def _integer_flag(names: str, field_name: str, text: str) -> Flag:
    return Flag(tuple(names.split()), text, (field_name,), kind="integer")


def _divergence_flag(name: str, part: str, text: str, kind: ValueKind = "number") -> Flag:
    """Return a flag whose one number is for the divergence along both axes."""
    fields = tuple(f"beam.{axis}_divergence.{part}" for axis in ("horizontal", "vertical"))
    return Flag((name,), text, fields, kind=kind, counts=(1,), repeat=True, written=False)


def _direction_flag(name: str, vector: str, text: str) -> Flag:
    fields = _tuple_paths(f"detector.vectors.{vector}")
    return Flag((name,), text, fields, kind="direction", also_sets={_CONVENTION: "custom"})


def _convention_flag(name: str) -> Flag:
    return Flag(
        (f"-{name}",), f"{name.upper()} geometry (§2)", also_sets={_CONVENTION: name}, written=False
    )


def _energy_to_wavelength(electronvolt: float) -> float:
    if electronvolt <= 0:
        raise ValueError("the value must be greater than 0")
    return 12398.42 / electronvolt


def _checked_seed(number: float) -> float:
    if not 0 <= number < 2**31:
        raise ValueError(f"the seed must be from 0 to {2**31 - 1}")
    return number


_STRUCTURE_FACTORS = (
    Flag(("-hkl",), "text table, h k l F a line", ("structure_factors.hkl",), kind="path"),
    Flag(("-dump",), "cache read without -hkl", ("structure_factors.dump",), kind="path"),
    _number_flag(
        "-default_F", "structure_factors.default_F", "F where no table has one, electrons"
    ),
)

_CRYSTAL = (
    Flag(
        ("-cell",),
        "a b c, Å, alpha beta gamma, degrees; missing b, c are a, missing angles 90",
        tuple(f"crystal.cell.{name}" for name in ("a", "b", "c", "alpha", "beta", "gamma")),
        counts=(1, 2, 3, 4, 5, 6),
    ),
    Flag(
        ("-mat",),
        "MOSFLM orientation matrix: a file or its nine numbers",
        _tuple_paths("crystal.matrix", 9),
        kind="matrix",
        counts=(1, 9),
    ),
    Flag(
        ("-misset",),
        "rotations about x y z, degrees, or random",
        _tuple_paths("crystal.misset"),
        kind="orientation",
        counts=(1, 3),
    ),
    Flag(
        ("-misset_seed",),
        "seed of -misset random",
        (MISSET_SEED,),
        kind="integer",
        convert=_checked_seed,
        written=False,
    ),
    Flag(
        ("-N",),
        "unit cells along each axis",
        _tuple_paths("crystal.cells"),
        kind="integer",
        counts=(1,),
        repeat=True,
        written=False,
    ),
    _integer_flag("-Na", "crystal.cells.0", "unit cells along a"),
    _integer_flag("-Nb", "crystal.cells.1", "unit cells along b"),
    _integer_flag("-Nc", "crystal.cells.2", "unit cells along c"),
    Flag(
        ("-xtalsize", "-samplesize"),
        "crystal size, mm: one number, or x y z",
        _tuple_paths("crystal.sample_size"),
        counts=(1, 3),
        repeat=True,
    ),
    _switch_flag("-square_xtal", "crystal.shape", "parallelepiped crystal", "parallelepiped"),
    _switch_flag("-round_xtal", "crystal.shape", "ellipsoidal crystal", "round"),
    _switch_flag("-gauss_xtal", "crystal.shape", "Gaussian spots", "gauss"),
    _switch_flag("-tophat_spots", "crystal.shape", "top-hat spots", "tophat"),
    _number_flag("-fudge", "crystal.fudge", "factor on the spot radius of the other shapes"),
    _number_flag("-water", "crystal.water", "thickness of the surrounding water, µm"),
    _number_flag("-mosaic -mosaic_spread", "crystal.mosaic_spread", "mosaic spread, degrees"),
    _integer_flag("-mosaic_domains", "crystal.mosaic_domains", "number of mosaic domains"),
    _integer_flag("-mosaic_seed", "crystal.mosaic_seed", "seed of the mosaic domains"),
)

_BEAM = (
    _number_flag("-lambda -wave", "beam.wavelength", "wavelength, Å"),
    Flag(
        ("-energy",),
        "photon energy, eV",
        ("beam.wavelength",),
        convert=_energy_to_wavelength,
        written=False,
    ),
    _number_flag("-polar", "beam.polarization", "Kahn polarization factor, -1 to 1"),
    _switch_flag("-nopolar", "beam.polarized", "no polarization factor", value=False),
    _number_flag("-fluence", "beam.fluence", "photons/m²"),
    _number_flag("-flux", "beam.flux", "photons/s"),
    _number_flag("-exposure", "beam.exposure", "exposure time, s"),
    _number_flag("-beamsize", "beam.beam_size", "beam size, mm"),
    _divergence_flag("-divergence", "range", "divergence along both axes, mrad"),
    _divergence_flag("-divstep", "step", "step of the divergence along both axes, mrad"),
    _divergence_flag("-divsteps", "steps", "steps of the divergence along both axes", "integer"),
    _number_flag("-hdivrange", "beam.horizontal_divergence.range", "horizontal divergence, mrad"),
    _number_flag("-hdivstep", "beam.horizontal_divergence.step", "its step, mrad"),
    _integer_flag("-hdivsteps", "beam.horizontal_divergence.steps", "its number of steps"),
    _number_flag("-vdivrange", "beam.vertical_divergence.range", "vertical divergence, mrad"),
    _number_flag("-vdivstep", "beam.vertical_divergence.step", "its step, mrad"),
    _integer_flag("-vdivsteps", "beam.vertical_divergence.steps", "its number of steps"),
    _switch_flag("-round_div", "beam.round_divergence", "drop the corners of the divergence grid"),
    _switch_flag("-square_div", "beam.round_divergence", "keep these corners", value=False),
    _number_flag("-dispersion", "beam.dispersion", "full spread of the wavelength, percent"),
    _integer_flag("-dispsteps", "beam.dispersion_steps", "number of wavelengths"),
    Flag(
        ("-sourcefile",),
        "text file of sources, X Y Z weight wavelength (m) a line",
        ("beam.source_file",),
        kind="path",
    ),
)

_GEOMETRY = (
    _direction_flag("-fdet_vector", "fast", "fast axis"),
    _direction_flag("-sdet_vector", "slow", "slow axis"),
    _direction_flag("-odet_vector", "odet", "axis out of the detector plane"),
    _direction_flag("-beam_vector", "beam", "beam direction"),
    _direction_flag("-polar_vector", "polarization", "polarization axis"),
    _direction_flag("-spindle_axis", "spindle", "spindle axis"),
    _direction_flag("-twotheta_axis", "twotheta", "2θ axis"),
    Flag(
        ("-pix0_vector",),
        "selects custom geometry, the numbers are not used (§2)",
        counts=(3,),
        also_sets={_CONVENTION: "custom"},
        written=False,
    ),
    *map(_convention_flag, ("mosflm", "denzo", "adxv", "xds", "dials")),
    _number_flag("-distance", "detector.distance", "sample to detector along the beam, mm", "beam"),
    _number_flag(
        "-close_distance", "detector.close_distance", "shortest distance to the plane, mm", "sample"
    ),
    _number_flag("-Xbeam", "detector.x_beam", "beam centre, mm", "beam"),
    _number_flag("-Ybeam", "detector.y_beam", "beam centre, mm", "beam"),
    _number_flag("-Xclose", "detector.x_close", "point closest to the sample, mm", "sample"),
    _number_flag("-Yclose", "detector.y_close", "point closest to the sample, mm", "sample"),
    _number_flag("-ORGX", "detector.org_x", "XDS origin, pixels", "sample"),
    _number_flag("-ORGY", "detector.org_y", "XDS origin, pixels", "sample"),
    _number_flag("-detector_rotx", "detector.rotations.0", "rotation about x, degrees"),
    _number_flag("-detector_roty", "detector.rotations.1", "rotation about y, degrees"),
    _number_flag("-detector_rotz", "detector.rotations.2", "rotation about z, degrees"),
    Flag(
        ("-twotheta",),
        "rotation about the 2θ axis, degrees",
        ("detector.twotheta",),
        also_sets={_PIVOT: "sample"},
        written=False,
    ),
    Flag(("-pivot",), "beam or sample, custom geometry", (_PIVOT,), kind="pivot", written=False),
    _switch_flag("-curved_det", "detector.curved", "all pixels at the same distance"),
    _switch_flag("-point_pixel", "detector.point_pixel", "solid angle without obliquity"),
)

_SENSOR = (
    # Before -detector_thick, so that to_flags writes a thickness after what sets it to 0.
    Flag(
        ("-detector_abs",),
        "attenuation depth of the sensor, µm; 0 or inf also sets its thickness to 0",
        ("detector.attenuation_depth",),
        kind="depth",
        also_at_zero={"detector.thickness": 0.0},
    ),
    _number_flag("-detector_thick", "detector.thickness", "thickness of the sensor, µm"),
    _integer_flag("-detector_thicksteps", "detector.thickness_steps", "layers of the sensor"),
)

_PIXELS = (
    _number_flag("-pixel", "detector.pixel_size", "pixel size, mm"),
    Flag(
        ("-detpixels",),
        "pixels along both axes",
        ("detector.pixels_fast", "detector.pixels_slow"),
        kind="integer",
        counts=(1,),
        repeat=True,
        written=False,
    ),
    _integer_flag("-detpixels_f -detpixels_x", "detector.pixels_fast", "pixels along fast"),
    _integer_flag("-detpixels_s -detpixels_y", "detector.pixels_slow", "pixels along slow"),
    Flag(
        ("-detsize",),
        "detector size along both axes, mm",
        ("detector.detsize_fast", "detector.detsize_slow"),
        counts=(1,),
        repeat=True,
        written=False,
    ),
    _number_flag("-detsize_f -detsize_x", "detector.detsize_fast", "detector size along fast, mm"),
    _number_flag("-detsize_s -detsize_y", "detector.detsize_slow", "detector size along slow, mm"),
)

_SAMPLING = (
    _integer_flag("-oversample", "sampling.oversample", "subpixels along each axis of a pixel"),
    _switch_flag("-oversample_polar", "sampling.oversample_polar", "polarization per subpixel"),
    _switch_flag("-oversample_omega", "sampling.oversample_omega", "solid angle per subpixel"),
    _switch_flag(
        "-oversample_thick", "sampling.oversample_thick", "captured fraction per subpixel"
    ),
    _number_flag("-phi", "sampling.phi", "spindle angle at the start, degrees"),
    _number_flag("-osc", "sampling.oscillation.range", "rotation about the spindle, degrees"),
    _number_flag("-phistep -dphi", "sampling.oscillation.step", "its step, degrees"),
    _integer_flag("-phisteps", "sampling.oscillation.steps", "its number of steps"),
    _number_flag("-dmin", "sampling.dmin", "resolution cut, Å"),
    _switch_flag("-interpolate", "sampling.interpolate", "interpolate structure factors"),
    _switch_flag("-nointerpolate", "sampling.interpolate", "nearest structure factor", value=False),
    Flag(
        ("-roi",),
        "region: fast_min fast_max slow_min slow_max, inclusive",
        _tuple_paths("sampling.roi", 4),
        kind="integer",
    ),
)

_IMAGES = (
    Flag(
        ("-img",),
        "SMV image whose header sets geometry, wavelength and spindle",
        kind="path",
        counts=(1,),
        reads_header=True,
        written=False,
    ),
    Flag(
        ("-mask",),
        "as -img, and pixels that are 0 in it are skipped",
        ("detector.mask",),
        kind="path",
        reads_header=True,
        written=False,
    ),
)

FLAGS = (
    *_STRUCTURE_FACTORS,
    *_CRYSTAL,
    *_BEAM,
    *_GEOMETRY,
    *_PIXELS,
    *_SENSOR,
    *_SAMPLING,
    *_IMAGES,
)

FLAG_BY_NAME = {name: flag for flag in FLAGS for name in flag.names}
