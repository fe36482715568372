"""Reading a whole input file; every failure is one sentence."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from parity_bridge.errors import FileError
from parity_bridge.files.toml_limits import MOST_BYTES, check_toml_limits


class FileVersion(NamedTuple):
    """What changes when a file changes: a key for values read from it."""

    device: int
    inode: int
    #: Bytes.
    size: int
    #: Time of the last change, ns.
    mtime_ns: int


def file_status(path: Path, what: str) -> os.stat_result:
    """Return the status of the regular file ``path``; ``what`` is its role in an error message.

    Raises FileError where it does not exist, cannot be read or is no regular file.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(path, what, error) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise FileError(f"{what} {path} is {kind}; name a file")
    return status


def file_version(path: Path, what: str) -> FileVersion:
    """Return the version of the regular file ``path``; raises FileError as ``file_status`` does."""
    status = file_status(path, what)
    return FileVersion(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def read_file(path: Path, what: str) -> bytes:
    """Return the content of the regular file ``path``.

    Raises FileError where it is empty or cannot be read.
    """
    file_status(path, what)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, what, error) from error
    if not data:
        raise FileError(f"{what} {path} is empty; name a file with content")
    return data


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Return the table in the TOML file ``path``.

    Raises FileError as ``read_file`` does, and for a file that is not TOML, is larger than 4 MiB or
    is nested deeper than the limits of ``toml_limits``.
    """
    if file_status(path, what).st_size > MOST_BYTES:
        raise FileError(
            f"{what} {path} is larger than {MOST_BYTES // 2**20} MiB; divide it into several"
        )
    try:
        text = read_file(path, what).decode()
        check_toml_limits(text)
        return tomllib.loads(text)
    # tomllib also refuses numbers of thousands of digits.
    except (ValueError, RecursionError) as error:
        raise FileError(f"{what} {path} is not TOML ({error}); mend it") from error


def _unreadable(path: Path, what: str, error: OSError | ValueError) -> FileError:
    if isinstance(error, FileNotFoundError):
        return FileError(f"{what} {path} does not exist; check the name")
    reason = getattr(error, "strerror", None) or error
    return FileError(f"{what} {str(path)!r} cannot be read ({reason}); check name and permissions")
