"""The records of a question on disk: one folder a side, and the files common to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from parity_bridge.bridge.answer import Side
from parity_bridge.bridge.run_progress import OnProgress, ignore_progress, step_counter
from parity_bridge.bridge.sides import recorded_side
from parity_bridge.engines.protocol import Engine
from parity_bridge.errors import FileError, UsageError
from parity_bridge.files.atomic_write import copy_file, write_text
from parity_bridge.files.names import check_name
from parity_bridge.files.reading import read_file
from parity_bridge.records.folder import make_folder
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import write_noise, write_run
from parity_bridge.records.reading import read_side, read_strict_side
from parity_bridge.taps.registry import choose_taps

EXPLANATION = "explanation.json"
TOLERANCES = "tolerances.toml"
#: The folders of the sides, the reference's first.
SIDES = "sides.json"
#: Folders of sides that are copies of records; an engine that was run has a folder of its own.
OF_RECORDS = ("a", "b")
#: Folder of reference records that were stored beside a test.
_STORED = "c_taps"

_Names = TypeAdapter(list[str])


@dataclass(frozen=True)
class RecordFolder:
    """A folder for the records of a question, and the command that they name."""

    folder: Path
    context: RunContext
    #: Names of taps; empty: all.
    taps: tuple[str, ...] = ()
    tolerances: Path | None = None
    on_progress: OnProgress = ignore_progress

    def store(self, sides: Sequence[Side]) -> list[Side]:
        """Write the records of ``sides`` and return the sides as read back from them.

        Raises UsageError where two sides share a folder or the folder of an engine is no plain
        name, FileError where a file cannot be written.
        """
        names = _folder_names(sides)
        for name, side in zip(names, sides, strict=True):
            make_folder(self.folder / name)
            self._write_side(self.folder / name, side)
        if names != OF_RECORDS:
            write_text(self.folder / SIDES, json.dumps(names) + "\n")
        if self.tolerances is not None:
            copy_file(self.tolerances, self.folder / TOLERANCES, "tolerance file")
        stored = read_sides(self.folder)
        return [replace(read, run=side.run) for read, side in zip(stored, sides, strict=True)]

    def _write_side(self, folder: Path, side: Side) -> None:
        if side.run is not None:
            taps, pixels = choose_taps(self.taps or ("all",)), len(side.run.observations)
            advance = step_counter(self.on_progress, f"records of {side.name}", pixels)
            write_run(folder, side.run, self.context, taps, advance)
        if side.recorded is not None:
            for path in side.recorded.files:
                copy_file(path, folder / path.name, "record")
        if side.recorded is None or not side.recorded.noise:
            write_noise(folder, list(side.noise.values()))


def read_sides(folder: Path) -> list[Side]:
    """Read the sides of a report folder, the reference first; raises FileError."""
    names = side_folders(folder)
    # Records that this program wrote follow their schema strictly.
    read = read_side if names == OF_RECORDS else read_strict_side
    return [recorded_side(read(folder / name)) for name in names]


def explanation_file(names: Sequence[str], name: str) -> str:
    """Return the file of the finding about the side in folder ``name``; ``names`` are all."""
    return EXPLANATION if len(names) == len(OF_RECORDS) else f"explanation_{name}.json"


def own_tolerances(folder: Path) -> Path | None:
    """Return the file of tolerances in a report folder; None where the shipped ones hold."""
    path = folder / TOLERANCES
    return path if path.exists() else None


def side_folders(folder: Path) -> tuple[str, ...]:
    """Return the folders of the sides of a report, the reference first; raises FileError."""
    if (folder / SIDES).exists():
        return _listed_folders(folder)
    found = sorted(path.name for path in folder.iterdir() if any(path.glob("*_metadata.json")))
    names = OF_RECORDS if all((folder / name).is_dir() for name in OF_RECORDS) else tuple(found)
    if len(names) != len(OF_RECORDS):
        raise FileError(
            f"{folder} is not a report: it holds records in {len(names)} folders and not in two"
        )
    return names


def _listed_folders(folder: Path) -> tuple[str, ...]:
    try:
        names = _Names.validate_json(read_file(folder / SIDES, "list of sides"))
    except ValidationError as error:
        raise FileError(f"{folder / SIDES} is no list of folders; make the report again") from error
    for name in names:
        _check_listed(folder / SIDES, name)
    there = all((folder / name).is_dir() for name in names)
    if len(names) < len(OF_RECORDS) or not there or _share_a_folder(names):
        raise FileError(
            f"{folder} is not a report: {SIDES} lists {', '.join(names) or 'nothing'}, and not "
            "two or more folders that are there"
        )
    return tuple(names)


def _check_listed(path: Path, name: str) -> None:
    """Raise FileError for a name that could lead out of the report."""
    try:
        check_name(name)
    except ValueError as error:
        raise FileError(f"{path} lists a folder that no report has: {error}") from error


def _share_a_folder(names: Sequence[str]) -> bool:
    """Check whether two names are equal, on a file system that ignores case too."""
    return len({name.lower() for name in names}) < len(names)


def _engine_folder(engine: Engine) -> str:
    """Return the folder of an engine's records; raise UsageError for no plain name."""
    try:
        return check_name(engine.folder)
    except ValueError as error:
        raise UsageError(
            f"the folder of the engine class {type(engine).__name__}: {error}"
        ) from error


def _folder_names(sides: Sequence[Side]) -> tuple[str, ...]:
    """Choose a folder for each of ``sides``.

    Raises UsageError where two would share one, and for the folder of an engine that is no name.
    """
    if not any(side.run for side in sides):
        return OF_RECORDS
    names = tuple(
        _STORED if side.run is None else _engine_folder(side.run.engine) for side in sides
    )
    if _share_a_folder(names):
        raise UsageError(
            f"two of the engines have one folder, {', '.join(names)}; give each class a folder of "
            "its own and a name of its own in records"
        )
    return names
