"""A file that does not fit in memory: an error of one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parity_bridge.errors import FileError


@contextmanager
def memory_errors(path: Path, what: str) -> Iterator[None]:
    """Turn a MemoryError in the block into a FileError; ``what`` is the role of ``path`` in it."""
    try:
        yield
    except MemoryError as error:
        raise FileError(
            f"{what} {path} needs more memory than this process can get; free some, or raise the "
            "limit (ulimit -v)"
        ) from error
