"""The commands that records name: for each pixel of ``run`` the one that computes it alone.

A run of 10,000 pixels has a command of 140 kB, and beside every pixel it would fill gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

#: One pixel on a command line, with its tag.
_PIXEL = re.compile(r" --pixel (\d+) (\d+)(?: --tag[ =]\S+)?(?=\s|$)")
_RUN = "python -m parity_bridge run"


class _Parts(NamedTuple):
    """What stands before the first pixel, the words of the pixels, and what else comes later."""

    before: str
    pixels: dict[tuple[int, int], str]
    after: str


def commands_by_pixel(command: str) -> dict[tuple[int, int], str]:
    """Return for each pixel (slow, fast) of a ``run`` the command that computes it alone."""
    parts = _split(command)
    if parts is None:
        return {}
    return {pixel: f"{parts.before}{words}{parts.after}" for pixel, words in parts.pixels.items()}


def common_commands(commands: Iterable[str]) -> tuple[str, ...]:
    """Return every command once, those that differ in their pixels alone as one."""
    distinct = dict.fromkeys(commands)
    if len(distinct) == 1:
        return tuple(distinct)
    pixels: dict[tuple[str, str], dict[str, None]] = {}
    for command in distinct:
        before, of_command, after = _split(command) or _Parts(command, {}, "")
        pixels.setdefault((before, after), {}).update(dict.fromkeys(of_command.values()))
    return tuple("".join((before, *words, after)) for (before, after), words in pixels.items())


def _split(command: str) -> _Parts | None:
    """Divide a ``run``; None for another command, and where not every pixel is understood."""
    first = _PIXEL.search(command)
    if first is None or not command.startswith(_RUN):
        return None
    before, rest = command[: first.start()], command[first.start() :]
    pixels = {(int(found[1]), int(found[2])): found[0] for found in _PIXEL.finditer(rest)}
    after = _PIXEL.sub("", rest)
    if any(word in text for word in (" --pixel", " --tag") for text in (before, after)):
        return None
    return _Parts(before, pixels, after)
