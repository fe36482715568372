"""What an engine derives before the first pixel, under the names of the TRACE logs.

Lengths in metres, angles in radians, reciprocal vectors in 1/Å. Both engines store these figures in
a setup of the same shape, so that one table reads both; each engine derives the values by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Quantity

_READERS: dict[str, Callable[[Any], Any]] = {
    "fpixels": lambda setup: setup.detector.pixels[0],
    "spixels": lambda setup: setup.detector.pixels[1],
    "pixel_size": attrgetter("detector.pixel_size"),
    "subpixel_size": attrgetter("detector.subpixel_size"),
    "detsize_f": lambda setup: setup.detector.detsize[0],
    "detsize_s": lambda setup: setup.detector.detsize[1],
    "beam_vector": attrgetter("detector.beam"),
    "fdet_vector": attrgetter("detector.fast"),
    "sdet_vector": attrgetter("detector.slow"),
    "odet_vector": attrgetter("detector.odet"),
    "polar_vector": attrgetter("detector.polar"),
    "spindle_vector": attrgetter("detector.spindle"),
    "twotheta_axis": attrgetter("detector.twotheta_axis"),
    "pix0_vector": attrgetter("detector.pix0"),
    "distance": attrgetter("detector.distance"),
    "close_distance": attrgetter("detector.close_distance"),
    "Fbeam": attrgetter("detector.Fbeam"),
    "Sbeam": attrgetter("detector.Sbeam"),
    "Fclose": attrgetter("detector.Fclose"),
    "Sclose": attrgetter("detector.Sclose"),
    "a_star": attrgetter("crystal.a_star"),
    "b_star": attrgetter("crystal.b_star"),
    "c_star": attrgetter("crystal.c_star"),
    "V_cell": attrgetter("crystal.V_cell"),
    "a0": attrgetter("crystal.a0"),
    "b0": attrgetter("crystal.b0"),
    "c0": attrgetter("crystal.c0"),
    "Na": lambda setup: setup.crystal.cells[0],
    "Nb": lambda setup: setup.crystal.cells[1],
    "Nc": lambda setup: setup.crystal.cells[2],
    "mosaic_spread": attrgetter("crystal.mosaic_spread"),
    "mosaic_domains": attrgetter("crystal.domains"),
    "lambda0": attrgetter("beam.lambda0"),
    "fluence": attrgetter("beam.fluence"),
    "I_bg": attrgetter("beam.I_bg"),
    "sources": attrgetter("source_count"),
    "phi0": attrgetter("phi0"),
    "phistep": attrgetter("phi.step"),
    "phisteps": attrgetter("phi.steps"),
    "osc": attrgetter("phi.range"),
    "detector_thick": attrgetter("detector.thick.range"),
    "detector_thickstep": attrgetter("detector.thick.step"),
    "detector_thicksteps": attrgetter("detector.thick.steps"),
    "detector_mu": attrgetter("detector.mu"),
    "oversample": attrgetter("oversample"),
    "steps": attrgetter("steps"),
    "interpolate": attrgetter("interpolate"),
}

#: In the order the contract derives them (§2, §3, §1, §4).
DERIVED = (*_READERS, "source_list", "mosaic_umats")

#: Quantities that are derived before one that precedes them in the records.
_DERIVED_BEFORE = {
    "pixel_size": "fpixels",
    "twotheta_axis": "fdet_vector",
    "lambda0": "a_star",
    "V_cell": "a_star",
}


def derivation_order(figure: str) -> int:
    """Return a number that is smaller for a figure of ``config_snapshot`` that is derived earlier.

    What is not derived, state say, comes first.
    """
    name = figure.removeprefix("derived.").partition(".")[0]
    if not figure.startswith("derived.") or name not in DERIVED:
        return -1
    earlier = _DERIVED_BEFORE.get(name)
    return 2 * DERIVED.index(name) if earlier is None else 2 * DERIVED.index(earlier) - 1


def derived_quantities(
    setup: Any,
    plain: Callable[[Any], Quantity],
    *,
    source_list: Sequence[Sequence[float]],
    mosaic_umats: Sequence[Sequence[float]],
    has_table: bool,
) -> dict[str, Quantity]:
    """Return the figures of ``setup``, each turned into a plain number or sequence by ``plain``.

    A row of ``source_list`` is the direction, weight and wavelength (m) of a source, one of
    ``mosaic_umats`` the rotation matrix of a domain, row by row. ``interpolate`` is 1 or 0: an
    engine interpolates only where it has a table (contract §5).
    """
    return {
        **{name: plain(read(setup)) for name, read in _READERS.items()},
        "interpolate": int(bool(setup.interpolate) and has_table),
        "source_list": source_list,
        "mosaic_umats": mosaic_umats,
    }
