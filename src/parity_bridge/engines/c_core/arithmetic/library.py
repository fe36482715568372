"""The builds of the C core whose numbers are not double; see ``csrc/arithmetic/dual.hpp``."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MISSING = {
    "_core_dual": "derivatives need a C++ compiler where the package is built; install g++ or "
    "clang++, then parity_bridge again",
    "_core_truth": "the exact values need a C++ compiler with binary128 (g++ and glibc) where the "
    "package is built; install g++, then parity_bridge again",
}


@dataclass(frozen=True)
class ArithmeticCore:
    """The functions of ``pb_core.h`` over numbers that carry derivatives along ``directions``."""

    ffi: Any
    lib: Any

    @property
    def directions(self) -> int:
        """Derivatives that every number carries."""
        return int(self.lib.pb_directions())

    @property
    def number_size(self) -> int:
        """Bytes of a number."""
        return self.ffi.sizeof("pb_dual")  # type: ignore[no-any-return]

    def set_values(self, numbers: Any, values: Sequence[float] | NDArray[np.float64]) -> None:
        """Set the numbers at a ``pb_dual *`` to ``values``, with derivatives of 0."""
        block = np.ascontiguousarray(values, dtype=np.float64)
        pointer = self.ffi.cast("double *", self.ffi.from_buffer(block))
        self.lib.pb_set_values(numbers, block.size, pointer)

    def parts(self, numbers: Any, count: int) -> NDArray[np.float64]:
        """Return ``count`` numbers at a ``pb_dual *``, shape (count, 1 + directions, 2).

        The value, then its derivatives; of each the nearest double, and the rest.
        """
        parts = np.empty((count, 1 + self.directions, 2))
        self.lib.pb_get_parts(
            numbers, count, self.ffi.cast("double *", self.ffi.from_buffer(parts))
        )
        return parts


@cache
def dual_core() -> ArithmeticCore:
    """Return the core over dual numbers of double; raise EngineError where it was not built."""
    return _load("_core_dual")


@cache
def truth_core() -> ArithmeticCore:
    """Return the core over dual numbers of binary128; raise EngineError where it was not built."""
    return _load("_core_truth")


def _load(name: str) -> ArithmeticCore:
    try:
        module = importlib.import_module(f"parity_bridge.{name}")
    except ImportError as error:
        raise EngineError(_MISSING[name]) from error
    return ArithmeticCore(module.ffi, module.lib)
