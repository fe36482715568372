"""Pictures of a scan, PNG, and the scales of values by which they and the page are coloured.

matplotlib is slow to import and is imported only where a figure is drawn. It is used without
pyplot, so that threads do not share a figure.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from parity_bridge.report.wording import pixel_text, plural, rounded_text
from parity_bridge.scan.maps import RegionMaps, ScanMaps
from parity_bridge.scan.summary import ScanSummary, Shell, SideSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

ScaleKind = Literal["log", "symmetric", "root", "linear"]

#: What an index of a colour means besides a place on the ramp. Those of a symmetric scale are
#: negative below ``EQUAL`` and positive above it.
NO_VALUE, ZERO, FIRST, LAST, NOT_FINITE = 0, 1, 2, 254, 255
SYMMETRIC_NOT_FINITE, EQUAL = 0, 128

#: The smallest difference shown has this much colour, so that it is not taken for none.
LEAST_COLOUR = 0.2
#: Decades that a scale may span.
_DECADES, _DIFFERENCE_DECADES = 10, 6
#: The share of an image's pixels that may be darker than its scale begins.
_DARKEST = 5
_MOST_TICKS = 8
#: Powers of ten up to it are written out.
_PLAIN_POWER = 3


@dataclass(frozen=True)
class Scale:
    """Which values have which colour."""

    kind: ScaleKind
    #: At the ends of the ramp; of a symmetric one the least and the greatest size.
    low: float
    high: float
    #: Where a value does not exist that is no defect: a pixel without a lookup.
    may_be_missing: bool = False

    def ramp_position(self, value: Any) -> Any:
        """Where on the ramp values lie, 0 to 1, or -1 to 1 on a symmetric scale."""
        if self.kind == "symmetric":
            size = np.clip(_logarithmic(np.abs(value), self), 0.0, 1.0)
            return np.sign(value) * (LEAST_COLOUR + (1.0 - LEAST_COLOUR) * size)
        if self.kind == "log":
            return np.clip(_logarithmic(value, self), 0.0, 1.0)
        part = np.clip((value - self.low) / (self.high - self.low), 0.0, 1.0)
        return np.sqrt(part) if self.kind == "root" else part

    def colour_indices(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """The colour of each value, of any shape."""
        missing = ~np.isfinite(values)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            place = np.nan_to_num(self.ramp_position(values))
        if self.kind == "symmetric":
            steps = EQUAL - 1
            found = (np.where(values == 0, 0, place) * steps).round().astype(np.int16) + EQUAL
            return np.where(missing, SYMMETRIC_NOT_FINITE, found).astype(np.uint8)
        found = (place * (LAST - FIRST)).round().astype(np.int16) + FIRST
        found = np.where(values <= 0 if self.kind == "log" else values == 0, ZERO, found)
        return np.where(missing, NO_VALUE if self.may_be_missing else NOT_FINITE, found).astype(
            np.uint8
        )

    def ticks(self) -> list[tuple[float, str]]:
        """Places on the whole ramp, 0 to 1, and what to write there."""
        if self.kind in ("linear", "root"):
            places = (0.0, 0.25, 0.5, 0.75, 1.0)
            power = 2 if self.kind == "root" else 1
            values = [self.low + (self.high - self.low) * place**power for place in places]
            return [
                (place, rounded_text(value)) for place, value in zip(places, values, strict=True)
            ]
        at = [(float(self.ramp_position(value)), text) for value, text in self._powers()]
        if self.kind == "log":
            return at
        negative = [((1.0 - place) / 2.0, f"−{text}") for place, text in reversed(at)]  # noqa: RUF001
        return [*negative, (0.5, "0"), *(((1.0 + place) / 2.0, text) for place, text in at)]

    def _powers(self) -> list[tuple[float, str]]:
        """Powers of ten on the scale, or its ends where it spans none."""
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        most = _MOST_TICKS // 2 if self.kind == "symmetric" else _MOST_TICKS
        step = max(1, math.ceil((last - first + 1) / most))
        if last - first < 1:
            return [(self.low, rounded_text(self.low)), (self.high, rounded_text(self.high))]
        return [(10.0**power, _power_text(power)) for power in range(last, first - 1, -step)][::-1]


def image_scale(maps: RegionMaps) -> Scale:
    """One scale of both images: from where all but the darkest pixels are to the brightest."""
    values = np.concatenate([image[np.isfinite(image) & (image > 0)] for image in _images_of(maps)])
    if not values.size:
        return Scale("log", 0.1, 1.0)
    high = float(values.max())
    # A sample tells it as well as all.
    sample = values[:: max(1, values.size // 100_000)]
    low = float(np.percentile(sample, _DARKEST))
    return Scale("log", *_decade_limits(low, high, _DECADES))


def difference_scale(maps: RegionMaps) -> Scale:
    """From the smallest difference to the largest, in size."""
    size = np.abs(maps.difference)
    values = size[np.isfinite(size) & (size > 0)]
    if not values.size:
        return Scale("symmetric", 0.1, 1.0)
    return Scale(
        "symmetric", *_decade_limits(float(values.min()), float(values.max()), _DIFFERENCE_DECADES)
    )


def mismatch_scale(maps: RegionMaps) -> Scale:
    """Pixels of a block."""
    return Scale("log", 1.0, float(max(2, maps.factor**2)))


def f_cell_scale(f_cell: NDArray[np.float32]) -> Scale:
    """Amplitudes from 0, or what lies below it, to the largest; by their roots."""
    values = f_cell[np.isfinite(f_cell)]
    low = min(0.0, float(values.min(initial=0.0)))
    high = float(values.max(initial=low))
    return Scale("root", low, high if high > low else low + 1.0, may_be_missing=True)


OUT_OF_BOUNDS_SCALE = Scale("linear", 0.0, 1.0, may_be_missing=True)


def _images_of(maps: RegionMaps) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return maps.reference, maps.other


def _decade_limits(low: float, high: float, decades: int) -> tuple[float, float]:
    """Ends at least one decade apart, and at most ``decades``."""
    return max(min(low, high / 10.0), high / 10.0**decades), high


def _logarithmic(value: Any, scale: Scale) -> Any:
    return np.log(value / scale.low) / math.log(scale.high / scale.low)


def _power_text(power: int) -> str:
    if abs(power) > _PLAIN_POWER:
        return "10" + _superscript(power)
    return str(10**power) if power >= 0 else rounded_text(10.0**power)


def _superscript(number: int) -> str:
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


# Drawing.

_WIDTH, _DPI = 1200, 100  # px, px/inch
_LEFT, _TOP, _BOTTOM = 80, 84, 96  # px about the panels
_BAR, _BAR_ROOM, _GAP = 18, 110, 40  # px: a colour bar, all that belongs to it, between panels
_MOST_HEIGHT = 820  # px, of a panel
#: Beyond it the axes of a map have scales of their own, or a strip could not be seen.
_LONGEST = 8
#: A lone pixel that differs is drawn at least this large, px.
_LEAST_SIZE = 3
_RING = 9  # px, radius
#: Rings so near to each other share a label, px.
_NEAR = 30
_LONGEST_NAME = 40

_ORANGE, _BLUE = "#d55e00", "#0072b2"
_GREY, _WHITE, _BLACK = "#dcdcdc", "#ffffff", "#000000"
#: Colour maps and the parts of them that are used: those that nobody takes for zero or no value.
_SEQUENTIAL = ("viridis", 0.0, 1.0)
_DIVERGING = ("RdBu_r", 0.06, 0.94)
_COUNTS = ("inferno_r", 0.45, 0.95)

ZERO_WORDS = "0: masked, or nothing there"
NOT_FINITE_WORDS = "NaN or infinite"


def figures(summary: ScanSummary, views: ScanMaps) -> Iterator[tuple[str, bytes]]:
    """File names and PNG of the figures that apply, one after the other."""
    maps = views.whole
    yield "images.png", _images_png(summary, maps)
    yield "difference.png", _difference_png(summary, maps)
    if maps.mismatch is not None:
        yield "mismatches.png", _mismatches_png(summary, maps, maps.mismatch)
    if maps.f_cell is not None and maps.out_of_bounds is not None:
        yield "f_cell.png", _f_cell_png(summary, maps, maps.f_cell, maps.out_of_bounds)
    if summary.shells or summary.ulps:
        yield "resolution.png", _resolution_png(summary)


class _Box(NamedTuple):
    """A rectangle of the figure in px from its left upper corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass
