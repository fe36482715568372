"""The files of one engine at one pixel: written from an observation, read back as models."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from parity_bridge.atomic_write import write_text
from parity_bridge.behaviours import Behaviours
from parity_bridge.engine_run import EngineRun, notes
from parity_bridge.errors import FileError
from parity_bridge.nanobragg_flags import to_flags
from parity_bridge.report.environment import package_versions
from parity_bridge.report.metadata import Metadata, Occasion, state_assumed
from parity_bridge.taps.f_cell import FCellRecord
from parity_bridge.taps.observation import Observation
from parity_bridge.taps.trace import trace_lines

RECORD = "_f_cell_stats.json"
METADATA = "_metadata.json"
LOG = ".log"
_RECORD_OF = {"f_cell": RECORD}

Model = TypeVar("Model", bound=BaseModel)


def paths(folder: Path, pixel: tuple[int, int]) -> dict[str, Path]:
    """The three files of a pixel by their ending."""
    slow, fast = pixel
    return {end: folder / f"pixel_{slow}_{fast}{end}" for end in (RECORD, METADATA, LOG)}


def records_of(
    run: EngineRun, observation: Observation, occasion: Occasion, taps: Sequence[str]
) -> dict[str, FCellRecord]:
    """The ``taps`` of one observation by name, as they are stored."""
    made_by = {"f_cell": _f_cell}
    return {tap: made_by[tap](run, observation, occasion) for tap in taps}


def metadata_of(run: EngineRun, observation: Observation, occasion: Occasion) -> Metadata:
    """What was run to make one observation."""
    return Metadata(
        implementation=run.engine.implementation,
        engine=run.choice.name,
        dtype=run.choice.dtype,
        device=run.choice.device,
        pixel_coords=observation.pixel,
        tag=run.tag(observation),
        command=occasion.command,
        stamp=occasion.stamp,
        nanobragg_flags=shlex.join(to_flags(run.parsed.experiment)),
        experiment=run.parsed.experiment,
        behaviours=Behaviours.parse(run.choice.behaviours),
        state_assumed=state_assumed(observation.state, in_frame=run.choice.in_frame),
        notes=notes(run.parsed, [observation.pixel]),
        build=dict(run.build),
        versions=package_versions(),
        timestamp_utc=occasion.timestamp,
    )


def write_run(folder: Path, run: EngineRun, occasion: Occasion, taps: Sequence[str]) -> None:
    """Write ``taps``, metadata and TRACE log of every pixel into the existing ``folder``.

    Raises FileError, and takes back what it wrote, where one of them cannot be written.
    """
    written: list[Path] = []
    try:
        for observation in run.observations:
            lines = trace_lines(run.engine.trace_prefix, observation)
            records = records_of(run, observation, occasion, taps)
            texts = {
                **{_RECORD_OF[tap]: as_json(record) for tap, record in records.items()},
                METADATA: as_json(metadata_of(run, observation, occasion)),
                LOG: "".join(f"{line}\n" for line in lines),
            }
            files = paths(folder, observation.pixel)
            for end, text in texts.items():
                write_text(files[end], text)
                written.append(files[end])
    except FileError:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def read_records(folder: Path) -> list[FCellRecord]:
    """Every Tap 4 record in ``folder``, by pixel; raises FileError for one that is not."""
    records = [_read(path, FCellRecord) for path in folder.glob(f"pixel_*{RECORD}")]
    return sorted(records, key=lambda record: record.pixel_coords)


def read_metadata(folder: Path) -> list[Metadata]:
    """Every metadata file in ``folder``, by pixel; raises FileError for one that is not."""
    found = [_read(path, Metadata) for path in folder.glob(f"pixel_*{METADATA}")]
    return sorted(found, key=lambda metadata: metadata.pixel_coords)


def as_json(model: BaseModel) -> str:
    """A model as it is stored; floats read back bit for bit."""
    return model.model_dump_json(indent=2) + "\n"


def _f_cell(run: EngineRun, observation: Observation, occasion: Occasion) -> FCellRecord:
    return FCellRecord(
        implementation=run.engine.implementation,
        pixel_coords=observation.pixel,
        tag=run.tag(observation),
        oversample=observation.oversample,
        values=observation.f_cell,
        hkl_table=observation.hkl_table,
        timestamp_utc=occasion.timestamp,
    )


def _read(path: Path, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(
            f"{path} cannot be read ({error.strerror}); make the report again"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise FileError(
            f"{path} is not a record: {where}: {first['msg']}; make the report again"
        ) from error
