"""What the other side records of its setup, which need not be what it computes with.

A port that turns the crystal the wrong way round still records the axis that it was given. So a
trial whose slip changes the setup may find the reference's own figures recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parity_bridge.taps.fields import Scalar

_CONFIG, _DERIVED = "config_snapshot", "derived."
#: What other figures follow from, though it stands after some of them.
_CAUSE = "derived.twotheta_axis."


class RecordedSetup:
    """What both sides recorded of the setup, at each pixel."""

    def __init__(
        self, ours: Sequence[PixelTaps], theirs: Sequence[PixelTaps], tolerances: Tolerances
    ) -> None:
        """Take the reference's figures and the other side's at the same pixels."""
        self._tolerances = tolerances
        self._ours = [_derived_figures(side) for side in ours]
        self._common = [
            {name: value for name, value in _derived_figures(side).items()
             if self._agrees(name, figures, value)}
            for figures, side in zip(self._ours, theirs, strict=True)
        ]  # fmt: skip

    def as_recorded(self, reruns: Sequence[PixelTaps]) -> tuple[list[PixelTaps], int]:
        """Return ``reruns`` as the other side records them, and how many figures that changes.

        A side may record the reference's figures and use others, in all that the reruns change or
        in the first of them: the spread of mosaic domains that were turned otherwise, say. It does
        not record the first changed and what follows from it unchanged. The number is that of the
        pixel that has most.
        """
        changed = [
            [name for name, value in _derived_figures(rerun).items()
             if not self._agrees(name, figures, value)]
            for figures, rerun in zip(self._ours, reruns, strict=True)
        ]  # fmt: skip
        unchanged = [
            list(takewhile(common.__contains__, sorted(names, key=_is_consequence)))
            for common, names in zip(self._common, changed, strict=True)
        ]
        recorded = [
            _with_figures(rerun, {name: common[name] for name in names})
            for common, names, rerun in zip(self._common, unchanged, reruns, strict=True)
        ]
        return recorded, max(map(len, unchanged), default=0)

    def _agrees(self, name: str, figures: Mapping[str, Scalar], value: Scalar) -> bool:
        ours = figures.get(name)
        if ours == value:
            return True
        limit = self._tolerances.of(_CONFIG, name)
        if limit is None or not isinstance(ours, float) or not isinstance(value, float):
            return False
        return abs(value - ours) <= limit.atol + limit.rtol * abs(ours)


def _is_consequence(name: str) -> bool:
    return not name.startswith(_CAUSE)


def _derived_figures(side: PixelTaps) -> dict[str, Scalar]:
    if _CONFIG not in side.taps:
        return {}
    figures = side.taps[_CONFIG].pixel
    return {name: value for name, value in figures.items() if name.startswith(_DERIVED)}


def _with_figures(side: PixelTaps, figures: Mapping[str, Scalar]) -> PixelTaps:
    if not figures:
        return side
    config = side.taps[_CONFIG]
    changed = replace(config, pixel={**config.pixel, **figures})
    return replace(side, taps={**side.taps, _CONFIG: changed})
