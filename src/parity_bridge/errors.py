"""Every failure a user can cause or meet, each with the exit status of the command.

The message of an error is one sentence that names the file, line or flag and says what to do.
"""

from __future__ import annotations


class BridgeError(Exception):
    """Base of all errors that the command line turns into a message and an exit status."""

    exit_status = 1


class UsageError(BridgeError):
    """A flag, a value or an experiment that makes no sense (exit 1)."""

    exit_status = 1


class MissingEngineError(UsageError):
    """An engine that is not installed, or lacks the program or package it runs (exit 1)."""


class NothingToSimulateError(UsageError):
    """A command line without a unit cell, or without anything to take structure factors from."""


class EngineError(BridgeError):
    """An engine could not be loaded or failed while it computed (exit 2)."""

    exit_status = 2


class ShapeError(BridgeError):
    """Two records that do not describe the same set of pixels or subpixels (exit 4)."""

    exit_status = 4


class FileError(BridgeError):
    """A file that is missing, is not what it should be, or cannot be written (exit 5)."""

    exit_status = 5


def error_text(error: BaseException) -> str:
    """Return the message of an exception on one line, or its type if it has no message."""
    return " ".join(str(error).split()) or type(error).__name__


def one_line(error: BaseException) -> str:
    """Return the type of an exception and its message, if it has one, on one line."""
    name, text = type(error).__name__, error_text(error)
    return name if text == name else f"{name}: {text}"
