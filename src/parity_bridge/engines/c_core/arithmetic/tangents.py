"""Tapped pixels with the derivatives of every figure, as the same taps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.engines.c_core.arithmetic.buffers import Buffers
from parity_bridge.engines.c_core.arithmetic.prepare import CoreExperiment
from parity_bridge.engines.c_core.arithmetic.reading import (
    NumberReader,
    Part,
    quantities,
)
from parity_bridge.experiment.parameters import Parameter
from parity_bridge.experiment.smv import read_mask
from parity_bridge.taps.observation import Observation

if TYPE_CHECKING:
    from parity_bridge.experiment.regions import RunState


@dataclass(frozen=True)
class TangentObservation:
    """A pixel as every other observation has it, and the derivatives of all its figures."""

    values: Observation
    #: What the nearest double of each value leaves over; 0 unless the core is over binary128.
    rest: Observation
    #: Name of a parameter -> the same figures, each its derivative in the unit of the parameter.
    tangents: Mapping[str, Observation]


def observe_tangents(
    question: CoreExperiment,
    pixels: Sequence[tuple[int, int]],
    states: Sequence[RunState],
    parameters: Sequence[Parameter],
) -> list[TangentObservation]:
    """Compute ``pixels`` (slow, fast), each from its state, with derivatives by ``parameters``.

    Raise as ``CoreExperiment.prepare`` does.
    """
    passes = [_observe(question, pixels, states, batch) for batch in question.batches(parameters)]
    return [_joined(parts) for parts in zip(*passes, strict=True)]


def _joined(parts: Sequence[TangentObservation]) -> TangentObservation:
    tangents = {name: item for part in parts for name, item in part.tangents.items()}
    return TangentObservation(parts[0].values, parts[0].rest, tangents)


def _observe(
    question: CoreExperiment,
    pixels: Sequence[tuple[int, int]],
    states: Sequence[RunState],
    parameters: Sequence[Parameter],
) -> Iterator[TangentObservation]:
    core, experiment = question.core, question.experiment
    prepared = question.prepare(parameters)
    core_reader = NumberReader(core)
    parts = {
        "values": Part(),
        "rest": Part(rest=True),
        **{item.name: Part(place) for place, item in enumerate(parameters, start=1)},
    }
    derived = core_reader.derived(prepared.setup, prepared.table)
    shared = {name: quantities(derived, part) for name, part in parts.items()}
    buffers = Buffers(prepared)
    mask = None if experiment.detector.mask is None else read_mask(experiment.detector.mask)
    for pixel, state in zip(pixels, states, strict=True):
        buffers.compute(pixel, state)
        masked = None if mask is None else int(mask[pixel])
        figures = core_reader.pixel(buffers, masked)
        observations = {
            name: Observation(
                pixel=pixel,
                derived=shared[name],
                evaluations=figures.rows(part),
                orientations=figures.orientation_rows(part),
                totals=figures.end(part, prepared.setup.steps),
                f_cell=figures.lookups(part),
                hkl_table=question.factors.provenance,
                oversample=prepared.setup.oversample,
                state=state,
                experiment=experiment,
                roi=tuple(prepared.setup.detector.roi),
                mask=masked,
            )
            for name, part in parts.items()
        }
        yield TangentObservation(observations.pop("values"), observations.pop("rest"), observations)
