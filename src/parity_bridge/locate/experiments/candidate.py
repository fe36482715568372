"""A drawn experiment: flags that every engine needs, and parts that an engine may lack."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from parity_bridge.experiment.nanobragg_flags import ParsedFlags, parse_flags

#: Pixels of the detector along slow and fast: not square, so that no transposition is hidden.
PIXELS_SLOW, PIXELS_FAST = 6, 8
ALL_PIXELS = tuple((slow, fast) for slow in range(PIXELS_SLOW) for fast in range(PIXELS_FAST))


@dataclass(frozen=True)
class Part:
    """Flags that an engine has together or not at all, and what only they make visible."""

    words: tuple[str, ...]
    #: Names of behaviours that change the image where these flags are given.
    shows: tuple[str, ...] = ()
    #: Figures, columns of ``taps.evaluations``, that have many values where these flags are given.
    varies: tuple[str, ...] = ()

    @classmethod
    def of(cls, flags: str, shows: str = "", varies: str = "") -> Part:
        """Split each argument at its spaces; a file name without spaces stays whole."""
        return cls(tuple(flags.split()), tuple(shows.split()), tuple(varies.split()))


@dataclass(frozen=True)
class Candidate:
    """One draw of a kind of experiment."""

    core: Part
    parts: tuple[Part, ...]

    def limited_to(self, kept: Collection[int]) -> Candidate:
        """Return the candidate with those of its parts that are numbered in ``kept``."""
        parts = tuple(part for number, part in enumerate(self.parts) if number in kept)
        return replace(self, parts=parts)

    @property
    def words(self) -> tuple[str, ...]:
        """The nanoBragg command line."""
        return tuple(word for part in (self.core, *self.parts) for word in part.words)

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of the behaviours that are to change the image."""
        return tuple(name for part in (self.core, *self.parts) for name in part.shows)

    @property
    def varies(self) -> tuple[str, ...]:
        """The figures that are to have many values."""
        return tuple(name for part in (self.core, *self.parts) for name in part.varies)

    def parsed(self) -> ParsedFlags:
        """Read the command line; raises UsageError and FileError as ``parse_flags`` does."""
        return parse_flags(self.words)

    def one_part_each(self) -> Iterator[tuple[int, Candidate]]:
        """Yield the core with one part alone, and the number of the part."""
        for number, part in enumerate(self.parts):
            yield number, replace(self, parts=(part,))
