"""The words of a command line before argparse reads them."""

from __future__ import annotations

_PIXEL = "--pixel"
#: ``--pixel`` and its two values.
_PIXEL_WORDS = 3

#: Takes the values of several ``--pixel``; nobody types it.
MORE_PIXELS = "--more-pixels"


def split_nanobragg_flags(argv: list[str]) -> tuple[list[str], list[str]]:
    """Return our own arguments and, from after the first ``--``, the nanoBragg flags."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def protect_engine_flags(argv: list[str]) -> list[str]:
    """Put a space before quoted ``--engine-flags``, which argparse would read as options."""
    before = ("", "", *argv)
    return [
        f" {word}" if previous == "--engine-flags" and word.startswith("-") else word
        for previous, word in zip(before, argv, strict=False)
    ]


def join_pixels(argv: list[str]) -> list[str]:
    """Make one option of every run of ``--pixel SLOW FAST`` after the first of them.

    argparse looks through all options for each, which takes seconds for ten thousand pixels.
    """
    joined: list[str] = []
    place = 0
    while place < len(argv):
        if argv[place] != _PIXEL or not _are_counts(argv[place + 1 : place + 3]):
            joined.append(argv[place])
            place += 1
            continue
        is_further = len(joined) >= _PIXEL_WORDS and joined[-_PIXEL_WORDS] == _PIXEL
        joined += [MORE_PIXELS] if is_further else [_PIXEL]
        joined += argv[place + 1 : place + _PIXEL_WORDS]
        place += _PIXEL_WORDS
        while is_further and argv[place : place + 1] == [_PIXEL]:
            if not _are_counts(argv[place + 1 : place + _PIXEL_WORDS]):
                break
            joined += argv[place + 1 : place + _PIXEL_WORDS]
            place += _PIXEL_WORDS
    return joined


def _are_counts(words: list[str]) -> bool:
    return len(words) == _PIXEL_WORDS - 1 and all(word.isdecimal() for word in words)