class _Sheet:
    """A figure of a height in px."""

    height: float
    figure: Figure = field(init=False)

    def __post_init__(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

        self.figure = Figure((_WIDTH / _DPI, self.height / _DPI), dpi=_DPI, facecolor=_WHITE)
        FigureCanvasAgg(self.figure)

    def axes(self, box: _Box) -> Axes:
        left, bottom = box.left / _WIDTH, 1.0 - (box.top + box.height) / self.height
        return self.figure.add_axes((left, bottom, box.width / _WIDTH, box.height / self.height))

    def text(self, left: float, top: float, words: str, size: float = 10, **how: Any) -> None:
        # Names of files may hold dollars.
        self.figure.text(
            left / _WIDTH,
            1.0 - top / self.height,
            words,
            fontsize=size,
            parse_math=False,
            verticalalignment="top",
            **how,
        )

    def swatches(self, left: float, top: float, legend: Sequence[tuple[str, str]]) -> None:
        """What colours mean that are on no colour bar."""
        for colour, words in legend:
            axes = self.axes(_Box(left, top, 14, 14))
            axes.set(xticks=[], yticks=[], facecolor=colour)
            self.text(left + 20, top - 1, words)
            left += 44 + 7.2 * len(words)

    def png(self) -> bytes:
        file = io.BytesIO()
        how: dict[str, Any] = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 4}}
        self.figure.savefig(file, format="png", dpi=_DPI, **how)
        return file.getvalue()


