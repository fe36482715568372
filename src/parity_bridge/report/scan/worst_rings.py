"""The worst pixels on a map: circled, numbered and listed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parity_bridge.report.scan.colours import BLUE
from parity_bridge.report.scan.sheet import DPI, Box
from parity_bridge.report.wording import pixel_text, rounded_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from parity_bridge.scan.summary import ScanSummary

_RING = 9  # px, radius
#: Rings nearer to each other than this share a label, px.
_NEAR = 30


def draw_rings(axes: Axes, summary: ScanSummary, box: Box) -> None:
    """Circle the worst pixels on the map in ``box``; those close together share one label."""
    to_px = (
        box.width / (axes.get_xlim()[1] - axes.get_xlim()[0]),
        box.height / (axes.get_ylim()[0] - axes.get_ylim()[1]),
    )
    places = [(fast, slow) for slow, fast in (pixel.pixel_coords for pixel in summary.worst)]
    # Rings on one another would hide what they show.
    ringed = [at for _, at in clusters(places, to_px, _RING)]
    axes.scatter(
        [at[0] for at in ringed],
        [at[1] for at in ringed],
        s=(2 * _RING * 72 / DPI) ** 2,
        facecolors="none",
        edgecolors=BLUE,
        linewidths=1.4,
        clip_on=False,
    )
    for numbers, at in clusters(places, to_px, _NEAR):
        near_right = (axes.get_xlim()[1] - at[0]) * to_px[0] < 60
        near_top = (at[1] - axes.get_ylim()[1]) * to_px[1] < 20
        axes.annotate(
            number_ranges(numbers),
            at,
            (-10 if near_right else 10, -10 if near_top else 10),
            textcoords="offset pixels",
            horizontalalignment="right" if near_right else "left",
            verticalalignment="top" if near_top else "bottom",
            fontsize=10,
            fontweight="bold",
            color=BLUE,
        )


def worst_list(summary: ScanSummary) -> str:
    """Return the worst pixels, a line each under their numbers; empty where there are none."""
    if not summary.worst:
        return ""
    lines = [
        f"{number}: {pixel_text(pixel.pixel_coords)}, {rounded_text(pixel.abs_diff)}"
        for number, pixel in enumerate(summary.worst, start=1)
    ]
    return "\n".join(("worst pixels (slow fast,", "|difference| in photons):", "", *lines))


def clusters(
    places: Sequence[tuple[float, float]], to_px: tuple[float, float], near: float
) -> list[tuple[list[int], tuple[float, float]]]:
    """Return numbers, from 1, of places within ``near`` px, and where the first of them lies."""
    labels: list[tuple[list[int], tuple[float, float]]] = []
    for number, place in enumerate(places, start=1):
        for numbers, first in labels:
            distance = [(a - b) * px for a, b, px in zip(place, first, to_px, strict=True)]
            if math.hypot(*distance) < near:
                numbers.append(number)
                break
        else:
            labels.append(([number], place))
    return labels


def number_ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers as ``1-3, 5``, with an en dash."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    dash = "\N{EN DASH}"
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}{dash}{run[-1]}" for run in runs)
