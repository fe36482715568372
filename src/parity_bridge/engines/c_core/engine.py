"""The engine ``c``: experiment in, observations out; every status becomes an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from parity_bridge import structure_factors
from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.marshal import experiment_struct, table_struct
from parity_bridge.engines.c_core.observe import observation, plain, row_buffer
from parity_bridge.engines.engine import check_pixels
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.taps.derived import derived_quantities

if TYPE_CHECKING:
    from parity_bridge.experiment import Experiment
    from parity_bridge.taps.observation import Observation

#: Statuses that the wrapper's own arguments cause; every other one is the experiment's fault.
_OUR_FAULT = {lib.PB_BAD_ARGUMENT, lib.PB_BAD_TABLE, lib.PB_SMALL_BUFFER}


class CCore:
    """The reference: float64 on the CPU, bit for bit the contract."""

    name: ClassVar[str] = "c"
    implementation: ClassVar[str] = "c"
    trace_prefix: ClassVar[str] = "TRACE_C"
    folder: ClassVar[str] = "c_taps"

    def __init__(self, *, dtype: str = "float64", device: str = "cpu") -> None:
        """Raise UsageError for anything but float64 on the CPU."""
        if dtype != "float64":
            raise UsageError(f"--dtype {dtype}: the C core computes in float64; leave --dtype out")
        if device != "cpu":
            raise UsageError(f"--device {device}: the C core runs on the cpu; leave --device out")

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]]
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast) one after the other; see ``Engine.observe``."""
        factors = structure_factors.load(experiment.structure_factors)
        setup = derive(experiment)
        pixels_fast, pixels_slow = setup.detector.pixels
        check_pixels(pixels, pixels_slow, pixels_fast)
        derived = derived_quantities(setup, plain, has_table=factors.grid is not None)
        table, rows = table_struct(factors), row_buffer(setup.steps)
        totals, f_cell = ffi.new("pb_pixel_totals *"), ffi.new("pb_f_cell_stats *")
        filled = ffi.cast("pb_evaluation *", ffi.from_buffer(rows))
        observations = []
        for slow, fast in pixels:
            _check(lib.pb_pixel(setup, table, slow, fast, totals, f_cell, filled, rows.size))
            observations.append(
                observation((slow, fast), derived, rows, totals, f_cell, factors.provenance)
            )
        return observations

    def build(self) -> Mapping[str, str]:
        """Compiler, flags and build type the core was made with."""
        text: bytes = ffi.string(lib.pb_build_info())
        return {"engine": "parity_bridge C core", "build": text.decode()}


def derive(experiment: Experiment) -> Any:
    """``pb_setup`` of an experiment; raises UsageError where the experiment derives to nonsense."""
    setup = ffi.new("pb_setup *")
    _check(lib.pb_derive(experiment_struct(experiment), setup))
    return setup


def _check(status: int) -> None:
    """Turn a status into an exception: the one place where that happens."""
    if status == lib.PB_OK:
        return
    text = ffi.string(lib.pb_status_text(status)).decode()
    if status in _OUR_FAULT:
        raise EngineError(f"the C core refused a call (status {status}): {text}")
    raise UsageError(text)
