"""Values, each distinct content once, within a budget of bytes."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.locate.capture.arrays import Kind, byte_size, content
from parity_bridge.locate.capture.limits import Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Values of so few bytes are kept even when the budget is spent: they take less than their event.
_SMALL = 512


class ValueStore:
    """The values of a capture, by index."""

    def __init__(self, limits: Limits) -> None:
        """Begin without values."""
        self.values: list[NDArray[Any]] = []
        self.dtypes: list[str] = []
        #: Reason -> values that were left out for it.
        self.left_out: Counter[str] = Counter()
        self._limits = limits
        self._bytes = 0
        self._indices: dict[Any, int] = {}

    def add(self, value: Any, kind: Kind) -> int | None:
        """Return the index of the content of ``value``; None where it is not kept."""
        number = (type(value), repr(value)) if kind is Kind.NUMBER else None
        index = self._indices.get(number)
        if index is not None:
            return index
        if not self._has_room(byte_size(value, kind)):
            return None
        try:
            read = content(value, kind)
        except Exception:  # noqa: BLE001 - whatever an object of another library does when read
            self.left_out[f"could not be read ({type(value).__qualname__})"] += 1
            return None
        if read is None:
            return None
        key = number or _key(*read)
        index = self._indices.get(key)
        return self._append(key, *read) if index is None else index

    def _append(self, key: Any, array: NDArray[Any], dtype: str) -> int:
        own = np.array(array, order="C")
        own.flags.writeable = False
        self._indices[key] = index = len(self.values)
        self._bytes += own.nbytes
        self.values.append(own)
        self.dtypes.append(dtype)
        return index

    def _has_room(self, size: int) -> bool:
        if size <= _SMALL:
            return True
        if size > self._limits.value_bytes:
            self.left_out[f"have more than {self._limits.value_bytes} bytes"] += 1
            return False
        if self._bytes + size > self._limits.bytes:
            self.left_out[f"came after {self._limits.bytes} bytes of values"] += 1
            return False
        return True


def _key(array: NDArray[Any], dtype: str) -> tuple[str, tuple[int, ...], bytes]:
    digest = blake2b(np.ascontiguousarray(array).data, digest_size=16).digest()
    return dtype, array.shape, digest
