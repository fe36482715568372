"""The nanoBragg flags in scope as a text for ``--help``."""

from __future__ import annotations

from parity_bridge.experiment.flags.table import FLAGS

_WIDTH = 28


def flag_help() -> str:
    """Return one line per flag: its names and what it sets."""
    return "\n".join(f"  {', '.join(flag.names):{_WIDTH}}{flag.help}" for flag in FLAGS)
