"""The program that reads an image with fabio, alone in a process: fabio may hang or crash there.

Usage: fabio_child.py IMAGE FOLDER MEMORY SECONDS FILE_BYTES. It writes ``pixels.npy`` and the name
of the format, or what is wrong, as ``answer.json`` to FOLDER. It is run as a file and imports
nothing of this package.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

#: File names in FOLDER.
PIXELS_FILE = "pixels.npy"
ANSWER_FILE = "answer.json"


def main(image: str, folder: str, memory: str, seconds: str, file_bytes: str) -> None:
    """Read ``image`` within ``memory`` bytes and ``seconds`` of processor time."""
    _limit(resource.RLIMIT_AS, int(memory))
    # SIGXCPU comes at the soft limit, which tells it from any other SIGKILL.
    _limit(resource.RLIMIT_CPU, int(seconds), spare=5)
    _limit(resource.RLIMIT_FSIZE, int(file_bytes))
    _limit(resource.RLIMIT_CORE, 0)
    try:
        answer = _read(image, Path(folder))
    except MemoryError:
        answer = {"failure": "memory"}
    except Exception as error:  # noqa: BLE001 - fabio raises anything
        answer = {"failure": "fabio", "text": " ".join(str(error).split()) or type(error).__name__}
    (Path(folder) / ANSWER_FILE).write_text(json.dumps(answer), encoding="utf-8")


def _read(image: str, folder: Path) -> dict[str, Any]:
    """Write the pixels of ``image`` and return what is to be said of them."""
    import fabio  # noqa: PLC0415 - within the limits
    import numpy as np  # noqa: PLC0415

    opened = fabio.open(image)
    if opened.nframes != 1:
        return {"failure": "images"}
    pixels = np.asarray(opened.data)
    answer = {
        "format": type(opened).__name__,
        "shape": list(pixels.shape),
        "dtype": pixels.dtype.name,
    }
    if pixels.ndim != 2 or pixels.size == 0 or pixels.dtype.kind not in "biuf":
        return {"failure": "shape", **answer}
    try:
        np.save(folder / PIXELS_FILE, pixels, allow_pickle=False)
    except OSError as error:
        return {"failure": "result", "text": error.strerror or str(error)}
    return answer


def _limit(kind: int, value: int, spare: int = 0) -> None:
    """Lower a limit of this process to ``value``; leave it where it is lower already.

    The hard limit is higher by ``spare``.
    """
    _, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY:
        hard = value + spare
    # A system that knows no such limit refuses.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (min(value, hard), min(value + spare, hard)))


if __name__ == "__main__":
    main(*sys.argv[1:])
