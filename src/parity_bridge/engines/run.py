"""One engine at the requested pixels: flags in, observations out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from parity_bridge.engines.capabilities import recorded_taps, unrecorded_fields
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.failures import engine_failures
from parity_bridge.engines.registry import engine_for_choice
from parity_bridge.errors import EngineError, UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.smv import read_mask
from parity_bridge.taps.pixel_taps import Coverage, PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID, Tap, choose_taps

if TYPE_CHECKING:
    from parity_bridge.engines.protocol import Engine
    from parity_bridge.experiment.nanobragg_flags import ParsedFlags
    from parity_bridge.taps.observation import Observation

_LEFT = "where the original program leaves the image 0; it is computed all the same"


@dataclass(frozen=True)
class EngineRun:
    """An engine, its choice and input, and what it observed."""

    choice: EngineChoice
    engine: Engine
    parsed: ParsedFlags
    targets: Sequence[Target]
    observations: Sequence[Observation]
    build: Mapping[str, str]

    def recorded(self, taps: Sequence[Tap]) -> tuple[Tap, ...]:
        """Return the ``taps`` that the engine records; raise UsageError where it records none."""
        own = self._own_taps
        recorded = tuple(tap for tap in taps if tap in own)
        if taps and not recorded:
            names = ", ".join(tap.name for tap in taps)
            raise UsageError(
                f"engine {self.choice.name!r} records none of the taps {names}; ask for "
                f"{', '.join(tap.name for tap in own)} with --taps"
                f"{''.join(f' ({note})' for note in self.limits)}"
            )
        return recorded

    @property
    def limits(self) -> tuple[str, ...]:
        """Notes on the taps that the engine does not record at these pixels, and why."""
        reasons = [reason for item in self.observations for reason in item.unrecorded.items()]
        return tuple(
            f"{self.choice.name} does not record {TAPS_BY_ID[tap_id].name}, which is therefore not "
            f"compared: {why}"
            for tap_id, why in dict.fromkeys(reasons)
        )

    @property
    def missing_taps(self) -> frozenset[str]:
        """The taps, by tap_id, that the engine does not record at all of these pixels."""
        return frozenset(tap_id for item in self.observations for tap_id in item.unrecorded)

    @cached_property
    def _own_taps(self) -> tuple[Tap, ...]:
        """The taps that the engine records at every pixel."""
        own = choose_taps(recorded_taps(self.engine))
        return tuple(tap for tap in own if tap.tap_id not in self.missing_taps)

    @property
    def coverage(self) -> Coverage | None:
        """What the engine records; None: everything."""
        own, unrecorded = self._own_taps, unrecorded_fields(self.engine)
        if len(own) == len(TAPS_BY_ID) and not unrecorded:
            return None
        return Coverage(frozenset(tap.tap_id for tap in own), frozenset(unrecorded))

    def pixel_taps(self, taps: Sequence[Tap]) -> tuple[PixelTaps, ...]:
        """Return the figures of ``taps`` that the engine records; raise as ``recorded`` does."""
        recorded, coverage = self.recorded(taps), self.coverage
        pixel_taps = (
            replace(
                PixelTaps.from_observation(item, self.engine.implementation, recorded),
                tag=self.tag(item),
            )
            for item in self.observations
        )
        return tuple(item.limited_to(coverage, self.parsed.experiment) for item in pixel_taps)

    def tag(self, observation: Observation) -> str | None:
        """Return the tag given to the pixel of an observation."""
        return self._tags.get(observation.pixel)

    @cached_property
    def _tags(self) -> dict[tuple[int, int], str | None]:
        return {target.coords: target.tag for target in self.targets}


def notes(parsed: ParsedFlags, pixels: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Return the notes on the flags, and on those of ``pixels`` (slow, fast) an image leaves 0.

    Raise FileError for a mask that cannot be read.
    """
    return (*parsed.notes, *_outside_roi(parsed, pixels), *_masked_pixel_notes(parsed, pixels))


def _outside_roi(parsed: ParsedFlags, pixels: Sequence[tuple[int, int]]) -> Iterator[str]:
    roi = parsed.experiment.sampling.roi
    if roi is None:
        return
    fast_min, fast_max, slow_min, slow_max = roi
    for slow, fast in pixels:
        if not (slow_min <= slow <= slow_max and fast_min <= fast <= fast_max):
            where = f"lies outside -roi {fast_min} {fast_max} {slow_min} {slow_max}"
            yield f"--pixel {slow} {fast} {where}, {_LEFT}"


def _masked_pixel_notes(parsed: ParsedFlags, pixels: Sequence[tuple[int, int]]) -> Iterator[str]:
    file = parsed.experiment.detector.mask
    if file is None:
        return
    mask = read_mask(file)
    for slow, fast in pixels:
        inside = 0 <= slow < mask.shape[0] and 0 <= fast < mask.shape[1]
        if inside and mask[slow, fast] == 0:
            yield f"--pixel {slow} {fast} lies on a 0 of -mask {file}, {_LEFT}"


def observe(
    choice: EngineChoice,
    parsed: ParsedFlags,
    targets: Sequence[Target],
    instance: Engine | None = None,
) -> EngineRun:
    """Create the chosen engine, or take ``instance`` where given, and compute ``targets``.

    Raise UsageError for a behaviour that does not exist, what ``Engine.observe`` raises, and
    EngineError for any other failure in the engine.
    """
    with engine_failures(choice.name):
        engine = instance or engine_for_choice(choice)
        observations = engine.observe(
            parsed.experiment,
            [target.coords for target in targets],
            behaviours=Behaviours.parse(choice.behaviours),
            in_frame=choice.in_frame,
        )
        build = engine.build()
    if not observations:
        raise EngineError(f"engine {choice.name!r} gave no observation of {len(targets)} pixels")
    return EngineRun(choice, engine, parsed, targets, observations, build)
