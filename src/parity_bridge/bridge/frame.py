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
from parity_bridge.bridge.gradient_file import check_gradient_file, encode_gradients
from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.engines.capabilities import frame_engine, gradient_engine
from parity_bridge.engines.failures import engine_failures
from parity_bridge.engines.registry import create_engine
from parity_bridge.errors import FileError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.files.atomic_write import write_bytes, write_text
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.environment import package_versions
from parity_bridge.records.frame_metadata import FrameMetadata, GradientFile, IntegerFile
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
    #: Parameters whose derivatives are written in place of the image, or ``all``.
    gradients: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise UsageError or FileError for what cannot be written, before it is computed."""
        self.integers.check(self.output)
        if self.gradients:
            check_gradient_file(self.output, self.settings)
        check_writable(self.output)


@dataclass(frozen=True)
class _Rendered:
    """A frame, and the content of its file."""

    frame: Frame
    content: bytes
    integer_file: IntegerFile | None = None
    gradient_file: GradientFile | None = None


def frame(question: FrameQuestion, on_note: OnNote) -> FrameMetadata:
    """Render, write the image and its metadata, and return the metadata.

    Raises UsageError, FileError or EngineError; then nothing is written.
    """
    question.check()
    parsed, choice = question.given, question.engine
    for note in parsed.notes:
        on_note(note)
    with engine_failures(choice.name):
        engine = create_engine(
            choice.name, dtype=choice.dtype, device=choice.device, **question.settings
        )
        rendered = _gradients(question, engine) if question.gradients else _image(question, engine)
    if not _roi_meets(parsed, rendered.frame):
        on_note("-roi holds no pixel of the detector; the image is 0 everywhere")
    if rendered.frame.in_order:
        on_note("the order of pixels matters here; they were computed in that of a run, slow-major")
    metadata = _frame_metadata(question, engine, rendered)
    _write(question.output, rendered.content, as_json(metadata))
    return metadata


def _image(question: FrameQuestion, engine: Engine) -> _Rendered:
    experiment = question.given.experiment
    rendered = frame_engine(engine, question.engine.name).frame(
        experiment,
        behaviours=Behaviours.parse(question.engine.behaviours),
        threads=question.threads,
    )
    encoded = encode_frame(question.output, experiment, rendered.image, question.integers)
    return _Rendered(rendered, *encoded)


def _gradients(question: FrameQuestion, engine: Engine) -> _Rendered:
    rendered = gradient_engine(engine, question.engine.name).gradient_frame(
        question.given.experiment,
        question.gradients,
        behaviours=Behaviours.parse(question.engine.behaviours),
        threads=question.threads,
    )
    content, held = encode_gradients(rendered)
    return _Rendered(rendered.frame, content, gradient_file=held)


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


def _frame_metadata(question: FrameQuestion, engine: Engine, rendered: _Rendered) -> FrameMetadata:
    image = rendered.frame.image
    slow, fast = image.shape
    return FrameMetadata(
        implementation=engine.implementation,
        engine=question.engine.name,
        dtype=question.engine.dtype,
        device=question.engine.device,
        settings=dict(question.settings),
        command=question.command,
        experiment=question.given.experiment,
        behaviours=Behaviours.parse(question.engine.behaviours),
        state_after=rendered.frame.state,
        in_order=rendered.frame.in_order,
        shape=(slow, fast),
        sum=float(image.sum(dtype=np.float64)),
        max=float(image.max()),
        sha256=hashlib.sha256(np.ascontiguousarray(image, dtype="<f4").data).hexdigest(),
        integer_file=rendered.integer_file,
        gradient_file=rendered.gradient_file,
        notes=question.given.notes,
        build=dict(engine.build()),
        versions=package_versions(),
        libm_fingerprint=libm_fingerprint(),
        timestamp_utc=utc_now(),
    )
