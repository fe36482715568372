"""What ``pb-nanobragg`` refuses before it computes: files, numbers and seeds of its outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.engines.checks import MAX_TAPPED_EVALUATIONS
from parity_bridge.errors import NothingToSimulateError, UsageError
from parity_bridge.files.output_file import check_output

if TYPE_CHECKING:
    from parity_bridge.experiment.flags.output_words import OutputWords
    from parity_bridge.experiment.model import Experiment


def check_inputs(experiment: Experiment) -> None:
    """Raise NothingToSimulateError for a table or source file that is not there."""
    source, beam = experiment.structure_factors, experiment.beam
    for flag, path in (("-hkl", source.hkl), ("-sourcefile", beam.source_file)):
        if path is not None and not path.exists():
            raise NothingToSimulateError(f"{flag} {path} does not exist; check the name")


def check_outputs(outputs: OutputWords) -> None:
    """Raise UsageError for a number that no image can be written with, FileError for a file."""
    for flag, number in (
        ("-scale", outputs.scale),
        ("-adc", outputs.adc),
        ("-pgmscale", outputs.pgm_scale if outputs.writes_pgm else 0.0),
    ):
        if not math.isfinite(number):
            raise UsageError(f"{flag} {number} is no finite number; give one")
    if outputs.writes_noise and outputs.seed is not None and outputs.seed < 0:
        raise UsageError(
            f"-seed {outputs.seed}: below 0 the original goes on with the numbers of the mosaic "
            "domains; give a seed of 0 or above, or -nonoise"
        )
    for path in _output_paths(outputs):
        check_output(path)


def check_printed(outputs: OutputWords, evaluations: int) -> None:
    """Raise UsageError where a pixel to be printed has more evaluations than can be recorded."""
    if outputs.prints_pixels and evaluations > MAX_TAPPED_EVALUATIONS:
        raise UsageError(
            f"-printout: a pixel has {evaluations} evaluations, more than the "
            f"{MAX_TAPPED_EVALUATIONS} that can be printed; leave -printout out"
        )


def _output_paths(outputs: OutputWords) -> Iterator[Path]:
    yield outputs.float_file
    yield outputs.int_file
    if outputs.writes_pgm:
        yield outputs.pgm_file
    if outputs.writes_noise:
        yield outputs.noise_file
