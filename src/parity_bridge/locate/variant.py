"""The reference as a port may have it: with what ``explain`` has found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from parity_bridge.experiment.behaviours import Behaviours
    from parity_bridge.experiment.model import Experiment


class Variant(NamedTuple):
    """The reference changed so that it computes what the port does; the true one stands beside."""

    #: ``omega=last`` say, or the name of a slip; several, separated by commas.
    name: str
    experiment: Experiment
    behaviours: Behaviours
