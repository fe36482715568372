"""Files that no reader finds half-written: a temporary name in the same folder, then a rename."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from parity_bridge.errors import FileError
from parity_bridge.files.names import encode_utf8
from parity_bridge.files.reading import read_file


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path``; see ``write_bytes``.

    Raises FileError also where ``text`` holds part of a file name that is not UTF-8.
    """
    write_bytes(path, encode_utf8(text, Path(path)))


def write_bytes(path: str | Path, *parts: bytes | memoryview) -> None:
    """Write ``parts`` to ``path`` and replace what was there; readers get the old file or the new.

    Raises FileError where it cannot be written; ``path`` is then unchanged.
    """
    path = Path(path)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        _write_and_rename(temporary, path, parts)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(
            f"{path} cannot be written ({reason}); "
            "name a file in a folder that exists and may be written to"
        ) from error


def copy_file(source: Path, target: Path, what: str) -> None:
    """Copy ``source`` to ``target``; ``what`` is the role of ``source`` in an error message.

    Raises FileError where either file cannot be read or written.
    """
    write_bytes(target, read_file(source, what))


def _write_and_rename(temporary: Path, path: Path, parts: Iterable[bytes | memoryview]) -> None:
    try:
        # Mode "x" leaves the permissions to the user's umask; the tempfile module does not.
        with temporary.open("xb") as file:
            file.writelines(parts)
        os.replace(temporary, path)  # noqa: PTH105 -- the name says that the target is replaced
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
