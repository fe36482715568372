"""Numbers as C's ``atof`` and ``atoi`` read them: the leading number, the rest passed over."""

from __future__ import annotations

import re

_DECIMAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_HEXADECIMAL = re.compile(
    r"\s*[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)([pP][+-]?\d+)?"
)
_NOT_FINITE = re.compile(r"\s*[+-]?(inf(inity)?|nan)", re.IGNORECASE)
_INTEGER = re.compile(r"\s*[+-]?\d+", re.ASCII)
_MOST_DIGITS = 20


def begins_with_number(word: str) -> bool:
    """Return whether ``leading_number`` has anything to read."""
    return any(pattern.match(word) for pattern in (_DECIMAL, _HEXADECIMAL, _NOT_FINITE))


def leading_number(word: str) -> float:
    """Return the number at the front of ``word``, as ``atof`` does; 0 where there is none."""
    if match := _HEXADECIMAL.match(word):
        return float.fromhex(match[0].strip())
    match = _DECIMAL.match(word) or _NOT_FINITE.match(word)
    return float(match[0]) if match else 0.0


def leading_integer(word: str) -> int:
    """Return the integer at the front of ``word``, as ``atoi`` does; 0 where there is none.

    A number of more than 32 bits keeps its lowest 32, one of more than 64 is cut to 64 before.
    """
    match = _INTEGER.match(word)
    if match is None:
        return 0
    digits = match[0].strip()
    sign, size = (-1 if digits.startswith("-") else 1), digits.lstrip("+-0")[: _MOST_DIGITS + 1]
    number = min(max(sign * int(size or "0"), -(2**63)), 2**63 - 1)
    return (number + 2**31) % 2**32 - 2**31
