"""The answer to a question: what each side recorded, how they compare, why they disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parity_bridge.comparison.result import EXIT_STATUS, Comparison, Verdict
from parity_bridge.files.schema import SCHEMA_VERSION, Schema, Version

if TYPE_CHECKING:
    from parity_bridge.comparison.provenance import Provenance
    from parity_bridge.engines.run import EngineRun
    from parity_bridge.explain.explanation import Finding
    from parity_bridge.records.metadata import Metadata
    from parity_bridge.records.reading import RecordedSide
    from parity_bridge.taps.noise_budget import NoiseBudget
    from parity_bridge.taps.pixel_taps import PixelTaps


@dataclass(frozen=True)
class Side:
    """What one side recorded, and how, as far as that is known."""

    pixels: tuple[PixelTaps, ...]
    metadata: tuple[Metadata, ...] = ()
    #: By pixel (slow, fast).
    noise: Mapping[tuple[int, int], NoiseBudget] = field(default_factory=dict)
    #: None where the records do not state it.
    provenance: Provenance | None = None
    #: The engine that was run; None where only records are known.
    run: EngineRun | None = None
    #: The files that were read; None for an engine that was run.
    recorded: RecordedSide | None = None

    def __repr__(self) -> str:
        """Name the side and count what it recorded; all of it would fill many screens."""
        name = self.name if self.pixels else "of nothing"
        return f"<Side {name}: {len(self.pixels)} pixels, {len(self.tap_ids)} taps>"

    @property
    def name(self) -> str:
        """The implementation's name in its records."""
        return self.pixels[0].implementation

    @property
    def tap_ids(self) -> tuple[str, ...]:
        """The taps recorded at any pixel, in their order."""
        return tuple(dict.fromkeys(tap_id for pixel in self.pixels for tap_id in pixel.taps))


@dataclass(frozen=True)
class PairAnswer:
    """Two sides, their comparison, and why they disagree where that was asked."""

    reference: Side
    other: Side
    comparison: Comparison
    finding: Finding | None = None

    def __repr__(self) -> str:
        """State the verdict on both sides; all that they recorded would fill many screens."""
        names = f"{self.comparison.reference} and {self.comparison.other}"
        pixels = len(self.comparison.pixels)
        return f"<PairAnswer {names}: {self.comparison.verdict} at {pixels} pixels>"

    @property
    def sides(self) -> tuple[Side, Side]:
        """The reference and the other side."""
        return self.reference, self.other

    @property
    def agrees(self) -> bool:
        """Whether the two are at parity."""
        return self.comparison.exit_status == 0


class Comparisons(Schema):
    """``summary.json`` of a run of more than two engines."""

    schema_version: Version = SCHEMA_VERSION
    verdict: Verdict
    exit_status: int
    #: Each of the others against the reference, then the others against each other.
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True)
class Answer:
    """The answers of all pairs; one pair where there are two sides."""

    #: Each of the others against the reference.
    against: tuple[PairAnswer, ...]
    #: The others against each other.
    among: tuple[PairAnswer, ...] = ()

    def __repr__(self) -> str:
        """State the verdict and name the sides; all that they recorded would fill many screens."""
        names = ", ".join(side.name for side in self.sides)
        return f"<Answer {names}: {self.verdict}>"

    @property
    def exit_status(self) -> int:
        """Of the gravest verdict against the reference."""
        return EXIT_STATUS[self.verdict]

    @property
    def verdict(self) -> Verdict:
        """The gravest against the reference."""
        order = list(EXIT_STATUS)
        return max((pair.comparison.verdict for pair in self.against), key=order.index)

    @property
    def comparisons(self) -> Comparisons:
        """The record of all of them."""
        return Comparisons(
            verdict=self.verdict,
            exit_status=self.exit_status,
            comparisons=tuple(pair.comparison for pair in (*self.against, *self.among)),
        )

    @property
    def sides(self) -> tuple[Side, ...]:
        """All of them, the reference first."""
        return (self.against[0].reference, *(pair.other for pair in self.against))
