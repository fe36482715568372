"""The other side as an engine that can be run again: with other words, or at other pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.engines.capabilities import hears_words
from parity_bridge.engines.choice import Target
from parity_bridge.engines.run import EngineRun, observe
from parity_bridge.experiment.nanobragg_flags import ParsedFlags
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import Tap

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment


@dataclass(frozen=True)
class OtherRunner:
    """The other side's engine, and the taps that are compared."""

    run: EngineRun
    taps: tuple[Tap, ...]

    @property
    def hears_words(self) -> bool:
        """Whether the engine is given the words that the user typed, and reads them itself."""
        return hears_words(self.run.engine)

    def figures(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]]
    ) -> tuple[PixelTaps, ...]:
        """Run the engine at ``pixels`` (slow, fast); raise as ``engines.run.observe`` does."""
        targets = [Target(pixel) for pixel in pixels]
        given = ParsedFlags(experiment, ())
        run = observe(self.run.choice, given, targets, self.run.engine)
        return run.pixel_taps([tap for tap in self.taps if tap.tap_id not in run.missing_taps])
