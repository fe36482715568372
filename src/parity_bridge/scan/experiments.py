"""Files of experiments to scan one after the other: a list of them, a grid, or both.

``[[experiment]]`` has a ``name`` and ``flags``; ``[grid]`` has lists of values, of which every
combination is an experiment; ``flags`` at the top are common to all.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from parity_bridge.errors import BridgeError, FileError
from parity_bridge.experiment.flags.words import split_words
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.files.names import check_name
from parity_bridge.files.reading import read_toml

MOST_EXPERIMENTS = 10_000

#: Keys of a grid that are no flags -> flag, and how many numbers a value of it has.
_GRID_FLAGS = {"misset": ("-misset", 3), "wavelength": ("-lambda", 1), "distance": ("-distance", 1)}

#: What a report of many experiments holds besides their folders.
_RESERVED = {"commands.txt", "env", "experiments.json", "experiments.md"}

_KEYS = ("flags", "experiment", "grid")


class NamedExperiment(NamedTuple):
    """An experiment and what it is called."""

    #: Fit to be part of a file name.
    name: str
    flags: tuple[str, ...]


class _GridValue(NamedTuple):
    """One value of an axis of a grid."""

    label: str
    words: tuple[str, ...]


def read_experiments(
    path: Path, base_flags: Sequence[str], *, as_original: bool = False
) -> list[NamedExperiment]:
    """Return the experiments of the TOML file ``path`` in its order, list before grid.

    Names differ in more than case. Flags are those of ``base_flags``, those common to the file and
    those of the experiment, in this order; the last one wins. Raises FileError for a file that
    cannot be read or is not as described above, for more than 10000 experiments, and for flags that
    ``parse_flags`` does not accept, with ``as_original`` or without.
    """
    table = read_toml(path, "experiment file")
    try:
        experiments = _parse_experiments(table, tuple(base_flags))
    except ValueError as error:
        raise FileError(f"experiment file {path}: {error}") from error
    for experiment in experiments:
        _check_flags(path, experiment, as_original=as_original)
    return experiments


def _parse_experiments(table: Mapping[str, Any], base: tuple[str, ...]) -> list[NamedExperiment]:
    """Return the experiments of ``table``; raise ValueError where it is not as described above."""
    _check_keys(table, _KEYS, "the file")
    common = (*base, *_flags(table.get("flags", ""), "flags"))
    listed = [
        _parse_listed_experiment(item, number)
        for number, item in enumerate(_list_of_tables(table), start=1)
    ]
    axes = _grid_axes(table.get("grid", {})) if "grid" in table else []
    count = len(listed) + (math.prod(map(len, axes)) if axes else 0)
    if not count:
        raise ValueError("it has no experiment; give [[experiment]] with name and flags, or [grid]")
    if count > MOST_EXPERIMENTS:
        raise ValueError(f"it has {count} experiments, more than {MOST_EXPERIMENTS}; shorten it")
    experiments = [*listed, *_grid_combinations(axes)]
    for item in experiments:
        if item.name.lower() in _RESERVED:
            raise ValueError(f"no experiment can be called {item.name!r}; take another name")
    name, times = Counter(item.name.lower() for item in experiments).most_common(1)[0]
    if times > 1:
        names = dict.fromkeys(item.name for item in experiments if item.name.lower() == name)
        raise ValueError(
            f"{times} experiments are called {' or '.join(map(repr, names))}; give each a name of "
            "its own that differs in more than case"
        )
    return [NamedExperiment(check_name(item.name), (*common, *item.flags)) for item in experiments]


def _check_keys(table: Mapping[str, Any], keys: Sequence[str], what: str) -> None:
    for key in table:
        if key not in keys:
            raise ValueError(f"{what} has a key {key!r}; only {', '.join(keys)} mean something")


def _list_of_tables(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = table.get("experiment", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError("experiment is no list of tables; write [[experiment]] above each")
    return items


def _parse_listed_experiment(item: Mapping[str, Any], number: int) -> NamedExperiment:
    what = f"experiment {number}"
    _check_keys(item, NamedExperiment._fields, what)
    for key in NamedExperiment._fields:
        if key not in item:
            raise ValueError(f'{what} has no {key}; write name = "..." and flags = "..."')
    name = item["name"]
    if isinstance(name, str):
        return NamedExperiment(name, _flags(item["flags"], f"the flags of {what}"))
    raise ValueError(f"the name of {what} is no string; put it in quotes")


def _flags(value: Any, what: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return split_words(value)
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return tuple(value)
    raise ValueError(f"{what} are neither a string nor a list of strings; write them in quotes")


def _grid_axes(grid: Any) -> list[list[_GridValue]]:
    """Return the values of each key of a grid."""
    if not isinstance(grid, dict) or not grid:
        raise ValueError("the grid is no table of lists; write [grid] and wavelength = [1.0] say")
    used: dict[str, str] = {}
    for key in grid:
        flag = _GRID_FLAGS.get(key, (key,))[0]
        if not flag.startswith("-"):
            raise ValueError(
                f"the grid has a key {key!r}; only {', '.join(_GRID_FLAGS)} and nanoBragg flags in "
                'quotes, "-N" say, mean something'
            )
        if flag in used:
            raise ValueError(f"the grid has {used[flag]} and {key}, which are the same; keep one")
        used[flag] = key
    return [_grid_axis(key, values) for key, values in grid.items()]


def _grid_axis(key: str, values: Any) -> list[_GridValue]:
    if not isinstance(values, list) or not values:
        raise ValueError(f"the grid's {key!r} is no list of values; write them in [ ]")
    flag, size = _GRID_FLAGS.get(key, (key, None))
    words_of_values = [_value_words(key, value, size) for value in values]
    words, times = Counter(words_of_values).most_common(1)[0]
    if times > 1:
        raise ValueError(f"the grid's {key!r} has {' '.join(words)} twice; remove one")
    labels = [f"{key.lstrip('-')}-{_label(words)}" for words in words_of_values]
    same = {label for label, times in Counter(map(str.lower, labels)).items() if times > 1}
    # Values that differ only in case, or in what a name cannot hold, have their place in the name.
    return [
        _GridValue(f"{label}.{place}" if label.lower() in same else label, (flag, *words))
        for place, (label, words) in enumerate(zip(labels, words_of_values, strict=True), start=1)
    ]


#: What a value must be, by the number of numbers in it.
_NEEDED: dict[int | None, str] = {
    None: "a number, a string or a list of numbers",
    1: "a number",
    3: "a list of three numbers",
}


def _value_words(key: str, value: Any, size: int | None) -> tuple[str, ...]:
    """Return the words after a flag; ``size`` numbers, or with None any and a string too."""
    if isinstance(value, str) and size is None:
        return (value,)
    numbers = value if isinstance(value, list) and size != 1 else [value]
    # A bool is an int to Python.
    are_numbers = all(type(number) in (int, float) for number in numbers)
    if are_numbers and numbers and size in (None, len(numbers)):
        return tuple(map(repr, numbers))
    raise ValueError(
        f"the grid's {key!r} has {repr(value)[:60]}, which is not {_NEEDED[size]}; correct it"
    )


def _label(words: Sequence[str]) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(words).replace("+", ""))


def _grid_combinations(axes: Sequence[Sequence[_GridValue]]) -> Iterator[NamedExperiment]:
    for values in itertools.product(*axes) if axes else ():
        name = "_".join(value.label for value in values)
        yield NamedExperiment(name, tuple(word for value in values for word in value.words))


def _check_flags(path: Path, experiment: NamedExperiment, *, as_original: bool) -> None:
    try:
        parse_flags(experiment.flags, as_original=as_original)
    except BridgeError as error:
        raise FileError(f"experiment file {path}, experiment {experiment.name}: {error}") from error
