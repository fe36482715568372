"""A command line in one string, split into words as a shell does."""

from __future__ import annotations

import shlex


def split_words(text: str) -> tuple[str, ...]:
    """Split a quoted string of nanoBragg flags; raise ValueError where a quote stays open."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"{text!r} cannot be split into flags: {error}") from error
