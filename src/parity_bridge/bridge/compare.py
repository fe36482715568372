"""What a comparison is: observe, compare, find the noise of the inputs, compare again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

from parity_bridge.bridge.answer import Answer, PairAnswer, Side
from parity_bridge.bridge.engine_runs import OnNote, ignore_note
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.bridge.record_folder import RecordFolder, own_tolerances
from parity_bridge.bridge.run_progress import OnProgress, ignore_progress, size_notes
from parity_bridge.bridge.sides import sides_of
from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.reference_runner import (
    ReferenceRunner,
    not_the_core,
    runner_of_records,
    runner_of_run,
)
from parity_bridge.comparison.result import Comparison
from parity_bridge.comparison.tolerances import Tolerances, tolerances_for
from parity_bridge.engines.capabilities import tolerance_case
from parity_bridge.engines.registry import engine_class
from parity_bridge.errors import UsageError
from parity_bridge.taps.registry import choose_taps

_NO_NOISE = (
    "{pixels} pixels are too many evaluations for noise budgets, so the memo does not say which "
    "differences are rounding; fewer --pixel have them"
)


def compare(
    question: Question,
    on_note: OnNote = ignore_note,
    records: RecordFolder | None = None,
) -> Answer:
    """Observe every side of ``question`` and compare each with the reference.

    With ``records`` the sides are stored first, and what is compared is what was stored.
    Raises UsageError where there is nothing to compare or two engines have one name, and what
    engines and files raise.
    """
    _check_tolerances(question)
    sides, overrides = sides_of(question, on_note), question.tolerances
    _check_names(sides)
    if records is not None:
        for note in size_notes(sides, records.context, records.taps):
            on_note(note)
        # A later comparison with these records needs the noise of the reference.
        reference = with_own_noise(sides[0], records.on_progress)
        if reference.run is not None and not reference.noise and _is_core(reference):
            on_note(_NO_NOISE.format(pixels=len(reference.pixels)))
        sides = records.store([reference, *sides[1:]])
        overrides = own_tolerances(records.folder)
    answer = compare_sides(sides, overrides)
    if sides[0].run is None:
        return answer
    return replace(answer, against=tuple(map(with_noise, answer.against)))


def compare_sides(sides: Sequence[Side], overrides: Path | None = None) -> Answer:
    """Compare each of ``sides`` with the first, and the others among each other.

    ``overrides`` is a file of tolerances. Raises as ``compare_runs`` and ``tolerances_for``.
    """
    reference, *others = sides
    return Answer(
        tuple(compare_pair(reference, other, overrides) for other in others),
        tuple(
            compare_pair(*pair, overrides)
            for pair in combinations(others, 2)
            if _have_common_taps(*pair)
        ),
    )


def compare_pair(reference: Side, other: Side, overrides: Path | None = None) -> PairAnswer:
    """Compare two sides, using the noise budgets of the reference where they are known."""
    tolerances = _choose_tolerances(reference, other, overrides)
    comparison = _compare_sides_of_pair(reference, other, tolerances)
    return PairAnswer(reference, other, comparison)


def _compare_sides_of_pair(reference: Side, other: Side, tolerances: Tolerances) -> Comparison:
    """Compare two sides with what is known of their noise and of their C libraries."""
    fingerprints = (_fingerprint(reference), _fingerprint(other))
    return compare_runs(reference.pixels, other.pixels, tolerances, reference.noise, fingerprints)


def _fingerprint(side: Side) -> str | None:
    return None if side.provenance is None else side.provenance.libm_fingerprint


def with_noise(pair: PairAnswer, runner: ReferenceRunner | None = None) -> PairAnswer:
    """Compare ``pair`` once more with noise budgets, where it disagrees and none are known.

    The budgets come from many runs of ``runner``, that of ``reference_runner(pair)`` by default.
    """
    if pair.agrees or pair.reference.noise:
        return pair
    runner = runner or reference_runner(pair)[0]
    budgets = () if runner is None else noise_budgets(runner)
    if not budgets:
        return pair
    noise = {budget.pixel_coords: budget for budget in budgets}
    reference, tolerances = replace(pair.reference, noise=noise), pair.comparison.tolerances
    comparison = _compare_sides_of_pair(reference, pair.other, tolerances)
    return replace(pair, reference=reference, comparison=comparison)


def reference_runner(pair: PairAnswer) -> tuple[ReferenceRunner | None, str]:
    """Return the C core set up as the reference was, at the common pixels.

    Returns None and the reason where the reference is not the C core or cannot be run again. The
    runner records the taps of the other side.
    """
    common = {pixel.pixel_coords for pixel in pair.comparison.pixels}
    pixels = tuple(side.pixel for side in pair.other.pixels if side.pixel in common)
    taps = choose_taps(pair.other.tap_ids)
    reference = pair.reference
    if reference.run is None:
        return runner_of_records(reference.pixels, reference.provenance, pixels, taps)
    runner = runner_of_run(reference.run, taps)
    if runner is None:
        return None, not_the_core(reference.run.choice.name)
    return replace(runner, pixels=pixels), ""


def with_own_noise(side: Side, on_progress: OnProgress = ignore_progress) -> Side:
    """Add the noise budgets of all that ``side`` recorded, if it is a run of the C core."""
    if side.noise or side.run is None:
        return side
    runner = runner_of_run(side.run, choose_taps(side.tap_ids))
    on_step = partial(on_progress, "noise budgets")
    budgets = () if runner is None else noise_budgets(runner, on_step)
    return replace(side, noise={budget.pixel_coords: budget for budget in budgets})


def _is_core(side: Side) -> bool:
    return side.run is not None and runner_of_run(side.run, choose_taps(side.tap_ids)) is not None


def _check_tolerances(question: Question) -> None:
    """Raise UsageError or FileError for tolerances that do not exist, before anything is run."""
    for source in question.sources[1:]:
        if isinstance(source, EngineSource):
            choice = source.choice
            asks = tolerance_case(source.instance or engine_class(choice.name))
            tolerances_for(choice.dtype, choice.device, question.tolerances, asks)


def _check_names(sides: Sequence[Side]) -> None:
    """Raise UsageError where two engines have one name in records."""
    names = [side.name for side in sides if side.run is not None]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"both engines are called {name!r} in records; give each class a folder of its own "
                "and a name of its own in records"
            )


def _choose_tolerances(reference: Side, other: Side, overrides: Path | None) -> Tolerances:
    """Choose by the other side's dtype and device, or by the case that either engine asks for."""
    cases = [side.provenance.tolerance_case for side in (other, reference) if side.provenance]
    case = next(filter(None, cases), None)
    if other.provenance is None:
        return tolerances_for(overrides=overrides, own_case=case)
    return tolerances_for(other.provenance.dtype, other.provenance.device, overrides, case)


def _have_common_taps(first: Side, second: Side) -> bool:
    """Check whether two sides have any tap in common."""
    return not set(first.tap_ids).isdisjoint(second.tap_ids)
