"""A command line in one string -> its words, as a shell splits them."""

from __future__ import annotations

import shlex


def split_words(text: str) -> tuple[str, ...]:
    """Words of a quoted string of nanoBragg flags; raises ValueError where a quote stays open."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"{text!r} cannot be split into flags: {error}") from error
