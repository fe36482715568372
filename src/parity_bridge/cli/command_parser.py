"""The parser of the command line: its errors are UsageErrors, its help lists the flags too."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from parity_bridge.cli.printing import print_lines
from parity_bridge.errors import UsageError


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose errors are UsageErrors and whose options are never abbreviated."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def format_help(self) -> str:
        """Return the usual text and, for a command, the flags that may follow ``--``."""
        text = super().format_help()
        if not self.get_default("takes_flags"):
            return text
        from parity_bridge.experiment.flags.help import flag_help

        return f"{text}\nnanoBragg flags after --:\n{flag_help()}\n"

    def print_help(self, _file: Any = None) -> None:
        """Print the help as any other output; raise FileError where that cannot be written."""
        print_lines((self.format_help().removesuffix("\n"),))

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with ``message`` and the command that prints the help."""
        raise UsageError(f"{message}; see {self.prog} --help")
