"""The port that ``locate`` watches: an engine by its name, or a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.bridge.called_function import CalledFunction
from parity_bridge.bridge.python_arguments import checked_text, checked_watch
from parity_bridge.bridge.question import EngineSource
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.engines.failures import engine_failures
from parity_bridge.engines.protocol import Engine
from parity_bridge.engines.registry import engine_for_choice
from parity_bridge.errors import BridgeError, UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import ParsedFlags
from parity_bridge.locate.capture.capture import capture_call, capture_engine

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.locate.capture.events import Capture


@dataclass(frozen=True)
class WatchedPort:
    """A port by its name, how it computes, and which packages are watched."""

    choice: EngineChoice
    #: The function is called where True; else the name is that of an engine.
    is_function: bool = False
    #: Packages whose source is watched; empty: that of the port.
    watch: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The engine's name, or ``module:function``."""
        return self.choice.name

    def engine(self) -> Engine:
        """Create the engine, or the function as one; raises UsageError and EngineError."""
        return CalledFunction(self.name) if self.is_function else engine_for_choice(self.choice)

    def source(self, given: ParsedFlags) -> EngineSource:
        """Return the port as a side of a comparison."""
        return EngineSource(self.choice, given, instance=self.engine())

    def refusal(self, experiment: Experiment, pixels: Sequence[tuple[int, int]]) -> str:
        """Return why the port does not compute ``experiment``; empty where it does."""
        try:
            with engine_failures(self.name):
                behaviours = Behaviours.parse(self.choice.behaviours)
                self.engine().observe(experiment, pixels, behaviours=behaviours)
        except BridgeError as error:
            return str(error)
        return ""

    def capture(self, experiment: Experiment, pixels: Sequence[tuple[int, int]]) -> Capture:
        """Run the port again, watched; raises EngineError where it fails."""
        if self.is_function:
            return capture_call(self.name, experiment, self.watch)
        return capture_engine(
            self.name, experiment, pixels, self.watch, dtype=self.choice.dtype,
            device=self.choice.device, behaviours=Behaviours.parse(self.choice.behaviours),
        )  # fmt: skip


def watched_port(
    engine: object, call: object, watch: object, *, dtype: str = "float64", device: str = "cpu"
) -> WatchedPort:
    """Return the port that a program names: an engine or a function.

    Raises UsageError for an argument of a wrong type, and unless exactly one of them is given.
    """
    if (engine is None) == (call is None):
        raise UsageError("give a port: the name of an engine, or call='module:function'")
    name = checked_text(
        call if engine is None else engine, "port", "give the name of an engine, or call="
    )
    packages = checked_watch(watch)
    choice = EngineChoice(name, dtype, device, check_finite=False)
    return WatchedPort(choice, engine is None, packages)
