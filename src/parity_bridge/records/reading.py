"""Records written earlier or elsewhere, by this program or another, as sides of a comparison.

A record without ``schema_version`` is of another program: it must state its tap, pixel and
oversampling, and may leave out or add any field. Every field that it has must be of the schema's
type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from parity_bridge.errors import FileError
from parity_bridge.records.lenient_records import read_record, unknown_fields
from parity_bridge.records.metadata import Metadata
from parity_bridge.records.pixel_records import (
    LOG_SUFFIX,
    METADATA_SUFFIX,
    NOISE_SUFFIX,
    read_metadata,
    read_model,
    read_noise,
    read_records,
    record_suffix,
)
from parity_bridge.taps.noise_budget import NoiseBudget
from parity_bridge.taps.pixel_taps import Coverage, PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID, TapRecord

_COMPANION_SUFFIXES = (METADATA_SUFFIX, NOISE_SUFFIX)
#: Suffixes of the files that ``run`` and ``trace`` write beside records.
_WRITTEN_BESIDE = (*_COMPANION_SUFFIXES, LOG_SUFFIX)


@dataclass(frozen=True)
class RecordedSide:
    """One side of a comparison, read from files."""

    source: Path
    pixels: tuple[PixelTaps, ...]
    metadata: tuple[Metadata, ...] = ()
    noise: Mapping[tuple[int, int], NoiseBudget] = field(default_factory=dict)
    #: Record files with their tap_id, and the other files beside them.
    records: tuple[tuple[Path, str], ...] = ()
    companion_files: tuple[Path, ...] = ()
    #: The taps that are compared; None: all.
    taps: frozenset[str] | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that hold the taps that are compared."""
        compared = (
            path for path, tap_id in self.records if self.taps is None or tap_id in self.taps
        )
        return (*compared, *self.companion_files)


def read_side(source: Path) -> RecordedSide:
    """Read all records in a folder, or the one in a file.

    Raises FileError for a file that is not a record of this schema, and where there is no record.
    """
    if not source.is_dir():
        record = read_record(source)
        pixel_taps = _pixel_taps([record], source)
        metadata = _partial_metadata(source.parent, pixel_taps.pixel)
        return RecordedSide(
            source,
            _with_coverage((pixel_taps,), metadata),
            metadata,
            records=((source, record[1].tap_id),),
        )
    if not any(source.glob("pixel_*.json")) and any(source.glob("*/pixel_*.json")):
        raise FileError(f"{source} holds no record{_subfolder_hint(source)}")
    files = sorted(source.glob("*.json"))
    records = [read_record(path) for path in files if not path.name.endswith(_COMPANION_SUFFIXES)]
    if not records:
        raise FileError(f"{source} holds no record{_subfolder_hint(source)}")
    by_pixel: dict[tuple[int, int], list[tuple[Path, TapRecord]]] = {}
    for path, record in records:
        by_pixel.setdefault(tuple(record.pixel_coords), []).append((path, record))
    pixels = tuple(_pixel_taps(by_pixel[pixel], source) for pixel in sorted(by_pixel))
    metadata = tuple(read_metadata(source))
    return RecordedSide(
        source,
        _with_coverage(pixels, metadata),
        metadata,
        _noise(source, pixels),
        tuple((path, record.tap_id) for path, record in records),
        tuple(path for path in files if path.name.endswith(_COMPANION_SUFFIXES)),
    )


def _partial_metadata(folder: Path, pixel: tuple[int, int]) -> tuple[Metadata, ...]:
    """Read the metadata beside a record, if its engine does not record every tap."""
    slow, fast = pixel
    path = folder / f"pixel_{slow}_{fast}{METADATA_SUFFIX}"
    if not path.exists():
        return ()
    metadata = read_model(path, Metadata)
    return () if metadata.taps is None else (metadata,)


def read_strict_side(folder: Path) -> RecordedSide:
    """Read a folder that ``run`` or ``trace`` wrote: every record must follow its schema.

    Raises FileError for a record that does not, and where there is no record.
    """
    records = read_records(folder)
    if not records:
        raise FileError(f"{folder} holds no record{_subfolder_hint(folder)}")
    pixels = tuple(PixelTaps.from_records(records[pixel]) for pixel in records)
    for pixel in pixels:
        _check_oversample(records[pixel.pixel], folder)
        _check_rows(pixel, folder)
    metadata = tuple(read_metadata(folder))
    return RecordedSide(
        folder,
        _with_coverage(pixels, metadata),
        metadata,
        _noise(folder, pixels),
        tuple(_record_files(folder)),
        tuple(sorted(path for end in _WRITTEN_BESIDE for path in folder.glob(f"pixel_*{end}"))),
    )


