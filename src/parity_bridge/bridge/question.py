"""What is asked: which sides, at which pixels, in which taps, within which tolerances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, parse_flags

if TYPE_CHECKING:
    from parity_bridge.engines.protocol import Engine


@dataclass(frozen=True)
class EngineSource:
    """An engine to be run, and what it is given."""

    choice: EngineChoice
    #: None: what the records on the other side state, else the benchmark.
    given: ParsedFlags | None
    #: nanoBragg flags as they were typed, for both sides and for this engine alone.
    flags: tuple[str, ...] = ()
    own_flags: tuple[str, ...] = ()
    #: Whether words that mean nothing are passed over, as the original program does.
    as_original: bool = False
    #: Whether ``choice`` says in which state pixels start; else they start as in those records.
    state_given: bool = True
    #: The engine, where it exists already.
    instance: Engine | None = None

    def __repr__(self) -> str:
        """Name the engine; the experiment would fill a screen."""
        return f"<EngineSource {self.choice.name}>"


#: An engine, or a folder or file of records; in a scan an image in the place of records.
Source = EngineSource | Path


@dataclass(frozen=True)
class Question:
    """A reference and the sides that are compared with it.

    A scan covers the whole region of interest of the experiment and needs no ``targets``.
    """

    #: The command line that asks, for records and reports.
    command: str
    reference: Source
    others: tuple[Source, ...] = ()
    #: Pixels; empty: those of the records.
    targets: tuple[Target, ...] = ()
    #: Names of taps; empty: all that exist.
    taps: tuple[str, ...] = ()
    #: File of tolerances that replace some of the shipped ones.
    tolerances: Path | None = None
    #: For two images: the experiment that describes their detector; None: unknown.
    detector: ParsedFlags | None = None
    #: Whether the user gave it. If not, it only sets the size of images without a header.
    detector_given: bool = False

    def __repr__(self) -> str:
        """Name the sides and count the pixels; the experiment would fill a screen."""
        names = ", ".join(map(_source_text, self.sources))
        return f"<Question about {names}: {len(self.targets)} pixels>"

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sides, the reference first."""
        return (self.reference, *self.others)


def _source_text(source: Source) -> str:
    return str(source) if isinstance(source, Path) else source.choice.name


def engine_source(
    choice: EngineChoice,
    flags: Sequence[str] | None,
    engine_flags: Mapping[str, Sequence[str]] | None = None,
    *,
    as_original: bool = False,
    state_given: bool = True,
) -> EngineSource:
    """Give an engine ``flags`` and then those of ``engine_flags`` under its name.

    ``as_original`` is that of ``parse_flags``. With ``flags`` None the records on the other side
    decide. Raises as ``parse_flags``.
    """
    own = tuple((engine_flags or {}).get(choice.name, ()))
    if flags is None:
        return EngineSource(
            choice, None, own_flags=own, as_original=as_original, state_given=state_given
        )
    given = parse_flags([*flags, *own], as_original=as_original)
    return EngineSource(choice, given, tuple(flags), own, as_original, state_given=state_given)
