"""Folders of a report: assembled beside the target and renamed, so none is half-written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parity_bridge.errors import FileError


def check_not_existing(target: Path) -> None:
    """Raise FileError where ``target`` exists already."""
    if _exists(target):
        raise FileError(
            f"{target} exists already and is never overwritten; give another --stamp or remove it"
        )


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target`` that becomes ``target`` when the block succeeds.

    When the block fails, nothing stays behind. Raises FileError where ``target`` exists or its
    parent cannot be written.
    """
    check_not_existing(target)
    created_folders = make_folder(target.parent)
    staging = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        _create(staging)
        yield staging
        _move(staging, target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        _remove_empty(created_folders)
        raise


def make_folder(folder: Path) -> list[Path]:
    """Create ``folder`` and its parents; return those that did not exist, outermost first."""
    created_folders: list[Path] = []
    missing = [path for path in (folder, *folder.parents) if not _exists(path)]
    for path in reversed(missing):
        try:
            path.mkdir(exist_ok=True)
        except OSError as error:
            _remove_empty(created_folders)
            raise _unwritable(folder, error) from error
        created_folders.append(path)
    if not folder.is_dir():
        raise FileError(f"{folder} is not a folder; give another --out-dir")
    return created_folders


def remove_folder(folder: Path) -> None:
    """Remove ``folder`` and its contents, if it exists; raises FileError where it cannot."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(folder, error) from error


def _exists(path: Path) -> bool:
    # False, where Path.exists raises, if a parent may not be searched: writing then says why.
    return os.path.lexists(path)


def _create(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        raise _unwritable(folder.parent, error) from error


def _move(staging: Path, target: Path) -> None:
    check_not_existing(target)
    try:
        staging.rename(target)
    except OSError as error:
        raise _unwritable(target.parent, error) from error


def _remove_empty(folders: list[Path]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()


def _unwritable(folder: Path, error: OSError) -> FileError:
    return FileError(
        f"{folder} cannot be written ({error.strerror}); give a writable folder with --out-dir"
    )
