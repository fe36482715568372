"""nanoBragg command-line flags to an Experiment and back (contract §1 to §6).

Flags act in the order given and the last one wins. Names are matched whole.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.flags.experiment_builder import ExperimentBuilder
from parity_bridge.experiment.flags.fields import DEFAULTS, fields_of
from parity_bridge.experiment.flags.flag import Flag, Value
from parity_bridge.experiment.flags.image_header import FIELD_OF
from parity_bridge.experiment.flags.table import FLAGS
from parity_bridge.experiment.flags.values import is_flag_word
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.smv import read_header

#: The 4096² benchmark of the README.
BENCHMARK_FLAGS = tuple(
    shlex.split(
        "-default_F 100 -cell 100 100 100 90 90 90 -lambda 0.5 -distance 500 -detpixels 4096 "
        "-pixel 0.05 -N 5 -oversample 2"
    )
)

#: The file that the original program reads and writes without a flag.
_CACHE = Path("Fdump.bin")


@dataclass(frozen=True)
class ParsedFlags:
    """What a command line says."""

    experiment: Experiment
    #: One line each: where the original program would have acted differently, and values that were
    #: taken from the header of an image or drawn at random.
    notes: tuple[str, ...]


def parse_flags(argv: Sequence[str]) -> ParsedFlags:
    """Return the experiment that the nanoBragg flags ``argv`` describe, and notes on it.

    Matrix files and the headers of images and masks are read here, and random orientations drawn.
    Structure factors, sources and the pixels of a mask are read by the engines.
    Raises UsageError, naming the flag as it was typed, for a flag that is unknown or out of scope,
    a value that is missing or impossible, and a command line without a cell; FileError for a matrix
    file or an image that cannot be read.
    """
    builder = ExperimentBuilder()
    place = 0
    while place < len(argv):
        if not is_flag_word(argv[place]):
            raise UsageError(_stray_message(argv, place))
        place += builder.apply_flag(argv[place:])
    builder.draw_orientation()
    experiment = builder.experiment()
    return ParsedFlags(
        experiment, (*builder.notes, *_experiment_notes(builder.words_by_field, experiment))
    )


def read_experiment(flags: str | Sequence[str]) -> Experiment:
    """Return the experiment of a nanoBragg command line: a string as a shell reads it, or words.

    The notes of ``parse_flags`` are left out; raises as ``parse_flags`` does.
    """
    return parse_flags(shlex.split(flags) if isinstance(flags, str) else flags).experiment


def to_flags(experiment: Experiment) -> list[str]:
    """Return flags that ``parse_flags`` reads back as an equal ``experiment``, floats by ``repr``.

    Raises UsageError for an experiment that no command line describes: one whose mask can be read
    and has a value in its header that the experiment leaves ``None``.
    """
    fields = fields_of(experiment)
    changed = {path for path, value in fields.items() if value != DEFAULTS.get(path)}
    detector = experiment.detector
    custom = detector.convention == "custom"
    if detector.mask is not None:
        _check_open_fields(detector.mask, fields)
        changed |= {path for path in FIELD_OF.values() if fields[path] is not None}
    return [
        # First, so that the other flags replace what its header sets.
        *(("-mask", _value_word(detector.mask)) if detector.mask is not None else ()),
        *(word for flag in FLAGS if flag.written for word in _flag_words(flag, fields, changed)),
        # After the vectors and the beam centre, whose flags also set convention and pivot.
        *(("-pix0_vector", "0", "0", "0") if custom else (f"-{detector.convention}",)),
        *("-twotheta", repr(detector.twotheta)),
        *("-pivot", detector.pivot),
    ]


@lru_cache(maxsize=64)
def given_flags(experiment: Experiment) -> Mapping[str, str]:
    """Return the flags of ``to_flags``, flag -> values, without files: their content counts."""
    flags: dict[str, list[str]] = {}
    for word in to_flags(experiment.without_files()):
        if is_flag_word(word):
            flag = word
            flags[flag] = []
        else:
            flags[flag].append(word)
    return MappingProxyType({flag: " ".join(values) for flag, values in flags.items()})


def _check_open_fields(mask: Path, fields: Mapping[str, Value]) -> None:
    try:
        header = read_header(mask)
    except FileError:
        # Flags that name this mask cannot be read back either; parse_flags reports that.
        return
    for keyword in header:
        if fields[FIELD_OF[keyword]] is None:
            raise UsageError(
                f"-mask {mask} has {keyword} in its header where the experiment has no "
                f"{FIELD_OF[keyword]}, and no flag takes it back; give the experiment that value"
            )


def _stray_message(argv: Sequence[str], place: int) -> str:
    before = next((word for word in reversed(argv[:place]) if is_flag_word(word)), None)
    where = f"after {before} and its values" if before else "before any flag"
    return f"{argv[place]!r} {where} belongs to no flag; remove it"


def _experiment_notes(typed: Mapping[str, str], experiment: Experiment) -> Iterator[str]:
    axis = typed.get("detector.vectors.twotheta.0")
    if axis is not None:
        yield (
            f"{axis}: the original program matches flags by substring and would also have set 2θ "
            f"to {axis.split()[1]} degrees and the pivot to SAMPLE"
        )
    source = experiment.structure_factors
    if source.hkl and source.dump:
        yield f"-hkl {source.hkl} is read; the cache {source.dump} is neither read nor written"
    if not source.hkl and not source.dump and _CACHE.is_file():
        yield (
            f"{_CACHE} lies in the working directory and is not read; the original program would "
            f"have read it, -dump {_CACHE} does so here"
        )
    yield from (note for is_given, note in _surprising_flag_notes(experiment) if is_given)


def _surprising_flag_notes(experiment: Experiment) -> Iterator[tuple[bool, str]]:
    """Yield whether a flag is given that does not do what its name suggests, and a note on it."""
    crystal, beam, sampling = experiment.crystal, experiment.beam, experiment.sampling
    yield (
        crystal.mosaic_domains is not None and not crystal.mosaic_spread,
        "-mosaic_domains does nothing without -mosaic",
    )
    yield (
        beam.dispersion_steps is not None and not beam.dispersion,
        "-dispsteps does nothing without -dispersion",
    )
    yield (
        sampling.oversample_thick and not experiment.detector.thickness,
        "-oversample_thick without -detector_thick captures nothing: every intensity is 0 (§6)",
    )
    yield (
        sampling.oversample_polar and not beam.polarized,
        "-oversample_polar computes the polarization factor in spite of -nopolar (§6)",
    )


def _flag_words(
    flag: Flag, fields: Mapping[str, Value], changed: AbstractSet[str]
) -> tuple[str, ...]:
    """Return the words for ``flag``; none where its fields have their defaults."""
    if not flag.fields:
        is_set = all(
            path in changed and fields[path] == value for path, value in flag.also_sets.items()
        )
        return flag.names[:1] if is_set else ()
    if changed.isdisjoint(flag.fields):
        return ()
    values = [fields.get(path) for path in flag.fields]
    if flag.repeat and len(set(values)) == 1:
        values = values[:1]
    while values[-1] is None:
        values.pop()
    return flag.names[0], *map(_value_word, values)


def _value_word(value: Value) -> str:
    if isinstance(value, Path):
        return f"./{value}" if str(value).startswith("-") else str(value)
    return repr(value)
