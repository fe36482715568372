"""Recording of the port's evaluations while it computes.

The functions that its simulation calls by name, and two methods of its crystal, are replaced by
ones that call them and keep what goes in and comes out. Nothing is computed a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from parity_bridge.engines.nanobrag_torch.package import Package

#: What one call of the simulation's inner function contains, by the name of the function called.
_Calls = dict[str, list[Any]]


@dataclass
class RawEvaluations:
    """Tensors as the port had them."""

    #: Positions, Å, (..., 3), one a subpixel.
    positions: Any = None
    #: Function -> its results in order of the calls, three of ``dot_product`` and ``sincg``.
    results: _Calls = field(default_factory=dict)
    #: Scattering vectors, 1/m, (..., 1, 1, 3).
    scattering: Any = None
    #: Cell vectors a, b, c after all rotations, m, each (..., phi steps, domains, 3).
    rotated: list[Any] = field(default_factory=list)
    #: Nearest Miller indices that were looked up, three tensors.
    looked_up: tuple[Any, ...] = ()
    #: Rotations of the mosaic domains, (domains, 3, 3); None without a spread.
    rotations: Any = None


class Recorder:
    """Context in which a simulator is created and run, and its evaluations are recorded."""

    def __init__(self, package: Package, crystal: Any, *, lookups_only: bool = False) -> None:
        """Record calls of the port's simulation and of ``crystal``; ``lookups_only`` no others."""
        self._simulator = package.simulator
        self._crystal = crystal
        self._lookups_only = lookups_only
        self._undo = ExitStack()
        self.raw = RawEvaluations()

    def __enter__(self) -> Self:
        """Put the watching functions in place."""
        self._watch(self._crystal, "get_structure_factor", self._note_lookup)
        self._watch(self._simulator, "dot_product", self._note_indices)
        if not self._lookups_only:
            self._watch(self._simulator, "compute_physics_for_position", self._note_positions)
            self._watch(self._simulator, "sincg", self._note_result("sincg"))
            self._watch(
                self._simulator, "polarization_factor", self._note_result("polarization_factor")
            )
            self._watch(self._crystal, "_generate_mosaic_rotations", self._note_rotations)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore what was there."""
        self._undo.close()

    def _watch(self, owner: Any, name: str, note: Callable[[Any, Any, Any], None]) -> None:
        own, is_instance_method = getattr(owner, name), name not in vars(owner)

        def watched(*values: Any, **named: Any) -> Any:
            result = own(*values, **named)
            note(values, named, result)
            return result

        setattr(owner, name, watched)
        if is_instance_method:
            self._undo.callback(delattr, owner, name)
        else:
            self._undo.callback(setattr, owner, name, own)

    def _note_lookup(self, values: Any, named: Any, result: Any) -> None:  # noqa: ARG002
        self.raw.looked_up = tuple(values[:3])
        self.raw.results.setdefault("get_structure_factor", []).append(result)

    def _note_indices(self, values: Any, named: Any, result: Any) -> None:  # noqa: ARG002
        self.raw.scattering = values[0]
        self.raw.rotated.append(values[1])
        self.raw.results.setdefault("dot_product", []).append(result)

    def _note_positions(self, values: Any, named: Any, result: Any) -> None:  # noqa: ARG002
        self.raw.positions = named.get("pixel_coords_angstroms", *values[:1])

    def _note_rotations(self, values: Any, named: Any, result: Any) -> None:  # noqa: ARG002
        self.raw.rotations = result

    def _note_result(self, name: str) -> Callable[[Any, Any, Any], None]:
        def note(values: Any, named: Any, result: Any) -> None:  # noqa: ARG001
            self.raw.results.setdefault(name, []).append(result)

        return note
