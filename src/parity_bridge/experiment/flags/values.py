"""Reading the words that follow a flag."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from parity_bridge.errors import UsageError
from parity_bridge.experiment.flags.flag import Flag, Value, ValueKind
from parity_bridge.experiment.flags.orientation_matrix import read_matrix
from parity_bridge.files.plain_numbers import plain_integer, plain_number

_NOUNS: dict[ValueKind, tuple[str, str]] = {
    "number": ("number", "numbers"),
    "direction": ("number", "numbers"),
    "integer": ("whole number", "whole numbers"),
    "path": ("file name", "file names"),
    "matrix": ("file name", "numbers"),
    "pivot": ("word (beam or sample)", "words"),
    "orientation": ("word (random)", "numbers"),
    "depth": ("number", "numbers"),
}


def is_flag_word(word: str) -> bool:
    """Return whether ``word`` is written like a flag: a minus sign and no number after it."""
    return word.startswith("-") and not _looks_numeric(word)


def value_words(flag: Flag, name: str, following: Sequence[str]) -> list[str]:
    """Return the values of the flag typed as ``name`` from the words ``following`` it.

    Raises UsageError where the flag does not take this number of values.
    """
    words = list(
        takewhile(lambda word: not is_flag_word(word), following[: max(flag.value_counts)])
    )
    if len(words) not in flag.value_counts:
        given = f"only {' '.join(words)!r} follows it" if words else "none follows it"
        raise UsageError(f"{name} takes {_takes_text(flag)}, but {given}; give what is missing")
    return words


def read_values(flag: Flag, name: str, words: Sequence[str]) -> list[Value]:
    """Return the values of the ``words`` after the flag typed as ``name``.

    A random orientation, drawn later, is three times ``None``. Raises UsageError for a word that is
    no value of the flag, FileError for a matrix file that cannot be read.
    """
    if not words:
        return []
    typed = " ".join([name, *words])
    try:
        values = _READERS[flag.kind](words, flag)
    except ValueError as error:
        raise UsageError(f"{typed}: {error}") from error
    return values * len(flag.fields) if flag.repeat and len(values) == 1 else values


def _read_numbers(words: Sequence[str], flag: Flag) -> list[Value]:
    return _convert_numbers(map(plain_number, words), flag)


def _read_integers(words: Sequence[str], flag: Flag) -> list[Value]:
    return _convert_numbers(map(plain_integer, words), flag)


def _convert_numbers(numbers: Iterable[float], flag: Flag) -> list[Value]:
    return list(numbers if flag.convert is None else map(flag.convert, numbers))


def _read_direction(words: Sequence[str], _flag: Flag) -> list[Value]:
    vector = [plain_number(word) for word in words]
    if not 0.0 < math.hypot(*vector) < math.inf:
        raise ValueError("this vector has no direction; give a finite one that is not zero")
    return list(vector)


def _read_path(words: Sequence[str], _flag: Flag) -> list[Value]:
    if not words[0] or words[0].startswith("-"):
        raise ValueError("this is not a file name; one that begins with a minus is written ./-name")
    return [Path(words[0])]


def _read_matrix_numbers(words: Sequence[str], flag: Flag) -> list[Value]:
    return list(read_matrix(Path(words[0]))) if len(words) == 1 else _read_numbers(words, flag)


def _read_pivot(words: Sequence[str], _flag: Flag) -> list[Value]:
    if words[0].lower() not in ("beam", "sample"):
        raise ValueError("the pivot is either beam or sample")
    return [words[0].lower()]


def _read_orientation(words: Sequence[str], flag: Flag) -> list[Value]:
    if len(words) > 1:
        return _read_numbers(words, flag)
    if words[0] != "random":
        raise ValueError("give three angles, or the word random")
    return [None] * len(flag.fields)


def _read_depth(words: Sequence[str], flag: Flag) -> list[Value]:
    # An infinite depth absorbs nothing; 0 means the same (contract §1).
    return [0.0] if words[0] == "inf" else _read_numbers(words, flag)


_READERS: dict[ValueKind, Callable[[Sequence[str], Flag], list[Value]]] = {
    "number": _read_numbers,
    "integer": _read_integers,
    "direction": _read_direction,
    "path": _read_path,
    "matrix": _read_matrix_numbers,
    "pivot": _read_pivot,
    "orientation": _read_orientation,
    "depth": _read_depth,
}


def _takes_text(flag: Flag) -> str:
    singular, plural = _NOUNS[flag.kind]
    counts = flag.value_counts
    if flag.kind in ("matrix", "orientation"):
        return f"{counts[0]} {singular} or {counts[-1]} {plural}"
    amount = f"{counts[0]} to {counts[-1]}" if len(counts) > 2 else " or ".join(map(str, counts))
    return f"{amount} {singular if counts == (1,) else plural}"


def _looks_numeric(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
