"""One run as the original program makes it: a command line in, its files out (contract §8 to §10).

Where it does not refuse, files and bits are those of the original on one thread; the words of the
console are our own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from parity_bridge._core import lib
from parity_bridge.bridge.drop_in_checks import check_inputs, check_outputs, check_printed
from parity_bridge.engines.c_core.finished_image import FinishedImage
from parity_bridge.engines.c_core.frame import FrameContext, render
from parity_bridge.engines.c_core.integer_images import integer_image, noise_image, pgm_image
from parity_bridge.engines.c_core.marshal import table_struct
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.failures import engine_failures
from parity_bridge.errors import FileError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.flags.notes import CACHE
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import Region
from parity_bridge.experiment.smv import read_mask
from parity_bridge.files.output_file import write_output

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.bridge.printed_pixels import PrintedPixel
    from parity_bridge.experiment.flags.output_words import OutputWords
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors

#: Shares of an image after each of which progress is shown.
_SHARES = 20


class Listener(Protocol):
    """Shows the user what a run does, while it does it."""

    def note(self, text: str) -> None:
        """Show a note."""

    def derived(self, setup: Any, experiment: Experiment, factors: StructureFactors) -> None:
        """Show the ``pb_setup *`` of the run, before its first pixel."""

    def pixel(self, pixel: PrintedPixel) -> None:
        """Show a pixel that is to be printed."""

    def progress(self, percent: int) -> None:
        """Show the percentage of rows that are computed."""

    def finished(self, image: FinishedImage) -> None:
        """Show the statistics of the image, before its files are written."""

    def written(self, path: Path, what: str) -> None:
        """Show the name of a file that was written, and what is in it."""


@dataclass(frozen=True)
class _OutputFile:
    path: Path
    parts: tuple[bytes | memoryview, ...]
    what: str


def drop_in_run(words: Sequence[str], threads: int, listener: Listener) -> None:
    """Do what the original program does with the command line ``words``, on ``threads`` threads.

    Raise NothingToSimulateError where the original prints its usage, UsageError or FileError where
    the experiment makes no sense, does not fit in memory, or a file cannot be read or written, and
    EngineError for any other failure. Every file is written whole or not at all; but for the cache,
    all are computed before the first is written.
    """
    given = parse_flags(words, as_original=True, writes_outputs=True)
    experiment, outputs = given.experiment, given.outputs
    for note in given.notes:
        listener.note(note)
    check_inputs(experiment)
    check_outputs(outputs)
    factors = structure_factors.load(experiment.structure_factors)
    with engine_failures("c"):
        _simulate(experiment, factors, outputs, threads, listener)


def _simulate(
    experiment: Experiment,
    factors: StructureFactors,
    outputs: OutputWords,
    threads: int,
    listener: Listener,
) -> None:
    """Compute and print what ``outputs`` names, then write it."""
    frame_context = _frame_context(experiment, factors)
    check_printed(outputs, frame_context.setup.evaluations)
    _write_cache(experiment, factors, listener)
    listener.derived(frame_context.setup, experiment, factors)
    image = _render(frame_context, threads, listener if outputs.shows_progress else None)
    if outputs.prints_pixels:
        # Few runs print pixels, and what records them takes long to import.
        from parity_bridge.bridge.printed_pixels import printed_pixels  # noqa: PLC0415

        for pixel in printed_pixels(experiment, factors, frame_context, outputs.printed_pixel):
            listener.pixel(pixel)
    finished = FinishedImage.of(experiment, image)
    listener.finished(finished)
    for file in list(_output_files(finished, outputs, _noise_seed(outputs, listener))):
        write_output(file.path, *file.parts)
        listener.written(file.path, file.what)


def _frame_context(experiment: Experiment, factors: StructureFactors) -> FrameContext:
    mask = experiment.detector.mask
    return FrameContext(
        derive(experiment),
        table_struct(factors),
        lib.PB_ROUNDED,
        None if mask is None else read_mask(mask),
    )


def _write_cache(experiment: Experiment, factors: StructureFactors, listener: Listener) -> None:
    """Write the grid of a table to the cache, as the original does; go on where that fails."""
    source = experiment.structure_factors
    if source.hkl is None:
        return
    cache = source.dump or CACHE
    try:
        structure_factors.write_cache(cache, factors)
    except FileError as error:
        listener.note(f"the cache is not written: {error}")
    else:
        listener.note(
            f"the cache {cache} is written from {source.hkl}; a run here without -hkl reads it"
        )


def _render(
    frame_context: FrameContext, threads: int, listener: Listener | None
) -> NDArray[np.float32]:
    """Return the whole detector, (slow, fast); show ``listener`` the progress."""
    whole = frame_context.region(None)
    image = np.empty(whole.shape, dtype=np.float32)
    state, count = frame_context.start(), len(whole.slow)
    band = count if listener is None else max(1, count // _SHARES)
    for first in range(0, count, band):
        rows = whole.slow[first : first + band]
        part = Region(rows, whole.fast)
        state, _ = render(frame_context, part, state, threads, image=image[first : rows.stop])
        if listener is not None:
            listener.progress(100 * rows.stop // count)
    return image


def _noise_seed(outputs: OutputWords, listener: Listener) -> int:
    """Return the seed of the noise, the time where none is given."""
    if outputs.seed is None:
        clock = int(time.time())
        if outputs.writes_noise:
            listener.note(f"the noise takes its seed from the clock; -seed {clock} draws it again")
        return clock
    return outputs.seed


def _output_files(image: FinishedImage, outputs: OutputWords, seed: int) -> Iterator[_OutputFile]:
    """Yield the files in the order in which the original writes them."""
    floats = np.ascontiguousarray(image.values, dtype="<f4")
    yield _OutputFile(outputs.float_file, (floats.data,), f"{floats.size} photon counts, float32")
    integers = integer_image(image, scale=outputs.scale, adc=outputs.adc)
    what = f"photons times {integers.scale:g} plus {outputs.adc:g}, 16-bit SMV"
    yield _OutputFile(outputs.int_file, integers.parts, what)
    if outputs.writes_pgm:
        pgm = pgm_image(image, scale=outputs.pgm_scale, integer_scale=outputs.scale)
        yield _OutputFile(outputs.pgm_file, pgm.parts, f"photons times {pgm.scale:g}, 8-bit PGM")
    if outputs.writes_noise:
        noise = noise_image(image, seed=seed, adc=outputs.adc)
        what = (
            f"{noise.photons:.0f} photons with noise of seed {seed}, {noise.overloads} overloads, "
            "16-bit SMV"
        )
        yield _OutputFile(outputs.noise_file, noise.parts, what)
