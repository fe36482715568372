"""Numbers as people write them in flags and tables; Python's own readers accept too much.

``float`` and ``int`` also accept underscores, other scripts' digits, NaN and infinity.
"""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MOST_DIGITS = 20


def plain_number(word: str) -> float:
    """Return the finite decimal number ``word``; raise ValueError for anything else."""
    if _NUMBER.fullmatch(word) and math.isfinite(value := float(word)):
        return value
    raise ValueError(f"{word!r} is not a finite number; give one")


def plain_integer(word: str) -> int:
    """Return the decimal integer ``word``, of any sign; raise ValueError for anything else.

    More than 20 digits give ±10²⁰, which is outside every range here and fast to read.
    """
    if not _INTEGER.fullmatch(word):
        raise ValueError(f"{word!r} is not a whole number; give one")
    digits = word.lstrip("+-0") or "0"
    size = int(digits) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS
    return -size if word.startswith("-") else size
