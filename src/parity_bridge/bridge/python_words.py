"""Errors in the words of the Python interface: what the command line calls an option."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from parity_bridge.errors import BridgeError

#: Words of the command line -> those of the interface; the first that fits is taken.
_WORDS = {
    "another --stamp or --out-dir": "another folder",
    "another --stamp": "another folder",
    "another --out-dir": "another folder",
    "a writable folder with --out-dir": "a writable folder",
    "--state frame": "in_frame=True",
    "--resume": "resume=True",
    "--behaviour": "behaviours",
    "--c-bin": "c_bin",
    **{f"--{name}": name for name in ("dask", "device", "dtype", "pixel", "precision")},
    **{f"--{name}": name for name in ("taps", "threads", "tile", "tolerances")},
}
_ANY_WORDS = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _WORDS))})(?![\w-])")


@contextmanager
def in_python_words() -> Iterator[None]:
    """Name arguments, not options of the command line, in any BridgeError that the block raises."""
    try:
        yield
    except BridgeError as error:
        error.args = (python_words(str(error)),)
        raise


def python_words(text: str) -> str:
    """Return a message of the command line in the words of the Python interface."""
    return _ANY_WORDS.sub(lambda found: _WORDS[found[0]], text)
