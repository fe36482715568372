"""Hypotheses that are slips: inputs taken otherwise than they were given, as ports often do.

A slip is not a behaviour of contract §7; each is here because it can be told from the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.experiment.model import Detector, DetectorVectors, Experiment
from parity_bridge.experiment.structure_factors import StructureFactors
from parity_bridge.explain.explanation import Hypothesis

if TYPE_CHECKING:
    from numpy.typing import NDArray

ExperimentSlip = Callable[[Experiment], Experiment]
TableSlip = Callable[[StructureFactors], StructureFactors]


def input_slips(experiment: Experiment) -> Iterator[tuple[Hypothesis, ExperimentSlip]]:
    """Every slip that changes the experiment."""
    for name, (does, slip) in _INPUT_SLIPS.items():
        try:
            changes = slip(experiment) != experiment
        except ValueError:
            # No experiment is like that, so no port behaves as if it were given.
            continue
        if changes:
            yield Hypothesis(kind="slip of an input", name=name, does=does), slip


def apply_slips(experiment: Experiment, names: Sequence[str]) -> Experiment:
    """The experiment after the slips of these names; others are passed over."""
    for name in names:
        if name in _INPUT_SLIPS:
            experiment = _INPUT_SLIPS[name][1](experiment)
    return experiment


def table_slips(factors: StructureFactors) -> Iterator[tuple[Hypothesis, TableSlip]]:
    """Every slip with a table; none without one."""
    if factors.grid is not None:
        for name, (does, slip) in _TABLE_SLIPS.items():
            yield Hypothesis(kind="slip of the table", name=name, does=does), slip


def _change(part: str, **values: object) -> ExperimentSlip:
    """Fields of one part of the experiment set to other values."""

    def slip(experiment: Experiment) -> Experiment:
        before = getattr(experiment, part)
        changed = type(before).model_validate({**before.__dict__, **values})
        return experiment.model_copy(update={part: changed})

    return slip


def _negate(part: str, field: str) -> ExperimentSlip:
    """One field of one part of the experiment with the opposite sign."""

    def slip(experiment: Experiment) -> Experiment:
        value = getattr(getattr(experiment, part), field)
        if value is None:
            return experiment
        opposite = tuple(-x + 0.0 for x in value) if isinstance(value, tuple) else -value + 0.0
        return _change(part, **{field: opposite})(experiment)

    return slip


def _convention(given: str, taken: str) -> ExperimentSlip:
    """One convention for another where the first was given."""

    def slip(experiment: Experiment) -> Experiment:
        if experiment.detector.convention != given:
            return experiment
        return _change("detector", convention=taken)(experiment)

    return slip


def _swapped_beam(experiment: Experiment) -> Experiment:
    detector = experiment.detector
    swapped = {"x_beam": detector.y_beam, "y_beam": detector.x_beam}
    return _change("detector", **swapped)(experiment)


def _pivot(pivot: str) -> ExperimentSlip:
    """Another pivot; a named convention, which sets its own, is written out as a custom one."""

    def slip(experiment: Experiment) -> Experiment:
        detector = experiment.detector
        if detector.convention == "custom":
            return _change("detector", pivot=pivot)(experiment)
        own = "sample" if detector.convention in ("xds", "dials") else "beam"
        if pivot == own:
            return experiment
        return _pivoted_at_beam(experiment) if pivot == "beam" else _pivoted_at_sample(experiment)

    return slip


def _axes(detector: Detector) -> DetectorVectors:
    x, y, z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    down = (0.0, -1.0, 0.0)
    if detector.convention in ("mosflm", "denzo"):
        return DetectorVectors(
            fast=z, slow=down, odet=x, beam=x, polarization=z, spindle=z, twotheta=(0.0, 0.0, -1.0)
        )
    if detector.convention == "adxv":
        return DetectorVectors(
            fast=x, slow=down, odet=z, beam=z, polarization=x, spindle=x, twotheta=(-1.0, 0.0, 0.0)
        )
    axis = x if detector.convention == "xds" else y
    return DetectorVectors(
        fast=x, slow=y, odet=z, beam=z, polarization=axis, spindle=axis, twotheta=axis
    )


def _pivoted_at_sample(experiment: Experiment) -> Experiment:
    """Custom geometry takes its close point from the beam centre: that of the convention."""
    detector = experiment.detector
    fast, slow = _edges(detector)
    close_fast = detector.x_close if detector.x_close is not None else fast / 2
    close_slow = detector.y_close if detector.y_close is not None else slow / 2
    return _change(
        "detector", convention="custom", vectors=_axes(detector), pivot="sample",
        x_beam=close_fast, y_beam=close_slow,
    )(experiment)  # fmt: skip


def _pivoted_at_beam(experiment: Experiment) -> Experiment:
    detector = experiment.detector
    fast, slow = _edges(detector)
    beam_fast = next(x for x in (detector.x_beam, detector.x_close, fast / 2) if x is not None)
    beam_slow = next(y for y in (detector.y_beam, detector.y_close, slow / 2) if y is not None)
    return _change(
        "detector", convention="custom", vectors=_axes(detector), pivot="beam",
        x_beam=beam_fast, y_beam=beam_slow,
    )(experiment)  # fmt: skip


def _edges(detector: Detector) -> tuple[float, float]:
    """Edges of the detector along fast and slow, mm."""
    fast, slow = detector.detsize_fast, detector.detsize_slow
    if detector.pixels_fast is not None:
        fast = detector.pixel_size * detector.pixels_fast
    if detector.pixels_slow is not None:
        slow = detector.pixel_size * detector.pixels_slow
    return fast, slow


_INPUT_SLIPS: dict[str, tuple[str, ExperimentSlip]] = {
    "-misset negated": ("takes -misset with the opposite sign", _negate("crystal", "misset")),
    "-misset left out": ("ignores -misset", _change("crystal", misset=(0.0, 0.0, 0.0))),
    "-fudge left out": ("ignores -fudge", _change("crystal", fudge=1.0)),
    "-water left out": ("ignores -water", _change("crystal", water=0.0)),
    "-mosaic left out": ("ignores -mosaic", _change("crystal", mosaic_spread=None)),
    "-xtalsize left out": (
        "ignores the crystal's size in mm", _change("crystal", sample_size=(0.0, 0.0, 0.0))
    ),
    "-polar negated": (
        "takes the Kahn factor with the opposite sign", _negate("beam", "polarization")
    ),
    "-polar left out": ("ignores the Kahn factor", _change("beam", polarization=0.0)),
    "-nopolar added": (
        "leaves the polarization factor out", _change("beam", polarized=False)
    ),
    "-nopolar left out": ("ignores -nopolar", _change("beam", polarized=True)),
    "-flux left out": ("ignores -flux", _change("beam", flux=0.0)),
    "-dispersion left out": ("ignores -dispersion", _change("beam", dispersion=0.0)),
    "MOSFLM half pixel left out": (
        "leaves MOSFLM's half pixel out of the beam centre", _convention("mosflm", "denzo")
    ),
    "MOSFLM half pixel added": (
        "adds MOSFLM's half pixel to the beam centre, which DENZO has not",
        _convention("denzo", "mosflm"),
    ),
    "-pivot sample": ("pivots the detector about the sample", _pivot("sample")),
    "-pivot beam": ("pivots the detector about the beam", _pivot("beam")),
    "-Xbeam and -Ybeam swapped": ("swaps -Xbeam and -Ybeam", _swapped_beam),
    "-twotheta negated": (
        "takes -twotheta with the opposite sign", _negate("detector", "twotheta")
    ),
    "detector rotations negated": (
        "rotates the detector with the opposite sign", _negate("detector", "rotations")
    ),
    "detector rotations left out": (
        "does not rotate the detector", _change("detector", rotations=(0.0, 0.0, 0.0))
    ),
    "-curved_det added": ("takes the detector for a curved one", _change("detector", curved=True)),
    "-curved_det left out": (
        "takes the detector for a flat one", _change("detector", curved=False)
    ),
    "-point_pixel added": (
        "leaves pixel size and obliquity out of the solid angle",
        _change("detector", point_pixel=True),
    ),
    "-point_pixel left out": ("ignores -point_pixel", _change("detector", point_pixel=False)),
    "-detector_thick left out": (
        "ignores the sensor's thickness", _change("detector", thickness=0.0)
    ),
    "-phi negated": ("takes -phi with the opposite sign", _negate("sampling", "phi")),
    "-oversample_omega added": (
        "multiplies by the solid angle at every lookup", _change("sampling", oversample_omega=True)
    ),
    "-oversample_omega left out": (
        "ignores -oversample_omega", _change("sampling", oversample_omega=False)
    ),
    "-oversample_polar added": (
        "multiplies by the polarization factor at every lookup",
        _change("sampling", oversample_polar=True),
    ),
    "-oversample_polar left out": (
        "ignores -oversample_polar", _change("sampling", oversample_polar=False)
    ),
    "-oversample_thick added": (
        "multiplies by the captured fraction at every lookup",
        _change("sampling", oversample_thick=True),
    ),
    "-oversample_thick left out": (
        "ignores -oversample_thick", _change("sampling", oversample_thick=False)
    ),
    "-interpolate": ("always interpolates", _change("sampling", interpolate=True)),
    "-nointerpolate": ("never interpolates", _change("sampling", interpolate=False)),
    "-default_F left out": ("takes default_F for 0", _change("structure_factors", default_F=0.0)),
    "-hkl and -dump left out": (
        "reads no structure factors", _change("structure_factors", hkl=None, dump=None)
    ),
}  # fmt: skip


#: Names of the slips of inputs.
INPUT_SLIP_NAMES = frozenset(_INPUT_SLIPS)

#: Flags that say a slip where a default has to be given outright.
SLIP_FLAGS = {
    "-misset left out": "-misset 0 0 0",
    "-fudge left out": "-fudge 1",
    "-water left out": "-water 0",
    "-polar left out": "-polar 0",
    "-default_F left out": "-default_F 0",
    "-interpolate": "-interpolate",
    "-nointerpolate": "-nointerpolate",
}


def _shifted(axis: int, by: int) -> TableSlip:
    def slip(factors: StructureFactors) -> StructureFactors:
        minimum = list(factors.minimum)
        minimum[axis] += by
        return replace(factors, minimum=(minimum[0], minimum[1], minimum[2]))

    return slip


def _swapped(first: int, second: int) -> TableSlip:
    def slip(factors: StructureFactors) -> StructureFactors:
        minimum = list(factors.minimum)
        minimum[first], minimum[second] = minimum[second], minimum[first]
        grid = np.ascontiguousarray(np.swapaxes(_grid(factors), first, second))
        return replace(factors, grid=grid, minimum=(minimum[0], minimum[1], minimum[2]))

    return slip


def _friedel(factors: StructureFactors) -> StructureFactors:
    grid = _grid(factors)
    h, k, l = (-(low + size - 1) for low, size in zip(factors.minimum, grid.shape, strict=True))
    return replace(factors, grid=np.ascontiguousarray(grid[::-1, ::-1, ::-1]), minimum=(h, k, l))


def _topless(factors: StructureFactors) -> StructureFactors:
    grid = _grid(factors)
    cut = tuple(slice(0, max(1, size - 1)) for size in grid.shape)
    return replace(factors, grid=np.ascontiguousarray(grid[cut]))


def _grid(factors: StructureFactors) -> NDArray[np.float64]:
    if factors.grid is None:
        raise ValueError("there is no table")
    return factors.grid


_TABLE_SLIPS: dict[str, tuple[str, TableSlip]] = {
    **{
        f"index {name} {-by:+d}": (
            f"looks F up at the index {name} {-by:+d}",
            _shifted(axis, by),
        )
        for axis, name in enumerate("hkl")
        for by in (1, -1)
    },
    "h and k swapped": ("swaps h and k in the table", _swapped(0, 1)),
    "h and l swapped": ("swaps h and l in the table", _swapped(0, 2)),
    "k and l swapped": ("swaps k and l in the table", _swapped(1, 2)),
    "Friedel mates": ("looks F up at -h -k -l", _friedel),
    "bounds exclusive at the top": (
        "takes the largest index of the table on each axis for outside", _topless
    ),
}  # fmt: skip
