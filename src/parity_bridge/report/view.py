"""What every rendering is made from, and the rows and words they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tabulate import tabulate

from parity_bridge.compare import Comparison
from parity_bridge.pairing import Place, Scalar
from parity_bridge.report.metadata import Metadata
from parity_bridge.taps.f_cell import TAP_ID, FCellRecord, FractionalBounds, IndexBounds

Row = dict[str, str]


@dataclass(frozen=True)
class Side:
    """One engine's records and metadata, by pixel."""

    records: tuple[FCellRecord, ...]
    metadata: tuple[Metadata, ...]

    @property
    def name(self) -> str:
        """The implementation's name in its records."""
        return self.records[0].implementation


@dataclass(frozen=True)
class Report:
    """Both engines and what comparing them gave."""

    reference: Side
    other: Side
    comparison: Comparison

    @property
    def sides(self) -> tuple[Side, Side]:
        """The reference and the other engine."""
        return self.reference, self.other


def lookup_rows(report: Report) -> list[Row]:
    """One row an engine and pixel: counts, mean and ranges of the nearest index asked for."""
    return [
        {
            "Pixel": pixel_text(record.pixel_coords, record.tag),
            "Impl": record.implementation,
            "total_lookups": str(record.values.total_lookups),
            "out_of_bounds": str(record.values.out_of_bounds_count),
            "zero_f": str(record.values.zero_f_count),
            "default_f": str(record.values.default_f_count),
            "mean_f_cell": number(record.values.mean_f_cell),
            **{f"{axis}_range": range_text(record.values.hkl_bounds, axis) for axis in "hkl"},
        }
        for record in by_pixel(report)
    ]


def by_pixel(report: Report) -> Iterator[FCellRecord]:
    """Records of both engines, pixel by pixel, the reference first."""
    records = [record for side in report.sides for record in side.records]
    for pixel in dict.fromkeys(record.pixel_coords for record in records):
        yield from (record for record in records if record.pixel_coords == pixel)


def verdict_sentence(report: Report) -> str:
    """The verdict in one sentence."""
    comparison = report.comparison
    names = f"{comparison.reference} and {comparison.other}"
    at = plural(len(comparison.pixels), "pixel")
    apart = sum(bool(pixel.differences) for pixel in comparison.pixels)
    match comparison.verdict:
        case "parity":
            agree = f"agree in every field of {TAP_ID} {_how_well(comparison)} at {at}"
            return f"parity: {names} {agree}{_without_lookup(report)}"
        case "inputs differ":
            given = f"no parity: {names} were given different structure factors"
            if not apart:
                return f"{given}, though no figure differs at {at}{_without_lookup(report)}"
            return f"{given} and disagree at {apart} of {at}"
        case "values differ":
            return f"no parity: {names} disagree at {apart} of {at}"
        case "shapes differ":
            return f"no parity: {names} did not record the same pixels at the same oversampling"


def _without_lookup(report: Report) -> str:
    """How many of the pixels show nothing, because neither engine looked anything up there."""
    empty = (
        {record.pixel_coords for record in side.records if record.values.total_lookups == 0}
        for side in report.sides
    )
    count = len(set.intersection(*empty))
    if count == 0:
        return ""
    where = "there" if len(report.comparison.pixels) == 1 else f"at {count} of them"
    return f"; no lookup was made {where}"


def _how_well(comparison: Comparison) -> str:
    tolerances = comparison.tolerances
    exact = all(item.atol == item.rtol == 0 for item in tolerances.fields.values())
    return "exactly" if exact else f"within the tolerances for {tolerances.case}"


def table(rows: Sequence[Row], style: str = "github") -> str:
    """Rows as a table, text as it is: nothing is rounded or aligned on a decimal point."""
    return tabulate(rows, headers="keys", tablefmt=style, disable_numparse=True)


def pixel_text(pixel: tuple[int, int], tag: str | None = None) -> str:
    """A pixel as ``slow fast (tag)``."""
    slow, fast = pixel
    return f"{slow} {fast}" + (f" ({tag})" if tag else "")


def place_text(place: Place) -> str:
    """A place as ``subpixel 0 1``, and whatever else is not the first of its kind."""
    steps = {"layer": place.layer, "source": place.source, "phi step": place.phi_step}
    further = [f"{name} {step}" for name, step in {**steps, "domain": place.domain}.items() if step]
    return ", ".join([f"subpixel {pixel_text(place.subpixel)}", *further])


def number(value: Scalar) -> str:
    """A figure with every digit it has; ``none`` where it does not exist."""
    return "none" if value is None else repr(value)


def range_text(bounds: IndexBounds | FractionalBounds | None, axis: str) -> str:
    """``min..max`` along one axis."""
    if bounds is None:
        return "none"
    return f"{getattr(bounds, f'{axis}_min')!r}..{getattr(bounds, f'{axis}_max')!r}"


def plural(count: int, noun: str) -> str:
    """``1 pixel``, ``2 pixels``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
