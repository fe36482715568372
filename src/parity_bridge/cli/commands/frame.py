"""``frame``: one engine over the whole detector."""

from __future__ import annotations

import os
from argparse import Namespace

from parity_bridge.bridge.frame import FrameQuestion, frame, metadata_path
from parity_bridge.bridge.frame_file import IntegerOptions
from parity_bridge.cli.choices import engine_choice, experiment_flags
from parity_bridge.cli.printing import print_lines, print_note
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.records.frame_metadata import FrameMetadata, IntegerFile


def execute(arguments: Namespace, flags: list[str]) -> int:
    """Render the frame, print what was written, return the exit status 0."""
    settings = {"precision": arguments.precision, "compile": arguments.compile}
    integers = IntegerOptions(arguments.scale, arguments.adc, arguments.noise, arguments.pgmscale)
    choice = engine_choice(arguments, arguments.engine)
    roi = () if arguments.roi is None else ("-roi", *map(str, arguments.roi))
    words = (*experiment_flags(arguments, flags), *roi)
    question = FrameQuestion(
        command=arguments.text,
        engine=choice,
        given=parse_flags(words, as_original=arguments.as_original),
        output=arguments.output,
        threads=arguments.threads or len(os.sched_getaffinity(0)),
        settings={name: value for name, value in settings.items() if value},
        integers=integers,
        gradients=arguments.gradient or (),
    )
    metadata = frame(question, print_note)
    slow, fast = metadata.shape
    image = (
        f"{question.output}: {slow} slow x {fast} fast pixels, sum {metadata.sum!r}, "
        f"max {metadata.max!r}, sha256 of the float32 pixels {metadata.sha256}"
    )
    about = _file_lines(metadata)
    print_lines((image, *about, f"{metadata_path(question.output)}: what made it"))
    return 0


def _file_lines(metadata: FrameMetadata) -> tuple[str, ...]:
    """Return what the file holds in place of the float32 pixels."""
    if metadata.gradient_file is not None:
        planes = metadata.gradient_file.planes
        names = ", ".join(f"{plane.parameter} ({plane.unit})" for plane in planes)
        return (f"planes, photons per unit: {names}",)
    return () if metadata.integer_file is None else (_integer_line(metadata.integer_file),)


def _integer_line(stored: IntegerFile) -> str:
    """Return what was done to the photons."""
    if stored.seed is not None:
        return (
            f"integers: noise of seed {stored.seed}, {stored.photons:.0f} photons, "
            f"{stored.overloads} overloads, plus {stored.adc:g}"
        )
    added = f" plus {stored.adc:g}" if stored.adc else ""
    return f"integers: photons times {stored.scale:g}{added}"
