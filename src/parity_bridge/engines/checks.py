"""Checks that every engine makes of the requested pixels, threads and state."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

from parity_bridge.errors import UsageError
from parity_bridge.experiment.regions import RunState

#: Most rows of one tapped pixel, some 200 bytes each.
MAX_TAPPED_EVALUATIONS = 1_000_000

#: Most threads of one call.
_MAX_THREADS = 1024


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


def check_threads(threads: object) -> int:
    """Return ``threads`` as an int; raise UsageError for anything but 1 to 1024."""
    whole = isinstance(threads, Integral) and not isinstance(threads, bool)
    if not whole or not 1 <= int(threads) <= _MAX_THREADS:  # type: ignore[call-overload]
        raise UsageError(
            f"threads={threads!r} is not a number of threads; give 1 to {_MAX_THREADS}"
        )
    return int(threads)  # type: ignore[call-overload, no-any-return]


def check_state(state: object) -> None:
    """Raise UsageError for anything but None and a RunState whose axis has three numbers."""
    if state is None or (isinstance(state, RunState) and _is_axis(state.polar_axis)):
        return
    raise UsageError(
        f"state={state!r} is not the state of a run; give the state of a Frame or of "
        "Scanner.start(), or leave it out"
    )


def _is_axis(axis: object) -> bool:
    return (
        isinstance(axis, tuple)
        and len(axis) == 3
        and all(isinstance(component, Real) for component in axis)
    )
