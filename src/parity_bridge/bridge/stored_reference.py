"""Reference records stored beside a port's tests: read instead of running the C core, or renewed.

A folder holds the C core's records as ``trace --out-dir`` writes them, and ``verdict.json``: what
the comparison with an engine gave when they were stored. Renewing them never turns parity into
anything weaker unless that is asked for.
"""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path

from parity_bridge.bridge.answer import PairAnswer, Side
from parity_bridge.bridge.compare import compare, compare_pair, with_own_noise
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.bridge.reproduction import run_command
from parity_bridge.bridge.sides import limit_taps, observe_side, recorded_side
from parity_bridge.comparison.result import EXIT_STATUS, Verdict
from parity_bridge.engines.c_core.fingerprint import libm_differs, libm_fingerprint
from parity_bridge.errors import FileError, ShapeError, UsageError
from parity_bridge.experiment.behaviours import REFERENCE
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.schema import SCHEMA_VERSION, Count, Schema, Version
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.folder import make_folder, remove_folder, staged_folder
from parity_bridge.records.journal import COMMANDS_FILE, log_command
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import as_json, read_model, write_noise, write_run
from parity_bridge.records.reading import RecordedSide, read_strict_side
from parity_bridge.taps.registry import choose_taps

_VERDICT = "verdict.json"


class StoredVerdict(Schema):
    """What the comparison gave when the records were stored."""

    schema_version: Version = SCHEMA_VERSION
    engine: str
    verdict: Verdict
    #: Figures that the comparison was of.
    compared: Count


def claim_stored(folder: Path, owner: str, claims: Path) -> None:
    """Let the test called ``owner`` have ``folder`` to itself in one run of a test suite.

    ``claims`` is a folder that belongs to the run and that all its processes share. Raises
    UsageError where another test uses ``folder``, FileError where ``claims`` cannot be written.
    """
    make_folder(claims)
    claim = claims / sha256(os.fsencode(os.path.realpath(folder))).hexdigest()
    name = owner.encode(errors="backslashreplace")
    try:
        with claim.open("xb") as file:
            file.write(name)
    except FileExistsError:
        first = claim.read_bytes()
        if first != name:
            raise UsageError(
                f"{folder} is the stored= folder of {first.decode() or 'another test'} already; "
                "give each test, and each set of parameters of a test, a folder of its own"
            ) from None
    except OSError as error:
        raise FileError(f"{claim} cannot be written ({error.strerror})") from error


def compare_with_stored(question: Question) -> PairAnswer:
    """Compare an engine with the records in the folder that is the reference of ``question``.

    Raises FileError where there are none or they cannot be read, ShapeError where they are of
    another experiment or other pixels, and as ``compare``.
    """
    folder, other = question.reference, question.others[0]
    if not isinstance(folder, Path) or not isinstance(other, EngineSource):
        raise UsageError("an engine is held against a folder of stored records; give both")
    recorded = _read_stored(folder)
    _check_same(recorded, question, other)
    reference = limit_taps(recorded_side(recorded), question.taps)
    side = observe_side(other, question.targets, choose_taps(question.taps or ("all",)))
    return compare_pair(reference, side, question.tolerances)


def _check_same(recorded: RecordedSide, question: Question, other: EngineSource) -> None:
    """Raise ShapeError where the records are not the C core's answer to ``question``."""
    folder, made = recorded.source, recorded.metadata[0]
    if any(item.engine != "c" or item.behaviours != REFERENCE for item in recorded.metadata):
        raise ShapeError(
            f"the records in {folder} are not the C core's as it stands; make them anew with "
            "--parity-update"
        )
    if libm_differs(made.libm_fingerprint, libm_fingerprint()):
        raise ShapeError(
            f"the records in {folder} are of another libm variant (fingerprint "
            f"{made.libm_fingerprint}, here {libm_fingerprint()}): the C library has other last "
            "bits of sin, exp and the like on this processor; compare on a machine like the one "
            "where they were stored, or make them anew with --parity-update"
        )
    # Which file it was does not matter, and the records say what was in it.
    given = None if other.given is None else other.given.experiment.without_files()
    if made.experiment.without_files() != given:
        raise ShapeError(
            f"the records in {folder} are of another experiment; make them anew with "
            "--parity-update"
        )
    if {target.coords for target in question.targets} != {side.pixel for side in recorded.pixels}:
        raise ShapeError(
            f"the records in {folder} are of other pixels; make them anew with --parity-update"
        )


def update_stored(
    folder: Path, question: Question, *, force: bool = False
) -> tuple[PairAnswer, str]:
    """Store the records of the reference in ``folder``; return the answer and a refusal.

    Without ``force`` records are not written under which the verdict would be weaker than the one
    stored. The refusal states the reason then, and is empty if they were written. Raises as
    ``compare``, and FileError where the folder cannot be written.
    """
    pair = compare(question).against[0]
    weaker = None if force else _weakening_text(folder, pair)
    if weaker is not None:
        return pair, f"{folder} keeps its records: {weaker}"
    _store_records(folder.absolute(), question, pair)
    return pair, ""


def _weakening_text(folder: Path, pair: PairAnswer) -> str | None:
    """Return what would be weaker than before; None if nothing."""
    if not (folder / _VERDICT).exists():
        return None
    before = read_model(folder / _VERDICT, StoredVerdict)
    verdict, compared = pair.comparison.verdict, _compared_count(pair)
    if EXIT_STATUS[verdict] > EXIT_STATUS[before.verdict]:
        return f"the verdict was {before.verdict!r} and would be {verdict!r}"
    if compared < before.compared:
        return f"{before.compared} figures were compared and only {compared} would be"
    return None


def _compared_count(pair: PairAnswer) -> int:
    return sum(item.compared for pixel in pair.comparison.pixels for item in pixel.fields)


def _store_records(folder: Path, question: Question, pair: PairAnswer) -> None:
    """Write the records aside, then swap them with those in ``folder``."""
    if folder.exists() and any(not _is_stored_file(path) for path in folder.iterdir()):
        raise FileError(f"{folder} holds other things than records; name a folder of their own")
    make_folder(folder.parent)
    unique = secrets.token_hex(4)  # workers may store to one folder
    fresh = folder.with_name(f".{folder.name}.{unique}.fresh")
    with staged_folder(fresh) as staging:
        _write_records(staging, question, pair)
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


def _write_records(staging: Path, question: Question, pair: PairAnswer) -> None:
    reference: Side = with_own_noise(pair.reference)
    if reference.run is None or not isinstance(question.others[0], EngineSource):
        raise ValueError("only records that were just made can be stored")
    context = RunContext(run_command(question), utc_now())
    log_command(staging, context.command)
    write_run(staging, reference.run, context, choose_taps(question.taps or ("all",)))
    # A later comparison needs them.
    write_noise(staging, list(reference.noise.values()))
    stored = StoredVerdict(
        engine=question.others[0].choice.name,
        verdict=pair.comparison.verdict,
        compared=_compared_count(pair),
    )
    write_text(staging / _VERDICT, as_json(stored))


def _is_stored_file(path: Path) -> bool:
    """Check whether this module writes files of that name."""
    is_named = path.name.startswith("pixel_") or path.name in (_VERDICT, COMMANDS_FILE)
    return path.is_file() and is_named


def _read_stored(folder: Path) -> RecordedSide:
    if not folder.is_dir():
        raise FileError(f"{folder} holds no stored records; make them with --parity-update")
    recorded = read_strict_side(folder)
    if not recorded.metadata:
        raise FileError(f"{folder} holds records without metadata; make them with --parity-update")
    return recorded
