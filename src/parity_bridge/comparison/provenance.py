"""How one side was computed: by the run just made, or as the metadata of its records states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.engines.capabilities import tolerance_case
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours

if TYPE_CHECKING:
    from parity_bridge.engines.run import EngineRun
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.records.metadata import Metadata


@dataclass(frozen=True)
class Provenance:
    """The experiment, the engine's name and its settings."""

    experiment: Experiment
    engine: str
    behaviours: Behaviours = REFERENCE
    #: Whether each pixel began in the state that a run over the whole frame carries to it.
    in_frame: bool = False
    dtype: str = "float64"
    device: str = "cpu"
    #: The case of tolerances that the engine asks for; None: the case of its dtype and device.
    tolerance_case: str | None = None
    #: Of the C library's functions in the process that computed it; None: not recorded.
    libm_fingerprint: str | None = None

    @classmethod
    def of_run(cls, run: EngineRun) -> Provenance:
        """Return how an engine was run."""
        choice = run.choice
        return cls(
            run.parsed.experiment,
            choice.name,
            Behaviours.parse(choice.behaviours),
            choice.in_frame,
            choice.dtype,
            choice.device,
            tolerance_case(run.engine),
            libm_fingerprint(),
        )

    @classmethod
    def of_metadata(cls, metadata: Metadata) -> Provenance:
        """Return how records were computed, as the metadata beside them states."""
        return cls(
            metadata.experiment,
            metadata.engine,
            metadata.behaviours,
            metadata.in_frame,
            metadata.dtype,
            metadata.device,
            metadata.tolerances,
            metadata.libm_fingerprint,
        )
