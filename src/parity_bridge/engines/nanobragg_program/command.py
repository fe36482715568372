"""An experiment in plain flags: files in the folder that a program runs in, and a command line.

The program tests every flag against every word (contract §8). That is why files lie in its folder
under plain names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from parity_bridge.engines.nanobragg_program.added_words import output_words
from parity_bridge.experiment.beam_centre import with_plain_beam_centre
from parity_bridge.experiment.flags.values import is_flag_word
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import to_flags
from parity_bridge.files.atomic_write import copy_file, write_text

#: The file that a program writes its image to.
IMAGE = "image.bin"

_TABLE = "table.hkl"
_SOURCES = "sources.txt"
_MATRIX = "orientation.mat"
#: The program reads this file where no table is named (contract §5).
CACHE = "Fdump.bin"


def write_input_files(experiment: Experiment, folder: Path) -> None:
    """Copy the files of ``experiment`` to where ``command_line`` says that they are.

    Raise FileError for a cache that cannot be read. It is copied so that the program cannot write
    to the original.
    """
    source, beam, matrix = (
        experiment.structure_factors,
        experiment.beam,
        experiment.crystal.matrix,
    )
    if source.hkl is not None:
        (folder / _TABLE).symlink_to(source.hkl.absolute())
    elif source.dump is not None:
        copy_file(source.dump, folder / CACHE, "cache")
    if beam.source_file is not None:
        (folder / _SOURCES).symlink_to(beam.source_file.absolute())
    if matrix is not None:
        rows = (" ".join(map(repr, matrix[start : start + 3])) for start in (0, 3, 6))
        write_text(folder / _MATRIX, "\n".join(rows) + "\n")


def command_line(experiment: Experiment, *, image: str, printout: bool) -> list[str]:
    """Return the words after the program's name; ``image`` is the file for its float image.

    Numbers are written with enough digits to be read back unchanged. A mask is left out: it is
    applied without the program, and its header could overrule other flags.
    """
    words = _with_matrix_file(to_flags(_with_plain_names(experiment)))
    return [*words, *output_words(image, printout=printout)]


def _with_plain_names(experiment: Experiment) -> Experiment:
    source, beam = experiment.structure_factors, experiment.beam
    hkl = None if source.hkl is None else Path(_TABLE)
    sources = None if beam.source_file is None else Path(_SOURCES)
    return experiment.model_copy(
        update={
            "structure_factors": source.model_copy(update={"hkl": hkl, "dump": None}),
            "beam": beam.model_copy(update={"source_file": sources}),
            "detector": with_plain_beam_centre(experiment.detector).model_copy(
                update={"mask": None}
            ),
        }
    )


def _with_matrix_file(words: Sequence[str]) -> Iterator[str]:
    """Name a file after `-mat`, where ``words`` may have nine numbers."""
    starts = [place for place, word in enumerate(words) if is_flag_word(word)]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        flag, *values = words[start:end]
        yield from (flag, *([_MATRIX] if flag == "-mat" else values))
