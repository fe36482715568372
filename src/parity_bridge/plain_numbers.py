"""Numbers as people write them in flags and tables; Python's own readers take too much.

``float`` and ``int`` also accept underscores, other scripts' digits, NaN and infinity.
"""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)


def plain_number(word: str) -> float:
    """The finite decimal number ``word``; ValueError for anything else."""
    if _NUMBER.fullmatch(word) and math.isfinite(value := float(word)):
        return value
    raise ValueError(f"{word!r} is not a finite number")


def plain_integer(word: str) -> int:
    """The decimal integer ``word``, of any sign and at most 20 digits; ValueError otherwise."""
    if _INTEGER.fullmatch(word):
        return int(word)
    raise ValueError(f"{word!r} is not a whole number")