def _images_png(summary: ScanSummary, maps: RegionMaps) -> bytes:
    scale, colours = image_scale(maps), _sequential(_SEQUENTIAL)
    box = _panel(maps, (_WIDTH - _LEFT - _GAP - _BAR_ROOM) / 2)
    sheet = _sheet(
        box, f"Intensities, photons{_block_note(maps, 'largest')}", _region_text(summary)
    )
    sides = (summary.reference, summary.other)
    for number, (side, image) in enumerate(zip(sides, _images_of(maps), strict=True)):
        here = box._replace(left=box.left + number * (box.width + _GAP))
        axes = _draw_map(
            sheet, here, colours[_reduced_to_panel(scale.colour_indices(image), here)], maps
        )
        role = "other" if number else "reference"
        _title(axes, f"{_printable(_shortened_name(side.name))} ({role})")
        if number:
            axes.set(ylabel="", yticklabels=[])
    right = box.left + 2 * box.width + _GAP
    _colour_bar(sheet, box._replace(left=right + 16), scale, colours, "photons")
    legend = [(_GREY, ZERO_WORDS)]
    counts = [(side.name, side.nonfinite) for side in sides if side.nonfinite]
    if counts:
        found = ", ".join(
            f"{count} of {_printable(_shortened_name(name))}" for name, count in counts
        )
        legend.append((_ORANGE, f"{NOT_FINITE_WORDS}: {found}"))
    sheet.swatches(box.left, sheet.height - 30, legend)
    return sheet.png()


def _difference_png(summary: ScanSummary, maps: RegionMaps) -> bytes:
    scale, colours = difference_scale(maps), _diverging()
    box = _panel(maps, _WIDTH - 2 * _LEFT - _BAR_ROOM)
    what = f"Difference, {_names(summary)}, photons{_block_note(maps, 'largest in size')}"
    sheet = _sheet(box, what, _region_text(summary))
    indices = _reduced_to_panel(scale.colour_indices(maps.difference), box, symmetric=True)
    axes = _draw_map(sheet, box, colours[indices], maps)
    if np.isin(indices, (EQUAL, SYMMETRIC_NOT_FINITE)).all():
        _draw_message(axes, _no_difference(summary))
    else:
        _colour_bar(sheet, box._replace(left=box.left + box.width + 16), scale, colours, "photons")
    legend = [(_hex(colours, EQUAL), "equal")]
    if (indices == SYMMETRIC_NOT_FINITE).any():
        legend.append((_BLACK, f"{NOT_FINITE_WORDS} on a side"))
    sheet.swatches(box.left, sheet.height - 30, legend)
    return sheet.png()


def _no_difference(summary: ScanSummary) -> str:
    if not summary.differing_intensity:
        return "no difference: all pixels are the same numbers"
    return "no difference that is a finite number"


