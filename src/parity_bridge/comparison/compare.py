"""Two sides compared over the same pixels: a verdict for each pixel and for all of them.

Inputs come before figures: engines that were given different structure factors or flags cannot be
at parity, whatever they returned. Comparing nothing is an error, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from parity_bridge.comparison.causes import Cause, libm_cause, possible_causes
from parity_bridge.comparison.compare_taps import common_taps, compare_tap, first_divergence
from parity_bridge.comparison.result import (
    EXIT_STATUS,
    Comparison,
    FlagDifference,
    InputComparison,
    MissingFigure,
    PixelComparison,
    Verdict,
)
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.errors import ShapeError, UsageError
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.taps.pixel_taps import PixelTaps

if TYPE_CHECKING:
    from parity_bridge.taps.noise_budget import NoiseBudget

# Not ``entries``: a text table counts its lines, a cache every entry of its box.
_TABLE_FIELDS = ("source", "sha256", "extents", "default_F")
#: tap_id -> the key under which the tap's record holds the table that was read.
_TABLE_NAMES = {"f_cell_stats": "hkl_table", "config_snapshot": "structure_factors"}


def compare_runs(
    reference: Sequence[PixelTaps],
    other: Sequence[PixelTaps],
    tolerances: Tolerances,
    noise: Mapping[tuple[int, int], NoiseBudget] | None = None,
    fingerprints: tuple[str | None, str | None] = (None, None),
) -> Comparison:
    """Compare two sides over all pixels; ``noise`` holds the noise budgets of the reference.

    ``fingerprints`` are of the C libraries of the reference and the other side, where known.
    Pixels are matched by their coordinates. Raises UsageError where a side has no pixels,
    ShapeError where one side recorded a pixel twice or the two have no pixel in common.
    """
    if not reference or not other:
        raise UsageError(
            "there is nothing to compare: give at least one pixel that both engines observe"
        )
    ours, theirs = _by_pixel(reference), _by_pixel(other)
    libm = libm_cause((reference[0].implementation, other[0].implementation), fingerprints)
    pixels = tuple(
        _with_libm_cause(
            compare_pixel(ours[pixel], theirs[pixel], tolerances, (noise or {}).get(pixel)), libm
        )
        for pixel in ours
        if pixel in theirs
    )
    if not pixels:
        raise ShapeError(_no_common_pixel(ours, theirs))
    same_pixels = ours.keys() == theirs.keys()
    verdict = _gravest(pixel.verdict for pixel in pixels) if same_pixels else "shapes differ"
    return Comparison(
        verdict=verdict,
        exit_status=EXIT_STATUS[verdict],
        reference=reference[0].implementation,
        other=other[0].implementation,
        tolerances=tolerances,
        only_in_reference=tuple(pixel for pixel in ours if pixel not in theirs),
        only_in_other=tuple(pixel for pixel in theirs if pixel not in ours),
        pixels=pixels,
    )


def compare_pixel(
    reference: PixelTaps,
    other: PixelTaps,
    tolerances: Tolerances,
    noise: NoiseBudget | None = None,
) -> PixelComparison:
    """Compare one pixel.

    Raises ShapeError where the two sides are of different pixels or have no figure in common.
    """
    if reference.pixel != other.pixel:
        raise ShapeError(_no_common_pixel([reference.pixel], [other.pixel]))
    same_shape = reference.oversample == other.oversample
    common = common_taps(reference, other)
    fields = tuple(
        item
        for tap_id in common
        if same_shape
        for item in compare_tap(
            tap_id, reference.taps[tap_id], other.taps[tap_id], tolerances, noise
        )
    )
    if same_shape and not any(item.compared for item in fields):
        raise ShapeError(
            f"pixel {reference.pixel}: {reference.implementation} and {other.implementation} "
            "have no figure in common; record the same taps"
        )
    absent = tuple(_missing_figures(reference, other))
    inputs = _compare_inputs(reference, other)
    differs = any(item.differing for item in fields)
    is_whole = same_shape and all(_is_excused(item, reference, other) for item in absent)
    return PixelComparison(
        pixel_coords=reference.pixel,
        tag=reference.tag or other.tag,
        verdict=_verdict(is_whole=is_whole, inputs=inputs, differs=differs),
        oversample=(reference.oversample, other.oversample),
        inputs=inputs,
        taps=tuple(common),
        absent=absent,
        first_divergence=first_divergence(fields),
        fields=fields,
        rounding_sensitive=0 if noise is None else len(noise.rounding_sensitive),
        causes=possible_causes(reference, other) if differs else (),
    )


def _with_libm_cause(pixel: PixelComparison, cause: Cause | None) -> PixelComparison:
    """Add ``cause`` where the figures differ, and by no more than last bits may make them."""
    may_be_noise = pixel.rounding_sensitive or not any(item.signal for item in pixel.differing)
    if cause is None or not pixel.differing or not may_be_noise:
        return pixel
    return pixel.model_copy(update={"causes": (*pixel.causes, cause)})


def _by_pixel(sides: Sequence[PixelTaps]) -> dict[tuple[int, int], PixelTaps]:
    by_pixel = {side.pixel: side for side in sides}
    if len(by_pixel) != len(sides):
        raise ShapeError(
            f"{sides[0].implementation} recorded a pixel twice; keep one record a pixel"
        )
    return by_pixel


def _no_common_pixel(ours: Iterable[tuple[int, int]], theirs: Iterable[tuple[int, int]]) -> str:
    first, second = next(iter(ours)), next(iter(theirs))
    return (
        f"records of pixel {first} and pixel {second} cannot be compared; give records of the "
        "same pixels"
    )


def _gravest(verdicts: Iterable[Verdict]) -> Verdict:
    order = list(EXIT_STATUS)
    return max(verdicts, key=order.index)


def _verdict(*, is_whole: bool, inputs: InputComparison, differs: bool) -> Verdict:
    if not is_whole:
        return "shapes differ"
    if inputs.differing:
        return "inputs differ"
    return "values differ" if differs else "parity"


def _compare_inputs(reference: PixelTaps, other: PixelTaps) -> InputComparison:
    flags = tuple(_differing_flags(reference.flags, other.flags))
    pairs = _tables(reference, other)
    differing = [(pair, fields) for pair in pairs if (fields := _differing_fields(*pair))]
    (ours, theirs), fields = differing[0] if differing else (pairs[0], ())
    return InputComparison(
        differing=(*fields, *(item.flag for item in flags)),
        reference=ours,
        other=theirs,
        flags=flags,
    )


_Table = HklTable | None


def _tables(reference: PixelTaps, other: PixelTaps) -> list[tuple[_Table, _Table]]:
    """Return the tables that both sides recorded, a pair for each tap; at least one pair."""
    common = [tap_id for tap_id in reference.hkl_tables if tap_id in other.hkl_tables]
    pairs: list[tuple[_Table, _Table]] = [
        (reference.hkl_tables[tap_id], other.hkl_tables[tap_id]) for tap_id in common
    ]
    return pairs or [(reference.hkl_table, other.hkl_table)]


def _differing_fields(ours: _Table, theirs: _Table) -> tuple[str, ...]:
    if ours is None or theirs is None:
        return ()
    return tuple(field for field in _TABLE_FIELDS if getattr(ours, field) != getattr(theirs, field))


def _differing_flags(
    ours: Mapping[str, str] | None, theirs: Mapping[str, str] | None
) -> Iterator[FlagDifference]:
    if ours is not None and theirs is not None:
        for flag in dict.fromkeys((*ours, *theirs)):
            if ours.get(flag) != theirs.get(flag):
                yield FlagDifference(flag=flag, reference=ours.get(flag), other=theirs.get(flag))


def _missing_figures(reference: PixelTaps, other: PixelTaps) -> Iterator[MissingFigure]:
    sides: tuple[tuple[Literal["reference", "other"], PixelTaps, PixelTaps], ...] = (
        ("other", reference, other),
        ("reference", other, reference),
    )
    for missing_in, side, counterpart in sides:
        for tap_id, figures in side.taps.items():
            if tap_id not in counterpart.taps:
                yield MissingFigure(what="tap", missing_in=missing_in, name=tap_id)
                continue
            theirs = counterpart.taps[tap_id].fields
            for name in figures.fields:
                if name not in theirs:
                    yield MissingFigure(
                        what="field", missing_in=missing_in, name=f"{tap_id}.{name}"
                    )
        for tap_id, names in side.unknown_fields.items():
            for name in names:
                yield MissingFigure(
                    what="unknown field", missing_in=missing_in, name=f"{tap_id}.{name}"
                )
        for tap_id in side.hkl_tables:
            if tap_id in counterpart.taps and tap_id not in counterpart.hkl_tables:
                name = f"{tap_id}.{_TABLE_NAMES[tap_id]}"
                yield MissingFigure(what="field", missing_in=missing_in, name=name)


def _is_excused(absence: MissingFigure, reference: PixelTaps, other: PixelTaps) -> bool:
    """Return whether a figure is missing only because another program records fewer or more."""
    coverage = (reference if absence.missing_in == "reference" else other).coverage
    if absence.what == "tap":
        return coverage is not None and absence.name not in coverage.taps
    if absence.what == "field" and coverage is not None:
        tap_id, _, figure = absence.name.partition(".")
        if not coverage.covers(tap_id, figure):
            return True
    if absence.what == "unknown field":
        return (other if absence.missing_in == "reference" else reference).foreign
    return (reference if absence.missing_in == "reference" else other).foreign
