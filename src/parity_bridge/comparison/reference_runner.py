"""The reference as an instrument: the C core, run again with one change at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from parity_bridge.comparison.agreement import taps_agree
from parity_bridge.comparison.tolerances import EXACT
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.fingerprint import libm_differs, libm_fingerprint
from parity_bridge.engines.c_core.marshal import table_struct
from parity_bridge.engines.c_core.setup import continued_setup
from parity_bridge.errors import BridgeError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID, Tap

if TYPE_CHECKING:
    from parity_bridge.comparison.provenance import Provenance
    from parity_bridge.engines.run import EngineRun
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.experiment.structure_factors import StructureFactors
    from parity_bridge.taps.observation import Observation, Quantity


@dataclass(frozen=True)
class ReferenceRunner:
    """An experiment, pixels of it (slow, fast), and how the C core is run at them."""

    experiment: Experiment
    pixels: tuple[tuple[int, int], ...]
    behaviours: Behaviours = REFERENCE
    in_frame: bool = False
    taps: tuple[Tap, ...] = tuple(TAPS_BY_ID.values())

    @cached_property
    def observations(self) -> list[Observation]:
        """What the C core observes without a change; raises as ``Engine.observe`` does."""
        return self.observe()

    @cached_property
    def pixel_taps(self) -> list[PixelTaps]:
        """The figures of ``observations``."""
        return self.figures(self.observations)

    @cached_property
    def factors(self) -> StructureFactors:
        """The structure factors as the C core reads them."""
        return structure_factors.load(self.experiment.structure_factors, self.behaviours)

    def derived(self, experiment: Experiment, behaviours: Behaviours) -> Mapping[str, Quantity]:
        """Return what the C core derives of ``experiment``; raises as ``Engine.observe`` does."""
        if experiment == self.experiment and self.pixels:
            return self.observations[0].derived
        return CCore().scanner(experiment, behaviours=behaviours).derived

    def observe(self, **changed: Any) -> list[Observation]:
        """Run the C core with another experiment, other behaviours, factors or stages.

        Keywords are those of ``CCore.replay``, ``experiment`` and ``pixels``.
        """
        experiment = changed.pop("experiment", self.experiment)
        pixels = changed.pop("pixels", self.pixels)
        settings = {"behaviours": self.behaviours, "in_frame": self.in_frame, **changed}
        return CCore().replay(experiment, pixels, **settings)

    def continued_setup(
        self, given: Mapping[str, Quantity], *, lists: bool = True
    ) -> dict[str, Quantity]:
        """Return the derived quantities that follow from ``given``; see ``given_setup``.

        Without ``lists`` those with a row for each source or domain are empty. Raises what
        ``Engine.observe`` raises where nothing follows from them.
        """
        table = table_struct(self.factors)
        return continued_setup(self.experiment, self.behaviours, given, table, lists=lists)

    def in_pixel_order(self, others: Sequence[PixelTaps]) -> list[PixelTaps]:
        """Return the other side at each of ``pixels``, in their order."""
        by_pixel = {other.pixel: other for other in others}
        return [by_pixel[pixel] for pixel in self.pixels]

    def rerun(self, **changed: Any) -> list[PixelTaps]:
        """Return the figures of what ``observe`` returns for the same keywords."""
        return self.figures(self.observe(**changed))

    def figures(self, observations: Sequence[Observation]) -> list[PixelTaps]:
        """Return the figures of the requested taps, each under its pixel of ``pixels``."""
        return [
            replace(
                PixelTaps.from_observation(observation, CCore.implementation, self.taps),
                pixel=pixel,
            )
            for observation, pixel in zip(observations, self.pixels, strict=True)
        ]

    @property
    def evaluation_count(self) -> int:
        """Evaluations of all pixels together: the cost of one more run."""
        return sum(len(observation.evaluations) for observation in self.observations)


def runner_of_run(run: EngineRun, taps: Sequence[Tap]) -> ReferenceRunner | None:
    """Return the C core as it was run; None where another engine was the reference."""
    if run.choice.name != CCore.name:
        return None
    return ReferenceRunner(
        run.parsed.experiment,
        tuple(observation.pixel for observation in run.observations),
        Behaviours.parse(run.choice.behaviours),
        run.choice.in_frame,
        tuple(taps),
    )


def runner_of_records(
    recorded: Sequence[PixelTaps],
    provenance: Provenance | None,
    pixels: Sequence[tuple[int, int]],
    taps: Sequence[Tap],
) -> tuple[ReferenceRunner | None, str]:
    """Return the C core with the settings of its records, at ``pixels``.

    Return None and the reason where it cannot be run so, or no longer computes the same figures.
    """
    if provenance is None:
        return None, "the reference's records come without metadata"
    if provenance.engine != CCore.name:
        return None, not_the_core(provenance.engine)
    runner = ReferenceRunner(
        provenance.experiment,
        tuple(pixels),
        provenance.behaviours,
        provenance.in_frame,
        tuple(taps),
    )
    by_pixel = {side.pixel: side for side in recorded}
    try:
        reruns = runner.pixel_taps
    except BridgeError as error:
        return None, f"the reference cannot be run again: {error}"
    if not all(taps_agree(by_pixel[rerun.pixel], rerun, EXACT) for rerun in reruns):
        return (
            None,
            f"the C core no longer computes the reference's records{_libm_note(provenance)}",
        )
    return runner, ""


def _libm_note(provenance: Provenance) -> str:
    """Say that the records are of another variant of the C library's functions; empty if not."""
    ours, theirs = provenance.libm_fingerprint, libm_fingerprint()
    if not libm_differs(ours, theirs):
        return ""
    return f": they are of another libm variant (fingerprint {ours}, here {theirs})"


def not_the_core(engine: str) -> str:
    """Say why a reference other than the C core cannot be run again."""
    return f"only the C core can be run again, and the reference is {engine}"
