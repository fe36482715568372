"""A command line while it is read: the fields set so far, and the words that set them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from parity_bridge.errors import UsageError
from parity_bridge.experiment.flags.fields import DEFAULTS, experiment_of
from parity_bridge.experiment.flags.flag import Flag, Value
from parity_bridge.experiment.flags.image_header import FLAG_OF, header_note
from parity_bridge.experiment.flags.random_orientation import DEFAULT_SEED, random_misset
from parity_bridge.experiment.flags.refused import REFUSED
from parity_bridge.experiment.flags.table import FLAG_BY_NAME, MISSET_SEED
from parity_bridge.experiment.flags.values import read_values, value_words
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.smv import read_header

_MISSET = FLAG_BY_NAME["-misset"].fields


@dataclass
class ExperimentBuilder:
    """What the flags read so far say."""

    #: Path of a field -> its value. Only tuples have values here before a flag sets them.
    fields: dict[str, Value] = field(
        default_factory=lambda: {
            path: value for path, value in DEFAULTS.items() if path[-1].isdigit()
        }
    )
    #: Path of a field -> the words that set it.
    words_by_field: dict[str, str] = field(default_factory=dict)
    #: One line each: values that the command line does not state.
    notes: list[str] = field(default_factory=list)

    def apply_flag(self, words: Sequence[str]) -> int:
        """Apply the flag at the front of ``words``; return how many words it took.

        Raises UsageError for an unknown or refused flag or an impossible value, FileError for a
        file of the flag that cannot be read.
        """
        name, *following = words
        flag = _flag_named(name)
        given = value_words(flag, name, following)
        typed = " ".join([name, *given])
        self._set_fields(flag, read_values(flag, name, given), typed)
        if flag.reads_header:
            self._apply_header(Path(given[0]), typed)
        return 1 + len(given)

    def draw_orientation(self) -> None:
        """Draw the angles of ``-misset random``, once no later flag can replace it."""
        seed = self.fields.pop(MISSET_SEED, None)
        if self.fields[_MISSET[0]] is None:
            chosen = DEFAULT_SEED if seed is None else cast("int", seed)
            angles = random_misset(chosen)
            self.fields.update(zip(_MISSET, angles, strict=True))
            self.notes.append(_drawn_orientation_note(angles, chosen))
        elif seed is not None:
            self.notes.append(
                f"{self.words_by_field[MISSET_SEED]} does nothing without -misset random"
            )

    def experiment(self) -> Experiment:
        """Return the experiment of these fields; raise UsageError for an impossible value."""
        try:
            return experiment_of(self.fields)
        except ValidationError as error:
            raise UsageError(_validation_message(error, self.words_by_field)) from None

    def _apply_header(self, path: Path, typed: str) -> None:
        header = read_header(path)
        for keyword, value in header.items():
            self._set_fields(FLAG_BY_NAME[FLAG_OF[keyword]], [value], typed)
        self.notes.append(header_note(typed, header))

    def _set_fields(self, flag: Flag, values: Sequence[Value], typed: str) -> None:
        for path in flag.fields:
            self.fields.pop(path, None)
        # A cell has six fields, but only as many are set as numbers were given.
        self.fields.update(zip(flag.fields, values, strict=False))
        self.fields.update(flag.also_sets)
        if list(values) == [0.0]:
            self.fields.update(flag.also_at_zero)
        self.words_by_field.update(dict.fromkeys([*flag.fields, *flag.also_sets], typed))


def _flag_named(name: str) -> Flag:
    if name in REFUSED:
        raise UsageError(f"{name} is refused: {REFUSED[name]}; leave it out")
    if name not in FLAG_BY_NAME:
        raise UsageError(f"{name} is not a nanoBragg flag; {_nearest_hint(name)}")
    return FLAG_BY_NAME[name]


def _nearest_hint(name: str) -> str:
    known = {flag.lower(): flag for flag in FLAG_BY_NAME}
    close = difflib.get_close_matches(name.lower(), known, n=1)
    return f"the nearest one is {known[close[0]]}" if close else "`frame --help` lists them"


def _validation_message(error: ValidationError, typed: Mapping[str, str]) -> str:
    """Return one complaint of ``error`` after the words that caused it.

    An impossible value comes before a missing one.
    """
    complaints = error.errors(include_url=False)
    first = next((each for each in complaints if each["type"] != "value_error"), complaints[0])
    path = ".".join(map(str, first["loc"]))
    if first["type"] == "value_error":
        complaint = str(first["ctx"]["error"])
        words = typed.get(f"{path}.a")
    else:
        complaint = first["msg"].replace("Input should", "the value must")
        words = typed[path]
    return f"{words}: {complaint}" if words else complaint


def _drawn_orientation_note(angles: Sequence[float], seed: int) -> str:
    written = " ".join(map(repr, angles))
    return (
        f"-misset random: -misset {written}, drawn here with -misset_seed {seed}; "
        "the original program's own draw is not in the contract"
    )
