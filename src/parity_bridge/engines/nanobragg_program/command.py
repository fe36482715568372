"""An experiment as input of a program: files in the folder that it runs in, and a command line.

The program matches flags by substring (contract §2). That is why files lie in its folder under
plain names, and why a flag comes after any longer flag that contains it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

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
_CACHE = "Fdump.bin"

#: No pictures and no noise: only the printout and the float image are needed.
_QUIET = ("-intfile", os.devnull, "-nonoise", "-nopgm", "-noprogress")

#: Of two names for one flag, the name in the stored command lines.
_SPELLED = {
    "-detpixels_f": "-detpixels_x",
    "-detpixels_s": "-detpixels_y",
    "-detsize_f": "-detsize_x",
    "-detsize_s": "-detsize_y",
}

#: A flag and its values.
_Group = tuple[str, ...]


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
        copy_file(source.dump, folder / _CACHE, "cache")
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
    groups = [*_flag_groups(to_flags(_with_plain_names(experiment)))]
    words = [word for group in _said_after(experiment, groups) for word in group]
    words += ["-floatfile", image, *_QUIET]
    return [*words, "-printout"] if printout else words


def _with_plain_names(experiment: Experiment) -> Experiment:
    source, beam = experiment.structure_factors, experiment.beam
    hkl = None if source.hkl is None else Path(_TABLE)
    sources = None if beam.source_file is None else Path(_SOURCES)
    return experiment.model_copy(
        update={
            "structure_factors": source.model_copy(update={"hkl": hkl, "dump": None}),
            "beam": beam.model_copy(update={"source_file": sources}),
            "detector": experiment.detector.model_copy(update={"mask": None}),
        }
    )


def _flag_groups(words: Sequence[str]) -> Iterator[_Group]:
    """Return each flag with its values, in the program's own spelling."""
    starts = [place for place, word in enumerate(words) if is_flag_word(word)]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        flag, *values = words[start:end]
        # The program takes a file here, not nine numbers.
        yield _SPELLED.get(flag, flag), *([_MATRIX] if flag == "-mat" else values)


def _said_after(experiment: Experiment, groups: Sequence[_Group]) -> list[_Group]:
    """Move the polarization factor in ``groups`` after the axis, whose flag contains its own."""
    axis = [group for group in groups if group[0] == "-polar_vector"]
    if not axis:
        return list(groups)
    factor = ("-polar", repr(experiment.beam.polarization))
    rest = [group for group in groups if group[0] not in ("-polar_vector", "-polar")]
    return [*axis, factor, *rest]
