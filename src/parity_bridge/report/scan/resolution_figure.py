"""The picture of differences by resolution, and of the intensities' distances in ULPs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.report.scan.colours import BLUE, MIDDLE_GREY, ORANGE
from parity_bridge.report.scan.scales import power_text, superscript
from parity_bridge.report.scan.sheet import (
    LEFT,
    TOP,
    WIDTH,
    Box,
    Sheet,
    axes_message,
    axes_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parity_bridge.scan.summary import ScanSummary, Shell

_PANEL_HEIGHT, _PANEL_ROOM = 230, 90  # px: a panel, and what lies between two
#: Powers of two from here on are written as such.
_LEAST_POWER = 1024


def resolution_png(summary: ScanSummary, title: str, subtitle: str) -> bytes:
    """Return the picture: panels over the resolution shells and the histogram of ULPs, if any."""
    panels: list[Callable[[Axes, ScanSummary], None]] = []
    if summary.shells:
        panels += [_draw_rms_by_shell, _draw_counts_by_shell]
    if summary.ulps:
        panels.append(_draw_ulp_histogram)
    sheet = Sheet(70 + len(panels) * (_PANEL_HEIGHT + _PANEL_ROOM))
    sheet.heading(title, subtitle)
    for number, draw_panel in enumerate(panels):
        top = TOP + number * (_PANEL_HEIGHT + _PANEL_ROOM)
        axes = sheet.axes(Box(LEFT + 10, top, WIDTH - LEFT - 50, _PANEL_HEIGHT))
        draw_panel(axes, summary)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=9)
    return sheet.png()


def _draw_rms_by_shell(axes: Axes, summary: ScanSummary) -> None:
    relative = [shell.relative_rms or None for shell in summary.shells]
    _draw_steps(axes, summary.shells, relative, BLUE)
    _resolution_axis(axes, summary.shells)
    known = [value for value in relative if value]
    if known:
        axes.set_yscale("log")
        axes.set_ylim(min(known) / 2, max(known) * 2)
    else:
        axes.set_yticks([])
        axes_message(axes, "no difference in any shell")
    axes_title(axes, "rms difference / mean intensity of the reference; no line where that is 0")
    axes.set_ylabel("relative rms", fontsize=10)


def _draw_counts_by_shell(axes: Axes, summary: ScanSummary) -> None:
    shells = summary.shells
    intensity = [shell.differing_intensity for shell in shells]
    label = f"intensity ({summary.compared_as} not the same number)"
    _draw_steps(axes, shells, intensity, BLUE, label=label)
    if summary.differing_f_cell is not None:
        f_cell = [shell.differing_f_cell for shell in shells]
        _draw_steps(axes, shells, f_cell, ORANGE, label="Tap 4, beyond tolerance", linestyle="--")
    pixels = [shell.pixels for shell in shells]
    _draw_steps(axes, shells, pixels, MIDDLE_GREY, label="all pixels of the shell", linestyle=":")
    _resolution_axis(axes, shells)
    _count_axis(axes, max(pixels))
    axes_title(axes, "pixels that differ")
    axes.legend(fontsize=9, frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1, 1))


def _draw_ulp_histogram(axes: Axes, summary: ScanSummary) -> None:
    bins = summary.ulps
    places = list(range(len(bins)))
    colours = [BLUE if each.low else MIDDLE_GREY for each in bins]
    axes.bar(places, [each.pixels for each in bins], 0.9, color=colours)
    axes.set_xticks(places, [_ulp_count_text(each.low) for each in bins])
    axes.set_xlim(-0.6, max(len(bins), 8) - 0.4)
    _count_axis(axes, max(each.pixels for each in bins))
    unit = f"units in the last place of {summary.compared_as}"
    axes_title(axes, f"distance of the intensities in {unit}")
    axes.set_xlabel("ULP, the smallest of each bin", fontsize=10)


def _ulp_count_text(count: int) -> str:
    """Return a count of ULPs; a large power of two as a power."""
    power = count.bit_length() - 1
    is_large_power = count >= _LEAST_POWER and count == 1 << power
    return f"2{superscript(power)}" if is_large_power else str(count)


def _draw_steps(
    axes: Axes, shells: Sequence[Shell], values: Sequence[float | None], colour: str, **how: Any
) -> None:
    """Draw one value per shell, level from its one end to the other; a gap for None."""
    ends = [end for shell in shells for end in _inverse_squares(shell)]
    levels = [math.nan if value is None else value for value in values for _ in range(2)]
    axes.plot(ends, levels, color=colour, linewidth=1.6, **how)


def _inverse_squares(shell: Shell) -> tuple[float, float]:
    """Return 1/d² of the two limits of a shell, 1/Å²."""
    return 0.0 if shell.d_max is None else shell.d_max**-2, shell.d_min**-2


def _resolution_axis(axes: Axes, shells: Sequence[Shell]) -> None:
    low, high = _inverse_squares(shells[0])[0], _inverse_squares(shells[-1])[1]
    places = np.linspace(low, high, 11).tolist()
    axes.set_xlim(low, high)
    axes.set_xticks(places, ["∞" if not place else f"{place**-0.5:.3g}" for place in places])
    axes.set_xlabel("d, Å (linear in 1/d²)", fontsize=10)


def _count_axis(axes: Axes, most: int) -> None:
    """Scale counts logarithmically from 1 on, with room for 0."""
    axes.set_yscale("symlog", linthresh=1, linscale=0.4)
    axes.set_ylim(0, max(2, most * 2))
    powers = range(max(1, len(str(most))))
    axes.set_yticks([0, *(10**power for power in powers)], ["0", *map(power_text, powers)])
    axes.minorticks_off()
    axes.set_ylabel("pixels", fontsize=10)
