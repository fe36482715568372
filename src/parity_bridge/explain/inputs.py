"""Whether the two sides were given different inputs, and whether that explains everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.comparison.agreement import taps_agree
from parity_bridge.comparison.causes import INPUT_CAUSES
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.comparison.result import Comparison, FlagDifference, InputComparison
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.errors import BridgeError
from parity_bridge.taps.f_cell import TAP_ID
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment


@dataclass(frozen=True)
class InputDifferences:
    """How the inputs of the two sides differ."""

    names: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    #: The differences as a clause of a sentence, and their name.
    clause: str = ""
    label: str = ""
    is_sufficient: bool = False
    not_tried: tuple[str, ...] = ()


def differing_inputs(
    comparison: Comparison,
    reference: ReferenceRunner | None,
    others: Sequence[PixelTaps],
    experiment: Experiment | None,
    tolerances: Tolerances,
) -> InputDifferences:
    """Compare the inputs of both sides; ``experiment`` is the other side's.

    The differences are sufficient if the reference, given the same inputs, reproduces the other
    side. Without a reference to run, they are if every figure before the first lookup agrees.
    """
    names, evidence = _difference_names(comparison), tuple(_evidence_lines(comparison))
    if not evidence:
        return InputDifferences()
    clause = "; ".join(evidence)
    flags = {pair.flag for pixel in comparison.pixels for pair in pixel.inputs.flags}
    label = " and ".join(name for name in names if name not in flags) or "different flags"
    if reference is not None and experiment is not None:
        try:
            reruns = reference.rerun(experiment=experiment)
        except BridgeError as error:
            not_tried = (f"the reference with the other side's inputs: {error}",)
            sufficient = _explained_by_records(comparison)
            return InputDifferences(names, evidence, clause, label, sufficient, not_tried)
        pairs = zip(reruns, reference.in_pixel_order(others), strict=True)
        sufficient = all(taps_agree(rerun, other, tolerances) for rerun, other in pairs)
        return InputDifferences(names, evidence, clause, label, sufficient)
    return InputDifferences(names, evidence, clause, label, _explained_by_records(comparison))


def _difference_names(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of what differs: causes, then flags."""
    names: dict[str, None] = {}
    for pixel in comparison.pixels:
        causes = [item.name for item in pixel.causes if item.name in INPUT_CAUSES]
        if pixel.inputs.differing_table_fields:
            plain = (
                "default_F" if pixel.inputs.differing_table_fields == ("default_F",) else "tables"
            )
            names.update(dict.fromkeys(causes or [f"different {plain}"]))
    flags = (pair.flag for pixel in comparison.pixels for pair in _reported_flags(pixel.inputs))
    return tuple(dict.fromkeys((*names, *flags)))


def _evidence_lines(comparison: Comparison) -> list[str]:
    lines: list[str] = []
    for pixel in comparison.pixels:
        inputs = pixel.inputs
        if inputs.differing_table_fields:
            sentences = [item.sentence for item in pixel.causes if item.name in INPUT_CAUSES]
            lines += sentences or [_table_text(comparison, inputs)]
        lines += [
            f"{pair.flag} is {pair.texts[0]} for {comparison.reference}, {pair.texts[1]} for "
            f"{comparison.other}"
            for pair in _reported_flags(inputs)
        ]
    return list(dict.fromkeys(lines))


def _table_text(comparison: Comparison, inputs: InputComparison) -> str:
    fields = [
        f"{field} is {getattr(inputs.reference, field)} for {comparison.reference}, "
        f"{getattr(inputs.other, field)} for {comparison.other}"
        for field in inputs.differing_table_fields
        if field != "extents"
    ]
    return ", ".join(fields) or "the extents of the tables differ"


def _reported_flags(inputs: InputComparison) -> Iterator[FlagDifference]:
    """Yield the flags that differ, except those that the structure factors report already."""
    for pair in inputs.flags:
        if not (pair.flag == "-default_F" and "default_F" in inputs.differing_table_fields):
            yield pair


def _explained_by_records(comparison: Comparison) -> bool:
    """Return whether the sides read different tables, and nothing before the lookups differs."""
    firsts = [pixel.first_divergence for pixel in comparison.pixels if pixel.first_divergence]
    tables = any(pixel.inputs.differing_table_fields for pixel in comparison.pixels)
    flags = any(pixel.inputs.flags for pixel in comparison.pixels)
    return (
        tables
        and not flags
        and all(
            first.tap == TAP_ID and not first.field.startswith(("hkl", "rounding_margin", "lookup"))
            for first in firsts
        )
    )
