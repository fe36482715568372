"""Checks that every engine makes of the requested pixels."""

from __future__ import annotations

from collections.abc import Sequence

from parity_bridge.errors import UsageError

#: Most rows of one tapped pixel, some 200 bytes each.
MAX_TAPPED_EVALUATIONS = 1_000_000


def check_pixels(pixels: Sequence[tuple[int, int]], pixels_slow: int, pixels_fast: int) -> None:
    """Raise UsageError for the first of ``pixels`` (slow, fast) that lies outside the detector."""
    for slow, fast in pixels:
        if not (0 <= slow < pixels_slow and 0 <= fast < pixels_fast):
            raise UsageError(
                f"--pixel {slow} {fast} lies outside the detector of {pixels_slow} slow x "
                f"{pixels_fast} fast pixels; give SLOW 0..{pixels_slow - 1} "
                f"FAST 0..{pixels_fast - 1}"
            )


def check_evaluations(evaluations: int) -> None:
    """Raise UsageError where a tapped pixel would have more rows than a person can read."""
    if evaluations > MAX_TAPPED_EVALUATIONS:
        raise UsageError(
            f"a tapped pixel would have {evaluations} evaluations, more than "
            f"{MAX_TAPPED_EVALUATIONS}; take fewer subpixels, layers, sources, phi steps or mosaic "
            "domains, or render a frame, which keeps no record of them"
        )
