"""nanoBragg command-line flags -> Experiment, and back (contract §1 to §6).

Flags act in the order given and the last one wins. Names are matched whole.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from parity_bridge.errors import UsageError
from parity_bridge.experiment import Experiment
from parity_bridge.flags.fields import DEFAULTS, experiment_of, fields_of
from parity_bridge.flags.refused import REFUSED
from parity_bridge.flags.table import BY_NAME, FLAGS, Flag, Value
from parity_bridge.flags.values import is_flag_word, read_values, value_words

#: The 4096² benchmark of the README.
BENCHMARK_FLAGS = tuple(
    shlex.split(
        "-default_F 100 -cell 100 100 100 90 90 90 -lambda 0.5 -distance 500 -detpixels 4096 "
        "-pixel 0.05 -N 5 -oversample 2"
    )
)

#: What the original program reads and writes unasked.
_CACHE = Path("Fdump.bin")


@dataclass(frozen=True)
class ParsedFlags:
    """What a command line says."""

    experiment: Experiment
    #: One line each: where the original program would have acted differently.
    notes: tuple[str, ...]


@dataclass
class _Draft:
    """The fields set so far, and the words that set them."""

    fields: dict[str, Value] = field(
        default_factory=lambda: {
            path: value for path, value in DEFAULTS.items() if path[-1].isdigit()
        }
    )
    typed: dict[str, str] = field(default_factory=dict)

    def take(self, words: Sequence[str]) -> int:
        """Apply the flag at the front of ``words``; how many words it took."""
        name, *following = words
        flag = _flag_named(name, following)
        given = value_words(flag, name, following)
        self._set(flag, read_values(flag, name, given), " ".join([name, *given]))
        return 1 + len(given)

    def _set(self, flag: Flag, values: Sequence[Value], typed: str) -> None:
        for path in flag.fields:
            self.fields.pop(path, None)
        # Of the six fields of a cell only as many are set as numbers were given.
        self.fields.update(zip(flag.fields, values, strict=False))
        self.fields.update(flag.also)
        self.typed.update(dict.fromkeys([*flag.fields, *flag.also], typed))

    def experiment(self) -> Experiment:
        try:
            return experiment_of(self.fields)
        except ValidationError as error:
            raise UsageError(_sentence(error, self.typed)) from None


def parse_flags(argv: Sequence[str]) -> ParsedFlags:
    """The experiment that the nanoBragg flags ``argv`` describe.

    Raises UsageError, naming the flag as it was typed, for a flag that is unknown or out of scope,
    a value that is missing or impossible, and a command line without a cell; FileError for a matrix
    file that cannot be read. Structure factors are not read here.
    """
    draft = _Draft()
    place = 0
    while place < len(argv):
        if not is_flag_word(argv[place]):
            raise UsageError(_stray(argv, place))
        place += draft.take(argv[place:])
    experiment = draft.experiment()
    return ParsedFlags(experiment, tuple(_notes(draft.typed, experiment)))


def to_flags(experiment: Experiment) -> list[str]:
    """Flags that ``parse_flags`` reads back as an equal ``experiment``, floats by ``repr``."""
    fields = fields_of(experiment)
    changed = {path for path, value in fields.items() if value != DEFAULTS.get(path)}
    detector = experiment.detector
    custom = detector.convention == "custom"
    return [
        *(word for flag in FLAGS if flag.written for word in _written(flag, fields, changed)),
        # After the vectors and the beam centre, which set convention and pivot themselves.
        *(("-pix0_vector", "0", "0", "0") if custom else (f"-{detector.convention}",)),
        *("-twotheta", repr(detector.twotheta)),
        *("-pivot", detector.pivot),
    ]


def _flag_named(name: str, following: Sequence[str]) -> Flag:
    for typed in (name, " ".join([name, *following[:1]])):
        if typed in REFUSED:
            raise UsageError(f"{typed} is refused: {REFUSED[typed]}; leave it out")
    if name not in BY_NAME:
        raise UsageError(f"{name} is not a nanoBragg flag; {_nearest(name)}")
    return BY_NAME[name]


def _nearest(name: str) -> str:
    known = {flag.lower(): flag for flag in BY_NAME}
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.0)
    return f"the nearest one is {known[close[0]]}"


def _stray(argv: Sequence[str], place: int) -> str:
    before = next((word for word in reversed(argv[:place]) if is_flag_word(word)), None)
    where = f"after {before} and its values" if before else "before any flag"
    return f"{argv[place]!r} {where} belongs to no flag; remove it"


def _sentence(error: ValidationError, typed: Mapping[str, str]) -> str:
    """One complaint of ``error`` after the words that caused it: values before what is missing."""
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


def _notes(typed: Mapping[str, str], experiment: Experiment) -> Iterator[str]:
    trap = typed.get("detector.vectors.twotheta.0")
    if trap is not None:
        yield (
            f"{trap}: the original program matches flags by substring and would also have set 2θ "
            f"to {trap.split()[1]} degrees and the pivot to SAMPLE"
        )
    source = experiment.structure_factors
    if source.hkl and source.dump:
        yield f"-hkl {source.hkl} is read; the cache {source.dump} is neither read nor written"
    if not source.hkl and not source.dump and _CACHE.is_file():
        yield (
            f"{_CACHE} lies in the working directory and is not read; the original program would "
            f"have read it, -dump {_CACHE} does so here"
        )


def _written(flag: Flag, fields: Mapping[str, Value], changed: AbstractSet[str]) -> tuple[str, ...]:
    """The words for ``flag``; none where its fields have their defaults."""
    if not flag.fields:
        stands = all(path in changed and fields[path] == value for path, value in flag.also.items())
        return flag.names[:1] if stands else ()
    if changed.isdisjoint(flag.fields):
        return ()
    values = [fields.get(path) for path in flag.fields]
    if flag.repeat and len(set(values)) == 1:
        values = values[:1]
    while values[-1] is None:
        values.pop()
    return flag.names[0], *map(_word, values)


def _word(value: Value) -> str:
    if isinstance(value, Path):
        return f"./{value}" if str(value).startswith("-") else str(value)
    return repr(value)
