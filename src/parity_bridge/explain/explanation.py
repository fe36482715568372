"""What an explanation states and what it rests on; a record like any other."""

from __future__ import annotations

from typing import Literal

from parity_bridge.files.schema import SCHEMA_VERSION, Count, Schema, Version
from parity_bridge.taps.schema import Pixel

Reason = Literal[
    "agreement", "shapes", "inputs", "words", "noise", "behaviours", "slips", "unexplained"
]
HypothesisKind = Literal[
    "inputs", "word", "behaviour", "slip of an input", "slip of the setup", "slip of the table"
]


class Hypothesis(Schema):
    """Something that the other side may do otherwise than the reference."""

    kind: HypothesisKind
    #: A behaviour as ``--behaviour`` takes it, ``omega=last`` say; the name of a slip; or a flag as
    #: it was typed, with its values.
    name: str
    #: What the other side does if it holds, "uses the last subpixel's solid angle" say.
    does: str


class Trial(Schema):
    """The reference run under some hypotheses and held against the other side.

    For a word, both sides are run: with it, or without it.
    """

    hypotheses: tuple[Hypothesis, ...]
    #: Number of pixels at which every figure then agrees, and of all pixels.
    reproduced: Count
    pixels: Count
    #: Whether the reference's figures change at any pixel or, for a word, whether any intensity is
    #: left: if not, the trial shows nothing.
    matters: bool
    #: First figure that still differs, ``tap.field``; None where none does.
    left: str | None
    #: Whether the reference then reads the table that the other side recorded, where it did.
    same_tables: bool = True
    #: Largest distance of any float figure, where every pixel is reproduced.
    largest_ulps: Count | None = None
    #: Whether every pixel is reproduced but for rounding, where the tolerances allow none.
    but_for_rounding: bool = False
    #: Figures of the setup that the hypothesis changes and the other side records unchanged.
    recorded_unchanged: Count = 0

    @property
    def is_sufficient(self) -> bool:
        """Whether the reference then reproduces the other side at every pixel."""
        return self.reproduced == self.pixels


class DecidingPixel(Schema):
    """A pixel that tells sets of hypotheses apart which the given pixels cannot."""

    #: Slow, fast; None where no pixel that was tried tells them apart.
    pixel: Pixel | None
    #: How many of the sets give different intensities there, and how many pixels were tried.
    told_apart: Count
    tried: Count


class Transplant(Schema):
    """A stage that the reference computed from the other side's values of all stages before it."""

    stage: str
    #: The values that the stage hands on, in words.
    what: str
    #: Whether the other side recorded the same values.
    agrees: bool
    #: First figure of the stage that differs, ``tap.field``.
    left: str | None


class FieldDifference(Schema):
    """A field that differs: what kind of difference it is, and what the reference computes."""

    #: ``tap.field``, without the component of a vector.
    field: str
    #: The stage that computes it differently; None where no stage was tried.
    stage: str | None = None
    #: The part of the setup that it belongs to, in words; None for what depends on the pixel.
    part: str | None = None
    #: The fields of the setup that differ because of it.
    followed_by: tuple[str, ...] = ()
    #: What the other side's figures are of the reference's, in a word: ``factor``, ``offset``,
    #: ``swap`` say; None where nothing holds in every row that differs.
    kind: str | None = None
    #: The same and where it holds, in one clause; None where neither can be said.
    clause: str | None = None
    #: What the field is, and the functions of the C core that compute it (``pb_`` left out).
    definition: str
    functions: tuple[str, ...] = ()
    #: Formula of the field and the section of ``docs/contract.md`` that states it.
    section: Count | None = None
    formula: str | None = None


class Finding(Schema):
    """Why the two sides disagree, as far as that could be found out."""

    schema_version: Version = SCHEMA_VERSION
    reason: Reason
    #: One sentence.
    sentence: str
    #: Names of the inputs, words, behaviours or slips that explain everything; several sets where
    #: the pixels cannot distinguish them.
    names: tuple[tuple[str, ...], ...] = ()
    pixels: tuple[Pixel, ...]
    #: The pixel that would tell several sets apart; None where none was tried.
    deciding: DecidingPixel | None = None
    #: Further pixels, not asked for, at which the other side was run and the names hold too.
    held_against: tuple[Pixel, ...] = ()
    #: Largest distance of the reference so changed from the other side; None where nothing was
    #: reproduced.
    largest_ulps: Count | None = None
    #: What each side was given, where that differs.
    inputs: tuple[str, ...] = ()
    transplants: tuple[Transplant, ...] = ()
    #: The stages that the other side computes differently, given its own values before them.
    stages: tuple[str, ...] = ()
    #: The first differing field of each of these stages or, where none was tried, of the chain.
    differences: tuple[FieldDifference, ...] = ()
    trials: tuple[Trial, ...] = ()
    ruled_out: tuple[str, ...] = ()
    #: What could not be tried, and why.
    not_tried: tuple[str, ...] = ()
    #: Set where an engine in float32 was compared again, and that comparison said more.
    compared_again_in: Literal["float64"] | None = None
    #: The command that shows the finding.
    command: str | None = None

    @property
    def is_sufficient(self) -> bool:
        """Whether the reason explains every figure at every pixel."""
        return self.reason in ("shapes", "inputs", "words", "noise", "behaviours", "slips")
