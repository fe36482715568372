"""The words of a command line before argparse reads them."""

from __future__ import annotations


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
