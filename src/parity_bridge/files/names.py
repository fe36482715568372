"""Names and paths that users choose: what is accepted, and how they are shown."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from parity_bridge.errors import FileError, UsageError

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


def check_utf8(text: str, what: str) -> str:
    """Return ``text`` if UTF-8 can hold it; ``what`` is its role in an error message.

    All records and reports are UTF-8. Python gives every byte of a file name that it cannot decode
    as a surrogate. Raises UsageError where ``text`` has one.
    """
    if not any(_is_surrogate(letter) for letter in text):
        return text
    shown = printable(text)
    if sys.getfilesystemencoding() == "utf-8":
        raise UsageError(
            f"{what} '{shown}' is not UTF-8, in which records and reports are written; rename the "
            "file or folder"
        )
    raise UsageError(
        f"{what} '{shown}' cannot be read in the encoding {sys.getfilesystemencoding()}; set a "
        "UTF-8 locale, LC_ALL=C.UTF-8 say, or rename the file or folder"
    )


def printable(text: str) -> str:
    """Return ``text`` on one line, with an escape for every character that cannot be printed.

    Escapes are those of a string in Python; a byte of a file name that is not UTF-8 is shown as in
    ``bytes``.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def encode_utf8(text: str, target: Path) -> bytes:
    """Return ``text`` as UTF-8 for the file ``target``.

    Raises FileError where it holds part of a file name that is not UTF-8.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        near = printable(text[max(error.start - 40, 0) : error.end + 40])
        raise FileError(
            f"{target} cannot be written: a file name in it is not UTF-8 (near '{near}'); rename "
            "that file"
        ) from error


def _is_surrogate(letter: str) -> bool:
    return "\ud800" <= letter <= "\udfff"


def _escape(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()