def _mismatches_png(summary: ScanSummary, maps: RegionMaps, mismatch: NDArray[np.int32]) -> bytes:
    scale, colours = mismatch_scale(maps), _sequential(_COUNTS)
    box = _panel(maps, _WIDTH - 2 * _LEFT - 330)
    count = int(mismatch.sum())
    of_block = f", counted in {maps.factor} × {maps.factor} blocks" if maps.factor > 1 else ""
    what = f"Pixels that differ in Tap 4 (structure-factor lookups) beyond tolerance{of_block}"
    sheet = _sheet(box, what, f"{_region_text(summary)}, in Tap 4 {count}")
    indices = _reduced_to_panel(scale.colour_indices(mismatch), box)
    if box.width / mismatch.shape[1] < _LEAST_SIZE:
        indices = _enlarge_lone_cells(indices)
    axes = _draw_map(sheet, box, colours[indices], maps)
    right = box.left + box.width + 16
    legend = [(_GREY, "alike, or within tolerance")]
    if maps.factor > 1:
        _colour_bar(sheet, box._replace(left=right), scale, colours, "pixels of a block")
        right += _BAR_ROOM
    else:
        legend.append((_hex(colours, FIRST), "differs"))
    if not count:
        _draw_message(axes, "no pixel differs in Tap 4 beyond its tolerance")
    _draw_rings(axes, summary, box)
    sheet.text(right + 10, box.top, _worst_text(summary), 9, linespacing=1.5)
    sheet.swatches(box.left, sheet.height - 30, legend)
    return sheet.png()


def _f_cell_png(
    summary: ScanSummary,
    maps: RegionMaps,
    f_cell: NDArray[np.float32],
    out_of_bounds: NDArray[np.float32],
) -> bytes:
    box = _panel(maps, (_WIDTH - _LEFT - 2 * _BAR_ROOM - _GAP) / 2)
    name = _printable(_shortened_name(lookup_side(summary).name))
    sheet = _sheet(box, f"Structure-factor lookups of {name}", _region_text(summary))
    of_block = f", mean of {maps.factor} × {maps.factor} blocks" if maps.factor > 1 else ""
    panels = (
        (f"mean F_cell, electrons{of_block}", "electrons", f_cell_scale(f_cell), f_cell),
        ("fraction of lookups out of bounds", "fraction", OUT_OF_BOUNDS_SCALE, out_of_bounds),
    )
    colours = _sequential(_SEQUENTIAL)
    for number, (title, unit, scale, values) in enumerate(panels):
        here = box._replace(left=box.left + number * (box.width + _BAR_ROOM + _GAP))
        axes = _draw_map(
            sheet, here, colours[_reduced_to_panel(scale.colour_indices(values), here)], maps
        )
        _title(axes, title)
        if number:
            axes.set(ylabel="")
        bar = here._replace(left=here.left + here.width + 12)
        _colour_bar(sheet, bar, scale, colours, unit)
    legend = [(_GREY, "0"), (_WHITE, "no lookup was made")]
    sheet.swatches(box.left, sheet.height - 30, legend)
    return sheet.png()


def _resolution_png(summary: ScanSummary) -> bytes:
    drawn: list[Callable[[Axes, ScanSummary], None]] = []
    if summary.shells:
        drawn += [_rms_by_shell, _counts_by_shell]
    if summary.ulps:
        drawn.append(_ulp_histogram)
    height, room = 230, 90
    sheet = _Sheet(70 + len(drawn) * (height + room))
    _heading(sheet, f"Differences by resolution, {_names(summary)}", _region_text(summary))
    for number, draw in enumerate(drawn):
        top = _TOP + number * (height + room)
        axes = sheet.axes(_Box(_LEFT + 10, top, _WIDTH - _LEFT - 50, height))
        draw(axes, summary)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=9)
    return sheet.png()


def _rms_by_shell(axes: Axes, summary: ScanSummary) -> None:
    relative = [relative_rms(shell) or None for shell in summary.shells]
    _draw_steps(axes, summary.shells, relative, _BLUE)
    _resolution_axis(axes, summary.shells)
    known = [value for value in relative if value]
    if known:
        axes.set_yscale("log")
        axes.set_ylim(min(known) / 2, max(known) * 2)
    else:
        axes.set_yticks([])
        _draw_message(axes, "no difference in any shell")
    _title(axes, "rms difference / mean intensity of the reference; no line where that is 0")
    axes.set_ylabel("relative rms", fontsize=10)


