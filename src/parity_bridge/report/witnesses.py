"""One reference and several others at the same pixels: who agrees with whom, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parity_bridge.comparison.result import EXIT_STATUS, Comparison, Verdict
from parity_bridge.files.schema import SCHEMA_VERSION, Schema, Version
from parity_bridge.report.memo import memo
from parity_bridge.report.summary import summary, terminal_text
from parity_bridge.report.view import (
    PairAnswer,
    Row,
    Side,
    number_text,
    pixel_text,
    table,
    tap4_figure_text,
    tap4_range_text,
    verdict_sentence,
)
from parity_bridge.taps.f_cell import TAP_ID
from parity_bridge.taps.pixel_taps import PixelTaps

_COUNTS = ("total_lookups", "skipped_lookups", "out_of_bounds_count", "default_f_count")
_FINAL = "final_output"


class Comparisons(Schema):
    """``summary.json`` of a run of more than two engines."""

    schema_version: Version = SCHEMA_VERSION
    verdict: Verdict
    exit_status: int
    #: Each of the others against the reference, then the others against each other.
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True)
class Witnesses:
    """The reports of all pairs; one pair where there are two engines."""

    #: Each of the others against the reference.
    against: tuple[PairAnswer, ...]
    #: The others against each other.
    among: tuple[PairAnswer, ...] = ()

    @property
    def exit_status(self) -> int:
        """Of the gravest verdict against the reference."""
        return EXIT_STATUS[self.verdict]

    @property
    def verdict(self) -> Verdict:
        """The gravest against the reference."""
        order = list(EXIT_STATUS)
        return max((pair.comparison.verdict for pair in self.against), key=order.index)

    @property
    def comparisons(self) -> Comparisons:
        """The record of all of them."""
        pairs = (*self.against, *self.among)
        return Comparisons(
            verdict=self.verdict,
            exit_status=self.exit_status,
            comparisons=tuple(pair.comparison for pair in pairs),
        )

    @property
    def sides(self) -> tuple[Side, ...]:
        """All of them, the reference first."""
        return (self.against[0].reference, *(pair.other for pair in self.against))


def memo_of(witnesses: Witnesses) -> str:
    """The memo; of several engines their figures in columns, then each against the reference."""
    if len(witnesses.against) == 1:
        return memo(witnesses.against[0])
    return "\n\n".join(_parts(witnesses)) + "\n"


def summary_of(witnesses: Witnesses) -> str:
    """The Markdown summary of every pair with the reference."""
    return "\n".join(map(summary, witnesses.against))


def terminal_text_of(witnesses: Witnesses) -> str:
    """The same for a person at a terminal."""
    if len(witnesses.against) == 1:
        return terminal_text(witnesses.against[0])
    parts = (
        table(list(_side_by_side(witnesses)), "simple"),
        table(list(_pairs(witnesses)), "simple"),
        _outlier(witnesses),
        *(_why(pair) for pair in witnesses.against),
    )
    return "\n\n".join(part for part in parts if part)


def _parts(witnesses: Witnesses) -> Iterator[str]:
    names = [side.name for side in witnesses.sides]
    yield f"# Parity of {', '.join(names[1:])} with {names[0]}"
    yield "\n".join(f"- **{verdict_sentence(pair)}.**" for pair in witnesses.against)
    yield f"## Who agrees with whom\n\n{table(list(_pairs(witnesses)))}"
    outlier = _outlier(witnesses)
    if outlier:
        yield f"**{outlier}**"
    yield f"## Side by side\n\n{table(list(_side_by_side(witnesses)))}"
    for pair in witnesses.against:
        _, _, body = memo(pair).rstrip("\n").partition("\n\n")
        title = f"## {pair.comparison.other} against {pair.comparison.reference}"
        yield f"{title}\n\n" + body.replace("\n### ", "\n#### ").replace("\n## ", "\n### ")


def _pairs(witnesses: Witnesses) -> Iterator[Row]:
    for pair in (*witnesses.against, *witnesses.among):
        comparison = pair.comparison
        fields = [item for pixel in comparison.pixels for item in pixel.fields]
        yield {
            "pair": f"{comparison.reference}, {comparison.other}",
            "verdict": comparison.verdict,
            "figures compared": str(sum(item.compared for item in fields)),
            "differing": str(sum(item.differing for item in fields)),
            "tolerances": comparison.tolerances.case,
        }


def _outlier(witnesses: Witnesses) -> str:
    """The one with which nobody agrees while all others agree with each other; or nothing."""
    pairs = [
        (pair.comparison.reference, pair.comparison.other, pair.comparison.verdict)
        for pair in (*witnesses.against, *witnesses.among)
    ]
    for name in (side.name for side in witnesses.sides):
        own = [verdict for a, b, verdict in pairs if name in (a, b)]
        rest = [verdict for a, b, verdict in pairs if name not in (a, b)]
        if "parity" not in own and set(rest) == {"parity"}:
            return f"{name} stands alone: the others agree with each other"
    return ""


def _side_by_side(witnesses: Witnesses) -> Iterator[Row]:
    """Tap 4 and the end of the chain of every pixel, a column for each engine."""
    sides = witnesses.sides
    for pixel_taps in sides[0].pixels:
        columns = {side.name: _at(side, pixel_taps.pixel) for side in sides}
        where = pixel_text(pixel_taps.pixel, pixel_taps.tag)
        for name, values in _figures(list(columns.values())):
            row = dict(zip(columns, values, strict=True))
            yield {"Pixel": where, "figure": name, **row}


def _at(side: Side, pixel: tuple[int, int]) -> PixelTaps | None:
    return next((pixel_taps for pixel_taps in side.pixels if pixel_taps.pixel == pixel), None)


def _figures(pixels: Sequence[PixelTaps | None]) -> Iterator[tuple[str, list[str]]]:
    for name in (*_COUNTS, "zero_f_count", "mean_f_cell"):
        yield (
            name,
            [
                _dash(pixel_taps, TAP_ID) or tap4_figure_text(_seen(pixel_taps), name)
                for pixel_taps in pixels
            ],
        )
    for axis in "hkl":
        yield (
            f"{axis}_range",
            [
                _dash(pixel_taps, TAP_ID) or tap4_range_text(_seen(pixel_taps), "hkl_bounds", axis)
                for pixel_taps in pixels
            ],
        )
    for name in ("intensity", "image"):
        yield (
            f"{name} / photons",
            [_dash(pixel_taps, _FINAL) or _final(_seen(pixel_taps), name) for pixel_taps in pixels],
        )


def _final(pixel_taps: PixelTaps, name: str) -> str:
    return number_text(pixel_taps.taps[_FINAL].pixel[name])


def _dash(pixel_taps: PixelTaps | None, tap_id: str) -> str:
    """A dash where a side does not tell the tap."""
    return "" if pixel_taps is not None and tap_id in pixel_taps.taps else "-"


def _seen(pixel_taps: PixelTaps | None) -> PixelTaps:
    if pixel_taps is None:
        raise ValueError("a side without the pixel has a dash")
    return pixel_taps


def _why(pair: PairAnswer) -> str:
    """Verdict and reason of one pair, without its table."""
    return terminal_text(pair).partition("\n\n")[2]
