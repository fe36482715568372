"""The registry: from the name of an engine to an engine ready to run.

Engines register under the entry-point group ``parity_bridge.engines``; ``package.module:Class``
works too.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from parity_bridge.engines.choice import EngineChoice
from parity_bridge.engines.protocol import Engine
from parity_bridge.errors import EngineError, MissingEngineError, UsageError, one_line

ENTRY_POINT_GROUP = "parity_bridge.engines"


def engine_names() -> list[str]:
    """Return the names of the registered engines, sorted."""
    return sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)})


def engine_class(name: str) -> type[Engine]:
    """Return the class registered as ``name``, or named as ``package.module:Class``.

    Raise UsageError where there is no such class, EngineError where its module cannot be imported.
    """
    for point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        return _load_engine_class(name, point.module, point.attr)
    module, _, attribute = name.partition(":")
    if not all(map(str.isidentifier, (*module.split("."), attribute))):
        raise UsageError(f"there is no engine named {name!r}; {_choices()}")
    return _load_engine_class(name, module, attribute)


def create_engine(
    name: str, *, dtype: str = "float64", device: str = "cpu", **settings: Any
) -> Engine:
    """Create an engine; ``settings`` are keywords that only some engines know.

    Raise UsageError for a setting that this engine does not know.
    """
    chosen = engine_class(name)
    known = signature(chosen).parameters
    for setting in settings:
        if setting not in known:
            raise UsageError(f"--{setting} means nothing to engine {name!r}; leave it out")
    return chosen(dtype=dtype, device=device, **settings)


def engine_for_choice(choice: EngineChoice) -> Engine:
    """Create the chosen engine with the settings it knows; raise as ``create_engine`` does."""
    known = signature(engine_class(choice.name)).parameters
    settings: dict[str, Any] = {}
    if not choice.check_finite and "check_finite" in known:
        settings["check_finite"] = False
    if choice.c_bin is not None and "c_bin" in known:
        settings["c_bin"] = Path(choice.c_bin)
    return create_engine(choice.name, dtype=choice.dtype, device=choice.device, **settings)


def takes_program(name: str) -> bool:
    """Return whether the engine of this name runs an executable that ``--c-bin`` may name."""
    return "c_bin" in signature(engine_class(name)).parameters


def _load_engine_class(name: str, module: str, attribute: str) -> type[Engine]:
    loaded = getattr(_module(name, module), attribute, None)
    if not (isinstance(loaded, type) and callable(getattr(loaded, "observe", None))):
        raise UsageError(
            f"engine {name!r}: {module} has no class {attribute} with observe; {_choices()}"
        )
    for needed in ("name", "implementation", "trace_prefix", "folder"):
        if not isinstance(getattr(loaded, needed, None), str):
            raise UsageError(
                f"engine {name!r}: the class {attribute} has no {needed}, a word that reports "
                "need; docs/engines.md says what it is"
            )
    return cast("type[Engine]", loaded)


def _module(name: str, module: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        # The module itself or a package above it, not something that it imports.
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            raise MissingEngineError(
                f"engine {name!r}: there is no module {error.name!r}; {_choices()}"
            ) from error
        raise EngineError(f"engine {name!r} could not be loaded: {error}") from error
    except Exception as error:  # whatever the module does when it is imported
        raise EngineError(f"engine {name!r} could not be loaded: {one_line(error)}") from error


def _choices() -> str:
    return f"choose {', '.join(engine_names())} or package.module:Class"
