"""Small real inputs that come with the package, each with its nanoBragg flags."""

from __future__ import annotations

import shlex
from pathlib import Path

from parity_bridge.errors import UsageError

_FOLDER = Path(__file__).parent


def example_flags(name: str) -> list[str]:
    """Return the nanoBragg flags of example ``name``, its files named by absolute paths.

    Raise UsageError for an unknown name, listing the known ones.
    """
    known = {path.stem: path for path in sorted(_FOLDER.glob("*.txt"))}
    if name not in known:
        raise UsageError(f"there is no example {name!r}; choose {', '.join(known)}")
    return [_located(word) for word in shlex.split(known[name].read_text(encoding="utf-8"))]


def _located(word: str) -> str:
    file = _FOLDER / word
    return str(file) if file.is_file() else word
