"""``frame``: the image of one engine, and beside it what made it."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.engine import create_engine, frame_engine
from parity_bridge.engines.run import engine_failures
from parity_bridge.errors import FileError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.files.atomic_write import write_bytes, write_text
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.environment import package_versions
from parity_bridge.records.frame_metadata import FrameMetadata
from parity_bridge.records.pixel_records import as_json

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from parity_bridge.bridge.question import FrameRequest
    from parity_bridge.engines.engine import Engine
    from parity_bridge.experiment.nanobragg_flags import ParsedFlags
    from parity_bridge.experiment.regions import Frame


def frame(request: FrameRequest, on_note: Callable[[str], None]) -> Iterator[str]:
    """Render, write the image and its metadata, and give the lines to print.

    Raises UsageError, FileError or EngineError; then nothing is written.
    """
    _check_writable(request.output)
    parsed = parse_flags(request.flags)
    for note in parsed.notes:
        on_note(note)
    behaviours = Behaviours.parse(request.engine.behaviours)
    with engine_failures(request.engine.name):
        made = create_engine(
            request.engine.name,
            dtype=request.engine.dtype,
            device=request.engine.device,
            **request.settings,
        )
        engine = frame_engine(made, request.engine.name)
        rendered = engine.frame(parsed.experiment, behaviours=behaviours, threads=request.threads)
    if not _roi_meets(parsed, rendered):
        on_note("-roi holds no pixel of the detector; the image is 0 everywhere")
    if rendered.in_order:
        on_note("the order of pixels matters here; they were computed in that of a run, slow-major")
    metadata = _metadata(request, engine, parsed, behaviours, rendered)
    _write(request.output, _encoded(request.output, rendered), as_json(metadata))
    return _lines(request, metadata)


def _roi_meets(parsed: ParsedFlags, rendered: Frame) -> bool:
    """Whether the region of interest holds a pixel of the detector."""
    roi = parsed.experiment.sampling.roi
    slow, fast = rendered.image.shape
    if roi is None:
        return True
    fast_min, fast_max, slow_min, slow_max = roi
    return fast_min < fast and fast_max >= 0 and slow_min < slow and slow_max >= 0


def _write(output: Path, image: bytes, metadata: str) -> None:
    """Metadata first: it is removed again where the image cannot be written."""
    write_text(_beside(output), metadata)
    try:
        write_bytes(output, image)
    except FileError:
        _beside(output).unlink(missing_ok=True)
        raise


def _check_writable(output: Path) -> None:
    """Refuse a folder that is not there before minutes are spent on a frame for it."""
    for file in (output, _beside(output)):
        if file.is_dir():
            raise FileError(f"--output {output}: {file} is a folder; name another file")
    if not os.access(output.parent, os.W_OK | os.X_OK):
        raise FileError(
            f"--output {output}: the folder {output.parent} does not exist or may not be written "
            "to; name another one"
        )


def _encoded(output: Path, rendered: Frame) -> bytes:
    image = _little_endian(rendered)
    if output.suffix == ".bin":
        return image.tobytes()
    buffer = io.BytesIO()
    np.save(buffer, image, allow_pickle=False)
    return buffer.getvalue()


def _little_endian(rendered: Frame) -> NDArray[np.float32]:
    return np.ascontiguousarray(rendered.image, dtype="<f4")


def _beside(output: Path) -> Path:
    return output.with_name(f"{output.name}.json")


def _metadata(
    request: FrameRequest,
    engine: Engine,
    parsed: ParsedFlags,
    behaviours: Behaviours,
    rendered: Frame,
) -> FrameMetadata:
    image = rendered.image
    slow, fast = image.shape
    return FrameMetadata(
        implementation=engine.implementation,
        engine=request.engine.name,
        dtype=request.engine.dtype,
        device=request.engine.device,
        settings=dict(request.settings),
        command=request.command,
        experiment=parsed.experiment,
        behaviours=behaviours,
        state_after=rendered.state,
        in_order=rendered.in_order,
        shape=(slow, fast),
        sum=float(image.sum(dtype=np.float64)),
        max=float(image.max()),
        sha256=hashlib.sha256(_little_endian(rendered).tobytes()).hexdigest(),
        notes=parsed.notes,
        build=dict(engine.build()),
        versions=package_versions(),
        timestamp_utc=utc_now(),
    )


def _lines(request: FrameRequest, metadata: FrameMetadata) -> Iterator[str]:
    slow, fast = metadata.shape
    yield (
        f"{request.output}: {slow} slow x {fast} fast pixels, sum {metadata.sum!r}, "
        f"max {metadata.max!r}, sha256 of the pixels {metadata.sha256}"
    )
    yield f"{_beside(request.output)}: what made it"
