"""Reading the words that follow a flag: as they must be, or as the original program takes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from parity_bridge.experiment.flags.flag import Flag, Value, ValueKind
from parity_bridge.experiment.flags.orientation_matrix import read_matrix
from parity_bridge.files.c_numbers import leading_integer, leading_number
from parity_bridge.files.plain_numbers import plain_integer, plain_number

_NOUNS: dict[ValueKind, tuple[str, str]] = {
    "number": ("number", "numbers"),
    "direction": ("number", "numbers"),
    "integer": ("whole number", "whole numbers"),
    "path": ("file name", "file names"),
    "matrix": ("file name", "file names"),
    "pivot": ("word (beam or sample)", "words"),
    "orientation": ("word (random)", "numbers"),
    "depth": ("number", "numbers"),
    "text": ("word", "words"),
}


def is_flag_word(word: str) -> bool:
    """Return whether ``word`` is written like a flag: a minus sign and no number after it."""
    return word.startswith("-") and not _looks_numeric(word)


def value_words(flag: Flag, following: Sequence[str]) -> list[str]:
    """Return the values of ``flag`` from the words ``following`` it.

    Raises ValueError where the flag does not take this number of values.
    """
    words = list(
        takewhile(lambda word: not is_flag_word(word), following[: max(flag.value_counts)])
    )
    if flag.kind == "orientation" and words and "rand" in words[0]:
        return words[:1]
    if len(words) not in flag.value_counts:
        given = f"only {' '.join(words)!r} follows it" if words else "none follows it"
        raise ValueError(f"takes {_takes_text(flag)}, but {given}; give what is missing")
    return words


def check_needed(flag: Flag, following: Sequence[str]) -> None:
    """Raise ValueError where a flag without values does not fire, since it is the last word."""
    if len(following) < flag.needs:
        raise ValueError("does nothing as the last word; write it before another flag")


def read_values(flag: Flag, words: Sequence[str]) -> list[Value]:
    """Return the values of the ``words`` after ``flag``.

    A random orientation, drawn by the engines, is three times ``None``.
    Raises ValueError for a word that is no value of the flag, FileError for a matrix file that
    cannot be read.
    """
    return _repeated(flag, _READERS[flag.kind](words, flag)) if words else []


def taken_words(flag: Flag, following: Sequence[str]) -> list[str]:
    """Return the words ``following`` that the original program reads for ``flag``."""
    words = list(following[: max(flag.value_counts)])
    if flag.name == "-cell":
        return list(takewhile(lambda word: not word.startswith("-"), words))
    if flag.kind == "orientation" and words and "rand" in words[0]:
        return words[:1]
    return words


def take_values(flag: Flag, following: Sequence[str]) -> list[Value] | None:
    """Return what the original program takes for ``flag`` from the words ``following`` it.

    ``None`` where it takes nothing, since too few words follow. Numbers are read as C reads them.
    Raises ValueError and FileError as ``read_values`` does, for numbers that make no sense.
    """
    words = taken_words(flag, following)
    if len(following) < flag.needs or (flag.kind != "text" and not _is_enough(flag, words)):
        return None
    return _repeated(flag, _TAKERS[flag.kind](words, flag)) if words else []


def ends_word(flag: Flag, values: Sequence[Value]) -> bool:
    """Return whether ``flag``, having taken ``values``, is the last that fires on its word."""
    if flag.kind == "orientation":
        return values[0] is None
    return flag.ends_word or (flag.name == "-cell" and len(values) < len(flag.fields))


def _is_enough(flag: Flag, words: Sequence[str]) -> bool:
    if flag.kind == "orientation":
        return len(words) == len(flag.fields) or "rand" in words[0]
    # A cell whose first number is written like a flag takes nothing, and fires all the same.
    return len(words) >= min(flag.value_counts) or flag.name == "-cell"


def _repeated(flag: Flag, values: list[Value]) -> list[Value]:
    return values * len(flag.fields) if flag.repeat and len(values) == 1 else values


def _read_numbers(words: Sequence[str], flag: Flag) -> list[Value]:
    return _convert_numbers(map(plain_number, words), flag)


def _read_integers(words: Sequence[str], flag: Flag) -> list[Value]:
    return _convert_numbers(map(plain_integer, words), flag)


def _convert_numbers(numbers: Iterable[float], flag: Flag) -> list[Value]:
    return list(numbers if flag.convert is None else map(flag.convert, numbers))


def _read_direction(words: Sequence[str], _flag: Flag) -> list[Value]:
    return _checked_direction([plain_number(word) for word in words])


def _checked_direction(vector: list[float]) -> list[Value]:
    if not 0.0 < math.hypot(*vector) < math.inf:
        raise ValueError("this vector has no direction; give a finite one that is not zero")
    return list(vector)


def _read_path(words: Sequence[str], _flag: Flag) -> list[Value]:
    if not words[0] or words[0].startswith("-"):
        raise ValueError("this is not a file name; one that begins with a minus is written ./-name")
    return [Path(words[0])]


def _read_matrix(words: Sequence[str], _flag: Flag) -> list[Value]:
    if not is_flag_word(words[0]) and _looks_numeric(words[0]):
        raise ValueError("-mat takes a file; write the nine numbers to one and name it")
    path = Path(words[0])
    return [*read_matrix(path), path]


def _read_pivot(words: Sequence[str], flag: Flag) -> list[Value]:
    if "beam" not in words[0] and "sample" not in words[0]:
        raise ValueError("the pivot is either beam or sample, in lower case")
    return _take_pivot(words, flag)


def _take_pivot(words: Sequence[str], _flag: Flag) -> list[Value]:
    # The original looks for sample first and for beam then, whatever else the word holds.
    return ["beam"] if "beam" in words[0] else ["sample"] if "sample" in words[0] else []


def _read_orientation(words: Sequence[str], flag: Flag) -> list[Value]:
    if len(words) == 1 and "rand" not in words[0]:
        raise ValueError("give three angles, or the word random")
    return [None] * len(flag.fields) if len(words) == 1 else _read_numbers(words, flag)


def _take_orientation(words: Sequence[str], flag: Flag) -> list[Value]:
    if len(words) == 1:
        return [None] * len(flag.fields)
    return _convert_numbers(map(leading_number, words), flag)


def _read_depth(words: Sequence[str], flag: Flag) -> list[Value]:
    # An infinite depth absorbs nothing; 0 means the same (contract §1).
    return [0.0] if words[0] == "inf" else _read_numbers(words, flag)


def _take_depth(words: Sequence[str], _flag: Flag) -> list[Value]:
    return [0.0 if "inf" in words[0] else leading_number(words[0])]


def _take_path(words: Sequence[str], _flag: Flag) -> list[Value]:
    return [Path(words[0])]


_READERS: dict[ValueKind, Callable[[Sequence[str], Flag], list[Value]]] = {
    "number": _read_numbers,
    "integer": _read_integers,
    "direction": _read_direction,
    "path": _read_path,
    "matrix": _read_matrix,
    "pivot": _read_pivot,
    "orientation": _read_orientation,
    "depth": _read_depth,
    "text": lambda words, _flag: list(words),
}

_TAKERS: dict[ValueKind, Callable[[Sequence[str], Flag], list[Value]]] = {
    "number": lambda words, flag: _convert_numbers(map(leading_number, words), flag),
    "integer": lambda words, flag: _convert_numbers(map(leading_integer, words), flag),
    "direction": lambda words, _flag: _checked_direction(list(map(leading_number, words))),
    "path": _take_path,
    "matrix": _read_matrix,
    "pivot": _take_pivot,
    "orientation": _take_orientation,
    "depth": _take_depth,
    "text": lambda words, _flag: list(words),
}


def _takes_text(flag: Flag) -> str:
    singular, plural = _NOUNS[flag.kind]
    counts = flag.value_counts
    if flag.kind == "orientation":
        return f"{counts[0]} {singular} or {counts[-1]} {plural}"
    amount = f"{counts[0]} to {counts[-1]}" if len(counts) > 2 else " or ".join(map(str, counts))
    return f"{amount} {singular if counts == (1,) else plural}"


def _looks_numeric(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
