"""Output files that a user names freely: links are followed, devices and pipes written into."""

from __future__ import annotations

import os
from pathlib import Path

from parity_bridge.errors import FileError
from parity_bridge.files.atomic_write import write_bytes


def check_output(path: Path) -> None:
    """Raise FileError where ``path`` cannot be written, before time is spent on what goes there."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise FileError(f"{path} is a folder; name a file")
    if _is_special(target):
        writable = os.access(target, os.W_OK)
    else:
        writable = os.access(target.parent, os.W_OK | os.X_OK)
    if not writable:
        raise FileError(
            f"{path} cannot be written; name a file in a folder that exists and may be written to"
        )


def write_output(path: Path, *parts: bytes | memoryview) -> None:
    """Write ``parts`` to ``path``: a file is replaced whole, a device or pipe is written into.

    Raises FileError where that fails; a file is then unchanged.
    """
    target = Path(os.path.realpath(path))
    if not _is_special(target):
        write_bytes(target, *parts)
        return
    try:
        with target.open("wb") as device:
            device.writelines(parts)
    except OSError as error:
        raise FileError(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from error


def _is_special(target: Path) -> bool:
    """Return whether ``target`` is there and is neither a file nor a folder."""
    return target.exists() and not target.is_file() and not target.is_dir()