def _record_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every record file and its tap_id."""
    for tap in TAPS_BY_ID.values():
        for path in sorted(folder.glob(f"pixel_*{record_suffix(tap)}")):
            yield path, tap.tap_id


def _with_coverage(
    pixels: Sequence[PixelTaps], metadata: Sequence[Metadata]
) -> tuple[PixelTaps, ...]:
    """Limit each pixel to the taps and fields that its metadata says its engine records."""
    partial = {item.pixel_coords: item for item in metadata if item.taps is not None}
    return tuple(
        side.limited_to(_coverage_of(partial[side.pixel]), partial[side.pixel].experiment)
        if side.pixel in partial
        else side
        for side in pixels
    )


def _coverage_of(metadata: Metadata) -> Coverage:
    return Coverage(frozenset(metadata.taps or ()), frozenset(metadata.untold))


def _noise(folder: Path, pixels: Sequence[PixelTaps]) -> dict[tuple[int, int], NoiseBudget]:
    """Read the noise budgets beside the records; raises FileError for one of other records."""
    budgets = read_noise(folder)
    for side in pixels:
        budget = budgets.get(side.pixel)
        if budget is not None and not _budget_matches(budget, side):
            slow, fast = side.pixel
            raise FileError(
                f"{folder / f'pixel_{slow}_{fast}{NOISE_SUFFIX}'} is not the noise budget of the "
                "records beside it; write both again"
            )
    return budgets


def _budget_matches(budget: NoiseBudget, side: PixelTaps) -> bool:
    """Return whether the length of every spread is the number of its figure's rows, or 1."""
    return all(
        len(spread) == (len(figures.columns[name]) if name in figures.columns else 1)
        for tap_id, figures in side.taps.items()
        for name, spread in budget.spread.get(tap_id, {}).items()
        if name in figures.fields
    )


def _subfolder_hint(source: Path) -> str:
    subfolders = sorted(path.parent.name for path in source.glob("*/pixel_*.json"))
    if subfolders:
        return f"; name one engine's folder in it, {' or '.join(dict.fromkeys(subfolders))}"
    return "; name a folder of pixel_SLOW_FAST_*.json files"


def _pixel_taps(records: Sequence[tuple[Path, TapRecord]], source: Path) -> PixelTaps:
    path_by_tap: dict[str, Path] = {}
    for path, record in records:
        if record.tap_id in path_by_tap:
            raise FileError(
                f"{path} and {path_by_tap[record.tap_id]} both record {record.tap_id} of pixel "
                f"{tuple(record.pixel_coords)}; keep one"
            )
        path_by_tap[record.tap_id] = path
    _check_oversample([record for _, record in records], source)
    pixel_taps = PixelTaps.from_records([record for _, record in records])
    foreign = all(record.schema_version is None for _, record in records)
    if not foreign:
        _check_rows(pixel_taps, source)
    return replace(
        pixel_taps,
        implementation=pixel_taps.implementation or source.stem,
        foreign=foreign,
        unknown_fields={
            record.tap_id: tuple(dict.fromkeys(unknown_fields(record))) for _, record in records
        },
    )


def _check_oversample(records: Sequence[TapRecord], source: Path) -> None:
    """Raise FileError where the records of a pixel contradict each other."""
    oversamplings = sorted({record.oversample for record in records})
    if len(oversamplings) > 1:
        raise FileError(
            f"{source} states two oversamplings of pixel {tuple(records[0].pixel_coords)}, "
            f"{oversamplings[0]} and {oversamplings[1]}; keep the records of one run"
        )


def _check_rows(side: PixelTaps, source: Path) -> None:
    """Raise FileError where a row is recorded twice: one place has one figure."""
    for tap_id, figures in side.taps.items():
        if len(set(map(tuple, figures.places.tolist()))) < len(figures.places):
            raise FileError(
                f"{source} records an evaluation twice in {tap_id} of pixel {side.pixel}; write "
                "the record again"
            )
