"""Random nanoBragg command lines: known spellings and pieces of them, junk, headers and repeats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from tests.experiment.smv_files import smv

#: Along each axis, at most.
MAX_PIXELS = 6

MATRIX = "0.02 0.003 0.001\n0.001 0.018 -0.002\n-0.001 0.0005 0.015\n"
SOURCES = "-10 0 0 1 1.2e-10\n-10 0.2 0 1 1.25e-10\n"
TABLE = "".join(
    f"{h} {k} {l} {50 + 7 * h + 3 * k * k + 11 * l}\n"
    for h in range(-4, 5)
    for k in range(-4, 5)
    for l in range(-4, 5)
)

#: What lies in the working directory of each command line, beside images.
FILES: Mapping[str, bytes] = {
    "a.mat": MATRIX.encode(),
    "s.txt": SOURCES.encode(),
    "t.hkl": TABLE.encode(),
}


@dataclass(frozen=True)
class CommandLine:
    """Words, and the images that they may name."""

    words: tuple[str, ...]
    images: Mapping[str, bytes]

    def write_files(self, folder: Path) -> None:
        """Write all files that the words may name into ``folder``."""
        for name, content in {**FILES, **self.images}.items():
            (folder / name).write_bytes(content)


#: Draws what may stand behind a flag.
Draw = Callable[[Random], str]


def _numbers(low: float, high: float) -> Draw:
    """Draw numbers as people type them, some with a unit."""

    def draw(source: Random) -> str:
        number = source.uniform(low, high)
        return source.choice((f"{number:.4g}", f"{number:.4g}", f"{number:.4g}mm", repr(number)))

    return draw


def _integers(low: int, high: int) -> Draw:
    def draw(source: Random) -> str:
        return source.choice(("{}", "{}", "{}.7", "+{}")).format(source.randint(low, high))

    return draw


def _words(*words: str) -> Draw:
    return lambda source: source.choice(words)


def _one_of(*draws: Draw) -> Draw:
    return lambda source: source.choice(draws)(source)


_LENGTH = _numbers(30, 90)
_ANGLE = _numbers(75, 105)
_AXIS = _numbers(-1, 1)
_TURN = _numbers(-30, 30)
_SIZE = _numbers(1e-6, 5e-5)
_FEW = _integers(1, 3)
_CENTRE = _numbers(-2, 8)
_ORIGIN = _numbers(-3, 9)
_PHI = _one_of(_numbers(-60, 60), _words("0"))
#: Not the same for two images: the one would overwrite the other.
_FLOAT_NAME, _NAME = _words("x.bin", "y.bin"), _words("z.img", "w.pgm")

#: Spellings, and what may stand behind each of them.
_FLAGS: tuple[tuple[str, tuple[Draw, ...]], ...] = (
    ("-cell", (_LENGTH, _LENGTH, _LENGTH, _ANGLE, _ANGLE, _ANGLE)),
    ("-cell", (_LENGTH, _LENGTH)),
    ("-misset", (_TURN, _TURN, _TURN)),
    ("-misset -missetting", (_words("rand", "random", "7rand"),)),
    ("-misset_seed", (_integers(0, 900),)),
    ("-misset_seed", (_integers(0, 900), _TURN, _TURN)),
    ("-N", (_integers(-1, 9),)),
    ("-Na -Nb -Nc -Ncells", (_integers(-1, 9),)),
    ("-samplesize -sample_size -xtalsize -xtal_size", (_SIZE,)),
    ("-sample_thick -sample_x -xtal_thick -xtal_x", (_SIZE,)),
    ("-sample_width -sample_y -xtal_width -xtal_y -width", (_SIZE,)),
    ("-sample_heigh -sample_z -xtal_heigh -xtal_z -heigh -height", (_SIZE,)),
    ("-round_xtal -square_xtal -gauss_xtal -tophat_spots -binary_spots", ()),
    ("-fudge", (_numbers(0.4, 2),)),
    ("-water", (_numbers(0, 400),)),
    ("-mosaic -mosaici -mosaicity -mosaic_spr -mosaic_spread", (_numbers(0, 2),)),
    ("-mosaic_dom -mosaic_domains", (_integers(0, 3),)),
    ("-mosaic_seed", (_integers(0, 900),)),
    ("-lambda -wave -wavelength", (_numbers(0.7, 2),)),
    ("-energy", (_numbers(7000, 15000),)),
    ("-polar", (_numbers(-1, 1),)),
    ("-nopolar -round_div -square_div -interpolate -nointerpolate -point_pixel", ()),
    ("-fluence", (_numbers(1e20, 1e30),)),
    ("-flux", (_words("1e10", "2.5e12", "0"),)),
    ("-exposure", (_numbers(0, 5),)),
    ("-beamsize", (_numbers(0.01, 0.5),)),
    ("-divergence -hdivrange -vdivrange", (_numbers(-1, 20),)),
    ("-hdivstep -vdivstep", (_numbers(4, 9),)),
    ("-hdivsteps -vdivsteps -divsteps", (_integers(-1, 3),)),
    ("-dispersion", (_numbers(0, 5),)),
    ("-dispsteps", (_integers(-1, 3),)),
    ("-mosflm -xds -adxv -denzo -dials", ()),
    ("-fdet_vector -sdet_vector -odet_vector -beam_vector", (_AXIS, _AXIS, _AXIS)),
    ("-polar_vector -spindle_axis -twotheta_axis", (_AXIS, _AXIS, _AXIS)),
    ("-pix0_vector -pix0_vector_mm", (_AXIS, _AXIS, _AXIS)),
    ("-distance -close_distance", (_numbers(30, 90),)),
    ("-Xbeam -Ybeam -Xclose -Yclose", (_CENTRE,)),
    ("-ORGX -ORGY", (_ORIGIN,)),
    ("-detector_rotx -detector_roty -detector_rotz -twotheta", (_TURN,)),
    ("-pivot", (_words("sample", "beam", "beamsample", "SAMPLE", "no_beam"),)),
    ("-curved_det", ()),
    ("-pixel", (_numbers(0.5, 2),)),
    ("-detpixels_f -detpixels_x -detpixels_s -detpixels_y", (_integers(1, MAX_PIXELS),)),
    ("-detpixels", (_integers(1, MAX_PIXELS),)),
    ("-detsize -detsize_f -detsize_s", (_numbers(2, 5),)),
    ("-detector_abs -detector_absorb", (_one_of(_numbers(100, 900), _words("inf", "0", "-inf")),)),
    ("-detector_thick", (_numbers(0, 500),)),
    ("-detector_thicksteps -thicksteps", (_integers(-1, 3),)),
    ("-oversample", (_integers(1, 2),)),
    ("-oversample_thick -oversample_polar -oversample_omega", ()),
    ("-phi", (_PHI,)),
    ("-osc -oscillation", (_numbers(0, 4),)),
    ("-phistep", (_numbers(1, 3),)),
    ("-phisteps", (_integers(0, 3),)),
    ("-dmin", (_numbers(-1, 4),)),
    ("-roi", (_integers(-1, 2), _integers(2, 6), _integers(-1, 2), _integers(2, 6))),
    ("-default_F", (_numbers(1, 500),)),
    ("-hkl", (_words("t.hkl"),)),
    ("-sourcefile", (_words("s.txt"),)),
    ("-floatfile -floatimage", (_FLOAT_NAME,)),
    ("-intfile -intimage -pgmfile -pgmimage", (_NAME,)),
    ("-noisefile -noiseimage", (_NAME,)),
    ("-nopgm -nonoise -noprogress -progress -printout -coherent", ()),
    ("-scale -pgmscale -adc -seed -density -sample_den -MW -molec", (_numbers(1, 90),)),
    ("-stolout", (_NAME,)),
    ("-printout_pixel", (_integers(0, 3), _integers(0, 3))),
    # No flag of the original.
    ("-dphi -divstep -detsize_x -detsize_y -trace_pixel -noise -hdiv -disp -tophat", (_FEW,)),
)

_SPELLINGS = tuple((name, values) for names, values in _FLAGS for name in names.split())

_JUNK = ("stray", "7", "-1", "", "-", "--", "-zork", "-polarx", "-phistart", "-x", "x-distance")

_HEADER: Mapping[str, Draw] = {
    "PIXEL_SIZE": _numbers(0.5, 2),
    "DISTANCE": _LENGTH,
    "CLOSE_DISTANCE": _LENGTH,
    "WAVELENGTH": _numbers(0.7, 2),
    "BEAM_CENTER_X": _CENTRE,
    "BEAM_CENTER_Y": _CENTRE,
    "ORGX": _ORIGIN,
    "ORGY": _ORIGIN,
    "XDS_ORGX": _ORIGIN,
    "XDS_ORGY": _ORIGIN,
    "PHI": _PHI,
    "OSC_RANGE": _numbers(0, 3),
    "TWOTHETA": _TURN,
    # A keyword where none is meant: the number of the line below counts.
    "NOTE": _words("DISTANCE"),
}


def random_command_line(source: Random) -> CommandLine:
    """Draw a command line that mostly describes an experiment of few pixels."""
    fast, slow = (source.randint(2, MAX_PIXELS) for _ in range(2))
    cell = ("-cell", "50", "60", "70", "80", "95", "105")
    pieces: list[Sequence[str]] = [
        source.choice((cell, cell, cell, cell, cell, cell, ("-mat", "a.mat"))),
        source.choice((("-default_F", "100"), ("-default_F", "100"), ("-hkl", "t.hkl"))),
        ("-pixel", _numbers(0.8, 2)(source)),
        source.choice((("-distance", _LENGTH(source)), ("-close_distance", _LENGTH(source)), ())),
        ("-misset_seed", _integers(0, 900)(source), "-oversample", _integers(1, 2)(source)),
        *(_piece(source) for _ in range(source.randint(0, 12))),
    ]
    images = {
        f"{flag[1:]}.img": _image(source, fast, slow)
        for flag in ("-img", "-mask")
        if source.random() < 0.2
    }
    pieces += [(_typed_name(source, f"-{name[:-4]}"), name) for name in images]
    if not images or source.random() < 0.3:
        pieces.append(("-detpixels_f", str(fast), "-detpixels_s", str(slow)))
    source.shuffle(pieces)
    return CommandLine(tuple(word for piece in pieces for word in piece), images)


def _piece(source: Random) -> list[str]:
    """Draw a flag with its values, sometimes too few or too many of them."""
    name, values = source.choice(_SPELLINGS)
    words = [_typed_name(source, name), *(draw(source) for draw in values)]
    if source.random() < 0.08:
        words = words[: source.randint(1, len(words))]
    if source.random() < 0.08:
        words.append(source.choice(_JUNK))
    return words


def _typed_name(source: Random, name: str) -> str:
    """Draw ``name`` as somebody may type it, mostly as it is."""
    if source.random() < 0.75:
        return name
    other = source.choice(_SPELLINGS)[0]
    variants = (f"-{name}", f"{name}es", name[:-1], f"-a{name}", f"{name}{other}", name.upper())
    return source.choice(variants)


def _image(source: Random, fast: int, slow: int) -> bytes:
    """Draw an image of ``fast`` x ``slow`` pixels, some of them 0, and a header of any keywords."""
    names = source.sample(sorted(_HEADER), source.randint(0, 6))
    header = {name: _HEADER[name](source) for name in names} | {"GAIN": _LENGTH(source)}
    pixels = np.arange(fast * slow, dtype="<u2").reshape(slow, fast)
    return smv(pixels % np.uint16(source.randint(2, 9)), header)
