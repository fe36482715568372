"""An unmodified nanoBragg executable as an engine: flags in, its console output read."""

from __future__ import annotations

from parity_bridge.engines.nanobragg_program.engine import NanobraggProgram

__all__ = ["NanobraggProgram"]
