"""What lies in the store of a scan, checked before Zarr opens any of it.

A store may come from another machine. Its metadata name the codecs that decode it, so that they
are read as plain JSON and compared with what a scan writes; nothing else may lie there.
"""

from __future__ import annotations

import json
import os
import stat
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from parity_bridge.errors import FileError
from parity_bridge.files.reading import read_file

METADATA_FILE = "zarr.json"
#: Folder of the chunks in that of an array.
CHUNKS = "c"
#: How the files of writers that were killed end.
PARTIAL_FILES = (".partial", ".tmp")
REMEDY = "scan again under another --stamp"

_LARGEST_METADATA = 1 << 20  # bytes
#: Of a Blosc frame: versions, flags and size of an element; bytes decoded, of a block and encoded.
_BLOSC_HEAD = struct.Struct("<BBBBIII")
_CRC32C_BYTES = 4


def check_metadata(store: Path, expected: Mapping[str, Any]) -> None:
    """Raise FileError where a metadata file is missing or is not equal to the ``expected`` one.

    ``expected`` holds the content of each file under the path of its group or array.
    """
    for path, content in expected.items():
        file = store / path / METADATA_FILE
        differing = _first_difference(_metadata(file), content)
        if differing:
            raise FileError(f"{file} is not what a scan writes ({differing}); {REMEDY}")


def check_entries(store: Path, expected: Mapping[str, Any]) -> None:
    """Raise FileError for what a scan does not write: links, devices, other files and folders.

    Half-written files of a writer that was killed may be there.
    """
    folders, grids = _known_folders(expected)
    for path in walk_regular_files(store):
        name = path.relative_to(store)
        known = name.name == METADATA_FILE or is_partial(path) or _is_chunk(name, grids)
        if not known or name.parent.as_posix() not in folders:
            raise FileError(f"{path} is not part of a scan; {REMEDY}")


def walk_regular_files(folder: Path) -> Iterator[Path]:
    """Yield every file below ``folder``; raise FileError for what is no file and no folder.

    Links are not followed. A file that another process has just removed is left out.
    """
    if not stat.S_ISDIR(_mode(folder)):
        raise FileError(f"{folder} is not a folder; {REMEDY}")
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise FileError(f"{folder} cannot be read ({error.strerror}); {REMEDY}") from error
    for entry in entries:
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from walk_regular_files(path)
        elif entry.is_file(follow_symlinks=False):
            yield path
        elif path.is_symlink() or path.exists():
            raise FileError(f"{path} is not a regular file; {REMEDY}")


def is_partial(path: Path) -> bool:
    """Return whether a writer that was killed may have left the file."""
    return path.name.endswith(PARTIAL_FILES)


def is_filled(chunk: Path) -> bool:
    """Return whether a regular file is there and not empty, as a power cut may leave it."""
    try:
        status = chunk.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0


def check_chunk(chunk: Path, size: int, item_size: int) -> None:
    """Raise FileError where ``chunk`` does not hold a Blosc frame of ``size`` bytes and its CRC.

    Blosc itself believes the lengths that a frame states.
    """
    if not stat.S_ISREG(_mode(chunk)):
        raise FileError(f"{chunk} is not a regular file; {REMEDY}")
    try:
        length = chunk.stat().st_size
        with chunk.open("rb") as file:
            head = file.read(_BLOSC_HEAD.size)
    except OSError as error:
        raise damaged_chunk(chunk, error.strerror or "cannot be read") from error
    if len(head) < _BLOSC_HEAD.size:
        raise damaged_chunk(chunk, "it is cut off")
    *_, item, decoded, _, encoded = _BLOSC_HEAD.unpack(head)
    if (item, decoded, encoded + _CRC32C_BYTES) != (item_size, size, length):
        raise damaged_chunk(chunk, "it states other lengths than it has")


def damaged_chunk(chunk: Path, reason: str) -> FileError:
    """Return the error for a chunk that cannot be decoded."""
    return FileError(
        f"{chunk} cannot be decoded ({reason}); remove it and go on with --resume, or {REMEDY}"
    )


def differences(before: Any, now: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield every leaf in which two records differ, by its path."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*before, *now)):
            yield from differences(before.get(key), now.get(key), f"{name} {key}".strip())
    elif before != now:
        yield name, before, now


def value_text(value: Any) -> str:
    """Return a value of a record in a few characters on one line."""
    text = "nothing" if value is None else str(value)
    text = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _metadata(file: Path) -> Any:
    """Return the JSON value in ``file``."""
    if not stat.S_ISREG(_mode(file)):
        raise FileError(f"{file} is not a regular file; {REMEDY}")
    if file.stat().st_size > _LARGEST_METADATA:
        raise FileError(f"{file} is not what a scan writes (it is too long); {REMEDY}")
    try:
        return json.loads(read_file(file, "metadata of a scan"))
    except (ValueError, RecursionError) as error:
        raise FileError(f"{file} is not JSON ({error}); {REMEDY}") from error


def _mode(path: Path) -> int:
    """Return the mode of ``path`` itself; raise FileError where it is missing."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError as error:
        raise FileError(f"{path} is missing; {REMEDY}") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror}); {REMEDY}") from error


def _first_difference(stored: Any, expected: Any) -> str:
    """Return where two JSON values differ, in types too; empty where they are the same."""
    if _canonical(stored) == _canonical(expected):
        return ""
    for name, value, wanted in differences(stored, expected):
        return f"{value_text(name) or 'it'} is {value_text(value)}, not {value_text(wanted)}"
    return "a value is of another type"  # 0, 0.0 and false are equal in Python


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _known_folders(expected: Mapping[str, Any]) -> tuple[set[str], dict[str, tuple[int, ...]]]:
    """Return the folders of a store, and the size of each array in chunks."""
    folders = {path or "." for path in expected}
    grids = {}
    for path, content in expected.items():
        if content["node_type"] == "array":
            chunks = content["chunk_grid"]["configuration"]["chunk_shape"]
            grid = tuple(
                -(-size // chunk) for size, chunk in zip(content["shape"], chunks, strict=True)
            )
            grids[path] = grid
            folders |= {f"{path}/{CHUNKS}/{row}" for row in range(grid[0])}
    return folders, grids


def _is_chunk(name: Path, grids: Mapping[str, tuple[int, ...]]) -> bool:
    """Return whether ``name``, relative to the store, is that of a chunk of an array."""
    *path, folder, _, column = name.parts if len(name.parts) > 3 else ("", "", "", "")
    grid = grids.get("/".join(path))
    if grid is None or folder != CHUNKS:
        return False
    return column in map(str, range(grid[1]))
