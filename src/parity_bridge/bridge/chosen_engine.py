"""Engines that a program or test names or creates, and the question it asks with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.protocol import Engine
from parity_bridge.engines.registry import engine_for_choice
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import ParsedFlags

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment


@dataclass(frozen=True)
class ChosenEngine:
    """An engine ready to be compared, and how it was chosen."""

    choice: EngineChoice
    instance: Engine
    #: Whether it was created by its name, so that it can be created again.
    is_named: bool = True


def choose_engine(
    which: str | Engine,
    *,
    dtype: str = "float64",
    device: str = "cpu",
    behaviours: Sequence[str] = (),
    in_frame: bool = False,
    c_bin: str | Path | None = None,
) -> ChosenEngine:
    """Choose an engine by its name, by ``package.module:Class``, or take one that exists.

    ``behaviours`` are the choices in which it is to differ from the reference, ``omega=last`` say
    (contract §7); ``in_frame`` starts each pixel in the state that a run over the whole frame
    reaches it in; ``c_bin`` is the executable of ``nanobragg-program``. Raises UsageError for an
    engine, dtype, device or behaviour that does not exist, EngineError for an engine that cannot be
    loaded.
    """
    Behaviours.parse(list(behaviours))
    if not isinstance(which, str):
        if (dtype, device) != ("float64", "cpu"):
            raise UsageError("an engine that was made already has its dtype and device; make it so")
        dtype = str(getattr(which, "dtype", dtype)).removeprefix("torch.")
        device = str(getattr(which, "device", device))
    name = which if isinstance(which, str) else which.name
    choice = EngineChoice(
        name,
        dtype,
        device,
        tuple(behaviours),
        in_frame,
        check_finite=False,
        c_bin=None if c_bin is None else str(c_bin),
    )
    if isinstance(which, str):
        return ChosenEngine(choice, engine_for_choice(choice))
    return ChosenEngine(choice, which, is_named=False)


def as_chosen(which: str | Engine | ChosenEngine) -> ChosenEngine:
    """Return a chosen engine as it is, and choose any other; raises as ``choose_engine``."""
    return which if isinstance(which, ChosenEngine) else choose_engine(which)


def pixel_question(
    experiment: Experiment,
    pixels: Sequence[tuple[int, int]],
    reference: ChosenEngine | Path,
    other: ChosenEngine,
    *,
    taps: Sequence[str] = ("all",),
    tolerances: Path | None = None,
) -> Question:
    """Ask for ``other`` against an engine or a folder of records at ``pixels`` (slow, fast).

    Raises UsageError without a pixel.
    """
    if not pixels:
        raise UsageError("there is nothing to compare: give at least one pixel (slow, fast)")
    given = ParsedFlags(experiment, ())
    return Question(
        command="",
        reference=reference if isinstance(reference, Path) else _source(reference, given),
        others=(_source(other, given),),
        targets=tuple(Target((int(slow), int(fast))) for slow, fast in pixels),
        taps=tuple(taps),
        tolerances=tolerances,
    )


def _source(chosen: ChosenEngine, given: ParsedFlags) -> EngineSource:
    return EngineSource(chosen.choice, given, instance=chosen.instance)
