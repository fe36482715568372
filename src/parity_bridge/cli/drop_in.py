"""The console of ``pb-nanobragg``: lines on standard output, notes and errors beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity_bridge.bridge.drop_in_run import drop_in_run
from parity_bridge.cli.exit_status import exit_status_of
from parity_bridge.cli.printing import print_error, print_lines, print_note
from parity_bridge.errors import NothingToSimulateError
from parity_bridge.experiment.flags.help import flag_help
from parity_bridge.report.drop_in_text import image_line, pixel_lines, setup_lines

if TYPE_CHECKING:
    from parity_bridge.bridge.printed_pixels import PrintedPixel
    from parity_bridge.engines.c_core.finished_image import FinishedImage
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors

_NAME = "pb-nanobragg"

_NOTHING_TO_SIMULATE = 9

_MOST_THREADS = 1024

_USAGE = """\
usage: pb-nanobragg -hkl FILE -cell A B C ALPHA BETA GAMMA [FLAG [VALUE ...] ...]

Computes the diffraction image of a nanocrystal and writes it to four files: photons
(-floatfile), counts (-intfile), grey values (-pgmfile) and counts with noise (-noisefile).
A cell (-cell) or an orientation matrix (-mat) is needed, and structure factors: a table
(-hkl), a cache from an earlier run (Fdump.bin here, or -dump), or one value (-default_F).
$OMP_NUM_THREADS says how many threads compute; the bits do not depend on it.

flags:
"""


def main(words: Sequence[str]) -> int:
    """Run the original's command line ``words`` and return the exit status."""
    return exit_status_of(partial(_run, words), _NAME)


def _run(words: Sequence[str]) -> int:
    """Run ``words``, or print the usage where there is nothing to simulate; return the status."""
    try:
        drop_in_run(words, _thread_count(), _Console())
    except NothingToSimulateError as error:
        print_lines((_USAGE + flag_help(),))
        print_error(error, _NAME)
        return _NOTHING_TO_SIMULATE
    return 0


class _Console:
    """Prints what a run does."""

    def note(self, text: str) -> None:
        """Print ``text`` to the error stream."""
        print_note(text)

    def derived(self, setup: Any, experiment: Experiment, factors: StructureFactors) -> None:
        """Print the setup."""
        print_lines(setup_lines(setup, experiment.sampling, factors.provenance))

    def pixel(self, pixel: PrintedPixel) -> None:
        """Print the block of a pixel."""
        print_lines(pixel_lines(pixel))

    def progress(self, percent: int) -> None:
        """Print how far the image is."""
        print_lines((f"{percent}% done",))

    def finished(self, image: FinishedImage) -> None:
        """Print the statistics of the image."""
        print_lines((image_line(image),))

    def written(self, path: Path, what: str) -> None:
        """Print the name of a file."""
        print_lines((f"{path}: {what}",))


def _thread_count() -> int:
    """Return the threads that OpenMP would take."""
    asked = os.environ.get("OMP_NUM_THREADS", "").strip()
    if re.fullmatch("[0-9]{1,9}", asked) and int(asked):
        return min(int(asked), _MOST_THREADS)
    return min(len(os.sched_getaffinity(0)), _MOST_THREADS)
