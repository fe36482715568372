"""What programs and tests give: read where it is clear, refused in one sentence where it is not."""

from __future__ import annotations

import operator
import os
import reprlib
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import ModuleType
from typing import Any

from parity_bridge.errors import UsageError
from parity_bridge.experiment import model
from parity_bridge.experiment.nanobragg_flags import read_experiment

_ENGINES = (
    "give a name of `parity_bridge engines`, package.module:Class, or an instance of such a class"
)
_PIXELS = "give a list of (slow, fast) pairs of whole numbers, [(0, 0), (32, 32)] say"
_TAPS = "give one name of docs/taps.md or a list of them"
_FLAGS = "give nanoBragg flags, one string or a list of words"
_LARGEST = 10**18


def checked_experiment(given: object) -> model.Experiment:
    """Return an experiment as it is, and read one that is given as nanoBragg flags.

    Raises UsageError for anything else, and as ``nanobragg_flags.parse_flags``.
    """
    if isinstance(given, model.Experiment):
        return given
    return read_experiment(flag_words(given, "experiment", f"{_FLAGS}, or an Experiment"))


def flag_words(flags: object, name: str = "flags", remedy: str = _FLAGS) -> list[str]:
    """Return the words of a nanoBragg command line: a string, split as a shell does, or words.

    Raises UsageError for anything else.
    """
    if isinstance(flags, str):
        try:
            return shlex.split(flags)
        except ValueError as error:
            raise UsageError(
                f"{_argument_text(name, flags)}: {error}; close the quotation"
            ) from error
    words = []
    for word in _listed_items(flags, name, remedy):
        if not isinstance(word, str | os.PathLike):
            raise UsageError(
                f"{name} holds {_type_name(word)}, {reprlib.repr(word)}; write every word as text: "
                f"{str(word)[:20]!r}"
            )
        words.append(os.fsdecode(word))
    return words


def checked_pixels(pixels: object) -> tuple[tuple[int, int], ...]:
    """Return pixels (slow, fast) as pairs of whole numbers, whatever sequence or array they are.

    Raises UsageError for anything else, for a pixel that is negative or given twice, and for none.
    """
    pairs = tuple(_checked_pixel(item) for item in _listed_items(pixels, "pixels", _PIXELS))
    if not pairs:
        raise UsageError("there is nothing to compare: give at least one pixel (slow, fast)")
    for pair in pairs:
        if min(pair) < 0:
            raise UsageError(f"pixel {pair} is negative; pixels (slow, fast) are counted from 0")
    if len(set(pairs)) < len(pairs):
        twice = next(pair for pair in pairs if pairs.count(pair) > 1)
        raise UsageError(f"pixel {twice} is given twice; give each pixel once")
    return pairs


def checked_taps(taps: object) -> tuple[str, ...]:
    """Return the names of taps, given as one string (``omega,final`` say) or several.

    Whether they exist is checked by who compares them. Raises UsageError for anything else.
    """
    names = taps.split(",") if isinstance(taps, str) else _listed_items(taps, "taps", _TAPS)
    if not names:
        raise UsageError(f"taps holds no name; {_TAPS}, or leave taps out for all")
    return _checked_texts(names, "taps", _TAPS)


def checked_switches(behaviours: object) -> tuple[str, ...]:
    """Return the choices of behaviours, given as one string (``omega=last``) or several.

    Raises UsageError for anything else.
    """
    remedy = "give a list of name=choice, ['omega=last'] say"
    if isinstance(behaviours, str):
        return (behaviours,)
    return _checked_texts(_listed_items(behaviours, "behaviours", remedy), "behaviours", remedy)


def checked_watch(packages: object) -> tuple[str, ...]:
    """Return the names of packages, given as one string or several; raises UsageError."""
    remedy = "give names of packages, ['my_port'] say"
    if isinstance(packages, str):
        return (packages,)
    return _checked_texts(_listed_items(packages, "watch", remedy), "watch", remedy)


def checked_text(value: object, name: str, remedy: str) -> str:
    """Return a string; raises UsageError for anything else."""
    if not isinstance(value, str):
        raise UsageError(f"{_argument_text(name, value)}; {remedy}")
    return value


def checked_switch(value: object, name: str) -> bool:
    """Return True or False; raises UsageError for anything else."""
    if not isinstance(value, bool):
        raise UsageError(f"{_argument_text(name, value)}; give True or False")
    return value


