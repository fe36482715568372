"""The files of one engine at one pixel: written from an observation, read back as models."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.engines.capabilities import tolerance_case
from parity_bridge.engines.run import EngineRun, notes
from parity_bridge.errors import FileError, error_text
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import to_flags
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.reading import read_file
from parity_bridge.records.environment import package_versions
from parity_bridge.records.metadata import Metadata, RunContext, state_assumed
from parity_bridge.taps.noise_budget import NoiseBudget
from parity_bridge.taps.observation import Observation
from parity_bridge.taps.registry import TAPS_BY_ID, Tap, TapRecord
from parity_bridge.taps.trace import trace_logs

METADATA_SUFFIX = "_metadata.json"
NOISE_SUFFIX = "_noise_budget.json"
LOG_SUFFIX = ".log"

Model = TypeVar("Model", bound=BaseModel)


def record_paths(folder: Path, pixel: tuple[int, int], taps: Sequence[Tap]) -> dict[str, Path]:
    """Return the paths of a pixel's files by their suffix."""
    slow, fast = pixel
    ends = (*map(record_suffix, taps), METADATA_SUFFIX, LOG_SUFFIX)
    return {end: folder / f"pixel_{slow}_{fast}{end}" for end in ends}


def record_suffix(tap: Tap) -> str:
    """Return the suffix of a tap's file names."""
    return f"_{tap.tap_id}.json"


def record_of(
    run: EngineRun, observation: Observation, run_context: RunContext, tap: Tap
) -> TapRecord:
    """Return one tap of one observation as it is stored."""
    table = {"hkl_table": observation.hkl_table} if "hkl_table" in tap.record.model_fields else {}
    return tap.record(
        implementation=run.engine.implementation,
        pixel_coords=observation.pixel,
        tag=run.tag(observation),
        oversample=observation.oversample,
        values=tap.extract(observation).values(),
        **table,
        timestamp_utc=run_context.timestamp,
    )


def metadata_of(
    run: EngineRun,
    observation: Observation,
    run_context: RunContext,
    of_run: Metadata | None = None,
) -> Metadata:
    """Return the metadata of one observation: what was run, and how.

    ``of_run`` is that of another observation of the same run, from which all that does not depend
    on the pixel is taken.
    """
    if of_run is not None:
        return of_run.model_copy(update=_of_pixel(run, observation, run_context))
    coverage = run.coverage
    return Metadata(
        implementation=run.engine.implementation,
        engine=run.choice.name,
        dtype=run.choice.dtype,
        device=run.choice.device,
        stamp=run_context.stamp,
        nanobragg_flags=shlex.join(to_flags(run.parsed.experiment)),
        experiment=run.parsed.experiment,
        behaviours=Behaviours.parse(run.choice.behaviours),
        taps=None if coverage is None else tuple(id_ for id_ in TAPS_BY_ID if id_ in coverage.taps),
        untold=() if coverage is None else tuple(sorted(coverage.unrecorded)),
        tolerances=tolerance_case(run.engine),
        in_frame=run.choice.in_frame,
        build=dict(run.build),
        versions=package_versions(),
        libm_fingerprint=libm_fingerprint(),
        timestamp_utc=run_context.timestamp,
        **_of_pixel(run, observation, run_context),
    )


def _of_pixel(run: EngineRun, observation: Observation, run_context: RunContext) -> dict[str, Any]:
    """Return what the metadata say of one pixel."""
    return {
        "command": run_context.command_at(observation.pixel),
        "pixel_coords": observation.pixel,
        "tag": run.tag(observation),
        "state_assumed": (
            state_assumed(observation.state, in_frame=run.choice.in_frame)
            if observation.derived
            else "not told by the engine"
        ),
        "notes": (*notes(run.parsed, [observation.pixel]), *run.limits),
    }


