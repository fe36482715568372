"""Recording of the port's structure-factor lookups while it computes."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_METHOD = "get_structure_factor"


class LookupRecorder:
    """Context in which every lookup of a crystal is recorded, without a change to the port."""

    def __init__(self, crystal: Any) -> None:
        """Record lookups of ``crystal.get_structure_factor(h, k, l)``, tensors of one shape."""
        self._crystal = crystal
        self._indices: list[NDArray[np.float64]] = []
        self._values: list[NDArray[np.float64]] = []

    def __enter__(self) -> Self:
        """Put a method of the same name before the crystal's own."""
        own = getattr(self._crystal, _METHOD)

        def watched(h: Any, k: Any, l: Any, *further: Any, **named: Any) -> Any:
            found = own(h, k, l, *further, **named)
            self._note_lookup(h, k, l, found)
            return found

        setattr(self._crystal, _METHOD, watched)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the crystal."""
        delattr(self._crystal, _METHOD)

    @property
    def count(self) -> int:
        """Number of lookups."""
        return len(self.F)

    @property
    def indices(self) -> NDArray[np.float64]:
        """Requested Miller indices, (lookups, 3)."""
        return np.concatenate([np.zeros((0, 3)), *self._indices])

    @property
    def F(self) -> NDArray[np.float64]:
        """Structure factors returned, electrons, (lookups,)."""
        return np.concatenate([np.zeros(0), *self._values])

    def _note_lookup(self, h: Any, k: Any, l: Any, found: Any) -> None:
        columns = [_flat_numbers(index) for index in (h, k, l)]
        self._indices.append(np.stack(columns, axis=-1))
        # The port may return one value for all lookups.
        self._values.append(np.broadcast_to(_flat_numbers(found), columns[0].shape))


def _flat_numbers(tensor: Any) -> NDArray[np.float64]:
    array: NDArray[np.float64] = tensor.detach().cpu().reshape(-1).double().numpy()
    return array
