"""Random valid experiments, with values that a beamline could have, and random behaviours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from parity_bridge.experiment.behaviours import Behaviours, behaviour_choices
from parity_bridge.experiment.model import (
    DEFAULT_MOSAIC_SEED,
    Beam,
    Cell,
    Crystal,
    Detector,
    DetectorVectors,
    Experiment,
    MaskBeamCentre,
    Sampling,
    StructureFactorSource,
    Sweep,
    Vector,
)

CONVENTIONS = ("mosflm", "denzo", "adxv", "xds", "dials", "custom")
SHAPES = ("parallelepiped", "round", "gauss", "tophat")
MAX_PIXELS = 64

UP_TO_THREE = st.integers(1, 3)

#: The custom convention's own axes; drawn axes stay near them, so that no two become parallel.
_CUSTOM_AXES: dict[str, Vector] = {
    "fast": (0.0, 0.0, 1.0),
    "slow": (0.0, -1.0, 0.0),
    "odet": (1.0, 0.0, 0.0),
    "beam": (1.0, 0.0, 0.0),
    "polarization": (0.0, 0.0, 1.0),
    "spindle": (0.0, 0.0, 1.0),
    "twotheta": (0.0, 1.0, 0.0),
}


def between(low: float, high: float) -> SearchStrategy[float]:
    """Draw floats in a closed range, neither NaN nor subnormal."""
    return st.floats(low, high, allow_subnormal=False)


def _three(numbers: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, Any, Any]]:
    return st.tuples(numbers, numbers, numbers)


def _zero_or(low: float, high: float) -> SearchStrategy[float]:
    return st.just(0.0) | between(low, high)


@st.composite
def sweeps(draw: DrawFn, largest: float) -> Sweep:
    """Draw sweeps of at most four steps over at most ``largest``, each number given or not."""
    if not draw(st.booleans()):
        return Sweep()
    spread = draw(between(largest / 100, largest))
    return Sweep(
        range=draw(st.none() | st.sampled_from([spread, spread, 0.0])),
        step=draw(st.none() | between(spread / 4, spread)),
        steps=draw(st.none() | UP_TO_THREE),
    )


@st.composite
def cells(draw: DrawFn) -> Cell:
    """Draw unit cells, given by one to six numbers."""
    lengths = st.lists(between(5, 150), min_size=1, max_size=3)
    values = draw(lengths)
    if len(values) == 3:
        values += draw(st.lists(between(65, 115), max_size=3))
    return Cell(**dict(zip(Cell.model_fields, values, strict=False)))


@st.composite
def matrices(draw: DrawFn) -> tuple[float, ...]:
    """Draw orientation matrices as MOSFLM writes them, none near singular."""
    columns = []
    for axis in range(3):
        length = draw(between(1 / 150, 1 / 5))
        column = [length * draw(between(-0.3, 0.3)) for _ in range(3)]
        column[axis] = length
        columns.append(column)
    return tuple(columns[column][row] for row in range(3) for column in range(3))


def crystals() -> SearchStrategy[Crystal]:
    """Draw crystals of every shape, from a cell or a matrix, at most about 40 cells on an axis."""
    common = {
        "misset": _three(_zero_or(-180, 180)),
        "cells": _three(st.integers(1, 40)),
        # mm
        "sample_size": st.just((0.0, 0.0, 0.0)) | _three(_zero_or(1e-6, 2e-5)),
        "shape": st.sampled_from(SHAPES),
        "fudge": between(0.3, 3),
        "water": _zero_or(1, 500),
    }
    from_cell = st.builds(Crystal, cell=cells(), **common)
    crystal = from_cell | st.builds(Crystal, matrix=matrices(), **common)
    return st.builds(
        lambda given, *updates: given.model_copy(
            update={k: v for u in updates for k, v in u.items()}
        ),
        crystal,
        _mosaics(),
        _orientations(),
    )


def _orientations() -> SearchStrategy[dict[str, Any]]:
    """Draw the misset angles as they are, or once in four a random orientation in their place."""
    angles: SearchStrategy[dict[str, Any]] = st.just({})
    drawn = st.fixed_dictionaries(
        {"misset": st.just((0.0, 0.0, 0.0)), "random_misset_seed": st.integers(0, 2**31 - 1)}
    )
    return st.one_of(angles, angles, angles, drawn)


def _mosaics() -> SearchStrategy[dict[str, Any]]:
    """Draw no mosaic spread, or one over at most three domains: without a count there are ten."""
    count = st.none() | UP_TO_THREE
    without = {"mosaic_spread": st.none() | st.just(0.0), "mosaic_domains": count}
    spread = {"mosaic_spread": between(0.01, 2), "mosaic_domains": UP_TO_THREE}
    seed = {"mosaic_seed": st.just(DEFAULT_MOSAIC_SEED) | st.integers(0, 2**31 - 1)}
    return st.fixed_dictionaries(without | seed) | st.fixed_dictionaries(spread | seed)


def beams() -> SearchStrategy[Beam]:
    """Draw beams of any polarization, intensity, divergence and dispersion."""
    return st.builds(
        Beam,
        wavelength=between(0.5, 3),
        polarization=_zero_or(-1, 1),
        polarized=st.booleans(),
        fluence=between(1e15, 1e30),
        flux=_zero_or(1e8, 1e13),
        exposure=_zero_or(0.01, 10),
        beam_size=between(0.005, 0.5),
        # mrad
        horizontal_divergence=sweeps(20),
        vertical_divergence=sweeps(20),
        round_divergence=st.booleans(),
        # percent
        dispersion=_zero_or(0.01, 5),
        dispersion_steps=st.none() | UP_TO_THREE,
    )


@st.composite
def _near(draw: DrawFn, axis: Vector) -> Vector:
    length = draw(between(0.5, 2))
    x, y, z = (length * (number + draw(_zero_or(-0.2, 0.2))) for number in axis)
    return x, y, z


def detector_vectors() -> SearchStrategy[DetectorVectors]:
    """Draw any choice of the custom convention's vectors, not normalised, near their defaults."""
    given = {name: st.none() | _near(axis) for name, axis in _CUSTOM_AXES.items()}
    return st.builds(DetectorVectors, **given)