def write_run(
    folder: Path,
    run: EngineRun,
    run_context: RunContext,
    taps: Sequence[Tap],
    on_pixel: Callable[[], None] | None = None,
) -> None:
    """Write ``taps``, metadata and TRACE log of every pixel into the existing ``folder``.

    ``on_pixel`` is called after each. Raises FileError, and removes the files that it wrote, where
    one of them cannot be written.
    """
    written: list[Path] = []
    recorded = run.recorded(taps)
    try:
        for observation, texts in _texts(run, run_context, recorded):
            files = record_paths(folder, observation.pixel, recorded)
            for end, text in texts.items():
                write_text(files[end], text)
                written.append(files[end])
            if on_pixel is not None:
                on_pixel()
    except FileError:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def bytes_of_pixel(run: EngineRun, run_context: RunContext, taps: Sequence[Tap]) -> int:
    """Return how many bytes ``write_run`` writes for the first pixel of ``run``."""
    _, texts = next(_texts(run, run_context, run.recorded(taps)))
    return sum(len(text.encode(errors="surrogateescape")) for text in texts.values())


def _texts(
    run: EngineRun, run_context: RunContext, taps: Sequence[Tap]
) -> Iterator[tuple[Observation, dict[str, str]]]:
    """Yield each observation with the texts of its files by their suffix."""
    of_run = None
    logs = trace_logs(run.engine.trace_prefix, run.observations)
    for observation, lines in zip(run.observations, logs, strict=True):
        of_run = metadata_of(run, observation, run_context, of_run)
        yield (
            observation,
            {
                **{
                    record_suffix(tap): as_json(record_of(run, observation, run_context, tap))
                    for tap in taps
                },
                METADATA_SUFFIX: as_json(of_run),
                LOG_SUFFIX: "".join(f"{line}\n" for line in lines),
            },
        )


def write_noise(folder: Path, budgets: Sequence[NoiseBudget]) -> None:
    """Write the noise budget of each pixel into the existing ``folder``; raises FileError."""
    for budget in budgets:
        slow, fast = budget.pixel_coords
        write_text(folder / f"pixel_{slow}_{fast}{NOISE_SUFFIX}", as_json(budget))


def read_records(folder: Path) -> dict[tuple[int, int], list[TapRecord]]:
    """Read every record in ``folder``, by pixel.

    Raises FileError for a file that is not a record, and for a tap that is recorded twice.
    """
    by_pixel: dict[tuple[int, int], dict[str, TapRecord]] = {}
    for tap in TAPS_BY_ID.values():
        for record in _read_all(folder, record_suffix(tap), tap.record):
            of_pixel = by_pixel.setdefault(record.pixel_coords, {})
            if tap.tap_id in of_pixel:
                raise FileError(
                    f"{folder} records {tap.tap_id} of pixel {record.pixel_coords} twice; keep one"
                )
            of_pixel[tap.tap_id] = record
    return {pixel: list(by_pixel[pixel].values()) for pixel in sorted(by_pixel)}


def read_metadata(folder: Path) -> list[Metadata]:
    """Read every metadata file in ``folder``, by pixel; raises FileError for an invalid one."""
    all_metadata = _read_all(folder, METADATA_SUFFIX, Metadata)
    return sorted(all_metadata, key=lambda metadata: metadata.pixel_coords)


def read_noise(folder: Path) -> dict[tuple[int, int], NoiseBudget]:
    """Read every noise budget in ``folder``, by pixel; raises FileError for an invalid one."""
    budgets = _read_all(folder, NOISE_SUFFIX, NoiseBudget)
    return {budget.pixel_coords: budget for budget in budgets}


def as_json(model: BaseModel) -> str:
    """Return a model as it is stored; floats read back bit for bit.

    Raises FileError where it holds part of a file name that is not UTF-8.
    """
    try:
        return model.model_dump_json(indent=2) + "\n"
    except PydanticSerializationError as error:
        raise FileError(
            f"a record cannot be written ({error_text(error)}); rename files whose names are not "
            "UTF-8"
        ) from error


def read_model(path: Path, model: type[Model]) -> Model:
    """Read the ``model`` stored in ``path``; raises FileError where it is not one."""
    data = read_file(path, "record")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:200] or "the file"
        # A key may hold any characters.
        shown = "".join(letter if letter.isprintable() else " " for letter in where)
        reason = f"{shown}: {first['msg']}"
        raise FileError(f"{path} is not a record: {reason}; write the record again") from error


def _read_all(folder: Path, end: str, model: type[Model]) -> Iterator[Model]:
    for path in sorted(folder.glob(f"pixel_*{end}")):
        yield read_model(path, model)
