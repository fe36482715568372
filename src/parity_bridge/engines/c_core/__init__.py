"""The C reference core as an engine: a thin, checked wrapper over the compiled ``_core``.

The engine is imported when it is first asked for: ``pb-nanobragg`` uses modules of this folder and
not the engine, which takes longer to import than a small image to compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity_bridge.engines.c_core.engine import CCore

__all__ = ["CCore"]


def __getattr__(name: str) -> type[CCore]:
    """Return the engine; raise AttributeError for any other name."""
    if name != "CCore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from parity_bridge.engines.c_core.engine import CCore  # noqa: PLC0415 - see above

    return CCore