def _counts_by_shell(axes: Axes, summary: ScanSummary) -> None:
    shells = summary.shells
    intensity = [shell.differing_intensity for shell in shells]
    _draw_steps(axes, shells, intensity, _BLUE, label="intensity (float32 not the same number)")
    if summary.differing_f_cell is not None:
        f_cell = [shell.differing_f_cell for shell in shells]
        _draw_steps(axes, shells, f_cell, _ORANGE, label="Tap 4, beyond tolerance", linestyle="--")
    pixels = [shell.pixels for shell in shells]
    _draw_steps(axes, shells, pixels, "#777777", label="all pixels of the shell", linestyle=":")
    _resolution_axis(axes, shells)
    _count_axis(axes, max(pixels))
    _title(axes, "pixels that differ")
    axes.legend(fontsize=9, frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1, 1))


def _ulp_histogram(axes: Axes, summary: ScanSummary) -> None:
    bins = summary.ulps
    places = list(range(len(bins)))
    colours = [_BLUE if each.low else "#777777" for each in bins]
    axes.bar(places, [each.pixels for each in bins], 0.9, color=colours)
    axes.set_xticks(places, [_binary_text(each.low) for each in bins])
    axes.set_xlim(-0.6, max(len(bins), 8) - 0.4)
    _count_axis(axes, max(each.pixels for each in bins))
    _title(axes, "distance of the intensities in units in the last place of float32")
    axes.set_xlabel("ULP, the smallest of each bin", fontsize=10)


def lookup_side(summary: ScanSummary) -> SideSummary:
    """The side whose lookups are shown: the reference, unless it tells none."""
    return summary.reference if summary.reference.has_f_cell else summary.other


def relative_rms(shell: Shell) -> float | None:
    """The rms difference of a shell in units of its mean intensity; None where there is neither."""
    if shell.rms_diff is None or not shell.c_mean:
        return None
    return shell.rms_diff / abs(shell.c_mean)


def _binary_text(count: int) -> str:
    """A count of ULPs; a large power of two as such."""
    power = count.bit_length() - 1
    return f"2{_superscript(power)}" if count >= 1024 and count == 1 << power else str(count)


def _draw_steps(
    axes: Axes, shells: Sequence[Shell], values: Sequence[float | None], colour: str, **how: Any
) -> None:
    """A value a shell, level from its one end to the other; a gap for None."""
    ends = [end for shell in shells for end in _inverse_squares(shell)]
    levels = [math.nan if value is None else value for value in values for _ in range(2)]
    axes.plot(ends, levels, color=colour, linewidth=1.6, **how)


def _inverse_squares(shell: Shell) -> tuple[float, float]:
    return 0.0 if shell.d_max is None else shell.d_max**-2, shell.d_min**-2


def _resolution_axis(axes: Axes, shells: Sequence[Shell]) -> None:
    low, high = _inverse_squares(shells[0])[0], _inverse_squares(shells[-1])[1]
    places = np.linspace(low, high, 11).tolist()
    axes.set_xlim(low, high)
    axes.set_xticks(places, ["∞" if not place else f"{place**-0.5:.3g}" for place in places])
    axes.set_xlabel("d, Å (linear in 1/d²)", fontsize=10)


def _count_axis(axes: Axes, most: int) -> None:
    """Counts, logarithmic from 1 on, with room for 0."""
    axes.set_yscale("symlog", linthresh=1, linscale=0.4)
    axes.set_ylim(0, max(2, most * 2))
    powers = range(max(1, len(str(most))))
    axes.set_yticks([0, *(10**power for power in powers)], ["0", *map(_power_text, powers)])
    axes.minorticks_off()
    axes.set_ylabel("pixels", fontsize=10)


# The parts of a map.


def _panel(maps: RegionMaps, most_width: float) -> _Box:
    """Where the first map of a figure goes: true to scale unless it is a strip."""
    rows, columns = maps.region.shape
    ratio = min(max(rows / columns, 1 / _LONGEST), _LONGEST)
    width = min(most_width, _MOST_HEIGHT / ratio)
    return _Box(_LEFT, _TOP, round(width), round(width * ratio))


def _sheet(box: _Box, title: str, subtitle: str) -> _Sheet:
    sheet = _Sheet(box.top + box.height + _BOTTOM)
    _heading(sheet, title, subtitle)
    return sheet


def _heading(sheet: _Sheet, title: str, subtitle: str) -> None:
    sheet.text(_LEFT, 10, title, 13, fontweight="bold")
    sheet.text(_LEFT, 34, subtitle, 9, color="#444444")


