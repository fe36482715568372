"""``frame``: one engine over the whole detector."""

from __future__ import annotations

import os
from argparse import Namespace

from parity_bridge.bridge.frame import FrameQuestion, check_writable, frame, metadata_path
from parity_bridge.cli.choices import engine_choice, experiment_flags
from parity_bridge.cli.printing import print_lines, print_note
from parity_bridge.experiment.nanobragg_flags import parse_flags


def execute(arguments: Namespace, flags: list[str]) -> int:
    """Render the frame, print what was written, return the exit status 0."""
    settings = {"precision": arguments.precision, "compile": arguments.compile}
    check_writable(arguments.output)
    choice = engine_choice(arguments, arguments.engine)
    roi = () if arguments.roi is None else ("-roi", *map(str, arguments.roi))
    question = FrameQuestion(
        command=arguments.text,
        engine=choice,
        given=parse_flags((*experiment_flags(arguments, flags), *roi)),
        output=arguments.output,
        threads=arguments.threads or len(os.sched_getaffinity(0)),
        settings={name: value for name, value in settings.items() if value},
    )
    metadata = frame(question, print_note)
    slow, fast = metadata.shape
    image = (
        f"{question.output}: {slow} slow x {fast} fast pixels, sum {metadata.sum!r}, "
        f"max {metadata.max!r}, sha256 of the pixels {metadata.sha256}"
    )
    print_lines((image, f"{metadata_path(question.output)}: what made it"))
    return 0
