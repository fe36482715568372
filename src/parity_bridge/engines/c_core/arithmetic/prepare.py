"""An experiment made ready for pixels over the numbers of a core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from parity_bridge.engines.c_core.arithmetic.structs import (
    converted,
    number_of,
    source_lines,
    table,
)
from parity_bridge.engines.c_core.marshal import experiment_struct
from parity_bridge.engines.c_core.setup import check_status, layout_arrays
from parity_bridge.experiment.parameters import Parameter, parameter
from parity_bridge.experiment.regions import RunState
from parity_bridge.experiment.sources import read_sources

if TYPE_CHECKING:
    from parity_bridge.engines.c_core.arithmetic.library import ArithmeticCore
    from parity_bridge.experiment.behaviours import Behaviours
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors


@dataclass(frozen=True)
class PreparedCore:
    """Setup and table of an experiment over the numbers of a core."""

    core: ArithmeticCore
    setup: Any
    table: Any
    #: What the structs point into.
    kept: tuple[Any, ...]


@dataclass(frozen=True)
class CoreExperiment:
    """An experiment, and the core that is to compute it with derivatives."""

    core: ArithmeticCore
    experiment: Experiment
    factors: StructureFactors
    behaviours: Behaviours
    #: Parameters that are moved by so much from what the experiment says.
    moved: Mapping[str, float] = field(default_factory=dict)

    def batches(self, parameters: Sequence[Parameter]) -> list[Sequence[Parameter]]:
        """Return as many parameters a pass as numbers have directions; at least one pass."""
        size = self.core.directions
        return [parameters[first : first + size] for first in range(0, len(parameters) or 1, size)]

    def prepare(self, parameters: Sequence[Parameter]) -> PreparedCore:
        """Derive the setup as ``c_core.setup.derive`` does, with directions along ``parameters``.

        Raise UsageError where the experiment derives to nonsense, and for an entry outside the
        table.
        """
        core, experiment = self.core, self.experiment
        plain = experiment_struct(experiment, self.behaviours, None)
        given = converted(core, "pb_experiment", plain)
        lines = None
        if experiment.beam.source_file is not None:
            listed = read_sources(experiment.beam.source_file)
            lines = source_lines(core, listed)
            given.source_lines, given.source_line_count = lines, len(listed)
        table_struct, numbers = table(core, self.factors)
        number = partial(number_of, core, experiment, given, table_struct)
        for name, by in self.moved.items():
            core.lib.pb_move(number(parameter(name)), by)
        for direction, item in enumerate(parameters):
            core.lib.pb_set_tangent(number(item), direction, 1.0)
        setup, arrays = _lay_out(core, given)
        return PreparedCore(core, setup, table_struct, (given, lines, numbers, *arrays))


def _lay_out(core: ArithmeticCore, given: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a ``pb_setup *`` that is ready for pixels, and the arrays that it points into."""
    setup = core.ffi.new("pb_setup *")
    check_status(core.lib.pb_derive(given, setup))
    arrays = layout_arrays(core.ffi, setup, "pb_dual")
    check_status(core.lib.pb_lay_out(given, setup, *arrays))
    return setup, arrays


def state_struct(core: ArithmeticCore, state: RunState) -> Any:
    """Return a ``pb_run_state *``; no parameter moves the polarization axis."""
    struct = core.ffi.new("pb_run_state *")
    struct.interpolation_on, struct.swept = state.interpolation_on, state.swept
    core.set_values(core.ffi.addressof(struct, "polar_axis", "x"), state.polar_axis)
    return struct


def to_run_state(core: ArithmeticCore, struct: Any) -> RunState:
    """Return the state of a run from a ``pb_run_state *``."""
    x, y, z = core.parts(core.ffi.addressof(struct, "polar_axis", "x"), 3)[:, 0, 0].tolist()
    return RunState(bool(struct.interpolation_on), bool(struct.swept), (x, y, z))
