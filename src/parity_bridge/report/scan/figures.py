"""Pictures of a scan, PNG: the maps, and their list with the one by resolution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.report.scan.colours import (
    BLACK,
    COUNTS,
    GREY,
    ORANGE,
    SEQUENTIAL,
    WHITE,
    diverging_colours,
    hex_colour,
    sequential_colours,
)
from parity_bridge.report.scan.map_drawing import (
    draw_colour_bar,
    draw_map,
    enlarge_isolated_cells,
    reduced_to_panel,
)
from parity_bridge.report.scan.resolution_figure import resolution_png
from parity_bridge.report.scan.scales import (
    EQUAL,
    FIRST,
    OUT_OF_BOUNDS_SCALE,
    SYMMETRIC_NOT_FINITE,
    difference_scale,
    f_cell_scale,
    image_scale,
    mismatch_scale,
)
from parity_bridge.report.scan.sheet import (
    BAR_ROOM,
    GAP,
    LEFT,
    WIDTH,
    axes_message,
    axes_title,
    first_panel,
    sheet_for,
)
from parity_bridge.report.scan.wording import (
    NO_LOOKUP_WORDS,
    NOT_FINITE_WORDS,
    WITHIN_TOLERANCE_WORDS,
    ZERO_WORDS,
    span_text,
)
from parity_bridge.report.scan.worst_rings import draw_rings, worst_list
from parity_bridge.report.wording import plural
from parity_bridge.scan.maps import RegionMaps, ScanMaps
from parity_bridge.scan.summary import ScanSummary

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Room for the list of the worst pixels beside a map, px.
_LIST_ROOM = 330
#: An isolated pixel that differs is drawn at least this large, px.
_LEAST_SIZE = 3
_LONGEST_NAME = 40


def figures(summary: ScanSummary, views: ScanMaps) -> Iterator[tuple[str, bytes]]:
    """Yield file names and PNG of the pictures that apply, one after the other."""
    maps = views.whole
    yield "images.png", _images_png(summary, maps)
    yield "difference.png", _difference_png(summary, maps)
    if maps.mismatch is not None:
        yield "mismatches.png", _mismatches_png(summary, maps, maps.mismatch)
    if maps.f_cell is not None and maps.out_of_bounds is not None:
        yield "f_cell.png", _f_cell_png(summary, maps, maps.f_cell, maps.out_of_bounds)
    if summary.shells or summary.ulps:
        title = f"Differences by resolution, {_difference_name(summary)}"
        yield "resolution.png", resolution_png(summary, title, _subtitle(summary))


def _images_png(summary: ScanSummary, maps: RegionMaps) -> bytes:
    """Draw both images side by side on one scale."""
    scale, colours = image_scale(maps), sequential_colours(SEQUENTIAL)
    box = first_panel(maps, (WIDTH - LEFT - GAP - BAR_ROOM) / 2)
    title = f"Intensities, photons{_block_note(maps, 'largest')}"
    sheet = sheet_for(box, title, _subtitle(summary))
    sides = (summary.reference, summary.other)
    images = (maps.reference, maps.other)
    for number, (side, image) in enumerate(zip(sides, images, strict=True)):
        panel = box._replace(left=box.left + number * (box.width + GAP))
        indices = reduced_to_panel(scale.colour_indices(image), panel)
        axes = draw_map(sheet, panel, colours[indices], maps)
        role = "other" if number else "reference"
        axes_title(axes, f"{_drawable_name(side.name)} ({role})")
        if number:
            axes.set(ylabel="", yticklabels=[])
    right = box.left + 2 * box.width + GAP
    draw_colour_bar(sheet, box._replace(left=right + 16), scale, colours, "photons")
    legend = [(GREY, ZERO_WORDS)]
    counts = [
        f"{side.nonfinite} of {_drawable_name(side.name)}" for side in sides if side.nonfinite
    ]
    if counts:
        legend.append((ORANGE, f"{NOT_FINITE_WORDS}: {', '.join(counts)}"))
    sheet.swatches(legend)
    return sheet.png()


def _difference_png(summary: ScanSummary, maps: RegionMaps) -> bytes:
    """Draw the difference of the images, other less reference."""
    scale, colours = difference_scale(maps), diverging_colours()
    box = first_panel(maps, WIDTH - 2 * LEFT - BAR_ROOM)
    note = _block_note(maps, "largest in size")
    title = f"Difference, {_difference_name(summary)}, photons{note}"
    sheet = sheet_for(box, title, _subtitle(summary))
    indices = reduced_to_panel(scale.colour_indices(maps.difference), box, symmetric=True)
    axes = draw_map(sheet, box, colours[indices], maps)
    if np.isin(indices, (EQUAL, SYMMETRIC_NOT_FINITE)).all():
        axes_message(axes, _no_difference_message(summary))
    else:
        beside = box._replace(left=box.left + box.width + 16)
        draw_colour_bar(sheet, beside, scale, colours, "photons")
    legend = [(hex_colour(colours, EQUAL), "equal")]
    if (indices == SYMMETRIC_NOT_FINITE).any():
        legend.append((BLACK, f"{NOT_FINITE_WORDS} on a side"))
    sheet.swatches(legend)
    return sheet.png()


def _no_difference_message(summary: ScanSummary) -> str:
    if not summary.differing_intensity:
        return "no difference: all pixels are the same numbers"
    return "no difference that is a finite number"


def _mismatches_png(summary: ScanSummary, maps: RegionMaps, mismatch: NDArray[np.int32]) -> bytes:
    """Draw the pixels that differ in Tap 4, and circle the worst pixels."""
    scale, colours = mismatch_scale(maps), sequential_colours(COUNTS)
    box = first_panel(maps, WIDTH - 2 * LEFT - _LIST_ROOM)
    count = int(mismatch.sum())
    of_block = f", counted in {maps.factor} × {maps.factor} blocks" if maps.factor > 1 else ""
    title = f"Pixels that differ in Tap 4 (structure-factor lookups) beyond tolerance{of_block}"
    sheet = sheet_for(box, title, f"{_subtitle(summary)}, in Tap 4 {count}")
    indices = reduced_to_panel(scale.colour_indices(mismatch), box)
    if box.width / mismatch.shape[1] < _LEAST_SIZE:
        indices = enlarge_isolated_cells(indices)
    axes = draw_map(sheet, box, colours[indices], maps)
    right = box.left + box.width + 16
    legend = [(GREY, WITHIN_TOLERANCE_WORDS)]
    if maps.factor > 1:
        draw_colour_bar(sheet, box._replace(left=right), scale, colours, "pixels of a block")
        right += BAR_ROOM
    else:
        legend.append((hex_colour(colours, FIRST), "differs"))
    if not count:
        axes_message(axes, "no pixel differs in Tap 4 beyond its tolerance")
    draw_rings(axes, summary, box)
    sheet.text(right + 10, box.top, worst_list(summary), 9, linespacing=1.5)
    sheet.swatches(legend)
    return sheet.png()


def _f_cell_png(
    summary: ScanSummary,
    maps: RegionMaps,
    f_cell: NDArray[np.float32],
    out_of_bounds: NDArray[np.float32],
) -> bytes:
    """Draw the mean F of the lookups, and the fraction of them outside the table's box."""
    box = first_panel(maps, (WIDTH - LEFT - 2 * BAR_ROOM - GAP) / 2)
    name = _drawable_name(summary.lookup_side.name)
    sheet = sheet_for(box, f"Structure-factor lookups of {name}", _subtitle(summary))
    of_block = f", mean of {maps.factor} × {maps.factor} blocks" if maps.factor > 1 else ""
    panels = (
        (f"mean F_cell, electrons{of_block}", "electrons", f_cell_scale(f_cell), f_cell),
        ("fraction of lookups out of bounds", "fraction", OUT_OF_BOUNDS_SCALE, out_of_bounds),
    )
    colours = sequential_colours(SEQUENTIAL)
    for number, (title, unit, scale, values) in enumerate(panels):
        panel = box._replace(left=box.left + number * (box.width + BAR_ROOM + GAP))
        indices = reduced_to_panel(scale.colour_indices(values), panel)
        axes = draw_map(sheet, panel, colours[indices], maps)
        axes_title(axes, title)
        if number:
            axes.set(ylabel="")
        beside = panel._replace(left=panel.left + panel.width + 12)
        draw_colour_bar(sheet, beside, scale, colours, unit)
    sheet.swatches([(GREY, "0"), (WHITE, NO_LOOKUP_WORDS)])
    return sheet.png()


def _difference_name(summary: ScanSummary) -> str:
    names = (_drawable_name(side.name) for side in (summary.other, summary.reference))
    return " − ".join(names)  # noqa: RUF001 - a minus


def _subtitle(summary: ScanSummary) -> str:
    rows, columns = summary.detector
    differ = plural(summary.differing_intensity, "pixel")
    verb = "differs" if summary.differing_intensity == 1 else "differ"
    return (
        f"{summary.verdict}; {span_text(summary)} of {rows} × {columns} pixels; {differ} {verb} in "
        f"intensity ({summary.compared_as})"
    )


def _block_note(maps: RegionMaps, which: str) -> str:
    return f", {which} of each {maps.factor} × {maps.factor} block" if maps.factor > 1 else ""


def _drawable_name(name: str) -> str:
    """Return the end of a long name, which distinguishes files.

    What the font has no letter for becomes a box, so that matplotlib does not warn.
    """
    from matplotlib.font_manager import findfont, get_font  # noqa: PLC0415 - slow to import

    end = name if len(name) <= _LONGEST_NAME else "…" + name[-_LONGEST_NAME:]
    font = get_font(findfont("DejaVu Sans"))
    return "".join(c if c.isprintable() and font.get_char_index(ord(c)) else "□" for c in end)
