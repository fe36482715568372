"""A slow, literal model of contract §8: one command line, word by word, test by test.

It shares no code with the package's reader, so that a mistake of the one is not one of the other.
Where §8 leaves something open, the original program was asked: which of two flags on one word acts
last, which numbers count as not given, and which flags end the tests of their word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from parity_bridge.experiment.model import Experiment
from tests.experiment.flags import literal_effects as does
from tests.experiment.flags.literal_effects import Effect, NoExperimentError, Said, Values
from tests.experiment.flags.literal_headers import read_headers


class UndefinedError(Exception):
    """What the original makes of the line depends on the clock, or it crashes."""


@dataclass(frozen=True)
class WordTest:
    """One of the tests that each word undergoes; they follow each other as in the original."""

    #: All spellings, separated by spaces.
    names: str
    #: How many words must follow.
    needs: int
    effect: Effect
    #: The whole word must be the name; else the name may be a part of it.
    whole: bool = False
    #: Whether the word is tested no further.
    ends: Callable[[Values], bool] = lambda values: False
    #: The original reads past the end of the line where nothing follows.
    crashes_without: bool = False

    def fires(self, word: str, values: Values) -> bool:
        """Say whether ``word``, with ``values`` behind it, is taken as this flag."""
        if not word.startswith("-") or len(values) < self.needs:
            return False
        names = self.names.split()
        return any(name == word if self.whole else name in word for name in names)


def _sets(name: str, value: Any) -> Effect:
    return lambda said, values: said.put(name, value)


_BEAM = _sets("detector.pivot", "beam")
_SAMPLE = _sets("detector.pivot", "sample")
_H, _V = "beam.horizontal_divergence", "beam.vertical_divergence"
_PIXELS_FAST, _PIXELS_SLOW = "detector.pixels_fast", "detector.pixels_slow"
_SIZE_FAST, _SIZE_SLOW = "detector.detsize_fast", "detector.detsize_slow"


def _convention(name: str, pivot: Effect) -> Effect:
    return does.both(_sets("detector.convention", name), pivot)


def _axes(name: str) -> tuple[str, str, str]:
    return f"{name}.0", f"{name}.1", f"{name}.2"


#: In the order of the original, as far as the order can be observed.
_TESTS = (
    WordTest("-Na", 1, does.integer("crystal.cells.0"), ends=does.always),
    WordTest("-Nb", 1, does.integer("crystal.cells.1"), ends=does.always),
    WordTest("-Nc", 1, does.integer("crystal.cells.2"), ends=does.always),
    WordTest("-N", 1, does.integer(*_axes("crystal.cells")), whole=True),
    WordTest("-cell", 1, does.cell, ends=does.is_short_cell),
    WordTest("-misset", 1, does.misset, ends=does.is_random),
    WordTest("-misset_seed", 1, does.misset_seed),
    WordTest("-Xbeam", 1, does.both(does.number("detector.x_beam"), _BEAM)),
    WordTest("-Ybeam", 1, does.both(does.number("detector.y_beam"), _BEAM)),
    WordTest("-Xclose", 1, does.both(does.number("detector.x_close"), _SAMPLE)),
    WordTest("-Yclose", 1, does.both(does.number("detector.y_close"), _SAMPLE)),
    WordTest("-ORGX", 1, does.both(does.number("detector.org_x"), _SAMPLE)),
    WordTest("-ORGY", 1, does.both(does.number("detector.org_y"), _SAMPLE)),
    WordTest("-pivot", 1, does.pivot),
    WordTest("-mosflm", 0, _convention("mosflm", _BEAM)),
    WordTest("-xds", 0, _convention("xds", _SAMPLE)),
    WordTest("-adxv", 0, _convention("adxv", _BEAM)),
    WordTest("-denzo", 0, _convention("denzo", _BEAM)),
    WordTest("-dials", 0, _convention("dials", _BEAM)),
    WordTest("-distance", 1, does.both(does.number("detector.distance"), _BEAM)),
    WordTest("-close_distance", 1, does.both(does.number("detector.close_distance"), _SAMPLE)),
    WordTest("-twotheta", 1, does.both(does.number("detector.twotheta"), _SAMPLE)),
    WordTest("-fdet_vector", 3, does.vector("fast")),
    WordTest("-sdet_vector", 3, does.vector("slow")),
    WordTest("-odet_vector", 3, does.vector("odet")),
    WordTest("-beam_vector", 3, does.vector("beam")),
    WordTest("-polar_vector", 3, does.vector("polarization")),
    WordTest("-spindle_axis", 3, does.vector("spindle")),
    WordTest("-twotheta_axis", 3, does.vector("twotheta")),
    WordTest("-pix0_vector", 3, _sets("detector.convention", "custom")),
    WordTest("-detector_rotx", 1, does.number("detector.rotations.0")),
    WordTest("-detector_roty", 1, does.number("detector.rotations.1")),
    WordTest("-detector_rotz", 1, does.number("detector.rotations.2")),
    WordTest("-curved_det", 1, _sets("detector.curved", True)),
    WordTest("-point_pixel", 0, _sets("detector.point_pixel", True)),
    WordTest("-pixel", 1, does.number("detector.pixel_size")),
    WordTest("-detpixels", 1, does.pixels(_PIXELS_FAST, _PIXELS_SLOW), whole=True),
    WordTest("-detpixels_f -detpixels_x", 1, does.pixels(_PIXELS_FAST)),
    WordTest("-detpixels_s -detpixels_y", 1, does.pixels(_PIXELS_SLOW)),
    WordTest("-detsize", 1, does.number(_SIZE_FAST, _SIZE_SLOW), whole=True),
    WordTest("-detsize_f", 1, does.number(_SIZE_FAST)),
    WordTest("-detsize_s", 1, does.number(_SIZE_SLOW)),
    WordTest("-detector_abs", 0, does.depth, crashes_without=True),
    WordTest(
        "-detector_thick", 0, does.number("detector.thickness"), whole=True, crashes_without=True
    ),
    WordTest(
        "-detector_thicksteps -thicksteps",
        0,
        does.count("detector.thickness_steps"),
        crashes_without=True,
    ),
    WordTest(
        "-samplesize -sample_size -xtalsize -xtal_size",
        1,
        does.size(*_axes("crystal.sample_size")),
    ),
    WordTest("-sample_thick -sample_x -xtal_thick -xtal_x", 1, does.size("crystal.sample_size.0")),
    WordTest(
        "-sample_width -sample_y -xtal_width -xtal_y -width",
        1,
        does.size("crystal.sample_size.1"),
    ),
    WordTest(
        "-sample_heigh -sample_z -xtal_heigh -xtal_z -heigh",
        1,
        does.size("crystal.sample_size.2"),
    ),
    WordTest("-nopolar", 0, _sets("beam.polarized", False)),
    WordTest(
        "-polar",
        1,
        does.both(does.number("beam.polarization"), _sets("beam.polarized", True)),
        whole=True,
    ),
    WordTest("-oversample_thick", 0, _sets("sampling.oversample_thick", True), ends=does.always),
    WordTest("-oversample_polar", 0, _sets("sampling.oversample_polar", True), ends=does.always),
    WordTest("-oversample_omega", 0, _sets("sampling.oversample_omega", True), ends=does.always),
    WordTest("-oversample", 1, does.count("sampling.oversample")),
    WordTest("-hkl", 1, does.remember("hkl")),
    WordTest("-dump", 1, does.remember("dump")),
    WordTest("-mat", 1, does.remember("matrix")),
    WordTest("-default_F", 1, does.number("structure_factors.default_F")),
    WordTest("-sourcefile", 1, does.path("beam.source_file")),
    WordTest("-lambda -wave", 1, does.number("beam.wavelength")),
    WordTest("-energy", 1, does.wavelength_of_energy),
    WordTest("-fluence", 1, does.number("beam.fluence")),
    WordTest("-flux", 1, does.number("beam.flux")),
    WordTest("-exposure", 1, does.number("beam.exposure")),
    WordTest("-beamsize", 1, does.number("beam.beam_size")),
    WordTest("-divergence", 1, does.range(f"{_H}.range", f"{_V}.range")),
    WordTest("-hdivrange", 1, does.range(f"{_H}.range")),
    WordTest("-vdivrange", 1, does.range(f"{_V}.range")),
    WordTest("-hdivstep", 1, does.step(f"{_H}.step"), whole=True),
    WordTest("-vdivstep", 1, does.step(f"{_V}.step"), whole=True),
    WordTest("-divsteps", 1, does.count(f"{_H}.steps", f"{_V}.steps")),
    WordTest("-hdivsteps", 1, does.count(f"{_H}.steps")),
    WordTest("-vdivsteps", 1, does.count(f"{_V}.steps")),
    WordTest("-round_div", 0, _sets("beam.round_divergence", True)),
    WordTest("-square_div", 0, _sets("beam.round_divergence", False)),
    WordTest("-dispersion", 1, does.number("beam.dispersion")),
    WordTest("-dispsteps", 1, does.count("beam.dispersion_steps")),
    WordTest("-mosaici -mosaic_spr", 1, does.size("crystal.mosaic_spread")),
    WordTest("-mosaic", 1, does.size("crystal.mosaic_spread"), whole=True),
    WordTest("-mosaic_dom", 1, does.count("crystal.mosaic_domains")),
    WordTest("-mosaic_seed", 1, does.seed("crystal.mosaic_seed")),
    WordTest("-round_xtal", 0, _sets("crystal.shape", "round")),
    WordTest("-square_xtal", 0, _sets("crystal.shape", "parallelepiped")),
    WordTest("-gauss_xtal", 0, _sets("crystal.shape", "gauss")),
    WordTest("-tophat_spots -binary_spots", 0, _sets("crystal.shape", "tophat")),
    WordTest("-fudge", 1, does.number("crystal.fudge")),
    WordTest("-water", 1, does.number("crystal.water")),
    WordTest("-phi", 1, does.number("sampling.phi"), whole=True),
    WordTest("-osc", 1, does.range("sampling.oscillation.range")),
    WordTest("-phistep", 1, does.step("sampling.oscillation.step"), whole=True),
    WordTest("-phisteps", 1, does.phi_steps),
    WordTest("-dmin", 1, does.size("sampling.dmin")),
    WordTest("-interpolate", 0, _sets("sampling.interpolate", True)),
    WordTest("-nointerpolate", 0, _sets("sampling.interpolate", False)),
    WordTest("-roi", 4, does.region),
    WordTest("-floatfile -floatimage", 1, does.remember("float_file")),
)


@dataclass(frozen=True)
class Literal:
    """What the original makes of a command line."""

    experiment: Experiment
    #: The name of the float image.
    float_file: str


def read_literally(words: Sequence[str]) -> Literal:
    """Return what the original makes of ``words``, run in this working directory.

    A table, sources and the pixels of a mask are left to who reads them. Raises NoExperimentError
    where the original makes nothing of them that an experiment can be, and UndefinedError where it
    does not always make the same of them.
    """
    said = Said()
    read_headers(words, said)
    for place, word in enumerate(words):
        values = words[place + 1 :]
        for test in _TESTS:
            if test.fires(word, values):
                if test.crashes_without and not values:
                    raise UndefinedError
                test.effect(said, values)
                if test.ends(values):
                    break
    return Literal(_experiment(said), said.float_file)


def _experiment(said: Said) -> Experiment:
    _finish_crystal(said)
    _finish_structure_factors(said)
    try:
        return Experiment.model_validate(_tree(said.fields))
    except ValidationError:
        raise NoExperimentError from None


def _finish_crystal(said: Said) -> None:
    # The original goes on without a file that it cannot open.
    matrix = Path(said.matrix) if said.matrix is not None and Path(said.matrix).is_file() else None
    if bool(said.cell) == (matrix is not None):
        raise NoExperimentError
    if matrix is not None:
        said.put("crystal.matrix", tuple(_matrix_numbers(matrix)))
    if said.cell:
        given = dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), said.cell, strict=False))
        defaults = {"b": given["a"], "c": given["a"], "alpha": 90.0, "beta": 90.0, "gamma": 90.0}
        said.put("crystal.cell", {**defaults, **{key: x for key, x in given.items() if x != 0}})
    if said.random_misset:
        if said.misset_seed is None:
            raise UndefinedError
        said.put("crystal.misset", None)
        said.put("crystal.random_misset_seed", max(said.misset_seed, 1))
    for name, size, default in (("cells", 3, 1), ("sample_size", 3, 0.0)):
        numbers = [said.fields.pop(f"crystal.{name}.{axis}", default) for axis in range(size)]
        said.put(f"crystal.{name}", tuple(numbers))
    said.put(
        "detector.rotations",
        tuple(said.fields.pop(f"detector.rotations.{axis}", 0.0) for axis in range(3)),
    )


def _matrix_numbers(path: Path) -> list[float]:
    try:
        return [float(word) for word in path.read_text(encoding="latin-1").split()[:9]]
    except ValueError:
        raise NoExperimentError from None


def _finish_structure_factors(said: Said) -> None:
    """Settle where structure factors come from: table, cache, or the same for all reflections."""
    if said.hkl is not None:
        said.put("structure_factors.hkl", Path(said.hkl))
    elif Path(said.dump).is_file():
        said.put("structure_factors.dump", Path(said.dump))
    elif said.fields.get("structure_factors.default_F", 0.0) == 0:
        raise NoExperimentError


def _tree(fields: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        *branches, leaf = name.split(".")
        node = tree
        for branch in branches:
            node = node.setdefault(branch, {})
        if value is not None:
            node[leaf] = value
    return tree
