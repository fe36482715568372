"""Checked values of command-line options; argparse puts the option's name before each message.

Each function raises ArgumentTypeError for a wrong value.
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentTypeError
from pathlib import Path

from parity_bridge.errors import UsageError
from parity_bridge.experiment.flags.words import split_words
from parity_bridge.files.names import check_name
from parity_bridge.files.plain_numbers import plain_number
from parity_bridge.files.timestamps import utc_stamp

DTYPES = ("float64", "float32")
STATES = ("start", "frame")
PRECISIONS = ("exact", "fast")
IMAGE_ENDINGS = (".npy", ".bin", ".img", ".pgm")
MOST_THREADS = 1024
LARGEST_SEED = 2**31 - 1

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def whole_number(text: str) -> int:
    """Read a decimal integer of at most 18 digits."""
    if not _WHOLE.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number of at most 18 digits")
    return int(text)


def oversample(text: str) -> int:
    """Read a number of subpixels along each axis; its upper limit is checked with the flags."""
    number = whole_number(text)
    if number < 1:
        raise ArgumentTypeError(f"{number} is less than 1; give 1 or more subpixels")
    return number


def checked_name(text: str) -> str:
    """Check a tag or a stamp: one path component of letters, digits and ``._-``."""
    try:
        return check_name(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def folder(text: str) -> Path:
    """Return the path of a folder."""
    if not text:
        raise ArgumentTypeError("'' is not a folder; name one, . for the working directory")
    return Path(text)


def taps(text: str) -> tuple[str, ...]:
    """Return the comma-separated names of taps, each once, or ``all``."""
    from parity_bridge.taps.registry import choose_taps

    chosen = tuple(dict.fromkeys(text.split(",")))
    try:
        choose_taps(chosen)
    except UsageError as error:
        raise ArgumentTypeError(str(error)) from error
    return chosen


def file(text: str) -> Path:
    """Return the path of a file or folder to read."""
    if not text:
        raise ArgumentTypeError("'' is not a file; name one")
    return Path(text)


def dtype(text: str) -> str:
    """Return the name of a floating-point type."""
    if text not in DTYPES:
        raise ArgumentTypeError(f"there is no dtype {text!r}; choose {' or '.join(DTYPES)}")
    return text


def parameters(text: str) -> tuple[str, ...]:
    """Return the comma-separated names of parameters, each once, or ``all``."""
    from parity_bridge.experiment.parameters import parameter

    # The commas of F(1,-2,3) separate no names.
    chosen = tuple(dict.fromkeys(re.split(r",(?![^(]*\))", text)))
    try:
        for name in chosen:
            if name != "all":
                parameter(name)
    except UsageError as error:
        raise ArgumentTypeError(str(error)) from error
    return chosen


def image_file(text: str) -> Path:
    """Return the path of an image to write; its ending states the format."""
    path = Path(text)
    if path.suffix not in IMAGE_ENDINGS:
        raise ArgumentTypeError(
            f"{text!r} ends in none of {', '.join(IMAGE_ENDINGS)}; name a file that does"
        )
    return path


def scale(text: str) -> float:
    """Read a factor above 0."""
    factor = number(text)
    if factor <= 0:
        raise ArgumentTypeError(f"{text} is not above 0; leave it out for a scale by the image")
    return factor


def seed(text: str) -> int:
    """Read the seed of a generator: a whole number of 31 bits."""
    chosen = whole_number(text)
    if not 0 <= chosen <= LARGEST_SEED:
        raise ArgumentTypeError(f"give a seed of 0 to {LARGEST_SEED}, not {chosen}")
    return chosen


def thread_count(text: str) -> int:
    """Read a number of threads."""
    number = whole_number(text)
    if not 1 <= number <= MOST_THREADS:
        raise ArgumentTypeError(f"give 1 to {MOST_THREADS} threads, not {number}")
    return number


def number(text: str) -> float:
    """Read a finite decimal number."""
    try:
        return plain_number(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a finite number") from error


def engine_names(text: str) -> tuple[str, ...]:
    """Return the names of two or more different engines, the reference first."""
    names = tuple(text.split(","))
    if len(names) < 2 or not all(names) or len(set(names)) < len(names):
        raise ArgumentTypeError(
            f"{text!r} does not name two or more different engines; write c,torch say"
        )
    return names


def split_flags(text: str) -> tuple[str, ...]:
    """Split a quoted string of nanoBragg flags; a quote may not stay open."""
    try:
        return split_words(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def default_stamp() -> str:
    """Return ``$STAMP`` where it is set, else the time in UTC, ``20260131T235959Z`` say.

    Raises UsageError where ``$STAMP`` is no name.
    """
    try:
        return checked_name(os.environ.get("STAMP") or utc_stamp())
    except ArgumentTypeError as error:
        raise UsageError(f"$STAMP: {error}") from error
