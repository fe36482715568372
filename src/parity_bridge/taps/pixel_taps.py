"""Everything one side recorded of one pixel: the input of comparisons, noise and explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.experiment.nanobragg_flags import given_flags
from parity_bridge.taps.fields import TapFields
from parity_bridge.taps.registry import TAPS_BY_ID, Tap, TapRecord
from parity_bridge.taps.semantics import INPUTS, field_of
from parity_bridge.taps.tap_data import TapData, data_of_record

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Observation

_CONFIG = "config_snapshot"
#: The taps that state which structure factors were read, in order of preference.
_TABLE_OF: dict[str, Callable[[TapRecord], HklTable | None]] = {
    "f_cell_stats": lambda record: record.hkl_table,
    _CONFIG: lambda record: record.values.structure_factors,
}


@dataclass(frozen=True)
class Coverage:
    """What an engine records that does not record everything."""

    #: By tap_id.
    taps: frozenset[str]
    #: Fields of these taps that it does not record, as ``tap_id.field``.
    unrecorded: frozenset[str] = frozenset()

    def covers(self, tap_id: str, figure: str) -> bool:
        """Return whether it records ``figure``, ``hkl_fractional.h`` say, of a tap."""
        return f"{tap_id}.{field_of(tap_id, figure)}" not in self.unrecorded


@dataclass(frozen=True)
class PixelTaps:
    """One pixel as one side recorded it; what a side does not record is None or absent."""

    implementation: str
    pixel: tuple[int, int]  # slow, fast
    oversample: int
    #: tap_id -> its figures, in the order of the chain.
    taps: Mapping[str, TapFields]
    tag: str | None = None
    #: Which structure factors were read, by the tap that states it.
    hkl_tables: Mapping[str, HklTable] = field(default_factory=dict)
    #: nanoBragg flag -> values.
    flags: Mapping[str, str] | None = None
    #: Files that another program wrote need not have all fields.
    foreign: bool = False
    #: What the engine records; None: everything.
    coverage: Coverage | None = None
    #: tap_id -> fields that the schema does not have.
    unknown_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_observation(
        cls, observation: Observation, implementation: str, taps: Iterable[Tap]
    ) -> PixelTaps:
        """Return the figures of ``taps`` from an observation."""
        figures = _LazyTapFields(observation, taps)
        return cls(
            implementation,
            observation.pixel,
            observation.oversample,
            figures,
            hkl_tables={tap_id: observation.hkl_table for tap_id in _TABLE_OF if tap_id in figures},
            flags=given_flags(observation.experiment) if _CONFIG in figures else None,
        )

    @classmethod
    def from_records(cls, records: Iterable[TapRecord]) -> PixelTaps:
        """Return the figures of the records of one pixel, at least one record."""
        by_id = {record.tap_id: record for record in records}
        known = {tap_id: by_id[tap_id] for tap_id in TAPS_BY_ID if tap_id in by_id}
        first = next(iter(known.values()))
        contents = {
            tap_id: data_of_record(record.values, TAPS_BY_ID[tap_id].row)
            for tap_id, record in known.items()
        }
        given = contents.get(_CONFIG, TapData({})).pixel
        return cls(
            first.implementation,
            tuple(first.pixel_coords),
            first.oversample,
            {tap_id: _compared_fields(content) for tap_id, content in contents.items()},
            tag=first.tag,
            hkl_tables=dict(_recorded_tables(known)),
            flags=given.get("nanobragg_flags"),
        )

    @property
    def hkl_table(self) -> HklTable | None:
        """The structure factors that were read; None where no tap states them."""
        return next(iter(self.hkl_tables.values()), None)

    def limited_to(self, coverage: Coverage | None, experiment: Experiment) -> PixelTaps:
        """Return the same without what an engine does not record; None: it records everything.

        ``experiment`` says what the engine was given where it does not record that itself.
        """
        if coverage is None:
            return self
        flags = self.flags if _CONFIG in coverage.taps else given_flags(experiment)
        taps = {
            tap_id: figures.select_fields(
                name for name in figures.fields if coverage.covers(tap_id, name)
            )
            for tap_id, figures in self.taps.items()
        }
        return replace(self, taps=taps, coverage=coverage, flags=flags)

    def select_taps(self, taps: Iterable[str]) -> PixelTaps:
        """Return the same with no other taps than these, by tap_id."""
        selected = set(taps)
        selection = {tap_id: figures for tap_id, figures in self.taps.items() if tap_id in selected}
        tables = {tap_id: table for tap_id, table in self.hkl_tables.items() if tap_id in selected}
        unknown = {
            tap_id: names for tap_id, names in self.unknown_fields.items() if tap_id in selected
        }
        flags = self.flags if _CONFIG in selected else None
        return replace(self, taps=selection, hkl_tables=tables, unknown_fields=unknown, flags=flags)


class _LazyTapFields(Mapping[str, TapFields]):
    """Taps of an observation, each converted to figures when first used.

    Where many hypotheses are tried, the first compared tap refutes most of them.
    """

    def __init__(self, observation: Observation, taps: Iterable[Tap]) -> None:
        self._observation = observation
        self._taps = {tap.tap_id: tap for tap in taps}
        self._made: dict[str, TapFields] = {}

    def __getitem__(self, tap_id: str) -> TapFields:
        if tap_id not in self._made:
            self._made[tap_id] = _compared_fields(self._taps[tap_id].extract(self._observation))
        return self._made[tap_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._taps)

    def __len__(self) -> int:
        return len(self._taps)

    def __contains__(self, tap_id: object) -> bool:
        return tap_id in self._taps


def _compared_fields(content: TapData) -> TapFields:
    """Return the figures of a content; inputs of both engines are compared separately."""
    pixel = {name: value for name, value in content.pixel.items() if name not in INPUTS}
    return TapFields.from_tap_data(replace(content, pixel=pixel))


def _recorded_tables(records: Mapping[str, TapRecord]) -> Iterator[tuple[str, HklTable]]:
    for tap_id, read in _TABLE_OF.items():
        if tap_id in records and (table := read(records[tap_id])) is not None:
            yield tap_id, table
