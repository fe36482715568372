"""``locate``: the line of a port's own source where it leaves the reference."""

from __future__ import annotations

from argparse import Namespace

from parity_bridge.bridge.chosen_pixels import given_experiment
from parity_bridge.bridge.locate import LocateQuestion
from parity_bridge.bridge.watched_port import WatchedPort
from parity_bridge.cli import options
from parity_bridge.cli.choices import as_other, engine_choice, experiment_flags, says_experiment
from parity_bridge.cli.printing import print_lines, print_note
from parity_bridge.errors import UsageError
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.locate.experiments.choose import ChosenExperiment
from parity_bridge.locate.record import LocateRecord
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.locate.quickfix import quickfix_text
from parity_bridge.report.locate.terminal import terminal_text
from parity_bridge.report.locate.writing import MEMO, locate_into


def execute(arguments: Namespace, flags: list[str]) -> int:
    """Watch the port, write and print where it leaves the reference, return the exit status."""
    question = LocateQuestion(arguments.text, _port(arguments), _given(arguments, flags))
    target = arguments.out_dir / (arguments.stamp or options.default_stamp())
    record = locate_into(target, question, print_note)
    print_lines((_printed(arguments, record, f"report: {target / MEMO}"),))
    return record.exit_status


def _port(arguments: Namespace) -> WatchedPort:
    name = arguments.call if arguments.engine is None else arguments.engine
    choice = as_other(engine_choice(arguments, name))
    return WatchedPort(choice, arguments.engine is None, tuple(arguments.watch))


def _given(arguments: Namespace, flags: list[str]) -> ChosenExperiment | None:
    """Return the experiment of the flags; None where there are none."""
    if not says_experiment(arguments, flags):
        if arguments.targets:
            raise UsageError(
                "--pixel names pixels of your own experiment; give its nanoBragg flags after --"
            )
        return None
    parsed = parse_flags(experiment_flags(arguments, flags), as_original=arguments.as_original)
    return given_experiment(parsed, [target.coords for target in arguments.targets])


def _printed(arguments: Namespace, record: LocateRecord, report: str) -> str:
    if arguments.json:
        return as_json(record).rstrip("\n")
    if arguments.quickfix:
        return quickfix_text(record).rstrip("\n")
    return f"{terminal_text(record)}\n{report}"
