"""One engine at the pixels asked for: flags in, records and what is needed to repeat them out."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.engines.engine import create_engine
from parity_bridge.errors import BridgeError, EngineError
from parity_bridge.nanobragg_flags import to_flags
from parity_bridge.report.environment import package_versions
from parity_bridge.report.metadata import Metadata
from parity_bridge.taps.f_cell import FCellRecord

if TYPE_CHECKING:
    from parity_bridge.commands.request import EngineChoice, Target
    from parity_bridge.engines.engine import Engine, Observation
    from parity_bridge.nanobragg_flags import ParsedFlags


@dataclass(frozen=True)
class Occasion:
    """The command that asked, when, and the name of its report where it has one."""

    command: str
    timestamp: str
    stamp: str | None = None


@dataclass(frozen=True)
class EngineRun:
    """An engine, what it was told and what it saw."""

    choice: EngineChoice
    engine: Engine
    parsed: ParsedFlags
    targets: Sequence[Target]
    observations: Sequence[Observation]
    build: Mapping[str, str]

    def records(
        self, observation: Observation, occasion: Occasion, taps: Sequence[str]
    ) -> dict[str, FCellRecord]:
        """The ``taps`` of one observation by name, as they are stored."""
        made_by = {"f_cell": self._f_cell}
        return {tap: made_by[tap](observation, occasion) for tap in taps}

    def _f_cell(self, observation: Observation, occasion: Occasion) -> FCellRecord:
        return FCellRecord(
            implementation=self.engine.implementation,
            pixel_coords=observation.pixel,
            tag=self.tag(observation),
            oversample=observation.oversample,
            values=observation.f_cell,
            hkl_table=observation.hkl_table,
            timestamp_utc=occasion.timestamp,
        )

    def metadata(self, observation: Observation, occasion: Occasion) -> Metadata:
        """What was run to make one observation."""
        return Metadata(
            implementation=self.engine.implementation,
            engine=self.choice.name,
            dtype=self.choice.dtype,
            device=self.choice.device,
            pixel_coords=observation.pixel,
            tag=self.tag(observation),
            command=occasion.command,
            stamp=occasion.stamp,
            nanobragg_flags=shlex.join(to_flags(self.parsed.experiment)),
            experiment=self.parsed.experiment,
            notes=notes(self.parsed, [observation.pixel]),
            build=dict(self.build),
            versions=package_versions(),
            timestamp_utc=occasion.timestamp,
        )

    def tag(self, observation: Observation) -> str | None:
        """The tag given to the pixel of an observation."""
        return {target.coords: target.tag for target in self.targets}.get(observation.pixel)


def notes(parsed: ParsedFlags, pixels: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """What the flags' reader remarks, and which of ``pixels`` (slow, fast) lie outside -roi."""
    roi = parsed.experiment.sampling.roi
    if roi is None:
        return parsed.notes
    fast_min, fast_max, slow_min, slow_max = roi
    outside = (
        f"--pixel {slow} {fast} lies outside -roi {fast_min} {fast_max} {slow_min} {slow_max}, "
        "where the original program leaves the image 0; it is computed all the same"
        for slow, fast in pixels
        if not (slow_min <= slow <= slow_max and fast_min <= fast <= fast_max)
    )
    return (*parsed.notes, *outside)


def observe(choice: EngineChoice, parsed: ParsedFlags, targets: Sequence[Target]) -> EngineRun:
    """Load an engine and compute ``targets``.

    Raises what ``Engine.observe`` raises, and EngineError for whatever else goes wrong in it.
    """
    try:
        engine = create_engine(choice.name, dtype=choice.dtype, device=choice.device)
        seen = engine.observe(parsed.experiment, [target.coords for target in targets])
        build = engine.build()
    except BridgeError:
        raise
    except Exception as error:  # an engine may fail in any way; the user gets one sentence
        raise EngineError(f"engine {choice.name!r} failed: {_one_line(error)}") from error
    if not seen:
        raise EngineError(f"engine {choice.name!r} gave no observation of {len(targets)} pixels")
    return EngineRun(choice, engine, parsed, targets, seen, build)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
