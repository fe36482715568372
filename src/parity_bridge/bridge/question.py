"""What is asked: which sides, at which pixels, of which taps, within which tolerances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, parse_flags

if TYPE_CHECKING:
    from parity_bridge.engines.engine import Engine


@dataclass(frozen=True)
class EngineSource:
    """An engine to be run, and what it is given."""

    choice: EngineChoice
    #: None: what the records on the other side were made with, else the benchmark.
    given: ParsedFlags | None
    #: nanoBragg flags as they were typed, for both sides and for this engine alone.
    flags: tuple[str, ...] = ()
    own_flags: tuple[str, ...] = ()
    #: Whether ``choice`` says in which state pixels begin; else they begin as in those records.
    state_given: bool = True
    #: The engine, where it was made already.
    instance: Engine | None = None


#: An engine, or a folder or file of records; in a scan an image in the place of records.
Source = EngineSource | Path


@dataclass(frozen=True)
class Question:
    """A reference and what is held against it.

    A scan looks at the whole region of interest of the experiment and needs no ``targets``.
    """

    #: The command line that asks, to be recorded and shown.
    command: str
    reference: Source
    others: tuple[Source, ...] = ()
    #: Pixels; empty: those of the records.
    targets: tuple[Target, ...] = ()
    #: Names of taps; empty: all that are there.
    taps: tuple[str, ...] = ()
    #: File of tolerances that replace some of the shipped ones.
    tolerances: Path | None = None
    #: Where no side is an engine: what is known of the detector of the images.
    detector: ParsedFlags | None = None
    #: Whether that was said, and is not only how large images without a header are taken to be.
    detector_given: bool = False

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sides, the reference first."""
        return (self.reference, *self.others)


def engine_source(
    choice: EngineChoice,
    flags: Sequence[str] | None,
    engine_flags: Mapping[str, Sequence[str]] | None = None,
    *,
    state_given: bool = True,
) -> EngineSource:
    """An engine that is given ``flags`` and then those of ``engine_flags`` under its name.

    ``flags`` None leaves them to the records on the other side. Raises as ``parse_flags``.
    """
    own = tuple((engine_flags or {}).get(choice.name, ()))
    if flags is None:
        return EngineSource(choice, None, own_flags=own, state_given=state_given)
    given = parse_flags([*flags, *own])
    return EngineSource(choice, given, tuple(flags), own, state_given=state_given)
