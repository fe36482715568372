"""A function of the port with one piece of its source replaced, as a mistaken port has it."""

from __future__ import annotations

import inspect
import textwrap
from types import ModuleType

from pytest import MonkeyPatch  # noqa: PT013 - a type

from tests.explain.faults import FaultInjection


def edited(
    module: ModuleType, function: str, old: str, new: str, user: ModuleType | None = None
) -> FaultInjection:
    """Plant a function with one piece of its source replaced, where ``user`` imported it to."""
    compute = getattr(module, function)
    source = textwrap.dedent(inspect.getsource(compute))
    assert source.count(old) == 1, f"{function} has {source.count(old)} times {old!r}"
    namespace = dict(vars(module))
    # From source that stands in this repository.
    exec(compile(source.replace(old, new), function, "exec"), namespace)  # noqa: S102

    def plant(patch: MonkeyPatch) -> None:
        patch.setattr(user or module, function, namespace[function])

    return plant
