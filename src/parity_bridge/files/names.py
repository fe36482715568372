"""Names chosen by users that become part of a path."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")


def check_name(text: str) -> str:
    """Return ``text`` if it is one path component of letters, digits and ``._-``.

    Raises ValueError for anything else.
    """
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a name; use letters, digits and . _ - only, at most 200, and begin "
            "with a letter, a digit or _"
        )
    return text
