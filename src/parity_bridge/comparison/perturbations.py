"""Changes by one ULP of each input, and of the values that each stage hands to the next.

What is derived before the first pixel (contract §1 to §4) is moved by more than one ULP. It is the
end of a chain whose own intermediate values, ``V*`` say, are not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.c_core.overrides import Stage, StageOverrides
from parity_bridge.experiment.flags.fields import experiment_of, fields_of
from parity_bridge.experiment.flags.table import FLAGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Observation, Quantity

#: Keywords of ``ReferenceRunner.rerun`` with which one input is moved.
Perturbation = dict[str, Any]
DOWN_AND_UP = (-1.0, 1.0)


def input_perturbations(experiment: Experiment) -> Iterator[tuple[str, list[Perturbation]]]:
    """Yield the perturbations of every float that was given, by the name of its flag."""
    fields = fields_of(experiment)
    for path, value in fields.items():
        if isinstance(value, float) and value != 0.0 and math.isfinite(value):
            ends = (math.nextafter(value, sign * math.inf) for sign in DOWN_AND_UP)
            moved = (_experiment_or_none({**fields, path: end}) for end in ends)
            yield _flag_of(path), [{"experiment": other} for other in moved if other is not None]


def _experiment_or_none(fields: Mapping[str, Any]) -> Experiment | None:
    try:
        return experiment_of(fields)
    except ValueError:
        # The experiment is not valid one ULP further.
        return None


def _flag_of(path: str) -> str:
    """Return the flag that sets a field, with the number of its value where it takes several."""
    for flag in FLAGS:
        if flag.written and path in flag.fields:
            return flag.name + (f" {flag.fields.index(path) + 1}" if flag.fields[1:] else "")
    return path


def _position_spacing(observation: Observation) -> NDArray[np.float64]:
    """Return the last place of each position's largest component."""
    spacing: NDArray[np.float64] = np.spacing(
        np.abs(observation.evaluations["position"]).max(axis=1)
    )
    return spacing


def _scattering_spacing(observation: Observation) -> NDArray[np.float64]:
    """Return the last place of a unit vector over the wavelength.

    A scattering vector is the difference of two of these.
    """
    wavelength = np.float64(observation.derived["lambda0"])  # type: ignore[arg-type]
    return np.full(len(observation.evaluations), np.spacing(1.0 / wavelength))


def _index_spacing(observation: Observation) -> NDArray[np.float64]:
    """Return the last place of the largest product that an index may be the sum of."""
    cell = max(np.abs(observation.derived[name]).max() for name in ("a0", "b0", "c0"))
    largest = cell * np.abs(observation.evaluations["q"]).max(axis=1)
    spacing: NDArray[np.float64] = np.spacing(largest)
    return spacing


def _column_spacing(column: str) -> Callable[[Observation], NDArray[np.float64]]:
    return lambda observation: np.spacing(np.abs(observation.evaluations[column]))


#: By how many ULP of its largest term a derived quantity is moved. The longest derivation, that of
#: the axes of the cell, rounds about forty times (volume, V*, lengths, rotations, cross products,
#: norms), each time by half an ULP at most.
DERIVED_ULPS = 20
#: Vectors that are derived and used at the pixels.
_VECTORS = (
    "beam_vector",
    "fdet_vector",
    "sdet_vector",
    "odet_vector",
    "polar_vector",
    "spindle_vector",
    "pix0_vector",
    "a0",
    "b0",
    "c0",
)
#: Derived quantities that no pixel uses; they are other forms of the ones above.
_UNUSED_VECTORS = ("a_star", "b_star", "c_star", "twotheta_axis")
#: Lengths of the detector, m: projections of pix0 or of the distance.
_LENGTHS = ("distance", "close_distance", "Fbeam", "Sbeam", "Fclose", "Sclose")


def derived_steps(observation: Observation) -> dict[str, float]:
    """Return by how much every component of each derived quantity is moved; none where exact.

    A unit vector along an axis is exact: nothing is rounded on the way to it. The largest term of
    a length of the detector is the distance or a component of pix0.
    """
    derived = observation.derived
    vectors = {name: _vector(derived[name]) for name in (*_VECTORS, *_UNUSED_VECTORS)}
    lengths = np.abs([*vectors["pix0_vector"], derived["distance"]])
    sizes = {
        **{name: np.abs(value).max() for name, value in vectors.items() if not _is_axis(value)},
        **dict.fromkeys(_LENGTHS, lengths.max()),
        "V_cell": np.abs(derived["V_cell"]),
    }
    return {name: DERIVED_ULPS * float(np.spacing(size)) for name, size in sizes.items()}


def derived_perturbations(observation: Observation) -> Iterator[tuple[str, list[Perturbation]]]:
    """Yield the perturbations of the derived quantities that pixels use, by component."""
    steps = derived_steps(observation)
    for name in (name for name in _VECTORS if name in steps):
        for axis in range(3):
            step = np.zeros(3)
            step[axis] = steps[name]
            ends = (_vector(observation.derived[name]) + sign * step for sign in DOWN_AND_UP)
            yield f"{name} {axis + 1}", [{"derived": {name: tuple(end.tolist())}} for end in ends]
    distance = float(observation.derived["close_distance"])  # type: ignore[arg-type]
    yield (
        "close_distance",
        [
            {"derived": {"close_distance": distance + sign * steps["close_distance"]}}
            for sign in DOWN_AND_UP
        ],
    )


def _vector(quantity: Quantity) -> NDArray[np.float64]:
    return np.array(quantity, dtype=np.float64)


def _is_axis(vector: NDArray[np.float64]) -> bool:
    """Return whether ``vector`` is a unit vector along x, y or z, of either sign."""
    return sorted(np.abs(vector).tolist()) == [0.0, 0.0, 1.0]


#: Stage, the column of its rows that is moved, the step, and the number of components.
PERTURBED_COLUMNS = (
    (Stage.POSITION, "position", _position_spacing, 3),
    (Stage.SCATTERING, "q", _scattering_spacing, 3),
    (Stage.HKL, "hkl", _index_spacing, 3),
    (Stage.F_LATT, "F_latt", _column_spacing("F_latt"), 1),
    (Stage.F_CELL, "F_cell", _column_spacing("F_cell"), 1),
    (Stage.FACTORS, "omega", _column_spacing("omega"), 1),
    (Stage.FACTORS, "capture", _column_spacing("capture"), 1),
    (Stage.FACTORS, "polar", _column_spacing("polar"), 1),
)


def stage_perturbations(
    observations: Sequence[Observation],
) -> Iterator[tuple[str, list[Perturbation]]]:
    """Yield the perturbations of the values that each stage hands on, by component."""
    for stage, column, step, width in PERTURBED_COLUMNS:
        for axis in range(width):
            name = f"{column} {axis + 1}" if width > 1 else column
            yield (
                name,
                [
                    {
                        "overrides": [
                            _perturbed_stage(one, stage, column, axis, sign * step(one))
                            for one in observations
                        ]
                    }
                    for sign in DOWN_AND_UP
                ],
            )


def _perturbed_stage(
    observation: Observation, stage: Stage, column: str, axis: int, by: NDArray[np.float64]
) -> StageOverrides:
    """Return an engine's own rows with one component of one column moved."""
    rows = observation.evaluations.copy()
    moved = rows[column].reshape(len(rows), -1)[:, axis]
    moved += by
    ends = {name: float(observation.totals[name]) for name in ("omega", "capture", "polar", "I")}
    if column in ends:
        ends[column] += float(by[-1])
    return StageOverrides(rows, ends, stage)
