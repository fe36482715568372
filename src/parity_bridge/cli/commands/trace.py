"""``trace``: one engine at one pixel; the TRACE lines come first, the taps after them."""

from __future__ import annotations

from argparse import Namespace

from parity_bridge.bridge.question import engine_source
from parity_bridge.bridge.trace import trace
from parity_bridge.cli.choices import engine_choice, experiment_flags
from parity_bridge.cli.printing import print_lines, print_note
from parity_bridge.errors import UsageError
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.metadata import RunContext
from parity_bridge.report.trace_text import trace_text
from parity_bridge.taps.registry import choose_taps


def execute(arguments: Namespace, flags: list[str]) -> int:
    """Run the engine at the pixel, print what it recorded, return the exit status 0."""
    if len(arguments.targets) > 1:
        raise UsageError("trace runs at one pixel; give --pixel once, or use run")
    choice = engine_choice(arguments, arguments.engine)
    source = engine_source(
        choice, experiment_flags(arguments, flags), as_original=arguments.as_original
    )
    taps = choose_taps(arguments.taps)
    context = RunContext(arguments.text, utc_now())
    run = trace(source, arguments.targets[0], taps, context, arguments.out_dir, print_note)
    print_lines(trace_text(run, taps, context, as_json_records=arguments.json))
    return 0
