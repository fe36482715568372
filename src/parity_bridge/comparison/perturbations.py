"""Changes by one ULP of each input, and of the values that each stage hands to the next."""

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
    from parity_bridge.taps.observation import Observation

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
        if path in flag.fields:
            return flag.names[0] + (f" {flag.fields.index(path) + 1}" if flag.fields[1:] else "")
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
