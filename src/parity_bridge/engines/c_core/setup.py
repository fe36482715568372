"""From an experiment to a ``pb_setup`` that is ready for pixels; every status becomes an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from parity_bridge._core import ffi, lib
from parity_bridge.behaviours import REFERENCE, Behaviours
from parity_bridge.engines.c_core.marshal import experiment_struct
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.sources import read_sources

if TYPE_CHECKING:
    from parity_bridge.experiment import Experiment

#: Statuses that the wrapper's own arguments cause; every other one is the experiment's fault.
_OUR_FAULT = {lib.PB_BAD_ARGUMENT, lib.PB_BAD_TABLE, lib.PB_SMALL_BUFFER}


#: The arrays a setup points into live as long as it does.
_ARRAYS: WeakKeyDictionary[Any, tuple[Any, ...]] = WeakKeyDictionary()


def derive(experiment: Experiment, behaviours: Behaviours = REFERENCE) -> Any:
    """``pb_setup *`` ready for pixels: geometry, cell, sources, orientations (contract §1 to §4).

    Raises UsageError where the experiment derives to nonsense, FileError for a source file that
    cannot be read.
    """
    file = experiment.beam.source_file
    given = experiment_struct(experiment, behaviours, None if file is None else read_sources(file))
    setup = ffi.new("pb_setup *")
    check(lib.pb_derive(given, setup))
    domains = setup.crystal.domains
    arrays = (
        ffi.new("pb_source[]", setup.source_count),
        ffi.new("double[]", 9 * domains),
        ffi.new("pb_orientation[]", (setup.phi.steps + 1) * domains),
    )
    _ARRAYS[setup] = arrays
    check(lib.pb_lay_out(given, setup, *arrays))
    return setup


def check(status: int) -> None:
    """Turn a status into an exception: the one place where that happens."""
    if status == lib.PB_OK:
        return
    text = ffi.string(lib.pb_status_text(status)).decode()
    if status in _OUR_FAULT:
        raise EngineError(f"the C core refused a call (status {status}): {text}")
    raise UsageError(text)