def checked_path(path: object, name: str, what: str) -> Path:
    """Return a path that is given as one or as a string; raises UsageError for anything else."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise UsageError(f"{_argument_text(name, path)}; give the path of {what}")
    return Path(os.fsdecode(path))


def checked_tolerances(path: object) -> Path | None:
    """Return the path of a tolerance file, if there is one; raises UsageError for anything else."""
    return None if path is None else checked_path(path, "tolerances", "a TOML file of tolerances")


def checked_engine(which: object) -> Any:
    """Return an instance of an engine class as it is; raises UsageError for anything else."""
    if isinstance(which, type):
        raise UsageError(
            f"{which.__name__} is a class; give an instance, {which.__name__}(), or its name, "
            f"'{which.__module__}:{which.__qualname__}'"
        )
    if isinstance(which, ModuleType):
        raise UsageError(f"{which.__name__} is a module; name its class, '{which.__name__}:Class'")
    for method in ("observe", "build"):
        if not callable(getattr(which, method, None)):
            raise UsageError(
                f"{reprlib.repr(which)}, {_type_name(which)}, is no engine: it has no {method}(); "
                f"{_ENGINES}"
            )
    for word in ("name", "implementation", "trace_prefix", "folder"):
        if not isinstance(getattr(which, word, None), str):
            raise UsageError(
                f"the class {type(which).__name__} has no {word}, a word that reports need; "
                "docs/engines.md says what it is"
            )
    return which


def checked_scan_settings(settings: Mapping[str, object], thresholds: Collection[str]) -> Any:
    """Return settings of a scan as ``ScanSettings`` takes them; ``thresholds`` are all names.

    Raises UsageError for a setting that does not exist or cannot have the value.
    """
    checks: dict[str, Callable[[object], object]] = {
        "tile": lambda value: _positive_number(value, "tile"),
        "threads": lambda value: _positive_number(value, "threads"),
        "dask": lambda value: checked_text(value, "dask", _DASK),
        "resume": lambda value: checked_switch(value, "resume"),
        "thresholds": lambda value: _checked_limits(value, thresholds),
        "threshold_file": lambda value: checked_path(
            value, "threshold_file", "a TOML file of thresholds"
        ),
    }
    for name in settings:
        if name not in checks:
            raise UsageError(f"a scan has no setting {name!r}; choose from {', '.join(checks)}")
    return {
        name: None if value is None and name in _MAY_BE_NONE else checks[name](value)
        for name, value in settings.items()
    }


_MAY_BE_NONE = ("tile", "dask", "threshold_file")
_DASK = "give the address of its scheduler, 'tcp://HOST:8786' say"


def _checked_limits(limits: object, known: Collection[str]) -> dict[str, float]:
    if not isinstance(limits, Mapping):
        raise UsageError(
            f"{_argument_text('thresholds', limits)}; give {{'corr_min': 0.99}} or the like"
        )
    for name, value in limits.items():
        if name not in known:
            raise UsageError(f"there is no threshold {name!r}; choose from {', '.join(known)}")
        number = _plain_value(value)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise UsageError(f"{_argument_text(name, value)}; give a number")
    return {name: float(_plain_value(value)) for name, value in limits.items()}


def _positive_number(value: object, name: str) -> int:
    number = _whole_number(value)
    if number is None or number < 1:
        raise UsageError(f"{_argument_text(name, value)}; give a whole number, 1 or more")
    return number


def _checked_pixel(item: object) -> tuple[int, int]:
    """Return a pixel as two whole numbers; raises UsageError for anything else."""
    item = _plain_value(item)
    if isinstance(item, int | float):
        raise UsageError(
            f"pixels holds {_type_name(item)}, {item!r}, in the place of a pixel; {_PIXELS}"
        )
    numbers = [_whole_number(value) for value in _listed_items(item, "a pixel", _PIXELS)]
    if len(numbers) != 2 or None in numbers:
        raise UsageError(f"{_argument_text('a pixel', item)}; {_PIXELS}")
    slow, fast = (number for number in numbers if number is not None)
    return slow, fast


def _whole_number(value: object) -> int | None:
    """Return a whole number of any type, 2.0 too; None for anything else."""
    value = _plain_value(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        number = operator.index(value)  # type: ignore[arg-type] # raises for anything else
    except TypeError:
        return None
    return number if abs(number) < _LARGEST else None


def _checked_texts(names: Iterable[object], name: str, remedy: str) -> tuple[str, ...]:
    return tuple(checked_text(text, f"a name in {name}", remedy) for text in names)


def _listed_items(value: object, name: str, remedy: str) -> list[Any]:
    """Return the items of a sequence or array in order; raises UsageError for anything else."""
    value = _plain_value(value)
    if isinstance(value, str | bytes | Mapping | AbstractSet) or not isinstance(value, Iterable):
        raise UsageError(f"{_argument_text(name, value)}; {remedy}")
    return list(value)


def _plain_value(value: Any) -> Any:
    """Return an array or scalar of NumPy or torch as Python's own values, all else as it is."""
    return value.tolist() if callable(getattr(value, "tolist", None)) else value


def _argument_text(name: str, value: object) -> str:
    """Name an argument, the value that was given, and its type."""
    return f"{name} is {_type_name(value)}, {reprlib.repr(value)}"


def _type_name(value: object) -> str:
    """Name the type of a value, None as itself."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
