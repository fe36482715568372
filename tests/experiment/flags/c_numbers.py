"""Numbers as C's atof and atoi read them: the leading number, the rest ignored."""

from __future__ import annotations

import re

_FLOAT = re.compile(
    r"""[ \t\n\v\f\r]* ([+-]?)
    (?: ( 0x (?: [0-9a-f]+ \.? [0-9a-f]* | \.[0-9a-f]+ ) (?: p[+-]?\d+ )? )
      | ( (?: \d+ \.? \d* | \.\d+ ) (?: e[+-]?\d+ )? )
      | ( inf (?:inity)? | nan ) )""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?\d+)", re.ASCII)


def atof(text: str) -> float:
    """Return the number at the front of ``text`` as C's atof reads it; 0 where there is none."""
    match = _FLOAT.match(text)
    if match is None:
        return 0.0
    sign, hexadecimal, decimal, name = match.groups()
    size = float.fromhex(hexadecimal) if hexadecimal else float(decimal or name)
    return -size if sign == "-" else size


def atoi(text: str) -> int:
    """Return the integer at the front of ``text`` as C's atoi reads it, cut to 32 bits."""
    match = _INTEGER.match(text)
    number = int(match.group(1)) if match else 0
    number = max(-(2**63), min(number, 2**63 - 1))
    return (number + 2**31) % 2**32 - 2**31
