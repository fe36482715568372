"""The content of a file in the form that fabio reads."""

from __future__ import annotations

from contextlib import nullcontext
from io import BytesIO


class FabioStream(BytesIO):
    """``data`` as the kind of file that fabio reads: with a name, a lock, and a limit on reads.

    A header that points back to itself would keep fabio reading for ever.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.name = "image"
        self.lock = nullcontext()
        self._left = 1000 + len(data) // 64

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes; raise EOFError after more reads than a whole file needs."""
        self._left -= 1
        if self._left < 0:
            raise EOFError
        return super().read(size)
