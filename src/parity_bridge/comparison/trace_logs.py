"""``compare A.log B.log``: the first line at which two TRACE logs differ."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from parity_bridge.comparison.pairing import MAX_ULPS, ulp_distance
from parity_bridge.errors import ShapeError
from parity_bridge.taps.trace_log import TraceLine, read_trace

_DIFFER = 3
_SHAPES = 4


def compare_logs(reference: Path, other: Path) -> tuple[str, int]:
    """Compare two TRACE logs; return the text to print and the exit status.

    Values are compared as they are printed, keys in the order of the reference. The nth line of a
    key is compared with the nth line of that key in the other log. Raises FileError for a file
    that is not a log, ShapeError where the two logs have no key in common.
    """
    ours, theirs = _by_key_and_count(read_trace(reference)), _by_key_and_count(read_trace(other))
    common = [key for key in ours if key in theirs]
    if not common:
        raise ShapeError(f"{reference} and {other} have no key in common")
    differing_keys = [key for key in common if not _agree(ours[key].values, theirs[key].values)]
    lines = [f"{len(common)} lines compared, {len(differing_keys)} differ"]
    lines += _one_sided_text(str(reference), [ours[key] for key in ours if key not in theirs])
    lines += _one_sided_text(str(other), [theirs[key] for key in theirs if key not in ours])
    if differing_keys:
        lines.insert(0, _first_divergence_text(ours[differing_keys[0]], theirs[differing_keys[0]]))
    same_keys = ours.keys() == theirs.keys()
    return "\n".join(lines), _DIFFER if differing_keys else 0 if same_keys else _SHAPES


def _by_key_and_count(lines: Sequence[TraceLine]) -> dict[tuple[str, int], TraceLine]:
    counts: Counter[str] = Counter()
    by_key_and_count = {}
    for line in lines:
        by_key_and_count[line.key, counts[line.key]] = line
        counts[line.key] += 1
    return by_key_and_count


def _agree(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    return len(ours) == len(theirs) and all(map(_words_agree, ours, theirs))


def _words_agree(first: str, second: str) -> bool:
    """Return whether two words are the same, or the same number however written."""
    a, b = _parsed_number(first), _parsed_number(second)
    if a is None or b is None:
        return first == second
    return a == b or (math.isnan(a) and math.isnan(b))


def _parsed_number(word: str) -> float | int | None:
    """Parse a number; whole numbers stay whole: float64 merges large ones."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return None


def _first_divergence_text(ours: TraceLine, theirs: TraceLine) -> str:
    text = (
        f"first divergence: {ours.key}, line {ours.number} of A: {' '.join(ours.values)}; line "
        f"{theirs.number} of B: {' '.join(theirs.values)}"
    )
    for first, second in zip_longest(ours.values, theirs.values):
        a, b = (None if word is None else _parsed_number(word) for word in (first, second))
        if a is not None and b is not None and a != b:
            ulps = ulp_distance(float(a), float(b))
            if ulps is not None and ulps <= MAX_ULPS:
                return f"{text} (difference {abs(b - a):.3g}, {ulps} ULP as printed)"
            return text if ulps is None else f"{text} (difference {abs(b - a):.3g})"
    return text


def _one_sided_text(name: str, lines: Sequence[TraceLine]) -> list[str]:
    if not lines:
        return []
    keys = ", ".join(dict.fromkeys(line.key for line in lines))
    return [f"{len(lines)} lines only in {name}: {keys}"]
