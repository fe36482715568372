"""Limits of TOML files, checked before they are parsed: memory grows with the square of the depth.

Only keys, brackets and braces count; strings and comments may hold anything.
"""

from __future__ import annotations

import re

MOST_BYTES = 2**22
MOST_KEY_PARTS = 8
MOST_NESTING = 16

#: Strings and comments, closed or not: the parser refuses a string that is not closed. Two more
#: quotes may stand before the three that close a string. Nothing is tried twice.
_OPAQUE = re.compile(
    r"""
    \"{3} (?: [^"\\]++ | \\. | "(?!"") )*+ (?: \"{3,5} | \Z )
    | '{3} (?: [^']++ | '(?!'') )*+ (?: '{3,5} | \Z )
    | " (?: [^"\\\n]++ | \\[^\n] )*+ "?
    | ' [^'\n]*+ '?
    | \# [^\n]*+
    """,
    re.VERBOSE | re.DOTALL,
)
_PART = "[A-Za-z0-9_-]++"
_DEEP_KEY = re.compile(
    rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_KEY_PARTS},}}+"
)


def check_toml_limits(text: str) -> None:
    """Raise ValueError for a key of too many parts and for values nested too deeply."""
    structure = _OPAQUE.sub("s", text)
    key = _DEEP_KEY.search(structure)
    if key is not None:
        parts = key.group().count(".") + 1
        line = structure.count("\n", 0, key.start()) + 1
        raise ValueError(f"a key has {parts} parts, more than {MOST_KEY_PARTS}, near line {line}")
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", structure):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > MOST_NESTING:
            raise ValueError(f"values are nested more than {MOST_NESTING} deep")
