"""``check-report``: compare a report with the records in it."""

from __future__ import annotations

from argparse import Namespace

from parity_bridge.cli.printing import print_lines
from parity_bridge.report.locate.writing import check_located, is_located
from parity_bridge.report.writing import check_report

_DRIFTED = 3


def execute(arguments: Namespace, _flags: list[str]) -> int:
    """Write a report again from its records, print what has drifted, return the exit status."""
    folder = arguments.folder
    drifted = check_located(folder) if is_located(folder) else check_report(folder)
    if drifted:
        print_lines(
            f"{arguments.folder / name} is not what the records beside it give" for name in drifted
        )
        return _DRIFTED
    print_lines((f"{arguments.folder}: everything in it is what its records give",))
    return 0
