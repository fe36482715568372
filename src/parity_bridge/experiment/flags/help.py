"""The nanoBragg flags in scope as a text for ``--help``."""

from __future__ import annotations

from parity_bridge.experiment.flags.flag import Flag
from parity_bridge.experiment.flags.table import FLAGS

_WIDTH = 28


def flag_help() -> str:
    """Return one line per flag: its spellings and what it sets."""
    return "\n".join(map(_line, FLAGS))


def _line(flag: Flag) -> str:
    spellings = ", ".join(_spellings(flag))
    if len(spellings) < _WIDTH:
        return f"  {spellings:{_WIDTH}}{flag.help}"
    return f"  {spellings}\n  {'':{_WIDTH}}{flag.help}"


def _spellings(flag: Flag) -> tuple[str, ...]:
    """Return the flag in full, then its other spellings that are no part of one before."""
    spellings = [flag.name]
    for part in flag.all_spellings:
        if not any(part in each for each in spellings):
            spellings.append(part)
    return tuple(spellings)
