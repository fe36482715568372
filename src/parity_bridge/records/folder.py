"""Folders of a report: assembled beside the target and renamed, so none is half-written."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parity_bridge.errors import FileError
from parity_bridge.files.locks import Lock, folder_lock

#: How the names of folders end that are not assembled yet.
_PARTIAL = ".partial"


def check_not_existing(target: Path) -> None:
    """Raise FileError where ``target`` exists already."""
    if _exists(target):
        raise FileError(
            f"{target} exists already and is never overwritten; give another --stamp or remove it"
        )


def check_is_new(target: Path) -> None:
    """Raise FileError where the folder ``target`` holds anything."""
    if any(target.iterdir()):
        check_not_existing(target)


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target`` that becomes ``target`` when the block succeeds.

    When the block fails, nothing stays behind. Raises FileError where ``target`` exists, another
    process is about to create it, or its parent cannot be written.
    """
    check_not_existing(target)
    created_folders = make_folder(target.parent)
    try:
        _check_no_other_process(target)
        with _locked_staging_folder(target) as staging:
            yield staging
            _move(staging, target)
    except BaseException:
        remove_empty_folders(created_folders)
        raise


def _check_no_other_process(target: Path) -> None:
    """Raise FileError where another process assembles ``target``; remove what dead ones left."""
    for staging in target.parent.glob(f".{glob.escape(target.name)}.*{_PARTIAL}"):
        with folder_lock(staging) as lock:
            if lock is Lock.TAKEN and staging.exists():
                raise in_use(target)
            if lock is Lock.HELD:
                shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _locked_staging_folder(target: Path) -> Iterator[Path]:
    """Create a folder that no other process writes to or removes; it is removed if it is left."""
    while True:
        # Not the number of the process: in containers many have the same.
        staging = target.with_name(f".{target.name}.{secrets.token_hex(8)}{_PARTIAL}")
        _create(staging)
        try:
            with folder_lock(staging) as lock:
                # Taken: another process held it to be left over before it was locked.
                if lock is not Lock.TAKEN:
                    yield staging
                    return
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def sole_process(target: Path) -> Iterator[None]:
    """Create the folder ``target`` if need be, and let no other process write to it in the block.

    It is removed where the block created it and leaves nothing in it. Raises FileError where
    another process works in it.
    """
    created_folders = make_folder(target)
    with folder_lock(target) as lock:
        if lock is Lock.TAKEN:
            raise in_use(target)
        try:
            yield
        finally:
            remove_empty_folders(created_folders)


def in_use(target: Path) -> FileError:
    """Return the error where another process writes ``target``."""
    return FileError(
        f"another process works in {target}; wait until it ends, or give another --stamp"
    )


def make_folder(folder: Path) -> list[Path]:
    """Create ``folder`` and its parents; return those that did not exist, outermost first."""
    created_folders: list[Path] = []
    missing = [path for path in (folder, *folder.parents) if not _exists(path)]
    for path in reversed(missing):
        try:
            path.mkdir(exist_ok=True)
        except (OSError, ValueError) as error:
            remove_empty_folders(created_folders)
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
    except (OSError, ValueError) as error:
        raise _unwritable(folder.parent, error) from error


def _move(staging: Path, target: Path) -> None:
    check_not_existing(target)
    try:
        staging.rename(target)
    except OSError as error:
        check_not_existing(target)  # another process was faster
        raise _unwritable(target.parent, error) from error


def remove_empty_folders(folders: list[Path]) -> None:
    """Remove those of ``folders``, outermost first, that are empty."""
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()


def _unwritable(folder: Path, error: OSError | ValueError) -> FileError:
    # Errors of shutil and of names that no file can have are text alone.
    reason = getattr(error, "strerror", None) or error
    return FileError(
        f"{folder} cannot be written ({reason}); give a writable folder with --out-dir"
    )
