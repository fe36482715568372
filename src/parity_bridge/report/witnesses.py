"""One reference and several others at the same pixels: who agrees with whom, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parity_bridge.bridge.answer import Answer, PairAnswer, Side
from parity_bridge.report.markdown import Row, escaped, plain_table, row_of, table
from parity_bridge.report.memo import memo
from parity_bridge.report.summary import summary, terminal_text
from parity_bridge.report.wording import (
    number_text,
    pixel_text,
    tap4_figure_text,
    tap4_range_text,
    verdict_sentence,
)
from parity_bridge.taps.f_cell import TAP_ID
from parity_bridge.taps.pixel_taps import PixelTaps

_COUNTS = ("total_lookups", "skipped_lookups", "out_of_bounds_count", "default_f_count")
_FINAL = "final_output"


def answer_memo(answer: Answer) -> str:
    """Return the memo; of several engines a column each, then each against the reference."""
    if len(answer.against) == 1:
        return memo(answer.against[0])
    return "\n\n".join(_memo_parts(answer)) + "\n"


def answer_summary(answer: Answer) -> str:
    """Return the Markdown summary of every pair with the reference."""
    return "\n".join(map(summary, answer.against))


def answer_terminal_text(answer: Answer) -> str:
    """Return the answer for a person at a terminal."""
    if len(answer.against) == 1:
        return terminal_text(answer.against[0])
    parts = (
        plain_table(list(_side_by_side(answer))),
        plain_table(list(_pair_rows(answer))),
        _outlier_text(answer),
        *(_reason_text(pair) for pair in answer.against),
    )
    return "\n\n".join(part for part in parts if part)


def _memo_parts(answer: Answer) -> Iterator[str]:
    names = [escaped(side.name) for side in answer.sides]
    yield f"# Parity of {', '.join(names[1:])} with {names[0]}"
    yield "\n".join(f"- **{escaped(verdict_sentence(pair))}.**" for pair in answer.against)
    yield f"## Who agrees with whom\n\n{table(list(_pair_rows(answer)))}"
    outlier = _outlier_text(answer)
    if outlier:
        yield f"**{escaped(outlier)}**"
    yield f"## Side by side\n\n{table(list(_side_by_side(answer)))}"
    for pair in answer.against:
        _, _, body = memo(pair).rstrip("\n").partition("\n\n")
        ours, theirs = escaped(pair.comparison.reference), escaped(pair.comparison.other)
        title = f"## {theirs} against {ours}"
        yield f"{title}\n\n" + body.replace("\n### ", "\n#### ").replace("\n## ", "\n### ")


def _pair_rows(answer: Answer) -> Iterator[Row]:
    for pair in (*answer.against, *answer.among):
        comparison = pair.comparison
        fields = [item for pixel in comparison.pixels for item in pixel.fields]
        yield {
            "pair": f"{comparison.reference}, {comparison.other}",
            "verdict": comparison.verdict,
            "figures compared": str(sum(item.compared for item in fields)),
            "differing": str(sum(item.differing for item in fields)),
            "tolerances": comparison.tolerances.case,
        }


def _outlier_text(answer: Answer) -> str:
    """Name the engine that agrees with no other while all others agree; empty if there is none."""
    pairs = [
        (pair.comparison.reference, pair.comparison.other, pair.comparison.verdict)
        for pair in (*answer.against, *answer.among)
    ]
    for name in (side.name for side in answer.sides):
        own = [verdict for a, b, verdict in pairs if name in (a, b)]
        rest = [verdict for a, b, verdict in pairs if name not in (a, b)]
        if "parity" not in own and set(rest) == {"parity"}:
            return f"{name} stands alone: the others agree with each other"
    return ""


def _side_by_side(answer: Answer) -> Iterator[Row]:
    """Yield Tap 4 and the end of the chain of every pixel, a column for each engine."""
    sides = answer.sides
    for pixel_taps in sides[0].pixels:
        columns = [_taps_at(side, pixel_taps.pixel) for side in sides]
        where = pixel_text(pixel_taps.pixel, pixel_taps.tag)
        for name, values in _figure_rows(columns):
            cells = zip((side.name for side in sides), values, strict=True)
            yield row_of((("Pixel", where), ("figure", name), *cells))


def _taps_at(side: Side, pixel: tuple[int, int]) -> PixelTaps | None:
    return next((pixel_taps for pixel_taps in side.pixels if pixel_taps.pixel == pixel), None)


def _figure_rows(pixels: Sequence[PixelTaps | None]) -> Iterator[tuple[str, list[str]]]:
    for name in (*_COUNTS, "zero_f_count", "mean_f_cell"):
        yield (
            name,
            [
                _dash_if_absent(pixel_taps, TAP_ID)
                or tap4_figure_text(_present_taps(pixel_taps), name)
                for pixel_taps in pixels
            ],
        )
    for axis in "hkl":
        yield (
            f"{axis}_range",
            [
                _dash_if_absent(pixel_taps, TAP_ID)
                or tap4_range_text(_present_taps(pixel_taps), "hkl_bounds", axis)
                for pixel_taps in pixels
            ],
        )
    for name in ("intensity", "image"):
        yield (
            f"{name} / photons",
            [
                _dash_if_absent(pixel_taps, _FINAL) or _final_text(_present_taps(pixel_taps), name)
                for pixel_taps in pixels
            ],
        )


def _final_text(pixel_taps: PixelTaps, name: str) -> str:
    return number_text(pixel_taps.taps[_FINAL].pixel[name])


def _dash_if_absent(pixel_taps: PixelTaps | None, tap_id: str) -> str:
    """Return a dash where a side did not record the tap."""
    return "" if pixel_taps is not None and tap_id in pixel_taps.taps else "-"


def _present_taps(pixel_taps: PixelTaps | None) -> PixelTaps:
    if pixel_taps is None:
        raise ValueError("a side without the pixel has a dash")
    return pixel_taps


def _reason_text(pair: PairAnswer) -> str:
    """Return verdict and reason of one pair, without its table."""
    return terminal_text(pair).partition("\n\n")[2]
