"""The C reference core as an engine: a thin, checked wrapper over the compiled ``_core``."""

from __future__ import annotations

from parity_bridge.engines.c_core.engine import CCore

__all__ = ["CCore"]
