"""The port's structure-factor lookup, watched while it computes."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_METHOD = "get_structure_factor"


class LookupRecorder:
    """Within the block every lookup of a crystal is noted; the port itself sees no difference."""

    def __init__(self, crystal: Any) -> None:
        """``crystal`` has ``get_structure_factor(h, k, l)``, tensors of one shape."""
        self._crystal = crystal
        self._indices: list[NDArray[np.float64]] = []
        self._values: list[NDArray[np.float64]] = []

    def __enter__(self) -> Self:
        """Put a method of the same name before the crystal's own."""
        own = getattr(self._crystal, _METHOD)

        def watched(h: Any, k: Any, l: Any, *further: Any, **named: Any) -> Any:
            found = own(h, k, l, *further, **named)
            self._note(h, k, l, found)
            return found

        setattr(self._crystal, _METHOD, watched)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the crystal as it was."""
        delattr(self._crystal, _METHOD)

    @property
    def count(self) -> int:
        """Lookups."""
        return len(self.F)

    @property
    def indices(self) -> NDArray[np.float64]:
        """Miller indices asked for, (lookups, 3)."""
        return np.concatenate([np.zeros((0, 3)), *self._indices])

    @property
    def F(self) -> NDArray[np.float64]:
        """What was found, electrons, (lookups,)."""
        return np.concatenate([np.zeros(0), *self._values])

    def _note(self, h: Any, k: Any, l: Any, found: Any) -> None:
        columns = [_numbers(index) for index in (h, k, l)]
        self._indices.append(np.stack(columns, axis=-1))
        # One value may stand for all lookups.
        self._values.append(np.broadcast_to(_numbers(found), columns[0].shape))


def _numbers(tensor: Any) -> NDArray[np.float64]:
    array: NDArray[np.float64] = tensor.detach().cpu().reshape(-1).double().numpy()
    return array
