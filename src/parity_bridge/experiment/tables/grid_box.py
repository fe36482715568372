"""The box of Miller indices that a structure-factor grid spans (contract §5)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from parity_bridge.errors import FileError
from parity_bridge.experiment.hkl_table import IndexBounds

#: Bytes; of the largest grid of doubles that is read.
MAX_BYTES = 2 * 2**30

MillerIndex = tuple[int, int, int]


class IndexBox(NamedTuple):
    """Smallest and largest index on each axis, both inside the box."""

    minimum: MillerIndex
    maximum: MillerIndex

    @property
    def shape(self) -> MillerIndex:
        """Entries along h, k, l."""
        h, k, l = (high - low + 1 for low, high in zip(self.minimum, self.maximum, strict=True))
        return h, k, l

    @property
    def extents(self) -> IndexBounds:
        """The six bounds, named as in records."""
        (h_min, k_min, l_min), (h_max, k_max, l_max) = self
        return IndexBounds(
            h_min=h_min, h_max=h_max, k_min=k_min, k_max=k_max, l_min=l_min, l_max=l_max
        )

    def check_size(
        self, what: str, path: Path, remedy: str = "leave out the largest indices"
    ) -> None:
        """Raise FileError where a grid of doubles over this box would not fit in memory."""
        size = 8 * math.prod(self.shape)
        if size > MAX_BYTES:
            spans = ", ".join(
                f"{axis} {low}..{high}" for axis, low, high in zip("hkl", *self, strict=True)
            )
            raise FileError(
                f"{what} {path} spans {spans}: a grid of {size / 2**30:.3g} GiB, more than the "
                f"{MAX_BYTES / 2**30:g} GiB allowed; {remedy}"
            )
