"""How one side was made, whether it was run just now or its records say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.engines.engine import tolerance_case
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours

if TYPE_CHECKING:
    from parity_bridge.engines.run import EngineRun
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.records.metadata import Metadata


@dataclass(frozen=True)
class Provenance:
    """The experiment, the engine by its name, and how it was to compute."""

    experiment: Experiment
    engine: str
    behaviours: Behaviours = REFERENCE
    #: Whether pixels began as a run over the whole frame would have come to them.
    in_frame: bool = False
    dtype: str = "float64"
    device: str = "cpu"
    #: The case of tolerances that the engine asks for; None: that of its dtype and device.
    tolerance_case: str | None = None

    @classmethod
    def of_run(cls, run: EngineRun) -> Provenance:
        """How an engine was run."""
        choice = run.choice
        return cls(
            run.parsed.experiment,
            choice.name,
            Behaviours.parse(choice.behaviours),
            choice.in_frame,
            choice.dtype,
            choice.device,
            tolerance_case(run.engine),
        )

    @classmethod
    def of_metadata(cls, metadata: Metadata) -> Provenance:
        """How records were made, as the metadata beside them says."""
        return cls(
            metadata.experiment,
            metadata.engine,
            metadata.behaviours,
            metadata.in_frame,
            metadata.dtype,
            metadata.device,
            metadata.tolerances,
        )
