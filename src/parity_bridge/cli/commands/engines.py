"""``engines``: the registered engines and what each can do."""

from __future__ import annotations

from argparse import Namespace

from parity_bridge.cli.printing import print_lines
from parity_bridge.report.engine_table import engine_table


def execute(arguments: Namespace, _flags: list[str]) -> int:
    """Print the table of engines; return the exit status 0."""
    print_lines((engine_table(arguments.engine),))
    return 0
