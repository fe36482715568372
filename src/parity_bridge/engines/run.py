"""One engine at the pixels asked for: flags in, observations out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.engine import engine_of, told_taps, untold_fields
from parity_bridge.errors import BridgeError, EngineError, UsageError, one_line
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.smv import read_mask
from parity_bridge.taps.pixel_taps import PixelTaps, Telling
from parity_bridge.taps.registry import BY_ID, Tap, choose_taps

if TYPE_CHECKING:
    from parity_bridge.engines.engine import Engine
    from parity_bridge.experiment.nanobragg_flags import ParsedFlags
    from parity_bridge.taps.observation import Observation

_LEFT = "where the original program leaves the image 0; it is computed all the same"


@dataclass(frozen=True)
class EngineRun:
    """An engine, what it was told and what it saw."""

    choice: EngineChoice
    engine: Engine
    parsed: ParsedFlags
    targets: Sequence[Target]
    observations: Sequence[Observation]
    build: Mapping[str, str]

    def told(self, taps: Sequence[Tap]) -> tuple[Tap, ...]:
        """Those of ``taps`` that the engine tells; raises UsageError where it tells none."""
        own = choose_taps(told_taps(self.engine))
        kept = tuple(tap for tap in taps if tap in own)
        if taps and not kept:
            names = ", ".join(tap.name for tap in taps)
            raise UsageError(
                f"engine {self.choice.name!r} tells none of the taps {names}; ask for "
                f"{', '.join(tap.name for tap in own)} with --taps"
            )
        return kept

    @property
    def telling(self) -> Telling | None:
        """What the engine tells; None: everything."""
        own, untold = choose_taps(told_taps(self.engine)), untold_fields(self.engine)
        if len(own) == len(BY_ID) and not untold:
            return None
        return Telling(frozenset(tap.tap_id for tap in own), frozenset(untold))

    def seen(self, taps: Sequence[Tap]) -> tuple[PixelTaps, ...]:
        """The figures of those of ``taps`` that the engine tells; raises as ``told`` does."""
        wanted, telling = self.told(taps), self.telling
        seen = (
            replace(PixelTaps.of(item, self.engine.implementation, wanted), tag=self.tag(item))
            for item in self.observations
        )
        return tuple(item.told(telling, self.parsed.experiment) for item in seen)

    def tag(self, observation: Observation) -> str | None:
        """The tag given to the pixel of an observation."""
        return {target.coords: target.tag for target in self.targets}.get(observation.pixel)


def notes(parsed: ParsedFlags, pixels: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """What the flags' reader remarks, and which of ``pixels`` (slow, fast) an image leaves 0.

    Raises FileError for a mask that cannot be read.
    """
    return (*parsed.notes, *_outside_roi(parsed, pixels), *_masked(parsed, pixels))


def _outside_roi(parsed: ParsedFlags, pixels: Sequence[tuple[int, int]]) -> Iterator[str]:
    roi = parsed.experiment.sampling.roi
    if roi is None:
        return
    fast_min, fast_max, slow_min, slow_max = roi
    for slow, fast in pixels:
        if not (slow_min <= slow <= slow_max and fast_min <= fast <= fast_max):
            where = f"lies outside -roi {fast_min} {fast_max} {slow_min} {slow_max}"
            yield f"--pixel {slow} {fast} {where}, {_LEFT}"


def _masked(parsed: ParsedFlags, pixels: Sequence[tuple[int, int]]) -> Iterator[str]:
    file = parsed.experiment.detector.mask
    if file is None:
        return
    mask = read_mask(file)
    for slow, fast in pixels:
        inside = 0 <= slow < mask.shape[0] and 0 <= fast < mask.shape[1]
        if inside and mask[slow, fast] == 0:
            yield f"--pixel {slow} {fast} lies on a 0 of -mask {file}, {_LEFT}"


def observe(choice: EngineChoice, parsed: ParsedFlags, targets: Sequence[Target]) -> EngineRun:
    """Load an engine and compute ``targets``.

    Raises UsageError for a behaviour that does not exist, what ``Engine.observe`` raises, and
    EngineError for whatever else goes wrong in it.
    """
    with engine_failures(choice.name):
        engine = engine_of(choice)
    return observe_with(engine, choice, parsed, targets)


def observe_with(
    engine: Engine, choice: EngineChoice, parsed: ParsedFlags, targets: Sequence[Target]
) -> EngineRun:
    """``observe`` with an engine that was made already; raises as it does."""
    with engine_failures(choice.name):
        seen = engine.observe(
            parsed.experiment,
            [target.coords for target in targets],
            behaviours=Behaviours.parse(choice.behaviours),
            in_frame=choice.in_frame,
        )
        build = engine.build()
    if not seen:
        raise EngineError(f"engine {choice.name!r} gave no observation of {len(targets)} pixels")
    return EngineRun(choice, engine, parsed, targets, seen, build)


@contextmanager
def engine_failures(name: str) -> Iterator[None]:
    """Whatever goes wrong in an engine, as one sentence: it may fail in any way."""
    try:
        yield
    except BridgeError:
        raise
    except MemoryError as error:
        raise UsageError(
            f"there is not enough memory for this detector ({one_line(error)}); give fewer pixels "
            "with -detpixels or -detsize"
        ) from error
    except Exception as error:
        raise EngineError(f"engine {name!r} failed: {one_line(error)}") from error
