"""Words that the pictures, the page and the memo of a scan share."""

from __future__ import annotations

from parity_bridge.scan.summary import ScanSummary, Shell, UlpBin

ZERO_WORDS = "0: masked, or nothing there"
NOT_FINITE_WORDS = "NaN or infinite"
WITHIN_TOLERANCE_WORDS = "equal, or within tolerance"
NO_LOOKUP_WORDS = "no lookup was made"


def span_text(summary: ScanSummary) -> str:
    """Return the region as ``slow 0..9, fast 0..9``."""
    slow, fast = (f"{first}..{stop - 1}" for first, stop in (summary.slow, summary.fast))
    return f"slow {slow}, fast {fast}"


def detector_text(summary: ScanSummary, times: str = "×") -> str:
    """Return what the region is of: ``a detector of 64 × 64, oversample 2``."""
    rows, columns = summary.detector
    sampled = "" if summary.oversample is None else f", oversample {summary.oversample}"
    return f"a detector of {rows} {times} {columns}{sampled}"


def ulp_range_text(item: UlpBin) -> str:
    """Return the distances of a bin as ``0`` or ``4..7``."""
    return str(item.low) if item.low == item.high else f"{item.low}..{item.high}"


def shell_range_text(shell: Shell) -> str:
    """Return the limits of a shell, Å, as ``∞ - 2.449``."""
    upper = "∞" if shell.d_max is None else f"{shell.d_max:.3f}"
    return f"{upper} - {shell.d_min:.3f}"
