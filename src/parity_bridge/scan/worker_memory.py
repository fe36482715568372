"""Memory of a worker that is reused instead of returned after every operation.

Dask starts its workers with ``MALLOC_TRIM_THRESHOLD_`` set, which makes the C library return every
block of a few hundred kB to the kernel as soon as it is free. An engine that works in such
blocks, as the PyTorch port does, then spends two thirds of its time on getting them anew.
"""

from __future__ import annotations

import ctypes
from functools import cache

#: Names of ``mallopt``, from glibc's ``malloc.h``.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
#: Bytes that may stay free, and of the largest block that may come from them.
_TRIM_BYTES, _LARGEST = 256 * 2**20, 32 * 2**20


@cache
def keep_freed_memory() -> None:
    """Let this process keep what it frees, within limits; without glibc nothing changes."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
    mallopt(_M_MMAP_THRESHOLD, _LARGEST)
