"""One experiment as the input of many runs: in the user's own words, or else in plain flags."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from parity_bridge.engines.nanobragg_program.added_words import (
    changing_words,
    output_words,
    printing_words,
)
from parity_bridge.engines.nanobragg_program.command import CACHE, command_line, write_input_files
from parity_bridge.engines.nanobragg_program.own_words import joined, own_words, without_mask
from parity_bridge.experiment.model import Experiment
from parity_bridge.files.atomic_write import copy_file


@dataclass(frozen=True)
class RunInput:
    """What one run is given."""

    #: What is simulated: the experiment of a ``ProgramInput`` with some changes.
    experiment: Experiment
    words: tuple[str, ...]
    #: Whether these are the user's own words and what follows them.
    is_typed: bool

    def write_files(self, folder: Path) -> None:
        """Write the files that ``words`` name without a folder into that of the run.

        Raise FileError for a cache that cannot be read. It is copied so that the program cannot
        write to the original.
        """
        source = self.experiment.structure_factors
        if not self.is_typed:
            write_input_files(self.experiment, folder)
        elif source.hkl is None and source.dump is not None:
            copy_file(source.dump, folder / CACHE, "cache")


@dataclass(frozen=True)
class ProgramInput:
    """An experiment, and the words in which a program is given it."""

    experiment: Experiment

    @cached_property
    def typed(self) -> tuple[str, ...] | None:
        """The user's own words; None where plain flags take their place."""
        return own_words(self.experiment, CACHE)

    def plain_run(self, changed: Experiment, *, image: str, printout: bool) -> RunInput:
        """Return the input of a run of ``changed`` in plain flags; see ``own_run``."""
        words = command_line(changed, image=image, printout=printout)
        return RunInput(changed, tuple(words), is_typed=False)

    def own_run(self, changed: Experiment, *, image: str, printout: bool) -> RunInput | None:
        """Return the input of a run of ``changed``, a variant of the experiment.

        It is said in the user's own words where these are known. ``image`` is the file for the
        float image. Return None where nothing added to the user's words makes them say ``changed``.
        """
        if self.typed is None:
            return self.plain_run(changed, image=image, printout=printout)
        drops_mask = changed.detector.mask is None and self.experiment.detector.mask is not None
        typed = without_mask(self.typed) if drops_mask else self.typed
        added = [
            *changing_words(self.experiment, changed, restates_header=drops_mask),
            *printing_words(typed, printout=printout),
            *output_words(image, printout=printout),
        ]
        words = joined(typed, added, changed)
        return None if words is None else RunInput(changed, tuple(words), is_typed=True)