def mask_beam_centres(max_pixels: int) -> SearchStrategy[MaskBeamCentre]:
    """Draw beam centres of masks, whose pixels need not be those of the detector."""
    return st.builds(
        MaskBeamCentre,
        y_beam=between(-100, 100),
        pixel_size=between(0.02, 2),
        pixels_slow=st.integers(1, max_pixels),
    )


@st.composite
def detectors(draw: DrawFn, max_pixels: int = MAX_PIXELS) -> Detector:
    """Draw detectors of at most ``max_pixels``² pixels in every convention and pivot."""
    pixel_size = draw(between(0.02, 2))
    count = st.integers(1, max_pixels)
    # mm
    centre = st.none() | between(-max_pixels * pixel_size, 2 * max_pixels * pixel_size)
    origin = st.none() | between(-20, 80)
    return Detector(
        convention=draw(st.sampled_from(CONVENTIONS)),
        vectors=draw(st.just(DetectorVectors()) | detector_vectors()),
        pivot=draw(st.sampled_from(["sample", "beam"])),
        distance=draw(between(20, 500)),
        close_distance=draw(st.none() | between(20, 500)),
        pixel_size=pixel_size,
        pixels_fast=draw(st.none() | count),
        pixels_slow=draw(st.none() | count),
        detsize_fast=pixel_size * draw(count),
        detsize_slow=pixel_size * draw(count),
        x_beam=draw(centre),
        y_beam=draw(centre),
        mask_beam_centre=draw(st.none() | mask_beam_centres(max_pixels)),
        x_close=draw(centre),
        y_close=draw(centre),
        org_x=draw(origin),
        org_y=draw(origin),
        rotations=draw(_three(_zero_or(-40, 40))),
        twotheta=draw(_zero_or(-40, 40)),
        curved=draw(st.booleans()),
        point_pixel=draw(st.booleans()),
        # µm
        thickness=draw(_zero_or(1, 1000)),
        thickness_steps=draw(st.none() | UP_TO_THREE),
        attenuation_depth=draw(st.none() | _zero_or(50, 2000)),
    )


@st.composite
def regions(draw: DrawFn, max_pixels: int = MAX_PIXELS) -> tuple[int, int, int, int]:
    """Draw regions of interest of at least one pixel, not always on the detector."""
    fast, slow = (sorted(draw(st.tuples(*[st.integers(0, max_pixels)] * 2))) for _ in range(2))
    return fast[0], fast[1], slow[0], slow[1]


def oscillations() -> SearchStrategy[Sweep]:
    """Draw rotations of at most 5 degrees in at most four steps."""
    # A range of 0 in steps of a given size would have no step at all.
    return sweeps(5).filter(lambda sweep: sweep.range != 0 or sweep.step is None)


def samplings(oversample: SearchStrategy[int | None], max_pixels: int) -> SearchStrategy[Sampling]:
    """Draw every way to sample a pixel."""
    return st.builds(
        Sampling,
        oversample=oversample,
        oversample_polar=st.booleans(),
        oversample_omega=st.booleans(),
        oversample_thick=st.booleans(),
        # A spindle angle of exactly 0 keeps the last rotation.
        phi=_zero_or(-180, 180),
        oscillation=oscillations(),
        dmin=_zero_or(0.5, 5),
        interpolate=st.none() | st.booleans(),
        roi=st.none() | regions(max_pixels),
    )


#: Structure factors that are ``default_F`` everywhere, seldom 0.
WITHOUT_FILES = st.builds(
    StructureFactorSource, default_F=st.one_of(*[between(0.1, 1000)] * 3, st.just(0.0))
)


def paths() -> SearchStrategy[Path | None]:
    """Draw names of files that need not exist, or None."""
    letters = st.characters(codec="utf-8", exclude_characters="/\0")
    return st.none() | st.text(letters, min_size=1).map(Path)


def sources_with_files() -> SearchStrategy[StructureFactorSource]:
    """Draw structure factors with the names of files that need not exist."""
    return st.builds(
        StructureFactorSource, hkl=paths(), dump=paths(), default_F=between(-1000, 1000)
    )


def experiments(
    *,
    oversample: SearchStrategy[int | None] = UP_TO_THREE,
    sources: SearchStrategy[StructureFactorSource] = WITHOUT_FILES,
    max_pixels: int = MAX_PIXELS,
) -> SearchStrategy[Experiment]:
    """Draw valid experiments; by default 1 to 3 subpixels along an axis and no files."""
    return st.builds(
        Experiment,
        crystal=crystals(),
        beam=beams(),
        detector=detectors(max_pixels),
        sampling=samplings(oversample, max_pixels),
        structure_factors=sources,
    )


@st.composite
def behaviours(draw: DrawFn) -> Behaviours:
    """Draw any behaviours; usually few differ from the reference."""
    few = st.lists(st.sampled_from(sorted(Behaviours.model_fields)), unique=True, max_size=3)
    everything = st.just(sorted(Behaviours.model_fields))
    names = draw(st.one_of(st.just([]), *[few] * 6, everything))
    return Behaviours.parse(
        [f"{name}={draw(st.sampled_from(behaviour_choices(name)))}" for name in names]
    )
