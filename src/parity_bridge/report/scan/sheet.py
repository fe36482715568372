"""The sheet of a picture: its size, where panels go, and plain text on it.

matplotlib is slow to import and is imported only where a sheet is created. It is used without
pyplot, so that threads do not share a figure.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from parity_bridge.report.scan.colours import DARK_GREY, WHITE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from parity_bridge.scan.maps import RegionMaps

WIDTH, DPI = 1200, 100  # px, px/inch
LEFT, TOP = 80, 84  # px beside and above the panels
#: Between panels, and for a colour bar with all that belongs to it, px.
GAP, BAR_ROOM = 40, 110
_BOTTOM = 96  # px below the panels
_MOST_HEIGHT = 820  # px, of a panel
#: Beyond this ratio of the sides the axes of a map have scales of their own: a strip drawn true to
#: scale could not be seen.
_LONGEST = 8


class Box(NamedTuple):
    """A rectangle of the sheet, px from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass
class Sheet:
    """A matplotlib figure of a height in px."""

    height: float
    figure: Figure = field(init=False)

    def __post_init__(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

        self.figure = Figure((WIDTH / DPI, self.height / DPI), dpi=DPI, facecolor=WHITE)
        FigureCanvasAgg(self.figure)

    def axes(self, box: Box) -> Axes:
        """Add axes that fill ``box``."""
        left, bottom = box.left / WIDTH, 1.0 - (box.top + box.height) / self.height
        return self.figure.add_axes((left, bottom, box.width / WIDTH, box.height / self.height))

    def text(self, left: float, top: float, words: str, size: float = 10, **how: Any) -> None:
        """Write ``words``; ``size`` is in points."""
        # Names of files may hold dollars.
        self.figure.text(
            left / WIDTH,
            1.0 - top / self.height,
            words,
            fontsize=size,
            parse_math=False,
            verticalalignment="top",
            **how,
        )

    def heading(self, title: str, subtitle: str) -> None:
        """Write the two lines above the panels."""
        self.text(LEFT, 10, title, 13, fontweight="bold")
        self.text(LEFT, 34, subtitle, 9, color=DARK_GREY)

    def swatches(self, legend: Sequence[tuple[str, str]]) -> None:
        """Say below the panels what colours mean that are on no colour bar."""
        left, top = float(LEFT), self.height - 30
        for colour, words in legend:
            axes = self.axes(Box(left, top, 14, 14))
            axes.set(xticks=[], yticks=[], facecolor=colour)
            self.text(left + 20, top - 1, words)
            left += 44 + 7.2 * len(words)

    def png(self) -> bytes:
        """Return the picture; nothing in it says when and by what it was drawn."""
        file = io.BytesIO()
        how: dict[str, Any] = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 4}}
        self.figure.savefig(file, format="png", dpi=DPI, **how)
        return file.getvalue()


def first_panel(maps: RegionMaps, most_width: float) -> Box:
    """Return where the first map of a picture goes: true to scale unless it is a strip."""
    rows, columns = maps.region.shape
    ratio = min(max(rows / columns, 1 / _LONGEST), _LONGEST)
    width = min(most_width, _MOST_HEIGHT / ratio)
    return Box(LEFT, TOP, round(width), round(width * ratio))


def sheet_for(panel: Box, title: str, subtitle: str) -> Sheet:
    """Return a sheet as high as ``panel`` needs, with its heading."""
    sheet = Sheet(panel.top + panel.height + _BOTTOM)
    sheet.heading(title, subtitle)
    return sheet


def axes_title(axes: Axes, words: str) -> None:
    """Write a line above axes."""
    axes.set_title(words, fontsize=10, loc="left", parse_math=False)


def axes_message(axes: Axes, words: str) -> None:
    """Write a framed message in the middle of axes that have little else to show."""
    frame = {"facecolor": WHITE, "edgecolor": DARK_GREY, "boxstyle": "round,pad=0.6"}
    axes.text(
        0.5,
        0.5,
        words,
        transform=axes.transAxes,
        horizontalalignment="center",
        fontsize=12,
        bbox=frame,
    )
