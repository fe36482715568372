"""Reference records kept beside a port's tests: read instead of running the C core, or made anew.

A folder holds the C core's records as ``trace --out-dir`` writes them, and ``verdict.json``: what
the comparison with an engine gave when they were stored. Making them anew never turns parity into
anything weaker unless that is asked for.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from parity_bridge.api import ChosenEngine, Parity, compare, observed
from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.result import EXIT_STATUS, Verdict
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.engine import tolerance_case
from parity_bridge.errors import FileError, ShapeError
from parity_bridge.experiment.behaviours import REFERENCE
from parity_bridge.experiment.model import Experiment
from parity_bridge.explain.runs import Made, reference_of
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.schema import SCHEMA_VERSION, Count, Schema, Version
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.folder import make_folder, remove_folder, staged_folder
from parity_bridge.records.journal import COMMANDS_FILE, log_command
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import as_json, read_model, write_noise, write_run
from parity_bridge.records.reading import RecordedSide, read_strict_side
from parity_bridge.report.keep import command_of
from parity_bridge.report.view import PairAnswer, Side
from parity_bridge.taps.noise_budget import NoiseBudget
from parity_bridge.taps.registry import choose_taps

_VERDICT = "verdict.json"


class StoredVerdict(Schema):
    """What the comparison gave when the records were stored."""

    schema_version: Version = SCHEMA_VERSION
    engine: str
    verdict: Verdict
    #: Figures that the comparison was of.
    compared: Count


def against(
    folder: Path,
    other: ChosenEngine,
    experiment: Experiment,
    pixels: Sequence[tuple[int, int]],
    *,
    taps: Sequence[str] = ("all",),
    tolerances: Path | None = None,
) -> Parity:
    """Compare an engine with the records in ``folder``.

    Raises FileError where there are none or they cannot be read, ShapeError where they are of
    another experiment or other pixels, and as ``api.compare``.
    """
    recorded = _read(folder)
    made = recorded.metadata[0]
    if any(item.engine != "c" or item.behaviours != REFERENCE for item in recorded.metadata):
        raise ShapeError(
            f"the records in {folder} are not the C core's as it stands; make them anew with "
            "--parity-update"
        )
    # Which file it was does not matter, and the records say what was in it.
    if made.experiment.without_files() != experiment.without_files():
        raise ShapeError(
            f"the records in {folder} are of another experiment; make them anew with "
            "--parity-update"
        )
    wanted = {(int(slow), int(fast)) for slow, fast in pixels}
    if wanted != {side.pixel for side in recorded.pixels}:
        raise ShapeError(
            f"the records in {folder} are of other pixels; make them anew with --parity-update"
        )
    run = observed(other, experiment, pixels)
    chosen = {tap.tap_id for tap in choose_taps(taps)}
    ours = tuple(side.select_taps(chosen) for side in recorded.pixels)
    theirs = run.pixel_taps(choose_taps(taps))
    allowed = tolerances_for(
        run.choice.dtype, run.choice.device, tolerances, tolerance_case(run.engine)
    )
    comparison = compare_runs(ours, theirs, allowed, recorded.noise)
    report = PairAnswer(Side(ours, recorded.metadata, recorded.noise), Side(theirs), comparison)
    how = Made(made.experiment, made.engine, made.behaviours, made.in_frame)
    return Parity(run, report, tuple(taps), tolerances=tolerances, stored=folder, made=how)


def update(
    folder: Path,
    other: ChosenEngine,
    experiment: Experiment,
    pixels: Sequence[tuple[int, int]],
    *,
    force: bool = False,
    taps: Sequence[str] = ("all",),
    tolerances: Path | None = None,
) -> tuple[Parity, str]:
    """Store the C core's records in ``folder``; the comparison with them, and why they were not.

    Records under which the verdict would be weaker than the one stored are not written without
    ``force``; the second thing returned says so then, and is empty otherwise. Raises as
    ``api.compare`` does, FileError where the folder cannot be written.
    """
    found = compare(experiment, pixels, "c", other, taps=taps, tolerances=tolerances)
    weaker = None if force else _weaker(folder, found)
    if weaker is not None:
        return found, f"{folder} keeps its records: {weaker}"
    _store(folder, found)
    return found, ""


def _weaker(folder: Path, found: Parity) -> str | None:
    """What would be weaker than before; None where nothing would."""
    if not (folder / _VERDICT).exists():
        return None
    before = read_model(folder / _VERDICT, StoredVerdict)
    verdict, compared = found.comparison.verdict, _compared(found)
    if EXIT_STATUS[verdict] > EXIT_STATUS[before.verdict]:
        return f"the verdict was {before.verdict!r} and would be {verdict!r}"
    if compared < before.compared:
        return f"{before.compared} figures were compared and only {compared} would be"
    return None


def _compared(found: Parity) -> int:
    """Figures that the comparison is of."""
    return sum(item.compared for pixel in found.comparison.pixels for item in pixel.fields)


def _store(folder: Path, found: Parity) -> None:
    if found.reference is None:
        raise ValueError("only records that were just made can be stored")
    folder = folder.absolute()
    if folder.exists() and any(not _is_ours(path) for path in folder.iterdir()):
        raise FileError(f"{folder} holds other things than records; name a folder of their own")
    make_folder(folder.parent)
    unique = secrets.token_hex(4)  # workers may store to one folder
    fresh = folder.with_name(f".{folder.name}.{unique}.fresh")
    with staged_folder(fresh) as staging:
        occasion = RunContext(command_of(found), utc_now())
        log_command(staging, occasion.command)
        write_run(staging, found.reference, occasion, choose_taps(found.taps))
        write_noise(staging, _noise(found))
        stored = StoredVerdict(
            engine=found.other.choice.name,
            verdict=found.comparison.verdict,
            compared=_compared(found),
        )
        write_text(staging / _VERDICT, as_json(stored))
    old = folder.with_name(f".{folder.name}.{unique}.old")
    try:
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    except OSError as error:
        remove_folder(fresh)
        raise FileError(
            f"{folder} cannot be replaced ({error.strerror}); let one test alone store to it"
        ) from error
    remove_folder(old)


def _noise(found: Parity) -> Sequence[NoiseBudget]:
    """The noise budgets of the reference, which a later comparison will want."""
    known = list(found.report.reference.noise.values())
    if known or found.reference is None:
        return known
    again = reference_of(found.reference, choose_taps(found.taps))
    return [] if again is None else noise_budgets(again)


def _is_ours(path: Path) -> bool:
    """Whether a file is one that is written here."""
    return path.is_file() and (
        path.name.startswith("pixel_") or path.name in (_VERDICT, COMMANDS_FILE)
    )


def _read(folder: Path) -> RecordedSide:
    if not folder.is_dir():
        raise FileError(f"{folder} holds no stored records; make them with --parity-update")
    recorded = read_strict_side(folder)
    if not recorded.metadata:
        raise FileError(f"{folder} holds records without metadata; make them with --parity-update")
    return recorded
