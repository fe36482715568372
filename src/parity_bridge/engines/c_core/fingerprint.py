"""A fingerprint of the C library's functions in this process, and what to say where two differ.

One release of a C library takes other variants of sin, exp and the like on other processors; no
version states which.
"""

from __future__ import annotations

from functools import cache

from parity_bridge._core import lib


@cache
def libm_fingerprint() -> str:
    """Return a hash of what sin, cos, tan, exp, log, atan2, pow and powf return, 16 hex digits."""
    return f"{int(lib.pb_libm_fingerprint()):016x}"


def libm_differs(ours: str | None, theirs: str | None) -> bool:
    """Return whether two fingerprints are known and differ."""
    return None not in (ours, theirs) and ours != theirs
