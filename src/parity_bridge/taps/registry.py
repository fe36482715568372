"""All taps in the order of the chain: the one list that records, comparisons and docs use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parity_bridge.errors import UsageError
from parity_bridge.taps import (
    config_snapshot,
    f_cell,
    final_output,
    hkl_subpixel,
    intensity_post_scale,
    intensity_pre_norm,
    lattice,
    omega_subpixel,
    orientation,
)

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation
    from parity_bridge.taps.schema import SubpixelRow
    from parity_bridge.taps.tap_data import TapData

#: Any of the records below; all have ``values`` and the envelope of ``schema.Record``.
TapRecord = Any


@dataclass(frozen=True)
class Tap:
    """One tap: its models and how an observation fills it."""

    name: str  # on the command line
    number: str  # of the field's usage; orientation and lattice factor have none
    record: type[TapRecord]
    extract: Callable[[Observation], TapData]
    row: type[SubpixelRow] | None = None

    @property
    def tap_id(self) -> str:
        """Name in records and files."""
        tap_id: str = self.record.model_fields["tap_id"].default
        return tap_id


_ALL = (
    Tap("config", "1", config_snapshot.ConfigRecord, config_snapshot.extract),
    Tap("omega", "2", omega_subpixel.OmegaRecord, omega_subpixel.extract, omega_subpixel.OmegaRow),
    Tap(
        "orientation",
        "",
        orientation.OrientationRecord,
        orientation.extract,
        orientation.OrientationRow,
    ),
    Tap("hkl", "3", hkl_subpixel.HklRecord, hkl_subpixel.extract, hkl_subpixel.HklRow),
    Tap("lattice", "", lattice.LatticeRecord, lattice.extract, lattice.LatticeRow),
    Tap("f_cell", "4", f_cell.FCellRecord, f_cell.extract, f_cell.Lookup),
    Tap(
        "pre_norm",
        "5",
        intensity_pre_norm.PreNormRecord,
        intensity_pre_norm.extract,
        intensity_pre_norm.SumRow,
    ),
    Tap("post_scale", "6", intensity_post_scale.PostScaleRecord, intensity_post_scale.extract),
    Tap("final", "7", final_output.FinalRecord, final_output.extract),
)

#: Name on the command line -> tap, in the order of the chain.
TAPS_BY_NAME = {tap.name: tap for tap in _ALL}
#: Name in records -> tap, in the same order.
TAPS_BY_ID = {tap.tap_id: tap for tap in _ALL}


def choose_taps(names: Sequence[str]) -> tuple[Tap, ...]:
    """Return taps by either name, or ``all``, in chain order; raise UsageError for another name."""
    requested = set(names)
    known = {"all", *TAPS_BY_NAME, *TAPS_BY_ID}
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no tap {name!r}; choose all or from {', '.join(TAPS_BY_NAME)}"
            )
    if "all" in requested:
        return _ALL
    return tuple(tap for tap in _ALL if {tap.name, tap.tap_id} & requested)
