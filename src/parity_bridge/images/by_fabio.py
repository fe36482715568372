"""Every other format, as fabio reads it: nothing here can check that such a file is whole.

The format follows from the ending of the file's name, which its author chose. Its first bytes are
no guide: by them fabio takes ten zeros for an image. Some broken files keep fabio busy for ever, or
make it ask for all memory: it reads in a process of its own, with limits (``fabio_child.py``).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.experiment.smv import MAX_BYTES
from parity_bridge.files.child_process import child_process
from parity_bridge.files.private_folder import private_folder
from parity_bridge.images import fabio_child
from parity_bridge.images.image_checks import BrokenImageError, check_single, shape_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Format that only fabio reads -> endings of file names. ``docs/scan.md`` lists them.
FORMATS = {
    "MarCCD, MarMosaic": ("mccd",),
    "mar345, mar555": (
        *("mar1200", "mar1600", "mar1800", "mar2000"),
        *("mar2300", "mar2400", "mar3000", "mar3450"),
    ),
    "Bruker 100": ("sfrm",),
    "KappaCCD": ("kcd",),
    "CrysAlis Esperanto": ("esper", "eseperanto"),
    "HDF5 (Eiger, Lima, Lambda)": ("h5", "hdf5", "nxs"),
    "Fit2D image, mask, spreadsheet": ("f2d", "msk", "spr"),
    "MRC": ("mrc", "map", "fei"),
    "Digital Micrograph 3": ("dm3",),
    "Princeton SPE": ("spe",),
    "MPA": ("mpa",),
    "PNM": ("pnm", "pgm", "pbm"),
    "JPEG": ("jpg", "jpeg"),
    "JPEG 2000": ("jp2", "jpx", "j2k", "jpf", "jpg2"),
}
_ENDINGS = {ending for endings in FORMATS.values() for ending in endings}
_PROGRAM = Path(fabio_child.__file__)
_PACKED = {"gz", "bz2"}

#: Limits of the process: bytes of memory beyond those of the file, and seconds of processor time.
_MEMORY = 2 * 2**30
_CPU_SECONDS = 30
#: Seconds by the clock, for a process that waits instead of computing.
_WALL_SECONDS = 300

_REMEDY = "convert it to EDF, CBF, TIFF or .npy with the program that wrote it"


def read_with_fabio(path: Path, size: int, refusal: str) -> tuple[str, NDArray[Any]]:
    """Return fabio's name of the format and the pixels of the image ``path`` of ``size`` bytes.

    Raises BrokenImageError where fabio cannot read it within the limits, with ``refusal`` where
    its ending is none of ``FORMATS``: the sentence with which the readers here refused it.
    """
    if not _is_known(path):
        raise BrokenImageError(refusal)
    try:
        with private_folder() as folder:
            return _read_in_child(path, size, folder)
    except OSError as error:
        raise BrokenImageError(
            "fabio cannot be run in a process of its own, or its pixels not be stored "
            f"({error.strerror or error}); make room for both, or {_REMEDY}"
        ) from error


def _is_known(path: Path) -> bool:
    endings = [word.lower() for word in path.name.split(".")[1:]]
    if endings and endings[-1] in _PACKED:
        endings.pop()
    return bool(endings) and endings[-1] in _ENDINGS


def _read_in_child(path: Path, size: int, folder: Path) -> tuple[str, NDArray[Any]]:
    memory = _MEMORY + size
    status = _run_child(
        [str(path.absolute()), str(folder), str(memory), str(_CPU_SECONDS), str(2 * MAX_BYTES)]
    )
    answer_file = folder / fabio_child.ANSWER_FILE
    if status != 0 or not answer_file.exists():
        raise BrokenImageError(f"{_failure_text(status)}; {_REMEDY}")
    answer = json.loads(answer_file.read_text(encoding="utf-8"))
    _check_answer(answer, memory)
    pixels = np.load(folder / fabio_child.PIXELS_FILE, allow_pickle=False)
    return f"{answer['format']} of fabio", pixels


def _run_child(arguments: list[str]) -> int | None:
    """Run the program and return its exit status; None: it did not end in time."""
    # -P: a file in the working folder that is named like a module is not imported.
    command = [sys.executable, "-P", str(_PROGRAM), *arguments]
    # Each thread of a library for linear algebra would reserve memory.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with child_process(command, environment) as process:
        return process.wait(_WALL_SECONDS)


def _failure_text(status: int | None) -> str:
    """State how a process without an answer ended."""
    if status is None:
        return f"fabio had not read it after {_WALL_SECONDS} s"
    if status == -signal.SIGXCPU:
        return f"fabio had not read it after {_CPU_SECONDS} s of processor time"
    if status < 0:
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"{-status}"
        return f"the process in which fabio read it was ended by the signal {name}"
    return f"the process in which fabio read it ended with status {status}"


def _check_answer(answer: dict[str, Any], memory: int) -> None:
    """Raise BrokenImageError where the process says that there are no pixels."""
    match answer.get("failure"):
        case None:
            return
        case "memory":
            raise BrokenImageError(
                f"fabio needs more than {memory / 2**30:.1f} GiB of memory to read it; {_REMEDY}"
            )
        case "images":
            check_single(2)
        case "shape":
            raise BrokenImageError(
                f"fabio reads {shape_text(tuple(answer['shape']))} {answer['dtype']}; write one "
                "image, slow x fast"
            )
        case "result":
            raise BrokenImageError(
                f"its pixels cannot be written to the folder {tempfile.gettempdir()} "
                f"({answer['text']}); make room there, or set TMPDIR to another"
            )
    raise BrokenImageError(f"fabio cannot read it ({answer['text'][:120]}); {_REMEDY}")
