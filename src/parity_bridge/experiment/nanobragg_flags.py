"""nanoBragg command lines to an Experiment and back, as the original program reads them (§8)."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from parity_bridge.errors import FileError, NothingToSimulateError, UsageError
from parity_bridge.experiment.flags.command_line import CommandLine
from parity_bridge.experiment.flags.experiment_flags import MISSET_SEED
from parity_bridge.experiment.flags.fields import DEFAULTS, experiment_of, fields_of
from parity_bridge.experiment.flags.flag import Flag, Value
from parity_bridge.experiment.flags.image_header import (
    FIELD_OF,
    MASK_BEAM_CENTRE,
    mask_beam_centre,
)
from parity_bridge.experiment.flags.notes import CACHE, experiment_notes, word_notes
from parity_bridge.experiment.flags.output_words import OUTPUTS, OutputWords
from parity_bridge.experiment.flags.settings import Settings
from parity_bridge.experiment.flags.table import FLAG_BY_NAME, FLAGS
from parity_bridge.experiment.flags.values import is_flag_word
from parity_bridge.experiment.model import Experiment, MaskBeamCentre
from parity_bridge.experiment.smv import read_header

_A_CACHE = "a cache with -dump"

_MISSET = FLAG_BY_NAME["-misset"].fields

_CELL = FLAG_BY_NAME["-cell"].fields

_RANDOM_SEED = "crystal.random_misset_seed"

#: The 4096² benchmark of the README.
BENCHMARK_FLAGS = tuple(
    shlex.split(
        "-default_F 100 -cell 100 100 100 90 90 90 -lambda 0.5 -distance 500 -detpixels 4096 "
        "-pixel 0.05 -N 5 -oversample 2"
    )
)


@dataclass(frozen=True)
class ParsedFlags:
    """What a command line says."""

    experiment: Experiment
    #: One line each: words that do something a reader would not expect, values that were taken from
    #: the header of an image, and seeds that were taken from the clock.
    notes: tuple[str, ...]
    #: What the words about files, scales, seeds and printing say.
    outputs: OutputWords = field(default_factory=OutputWords)


def parse_flags(
    argv: Sequence[str],
    *,
    as_original: bool = False,
    needs_structure_factors: bool = True,
    writes_outputs: bool = False,
) -> ParsedFlags:
    """Return the experiment that the nanoBragg flags ``argv`` describe, and notes on it.

    All words mean what they mean to the original program (contract §8). What it passes over or
    takes for something else than is written (a word on which no flag fires, a number with trailing
    letters, too few words after a flag) is an error, unless ``as_original``; then a cache in the
    working directory is read as well. Matrix files and the headers of images and masks are read
    here; structure factors, sources and the pixels of a mask are read by the engines.
    With ``writes_outputs`` the caller writes the original's own files, so that no note says that
    words about them do nothing.
    Raises UsageError, naming the flag as it was typed, for these errors and an impossible value;
    NothingToSimulateError for a command line without a cell or a matrix, and, with
    ``needs_structure_factors``, for one with neither a table nor a cache nor ``-default_F``;
    FileError for a matrix file or an image that cannot be read.
    """
    line = CommandLine(argv, as_original)
    line.read()
    notes: list[str] = []
    values = dict(line.settings.values())
    words = [*_settle_orientation(values, notes), *argv]
    if as_original:
        _settle_cache(values, notes)
        _settle_cell(values)
    _check_cell(values)
    experiment = _experiment(values, line.settings)
    if needs_structure_factors:
        _check_structure_factors(experiment)
    notes += word_notes(line, experiment, writes_outputs=writes_outputs)
    notes += experiment_notes(line, experiment, writes_outputs=writes_outputs)
    return ParsedFlags(experiment.with_typed(words), tuple(notes), OutputWords.of_fields(values))


def read_experiment(flags: str | Sequence[str], *, as_original: bool = False) -> Experiment:
    """Return the experiment of a nanoBragg command line: a string as a shell reads it, or words.

    The notes of ``parse_flags`` are left out; raises as ``parse_flags`` does.
    """
    words = shlex.split(flags) if isinstance(flags, str) else flags
    return parse_flags(words, as_original=as_original).experiment


def _settle_orientation(values: dict[str, Value], notes: list[str]) -> tuple[str, ...]:
    """Give a random orientation its seed; return the words that state a seed from the clock."""
    seed = values.pop(MISSET_SEED, None)
    if _MISSET[0] not in values or values[_MISSET[0]] is not None:
        return ()
    for path in _MISSET:
        del values[path]
    values[_RANDOM_SEED] = seed
    if seed is not None:
        return ()
    values[_RANDOM_SEED] = clock = int(time.time())
    notes.append(
        f"-misset random without -misset_seed takes its seed from the clock; "
        f"-misset_seed {clock} draws this orientation again"
    )
    # Before all other words, as -misset_seed also sets the misset angles where three words follow.
    return "-misset_seed", str(clock)


def _settle_cache(values: dict[str, Value], notes: list[str]) -> None:
    """Name the cache that the original program reads, if it finds one."""
    dump = "structure_factors.dump"
    if values.get("structure_factors.hkl") is not None:
        return
    cache = Path(str(values.get(dump, CACHE)))
    if cache.is_file():
        if dump not in values:
            notes.append(f"{cache} lies in the working directory and is read")
        values[dump] = cache
    else:
        values.pop(dump, None)


def _settle_cell(values: dict[str, Value]) -> None:
    """Fill the gaps of a cell with what the original program takes for a missing number (§3).

    A cell whose a is 0 is none.
    """
    length = values.get(_CELL[0])
    if isinstance(length, float) and length <= 0:
        for path in _CELL:
            values.pop(path, None)
    given = [path for path in _CELL if values.get(path) is not None]
    for path in _CELL[: _CELL.index(given[-1])] if given else ():
        if values.get(path) is None:
            values[path] = values.get(_CELL[0]) if path in _CELL[:3] else 90.0


def _experiment(values: Mapping[str, Value], settings: Settings) -> Experiment:
    fields = {path: value for path, value in DEFAULTS.items() if path[-1].isdigit()}
    fields.update(
        (path, value) for path, value in values.items() if not path.startswith(f"{OUTPUTS}.")
    )
    try:
        return experiment_of(_without_open_tuples(fields))
    except ValidationError as error:
        raise UsageError(_validation_message(error, settings)) from None


def _without_open_tuples(fields: dict[str, Value]) -> dict[str, Value]:
    """Drop the numbers of a missing cell or region: they are ``None`` as a whole."""
    return {
        path: value for path, value in fields.items() if not (value is None and path[-1].isdigit())
    }


def _check_cell(values: Mapping[str, Value]) -> None:
    if all(values.get(path) is None for path in ("crystal.cell.a", "crystal.matrix.0")):
        raise NothingToSimulateError(
            "give the unit cell with -cell or with -mat FILE, exactly one of them"
        )
    if all(values.get(path) is not None for path in ("crystal.cell.a", "crystal.matrix.0")):
        raise UsageError("-cell and -mat are both given; leave one out")


def _check_structure_factors(experiment: Experiment) -> None:
    source = experiment.structure_factors
    if source.hkl is None and source.dump is None and source.default_F == 0.0:
        is_here = CACHE.is_file()
        cache = f"the cache {CACHE} of this folder with -dump {CACHE}" if is_here else _A_CACHE
        raise NothingToSimulateError(
            "there is nothing to take structure factors from, and every pixel would be 0; name a "
            f"table with -hkl, {cache}, or one value for all lookups with -default_F"
        )


def _validation_message(error: ValidationError, settings: Settings) -> str:
    """Return one complaint of ``error`` after the words that caused it.

    An impossible value comes before a missing one.
    """
    complaints = error.errors(include_url=False)
    first = next((each for each in complaints if each["type"] != "value_error"), complaints[0])
    path = ".".join(map(str, first["loc"]))
    if first["type"] == "value_error":
        complaint = str(first["ctx"]["error"])
        words = settings.typed(f"{path}.a")
    else:
        complaint = first["msg"].replace("Input should", "the value must")
        words = settings.typed(MISSET_SEED if path == _RANDOM_SEED else path)
    return f"{words}: {complaint}" if words else complaint


def to_flags(experiment: Experiment) -> list[str]:
    """Return flags that ``parse_flags`` reads back as an equal ``experiment``, floats by ``repr``.

    Raises UsageError for an experiment that no command line describes: one whose mask can be read
    and has a value in its header that the experiment leaves ``None``, or whose beam centre is
    counted from the far edge without such a mask. An orientation matrix without a file is written
    as its nine numbers, which can be given only in a file.
    """
    fields = fields_of(experiment)
    changed = {path for path, value in fields.items() if value != DEFAULTS.get(path)}
    detector = experiment.detector
    custom = detector.convention == "custom"
    _check_mask_beam_centre(experiment)
    if detector.mask is not None:
        _check_open_fields(detector.mask, fields)
        changed |= {path for path in FIELD_OF.values() if fields[path] is not None}
    return [
        *(("-mask", _value_word(detector.mask)) if detector.mask is not None else ()),
        *_random_words(experiment),
        *(word for flag in FLAGS if flag.written for word in _flag_words(flag, fields, changed)),
        # After the vectors and the beam centre, whose flags also set convention and pivot.
        *(("-pix0_vector", "0", "0", "0") if custom else (f"-{detector.convention}",)),
        *("-twotheta", repr(detector.twotheta)),
        *("-pivot", detector.pivot),
    ]


@lru_cache(maxsize=64)
def given_flags(experiment: Experiment) -> Mapping[str, str]:
    """Return the flags of ``to_flags``, flag -> values, without files: their content counts."""
    plain = experiment.without_files()
    centre = plain.detector.mask_beam_centre
    flags: dict[str, list[str]] = {}
    if centre is not None:
        # Only the header of a mask says it.
        flags["-mask"] = [f"BEAM_CENTER_Y={centre.y_beam!r}"]
        detector = plain.detector.model_copy(update={"mask_beam_centre": None})
        plain = plain.model_copy(update={"detector": detector})
    for word in to_flags(plain):
        if is_flag_word(word):
            flag = word
            flags[flag] = []
        else:
            flags[flag].append(word)
    return MappingProxyType({flag: " ".join(values) for flag, values in flags.items()})


def _random_words(experiment: Experiment) -> tuple[str, ...]:
    seed = experiment.crystal.random_misset_seed
    # In this order: -misset_seed also sets the misset angles where three words follow.
    return () if seed is None else ("-misset_seed", str(seed), "-misset", "random")


def _check_mask_beam_centre(experiment: Experiment) -> None:
    detector = experiment.detector
    centre = detector.mask_beam_centre
    if centre is None:
        return
    if detector.mask is None or _beam_centre_in(detector.mask) != centre:
        raise UsageError(
            f"detector.mask_beam_centre {centre!r} is not in the header of the mask "
            f"{detector.mask}, and no flag says it; give y_beam instead"
        )


def _beam_centre_in(mask: Path) -> MaskBeamCentre | None:
    try:
        return mask_beam_centre(read_header(mask))
    except FileError:
        return None


def _check_open_fields(mask: Path, fields: Mapping[str, Value]) -> None:
    try:
        header = read_header(mask)
    except FileError:
        # Flags that name this mask cannot be read back either; parse_flags reports that.
        return
    for keyword in header:
        if keyword in FIELD_OF and _is_open(FIELD_OF[keyword], fields):
            raise UsageError(
                f"-mask {mask} has {keyword} in its header where the experiment has no "
                f"{FIELD_OF[keyword]}, and no flag takes it back; give the experiment that value"
            )


def _is_open(path: str, fields: Mapping[str, Value]) -> bool:
    """Return whether the header of a mask would set what the experiment leaves open."""
    if path == "detector.y_beam" and f"{MASK_BEAM_CENTRE}.y_beam" in fields:
        return False
    return fields[path] is None


def _flag_words(
    flag: Flag, fields: Mapping[str, Value], changed: AbstractSet[str]
) -> tuple[str, ...]:
    """Return the words for ``flag``; none where its fields have their defaults."""
    if not flag.fields:
        is_set = all(
            path in changed and fields[path] == value for path, value in flag.also_sets.items()
        )
        return (flag.name,) if is_set else ()
    if changed.isdisjoint(flag.fields):
        return ()
    if flag.kind == "matrix" and fields[flag.fields[-1]] is not None:
        return flag.name, _value_word(fields[flag.fields[-1]])
    values = [fields.get(path) for path in flag.fields]
    if flag.repeat and len(set(values)) == 1:
        values = values[:1]
    while values[-1] is None:
        values.pop()
    return flag.name, *map(_value_word, values)


def _value_word(value: Value) -> str:
    if isinstance(value, Path):
        return f"./{value}" if str(value).startswith("-") else str(value)
    return repr(value)
