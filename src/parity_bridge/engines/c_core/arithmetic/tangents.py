"""Tapped pixels with the derivatives of every figure, as the same taps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.c_core.arithmetic.reading import (
    NumberReader,
    Part,
    quantities,
    row_dtype,
)
from parity_bridge.engines.c_core.arithmetic.structs import (
    converted,
    number_of,
    source_lines,
    table,
)
from parity_bridge.engines.c_core.marshal import experiment_struct
from parity_bridge.engines.c_core.setup import check_status
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.parameters import Parameter, parameter
from parity_bridge.experiment.smv import read_mask
from parity_bridge.experiment.sources import read_sources
from parity_bridge.files.stop_flag import stop_flag
from parity_bridge.taps.observation import Observation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.engines.c_core.arithmetic.library import ArithmeticCore
    from parity_bridge.experiment.behaviours import Behaviours
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.regions import RunState


@dataclass(frozen=True)
class TangentObservation:
    """A pixel as every other observation has it, and the derivatives of all its figures."""

    values: Observation
    #: What the nearest double of each value leaves over; 0 unless the core is over binary128.
    rest: Observation
    #: Name of a parameter -> the same figures, each its derivative in the unit of the parameter.
    tangents: Mapping[str, Observation]


@dataclass(frozen=True)
class _Prepared:
    """Setup and table of an experiment over the numbers of a core."""

    core: ArithmeticCore
    setup: Any
    table: Any
    #: What the structs point into.
    kept: tuple[Any, ...]


def observe_tangents(
    core: ArithmeticCore,
    experiment: Experiment,
    pixels: Sequence[tuple[int, int]],
    states: Sequence[RunState],
    parameters: Sequence[Parameter],
    behaviours: Behaviours,
    moved: Mapping[str, float],
) -> list[TangentObservation]:
    """Compute ``pixels`` (slow, fast), each from its state, with derivatives by ``parameters``.

    Numbers carry as many directions as ``core`` has; more parameters are further passes.
    Parameters of ``moved`` are first moved by so much. Raise UsageError where the experiment
    derives to nonsense.
    """
    batches = [
        parameters[first : first + core.directions]
        for first in range(0, max(1, len(parameters)), core.directions)
    ]
    passes = [
        _observe(core, experiment, pixels, states, batch, behaviours, moved) for batch in batches
    ]
    return [_joined(parts) for parts in zip(*passes, strict=True)]


def _joined(parts: Sequence[TangentObservation]) -> TangentObservation:
    tangents = {name: item for part in parts for name, item in part.tangents.items()}
    return TangentObservation(parts[0].values, parts[0].rest, tangents)


def _observe(
    core: ArithmeticCore,
    experiment: Experiment,
    pixels: Sequence[tuple[int, int]],
    states: Sequence[RunState],
    parameters: Sequence[Parameter],
    behaviours: Behaviours,
    moved: Mapping[str, float],
) -> Iterator[TangentObservation]:
    factors = structure_factors.load(experiment.structure_factors, behaviours)
    prepared = _prepare(core, experiment, factors, parameters, behaviours, moved)
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
                hkl_table=factors.provenance,
                oversample=prepared.setup.oversample,
                state=state,
                experiment=experiment,
                roi=tuple(prepared.setup.detector.roi),
                mask=masked,
            )
            for name, part in parts.items()
        }
        yield TangentObservation(observations.pop("values"), observations.pop("rest"), observations)


def _prepare(
    core: ArithmeticCore,
    experiment: Experiment,
    factors: structure_factors.StructureFactors,
    parameters: Sequence[Parameter],
    behaviours: Behaviours,
    moved: Mapping[str, float],
) -> _Prepared:
    """Derive the setup as ``c_core.setup.derive`` does, with directions along ``parameters``."""
    given = converted(core, "pb_experiment", experiment_struct(experiment, behaviours, None))
    lines = None
    if experiment.beam.source_file is not None:
        listed = read_sources(experiment.beam.source_file)
        lines = source_lines(core, listed)
        given.source_lines, given.source_line_count = lines, len(listed)
    table_struct, numbers = table(core, factors)
    number = partial(number_of, core, experiment, given, table_struct)
    for name, by in moved.items():
        core.lib.pb_move(number(parameter(name)), by)
    for direction, item in enumerate(parameters):
        core.lib.pb_set_tangent(number(item), direction, 1.0)
    setup = core.ffi.new("pb_setup *")
    check_status(core.lib.pb_derive(given, setup))
    arrays = (
        core.ffi.new("pb_source[]", setup.source_count),
        core.ffi.new("pb_dual[]", 9 * setup.crystal.domains),
        core.ffi.new("pb_orientation[]", (setup.phi.steps + 1) * setup.crystal.domains),
    )
    check_status(core.lib.pb_lay_out(given, setup, *arrays))
    return _Prepared(core, setup, table_struct, (given, lines, numbers, *arrays))


def _compute(
    prepared: _Prepared, pixel: tuple[int, int], state: RunState, rows: NDArray[np.void]
) -> tuple[Any, Any]:
    """Fill ``rows`` and return a ``pb_pixel_totals *`` and a ``pb_f_cell_stats *``."""
    core = prepared.core
    totals, f_cell = core.ffi.new("pb_pixel_totals *"), core.ffi.new("pb_f_cell_stats *")
    check_status(
        core.lib.pb_pixel(
            prepared.setup,
            prepared.table,
            *pixel,
            _state(core, state),
            totals,
            f_cell,
            core.ffi.cast("pb_evaluation *", core.ffi.from_buffer(rows)),
            rows.size,
            core.ffi.NULL,
            _stop_pointer(core),
        )
    )
    return totals, f_cell


def _state(core: ArithmeticCore, state: RunState) -> Any:
    """Return a ``pb_run_state *``; no parameter moves the polarization axis."""
    struct = core.ffi.new("pb_run_state *")
    struct.interpolation_on, struct.swept = state.interpolation_on, state.swept
    core.set_values(core.ffi.addressof(struct, "polar_axis", "x"), state.polar_axis)
    return struct


def _stop_pointer(core: ArithmeticCore) -> Any:
    """Return a pointer to the flag that ends what this thread computes, or NULL."""
    flag = stop_flag()
    if flag is None:
        return core.ffi.NULL
    return core.ffi.cast("int32_t *", core.ffi.from_buffer(flag.memory))
