"""Tapped pixels with the derivatives of every figure, as the same taps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.c_core.arithmetic.prepare import (
    CoreExperiment,
    PreparedCore,
    state_struct,
    stop_pointer,
)
from parity_bridge.engines.c_core.arithmetic.reading import (
    NumberReader,
    Part,
    quantities,
    row_dtype,
)
from parity_bridge.engines.c_core.setup import check_status
from parity_bridge.experiment.parameters import Parameter
from parity_bridge.experiment.smv import read_mask
from parity_bridge.taps.observation import Observation

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    rows = np.empty(prepared.setup.evaluations, dtype=row_dtype(core))
    mask = None if experiment.detector.mask is None else read_mask(experiment.detector.mask)
    for pixel, state in zip(pixels, states, strict=True):
        totals, f_cell = _compute(prepared, pixel, state, rows)
        masked = None if mask is None else int(mask[pixel])
        figures = core_reader.pixel(rows, totals, f_cell, masked)
        observations = {
            name: Observation(
                pixel=pixel,
                derived=shared[name],
                evaluations=figures.rows(part),
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


def _compute(
    prepared: PreparedCore, pixel: tuple[int, int], state: RunState, rows: NDArray[np.void]
) -> tuple[Any, Any]:
    """Fill ``rows`` and return a ``pb_pixel_totals *`` and a ``pb_f_cell_stats *``."""
    core = prepared.core
    totals, f_cell = core.ffi.new("pb_pixel_totals *"), core.ffi.new("pb_f_cell_stats *")
    check_status(
        core.lib.pb_pixel(
            prepared.setup,
            prepared.table,
            *pixel,
            state_struct(core, state),
            totals,
            f_cell,
            core.ffi.cast("pb_evaluation *", core.ffi.from_buffer(rows)),
            rows.size,
            core.ffi.NULL,
            stop_pointer(core),
        )
    )
    return totals, f_cell