def _draw_map(sheet: _Sheet, box: _Box, colours: NDArray[np.uint8], maps: RegionMaps) -> Axes:
    axes = sheet.axes(box)
    slow, fast = maps.region.slow, maps.region.fast
    rows, columns = maps.reference.shape
    # A pixel's number lies in its middle; the last blocks may reach beyond the region.
    ends = (
        fast.start - 0.5,
        fast.start + columns * maps.factor - 0.5,
        slow.start + rows * maps.factor - 0.5,
        slow.start - 0.5,
    )
    axes.imshow(colours, extent=ends, interpolation="nearest", aspect="auto")
    axes.set_xlim(fast.start - 0.5, fast.stop - 0.5)
    axes.set_ylim(slow.stop - 0.5, slow.start - 0.5)
    axes.locator_params(nbins=7, integer=True)
    axes.tick_params(labelsize=9)
    axes.set_xlabel("fast, pixel →", fontsize=10)
    axes.set_ylabel("← slow, pixel", fontsize=10)
    return axes


def _title(axes: Axes, words: str) -> None:
    axes.set_title(words, fontsize=10, loc="left", parse_math=False)


def _draw_message(axes: Axes, words: str) -> None:
    frame = {"facecolor": _WHITE, "edgecolor": "#444444", "boxstyle": "round,pad=0.6"}
    axes.text(
        0.5,
        0.5,
        words,
        transform=axes.transAxes,
        horizontalalignment="center",
        fontsize=12,
        bbox=frame,
    )


def _colour_bar(
    sheet: _Sheet, beside: _Box, scale: Scale, colours: NDArray[np.uint8], unit: str
) -> None:
    height = max(beside.height, 140)
    axes = sheet.axes(_Box(beside.left, beside.top, _BAR, height))
    ramp = colours[1:] if scale.kind == "symmetric" else colours[FIRST : LAST + 1]
    axes.imshow(ramp[:, None], extent=(0, 1, 0, 1), origin="lower", aspect="auto")
    ticks = scale.ticks()
    axes.yaxis.tick_right()
    axes.set(xticks=[])
    axes.set_yticks([place for place, _ in ticks], [text for _, text in ticks], fontsize=9)
    axes.set_title(unit, fontsize=9, loc="left")


def _reduced_to_panel(
    indices: NDArray[np.uint8], box: _Box, *, symmetric: bool = False
) -> NDArray[np.uint8]:
    """No more cells than the panel has pixels, each the most conspicuous of those it stands for."""
    for axis, most in ((0, box.height), (1, box.width)):
        count = indices.shape[axis]
        if count >= most:
            starts = np.linspace(0, count, int(most), endpoint=False).astype(np.intp)
            indices = _reduced_axis(indices, starts, axis, symmetric=symmetric)
    return indices


def _reduced_axis(
    indices: NDArray[np.uint8], starts: NDArray[np.intp], axis: int, *, symmetric: bool
) -> NDArray[np.uint8]:
    largest: NDArray[np.uint8] = np.maximum.reduceat(indices, starts, axis=axis)
    if not symmetric:
        return largest
    smallest: NDArray[np.uint8] = np.minimum.reduceat(indices, starts, axis=axis)
    below, above = EQUAL - smallest.astype(np.int16), largest.astype(np.int16) - EQUAL
    return np.where(below > above, smallest, largest)


