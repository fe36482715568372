"""The installed package, and every name in it that this engine needs, each lookup checked."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from parity_bridge.engines.nanobrag_torch.quiet import quiet_port
from parity_bridge.errors import EngineError, MissingEngineError, error_text

PACKAGE = "nanobrag_torch"

#: Functions that the simulator calls by a name in its module, where they are watched.
SIMULATOR_FUNCTIONS = (
    "compute_physics_for_position", "dot_product", "sincg", "polarization_factor",
)  # fmt: skip

#: Module -> classes and functions in it.
_NEEDED = {
    "config": (
        "CrystalConfig", "DetectorConfig", "BeamConfig",
        "CrystalShape", "DetectorConvention", "DetectorPivot",
    ),
    "models.crystal": ("Crystal",),
    "models.detector": ("Detector",),
    "simulator": ("Simulator", *SIMULATOR_FUNCTIONS),
    "io.hkl": ("read_fdump",),
    "io.mosflm": ("reciprocal_to_real_cell",),
    "io.source": ("read_sourcefile",),
    "utils.auto_selection": (
        "auto_select_divergence", "auto_select_dispersion",
        "generate_sources_from_divergence_dispersion",
    ),
}  # fmt: skip
#: Class -> methods of it.
_METHODS = {
    "Crystal": ("get_structure_factor", "load_hkl", "_generate_mosaic_rotations"),
    "Detector": ("get_pixel_coords",),
    "Simulator": ("run",),
}


@dataclass(frozen=True)
class Package:
    """Its classes and functions by name, and the module of the simulation."""

    classes: dict[str, Any]
    simulator: Any

    def config(self, name: str, **values: Any) -> Any:
        """Create a configuration; raise EngineError for a value that it does not know."""
        made = self.classes[name]
        if is_dataclass(made):
            known = {item.name for item in fields(made)}
            unknown = [value for value in values if value not in known]
            if unknown:
                raise EngineError(
                    f"{package_version()} has no {name}.{unknown[0]}; this engine was written for "
                    "one "
                    "that has, install that version"
                )
        return made(**values)


@cache
def load_package() -> Package:
    """Load the installed package.

    Raise MissingEngineError where there is none, EngineError where it cannot be imported or lacks
    a name.
    """
    classes, modules = {}, {}
    for module, names in _NEEDED.items():
        found = modules[module] = _import_module(module)
        for name in names:
            classes[name] = _checked_attribute(found, name, f"{module}.{name}")
            for method in _METHODS.get(name, ()):
                _checked_attribute(classes[name], method, f"{module}.{name}.{method}")
    return Package(classes, modules["simulator"])


def package_version() -> str:
    """Return the package's name and version."""
    try:
        # Metadata that were left behind in part hold no version.
        found = version(PACKAGE) or "of no known version"
    except PackageNotFoundError:
        found = "of no known version"
    return f"{PACKAGE} {found}"


def _import_module(name: str) -> Any:
    try:
        with quiet_port():
            return import_module(f"{PACKAGE}.{name}")
    except ModuleNotFoundError as error:
        if error.name == PACKAGE:
            raise MissingEngineError(
                f"{PACKAGE} is not installed; install it beside parity_bridge, or take the engine "
                "torch"
            ) from error
        if (error.name or "").startswith(f"{PACKAGE}."):
            raise EngineError(
                f"{package_version()} has no module {error.name}; this engine was written for one "
                "that "
                "has, install that version"
            ) from error
        raise EngineError(
            f"{package_version()} needs {error.name}, which is not installed"
        ) from error
    except Exception as error:
        raise EngineError(f"{package_version()} cannot be imported: {error_text(error)}") from error


def _checked_attribute(owner: Any, name: str, where: str) -> Any:
    if not hasattr(owner, name):
        raise EngineError(
            f"{package_version()} has no {where}; this engine was written for one that has, "
            "install that "
            "version"
        )
    return getattr(owner, name)
