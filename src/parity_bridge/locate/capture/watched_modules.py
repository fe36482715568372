"""Watched packages imported anew, instrumented, in memory only; afterwards all is as it was."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from parity_bridge.locate.capture.expressions import SITES
from parity_bridge.locate.capture.instrument import instrument

#: ``sys.modules`` belongs to the whole process.
_ONE_AT_A_TIME = threading.RLock()


class WatchedModules(MetaPathFinder):
    """Finds modules of the watched packages as others do, and instruments their source."""

    def __init__(self, watched: Collection[str], hooks: dict[str, Callable[..., Any]]) -> None:
        """Watch packages and modules by their dotted names."""
        self._watched = watched
        self._hooks = hooks
        #: Names of the instrumented modules.
        self.loaded: list[str] = []
        #: What could not be instrumented, and why.
        self.notes: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a watched module with a loader that instruments it."""
        if not is_within(fullname, self._watched):
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                return self._instrumenting(spec)
        return None

    def _instrumenting(self, spec: ModuleSpec) -> ModuleSpec:
        origin = spec.origin or ""
        if origin.endswith(".py") and spec.loader is not None:
            spec.loader = _Loader(spec.name, str(Path(origin).absolute()), self, spec.loader)
        elif origin.endswith(tuple(EXTENSION_SUFFIXES)):
            self.note_compiled(spec.name)
        return spec

    def note_compiled(self, module: str) -> None:
        """Note a module that has no source."""
        self.notes.append(f"{module} is compiled; what it computes inside is not captured")

    def prepared(self, module: ModuleType, source: str, file: str) -> CodeType:
        """Give a module its hooks and return its instrumented code; its own where that fails."""
        try:
            result = instrument(source, file)
        except RecursionError:
            self.notes.append(f"{module.__name__} is nested too deeply to be instrumented")
            return compile(source, file, "exec", dont_inherit=True)
        self.notes += [
            f"{module.__name__}.{name} is compiled by its decorator; what it computes inside is "
            "not captured"
            for name in result.unwatched
        ]
        vars(module).update(self._hooks, **{SITES: result.sites})
        self.loaded.append(module.__name__)
        return result.code


class _Loader(SourceFileLoader):
    """Loads one module from its source, past any cache of bytecode, and writes none."""

    def __init__(self, name: str, file: str, modules: WatchedModules, own: Any) -> None:
        super().__init__(name, file)
        self._modules = modules
        self._own = own

    def get_source(self, fullname: str) -> str:
        """Return the source text, from the loader that the module would have had."""
        return str(self._own.get_source(fullname))

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's instrumented code in it."""
        for child, loaded in list(sys.modules.items()):
            package, _, name = child.rpartition(".")
            if package == module.__name__:  # compiled, and so not imported anew
                setattr(module, name, loaded)
                self._modules.note_compiled(child)
        code = self._modules.prepared(module, self.get_source(self.name), self.path)
        exec(code, vars(module))  # noqa: S102 - that is what a loader does


@contextmanager
def imported_anew(finder: WatchedModules, names: Collection[str]) -> Iterator[None]:
    """Import modules ``names``, and all within them, anew; restore them afterwards."""
    with _ONE_AT_A_TIME:
        before = {name: sys.modules[name] for name in _renewable(names)}
        attributes = [(namespace, name, namespace.get(name)) for namespace, name in _places(before)]
        for name in before:
            del sys.modules[name]
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            _forget(_renewable(names))
            sys.modules.update(before)
            for namespace, name, value in attributes:
                namespace[name] = value


def is_within(name: str, packages: Collection[str]) -> bool:
    """Return whether module ``name`` is one of ``packages`` or lies within one."""
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def dependents(watched: Collection[str]) -> set[str]:
    """Return the loaded modules outside this package that have taken a name from ``watched``.

    They hold on to what was imported before, and so have to be imported anew as well.
    """
    outside = {
        name: module
        for name, module in list(sys.modules.items())
        if type(module) is ModuleType and not is_within(name, ("parity_bridge", "__main__"))
    }
    origins = {name: _origins(module) for name, module in outside.items()}
    chosen = {name for name in outside if is_within(name, watched)} | set(watched)
    grown = True
    while grown:
        more = {name for name in outside if name not in chosen and origins[name] & chosen}
        chosen |= more
        grown = bool(more)
    return chosen - set(watched)


def _origins(module: ModuleType) -> set[str]:
    """Return the names of the modules from which a module has taken what it holds."""
    origins = set()
    for value in list(vars(module).values()):
        if type(value) is ModuleType:
            origins.add(value.__name__)
        elif issubclass(type(value), type) or type(value) is FunctionType:
            origins.add(str(value.__module__))
    return origins - {module.__name__}


def _renewable(names: Collection[str]) -> list[str]:
    """Return the loaded modules within ``names`` that can be imported twice in one process."""
    return [
        name
        for name, module in list(sys.modules.items())
        if is_within(name, names) and not _origin(module).endswith(tuple(EXTENSION_SUFFIXES))
    ]


def _origin(module: ModuleType) -> str:
    return getattr(getattr(module, "__spec__", None), "origin", None) or ""


def _places(names: Collection[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the namespace of the package of each module, and its name there."""
    for name in names:
        package, _, own = name.rpartition(".")
        if own in vars(sys.modules.get(package, object)):
            yield vars(sys.modules[package]), own


def _forget(names: Collection[str]) -> None:
    for name in names:
        module = sys.modules.pop(name)
        package, _, own = name.rpartition(".")
        namespace = vars(sys.modules.get(package, object))
        if namespace.get(own) is module:
            del sys.modules[package].__dict__[own]