def _enlarge_lone_cells(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cells that differ and have no neighbour that does, grown to 3 x 3."""
    padded = np.pad(indices, 1, constant_values=ZERO)
    differs = padded > ZERO
    lone = differs[1:-1, 1:-1] & (_neighbourhoods(differs.astype(np.uint8)).sum(axis=0) == 1)
    alone = np.pad(np.where(lone, indices, ZERO), 1, constant_values=ZERO)
    grown: NDArray[np.uint8] = np.maximum(indices, _neighbourhoods(alone).max(axis=0))
    return grown


def _neighbourhoods(padded: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each cell and its eight neighbours, (9, rows, columns)."""
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    shifted = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    around: NDArray[np.uint8] = np.stack(shifted)
    return around


def _draw_rings(axes: Axes, summary: ScanSummary, box: _Box) -> None:
    """The worst pixels, circled; those close together share one label."""
    to_px = (
        box.width / (axes.get_xlim()[1] - axes.get_xlim()[0]),
        box.height / (axes.get_ylim()[0] - axes.get_ylim()[1]),
    )
    places = [(fast, slow) for slow, fast in (pixel.pixel_coords for pixel in summary.worst)]
    # Rings on one another would hide what they show.
    ringed = [at for _, at in _clusters(places, to_px, _RING)]
    axes.scatter(
        [at[0] for at in ringed],
        [at[1] for at in ringed],
        s=(2 * _RING * 72 / _DPI) ** 2,
        facecolors="none",
        edgecolors=_BLUE,
        linewidths=1.4,
        clip_on=False,
    )
    for numbers, at in _clusters(places, to_px, _NEAR):
        near_right = (axes.get_xlim()[1] - at[0]) * to_px[0] < 60
        near_top = (at[1] - axes.get_ylim()[1]) * to_px[1] < 20
        axes.annotate(
            _ranges(numbers),
            at,
            (-10 if near_right else 10, -10 if near_top else 10),
            textcoords="offset pixels",
            horizontalalignment="right" if near_right else "left",
            verticalalignment="top" if near_top else "bottom",
            fontsize=10,
            fontweight="bold",
            color=_BLUE,
        )


def _clusters(
    places: Sequence[tuple[float, float]], to_px: tuple[float, float], near: float
) -> list[tuple[list[int], tuple[float, float]]]:
    """Numbers, from 1, of places close to each other, and where the first of them lies."""
    found: list[tuple[list[int], tuple[float, float]]] = []
    for number, place in enumerate(places, start=1):
        for numbers, first in found:
            apart = [(a - b) * px for a, b, px in zip(place, first, to_px, strict=True)]
            if math.hypot(*apart) < near:
                numbers.append(number)
                break
        else:
            found.append(([number], place))
    return found


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as ``1-3, 5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    dash = "\N{EN DASH}"
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}{dash}{run[-1]}" for run in runs)


def _worst_text(summary: ScanSummary) -> str:
    if not summary.worst:
        return ""
    lines = [
        f"{number}: {pixel_text(pixel.pixel_coords)}, {rounded_text(pixel.abs_diff)}"
        for number, pixel in enumerate(summary.worst, start=1)
    ]
    return "\n".join(("worst pixels (slow fast,", "|difference| in photons):", "", *lines))


# Words and colours.


def _names(summary: ScanSummary) -> str:
    sides = (summary.other.name, summary.reference.name)
    return " − ".join(_printable(_shortened_name(name)) for name in sides)  # noqa: RUF001 - a minus


def _region_text(summary: ScanSummary) -> str:
    slow, fast = (f"{first}..{stop - 1}" for first, stop in (summary.slow, summary.fast))
    of_all = f"{summary.detector[0]} × {summary.detector[1]}"
    differ = plural(summary.differing_intensity, "pixel")
    verb = "differs" if summary.differing_intensity == 1 else "differ"
    return (
        f"{summary.verdict}; slow {slow}, fast {fast} of {of_all} pixels; {differ} {verb} in "
        "intensity (float32)"
    )


def _block_note(maps: RegionMaps, which: str) -> str:
    return f", {which} of each {maps.factor} × {maps.factor} block" if maps.factor > 1 else ""


def _shortened_name(name: str) -> str:
    """The end of a long name, which tells files apart."""
    return name if len(name) <= _LONGEST_NAME else "…" + name[-_LONGEST_NAME:]


def _printable(name: str) -> str:
    """``name`` with a box for what the font has no letter for, lest matplotlib warn of it."""
    from matplotlib.font_manager import findfont, get_font  # noqa: PLC0415 - slow to import

    font = get_font(findfont("DejaVu Sans"))
    return "".join(c if c.isprintable() and font.get_char_index(ord(c)) else "□" for c in name)


def _ramp(part: tuple[str, float, float], count: int) -> NDArray[np.uint8]:
    from matplotlib import colormaps  # noqa: PLC0415 - slow to import

    name, first, last = part
    return colormaps[name](np.linspace(first, last, count), bytes=True)[:, :3].astype(np.uint8)


def _sequential(part: tuple[str, float, float]) -> NDArray[np.uint8]:
    """RGB of every index, (256, 3)."""
    ends = [_rgb(_WHITE), _rgb(_GREY), _ramp(part, LAST - FIRST + 1), _rgb(_ORANGE)]
    return np.concatenate(ends)


def _diverging() -> NDArray[np.uint8]:
    return np.concatenate([_rgb(_BLACK), _ramp(_DIVERGING, 255)])


def _rgb(colour: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)[None]


def _hex(colours: NDArray[np.uint8], index: int) -> str:
    """One of the colours as ``#rrggbb``."""
    return f"#{colours[index].tobytes().hex()}"
