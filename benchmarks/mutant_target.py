"""The ports that are mutated, and a copy of one that stands for it in this process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from compileall import compile_dir
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from py_compile import PycInvalidationMode
from types import ModuleType
from typing import NamedTuple

from mutations import Mutation, mutations_of

import parity_bridge

_SOURCES = Path(parity_bridge.__file__).parent


class Target(NamedTuple):
    """A port, by the name of its engine, and the modules of it that are mutated."""

    engine: str
    #: The package or module whose source is copied.
    package: str
    #: Below the folder of parity_bridge: a package's folder or a module's file.
    source: str
    #: Files that compute no pixel on its way into an observation: frames, threads, records.
    left_out: tuple[str, ...] = ()

    @property
    def files(self) -> list[Path]:
        """The files that are mutated."""
        source = _SOURCES / self.source
        files = sorted(source.glob("*.py")) if source.is_dir() else [source]
        return [file for file in files if file.stem not in self.left_out]

    def mutations(self) -> list[Mutation]:
        """Return all of them."""
        return [item for file in self.files for item in mutations_of(file)]


TARGETS = {
    "torch": Target(
        "torch", "parity_bridge.engines.torch_port", "engines/torch_port",
        ("compiled_kernels", "f_cell", "failures", "frame", "observations", "pool", "run_order",
         "scanner", "state_conversion"),
    ),
    "numpy": Target(
        "parity_bridge.examples.numpy_engine:NumpyEngine", "parity_bridge.examples.numpy_engine",
        "examples/numpy_engine.py",
    ),
}  # fmt: skip


class Copy(MetaPathFinder):
    """A copy of a port's source in ``folder``, which is imported in the place of the original."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._package = target.package
        source = _SOURCES / target.source
        self.root = folder / source.name
        if source.is_dir():
            shutil.copytree(source, self.root, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, self.root)
        # By the hash of the source: the mutated one may have the size and the second of the other.
        hashed = PycInvalidationMode.CHECKED_HASH
        compile_dir(folder, quiet=1, invalidation_mode=hashed)

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the port's modules in the copy; leave all others to the other finders."""
        if name != self._package and not name.startswith(f"{self._package}."):
            return None
        if self.root.is_file():
            return spec_from_file_location(name, self.root)
        if name == self._package:
            return spec_from_file_location(
                name, self.root / "__init__.py", submodule_search_locations=[str(self.root)]
            )
        return spec_from_file_location(name, self.root / f"{name.rpartition('.')[2]}.py")

    def path_of(self, mutation: Mutation) -> Path:
        """Return the copy of the file that is mutated."""
        return self.root if self.root.is_file() else self.root / Path(mutation.file).name

    @property
    def files(self) -> list[Path]:
        """The source of the copy."""
        return [self.root] if self.root.is_file() else sorted(self.root.glob("*.py"))

    def mutate(self, mutation: Mutation) -> None:
        """Put the mutated source into the copy."""
        self.path_of(mutation).write_bytes(mutation.applied(Path(mutation.file).read_bytes()))

    def restore(self, mutation: Mutation) -> None:
        """Put the source back that ``mutate`` replaced."""
        self.path_of(mutation).write_bytes(Path(mutation.file).read_bytes())

    def install(self) -> None:
        """Import from the copy; nothing compiled from a mutation is written."""
        sys.dont_write_bytecode = True
        sys.meta_path.insert(0, self)
