"""The image of one engine, and beside it what made it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.bridge.frame_file import IntegerOptions, encode_frame
from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.engines.capabilities import frame_engine
from parity_bridge.engines.failures import engine_failures
from parity_bridge.engines.registry import create_engine
from parity_bridge.errors import FileError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.files.atomic_write import write_bytes, write_text
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.environment import package_versions
from parity_bridge.records.frame_metadata import FrameMetadata, IntegerFile
from parity_bridge.records.pixel_records import as_json

if TYPE_CHECKING:
    from parity_bridge.bridge.engine_runs import OnNote
    from parity_bridge.engines.choice import EngineChoice
    from parity_bridge.engines.protocol import Engine
    from parity_bridge.experiment.nanobragg_flags import ParsedFlags
    from parity_bridge.experiment.regions import Frame


@dataclass(frozen=True)
class FrameQuestion:
    """One engine over the whole detector, and the image that it is to write."""

    #: The command line that asks.
    command: str
    engine: EngineChoice
    given: ParsedFlags
    output: Path
    threads: int
    #: Keywords of the engine's constructor besides dtype and device.
    settings: Mapping[str, str | bool] = field(default_factory=dict)
    integers: IntegerOptions = field(default_factory=IntegerOptions)


def frame(question: FrameQuestion, on_note: OnNote) -> FrameMetadata:
    """Render, write the image and its metadata, and return the metadata.

    Raises UsageError, FileError or EngineError; then nothing is written.
    """
    question.integers.check(question.output)
    check_writable(question.output)
    parsed, choice = question.given, question.engine
    for note in parsed.notes:
        on_note(note)
    behaviours = Behaviours.parse(choice.behaviours)
    with engine_failures(choice.name):
        made = create_engine(
            choice.name, dtype=choice.dtype, device=choice.device, **question.settings
        )
        engine = frame_engine(made, choice.name)
        rendered = engine.frame(parsed.experiment, behaviours=behaviours, threads=question.threads)
    if not _roi_meets(parsed, rendered):
        on_note("-roi holds no pixel of the detector; the image is 0 everywhere")
    if rendered.in_order:
        on_note("the order of pixels matters here; they were computed in that of a run, slow-major")
    content, integer_file = encode_frame(
        question.output, parsed.experiment, rendered.image, question.integers
    )
    metadata = _frame_metadata(question, engine, behaviours, rendered, integer_file)
    _write(question.output, content, as_json(metadata))
    return metadata


def _roi_meets(parsed: ParsedFlags, rendered: Frame) -> bool:
    """Whether the region of interest holds a pixel of the detector."""
    roi = parsed.experiment.sampling.roi
    slow, fast = rendered.image.shape
    if roi is None:
        return True
    fast_min, fast_max, slow_min, slow_max = roi
    return fast_min < fast and fast_max >= 0 and slow_min < slow and slow_max >= 0


def _write(output: Path, image: bytes, metadata: str) -> None:
    """Write the metadata, then the image; neither stays where the other was not written.

    Raises FileError where one of them cannot be written.
    """
    path = metadata_path(output)
    try:
        write_text(path, metadata)
        write_bytes(output, image)
    except BaseException:
        # Ctrl-C too: metadata state what is in the file beside them.
        if _holds(path, metadata.encode(errors="surrogateescape")) and not _holds(output, image):
            path.unlink(missing_ok=True)
        raise


def _holds(path: Path, content: bytes) -> bool:
    """Check whether ``path`` is a file of this content; one that cannot be read is not."""
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def check_writable(output: Path) -> None:
    """Refuse a folder that is not there before minutes are spent on a frame for it."""
    for file in (output, metadata_path(output)):
        if file.is_dir():
            raise FileError(f"--output {output}: {file} is a folder; name another file")
    if not os.access(output.parent, os.W_OK | os.X_OK):
        raise FileError(
            f"--output {output}: the folder {output.parent} does not exist or may not be written "
            "to; name another one"
        )


def metadata_path(output: Path) -> Path:
    """Where what made the image is written."""
    return output.with_name(f"{output.name}.json")


def _frame_metadata(
    question: FrameQuestion,
    engine: Engine,
    behaviours: Behaviours,
    rendered: Frame,
    integer_file: IntegerFile | None,
) -> FrameMetadata:
    image = rendered.image
    slow, fast = image.shape
    return FrameMetadata(
        implementation=engine.implementation,
        engine=question.engine.name,
        dtype=question.engine.dtype,
        device=question.engine.device,
        settings=dict(question.settings),
        command=question.command,
        experiment=question.given.experiment,
        behaviours=behaviours,
        state_after=rendered.state,
        in_order=rendered.in_order,
        shape=(slow, fast),
        sum=float(image.sum(dtype=np.float64)),
        max=float(image.max()),
        sha256=hashlib.sha256(np.ascontiguousarray(image, dtype="<f4").data).hexdigest(),
        integer_file=integer_file,
        notes=question.given.notes,
        build=dict(engine.build()),
        versions=package_versions(),
        libm_fingerprint=libm_fingerprint(),
        timestamp_utc=utc_now(),
    )
