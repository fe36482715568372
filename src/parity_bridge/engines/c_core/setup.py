"""From an experiment to a ``pb_setup`` that is ready for pixels; every status becomes an error."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from parity_bridge._core import ffi, lib
from parity_bridge.engines.c_core.given_setup import LAID_OUT, given_setup
from parity_bridge.engines.c_core.marshal import experiment_struct
from parity_bridge.engines.c_core.observations import derived_from_setup
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.sources import read_sources

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Quantity

#: Statuses that the wrapper's own arguments cause; every other one is the experiment's fault.
_OUR_FAULT = {lib.PB_BAD_ARGUMENT, lib.PB_BAD_TABLE, lib.PB_SMALL_BUFFER}


#: Keeps the arrays that a setup points into alive as long as the setup.
_ARRAYS: WeakKeyDictionary[Any, tuple[Any, ...]] = WeakKeyDictionary()


def derive(
    experiment: Experiment,
    behaviours: Behaviours = REFERENCE,
    derived: Mapping[str, Quantity] | None = None,
) -> Any:
    """Return a ``pb_setup *`` ready for pixels: geometry, cell, sources, orientations (§1 to §4).

    ``derived`` are quantities of ``taps.derived`` that replace the core's own before orientations
    are laid out from them; nothing else is derived from them, see ``continued_setup``.
    Raise UsageError where the experiment derives to nonsense, FileError for a source file that
    cannot be read.
    """
    quantities = derived or {}
    laid_out = {name: value for name, value in quantities.items() if name in LAID_OUT}
    return _derive(experiment, behaviours, laid_out, quantities)


def continued_setup(
    experiment: Experiment,
    behaviours: Behaviours,
    given: Mapping[str, Quantity],
    table: Any,
    *,
    lists: bool = True,
) -> dict[str, Quantity]:
    """Return the quantities of ``taps.derived`` that follow from those in ``given``.

    The derivation goes on from each of them, under the names that ``given_setup`` takes. ``table``
    is the ``pb_table *``. Without ``lists``, sources and domains are not listed. Raise as
    ``derive`` does.
    """
    return derived_from_setup(_derive(experiment, behaviours, given, {}), table, lists=lists)


def _derive(
    experiment: Experiment,
    behaviours: Behaviours,
    given: Mapping[str, Quantity],
    replaced: Mapping[str, Quantity],
) -> Any:
    """Derive, going on from ``given``, and replace quantities at the end."""
    file = experiment.beam.source_file
    lines = None if file is None else read_sources(file)
    raw = experiment_struct(experiment, behaviours, lines)
    if given:
        kept = given_setup(given)
        raw.given = kept.struct
    setup = ffi.new("pb_setup *")
    check_status(lib.pb_derive(raw, setup))
    _replace(setup, replaced)
    arrays = layout_arrays(ffi, setup)
    _ARRAYS[setup] = arrays
    check_status(lib.pb_lay_out(raw, setup, *arrays))
    if "steps" in replaced:
        # What the sum is divided by; the number of evaluations does not change.
        setup.steps = int(replaced["steps"])  # type: ignore[arg-type]
    return setup


def layout_arrays(core_ffi: Any, setup: Any, number: str = "double") -> tuple[Any, ...]:
    """Return the arrays that ``pb_lay_out`` fills for a ``pb_setup *`` of ``core_ffi``, in order.

    ``number`` is the type of its numbers.
    """
    domains = setup.crystal.domains
    return (
        core_ffi.new("pb_source[]", setup.source_count),
        core_ffi.new(f"{number}[]", 9 * domains),
        core_ffi.new("pb_rotation[]", setup.phi.steps + 1),
        core_ffi.new("pb_orientation[]", (setup.phi.steps + 1) * domains),
    )


#: Where in ``pb_setup`` the quantities of ``taps.derived`` stand that may be replaced.
_PLACES = {
    "pixel_size": "detector.pixel_size",
    "subpixel_size": "detector.subpixel_size",
    "detsize_f": "detector.detsize.0",
    "detsize_s": "detector.detsize.1",
    "beam_vector": "detector.beam",
    "fdet_vector": "detector.fast",
    "sdet_vector": "detector.slow",
    "odet_vector": "detector.odet",
    "polar_vector": "detector.polar",
    "spindle_vector": "detector.spindle",
    "twotheta_axis": "detector.twotheta_axis",
    "pix0_vector": "detector.pix0",
    "distance": "detector.distance",
    "close_distance": "detector.close_distance",
    "Fbeam": "detector.Fbeam",
    "Sbeam": "detector.Sbeam",
    "Fclose": "detector.Fclose",
    "Sclose": "detector.Sclose",
    "a_star": "crystal.a_star",
    "b_star": "crystal.b_star",
    "c_star": "crystal.c_star",
    "V_cell": "crystal.V_cell",
    "a0": "crystal.a0",
    "b0": "crystal.b0",
    "c0": "crystal.c0",
    "Na": "crystal.cells.0",
    "Nb": "crystal.cells.1",
    "Nc": "crystal.cells.2",
    "mosaic_spread": "crystal.mosaic_spread",
    "lambda0": "beam.lambda0",
    "fluence": "beam.fluence",
    "I_bg": "beam.I_bg",
    "phi0": "phi0",
    "phistep": "phi.step",
    "osc": "phi.range",
    "detector_thick": "detector.thick.range",
    "detector_thickstep": "detector.thick.step",
    "detector_mu": "detector.mu",
}


def _replace(setup: Any, derived: Mapping[str, Quantity]) -> None:
    for name, place in _PLACES.items():
        if name in derived:
            *parts, last = place.split(".")
            target = setup
            for part in parts:
                target = getattr(target, part)
            if last.isdigit():
                target[int(last)] = derived[name]
            else:
                setattr(target, last, derived[name])


def check_status(status: int) -> None:
    """Raise the exception of a status; nothing else turns a status into an exception."""
    if status == lib.PB_OK:
        return
    if status == lib.PB_STOPPED:
        raise CancelledError
    text = ffi.string(lib.pb_status_text(status)).decode()
    if status in _OUR_FAULT:
        raise EngineError(f"the C core refused a call (status {status}): {text}")
    raise UsageError(text)
