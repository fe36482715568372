"""Engines that a program or test names or creates, and the question it asks with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.bridge.python_arguments import (
    checked_engine,
    checked_experiment,
    checked_path,
    checked_pixels,
    checked_switch,
    checked_switches,
    checked_taps,
    checked_text,
    checked_tolerances,
)
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.protocol import Engine
from parity_bridge.engines.registry import engine_for_choice, takes_program
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import ParsedFlags

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment


_DEFAULT_TARGET = ("float64", "cpu")


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
    engine, dtype, device or behaviour that does not exist and for an argument of a wrong type,
    EngineError for an engine that cannot be loaded.
    """
    _check_target(dtype, device)
    switches = checked_switches(behaviours)
    Behaviours.parse(switches)
    in_frame = checked_switch(in_frame, "in_frame")
    program = None if c_bin is None else str(checked_path(c_bin, "c_bin", "a nanoBragg executable"))
    if isinstance(which, str):
        choice = EngineChoice(which, dtype, device, switches, in_frame, False, program)
        if program is not None and not takes_program(which):
            raise UsageError(f"c_bin means nothing to engine {which!r}, which runs no executable")
        return ChosenEngine(choice, engine_for_choice(choice))
    return _take_existing(
        which, EngineChoice("", dtype, device, switches, in_frame, False, program)
    )


def _check_target(dtype: object, device: object) -> None:
    """Raise UsageError for a dtype or device that is not a string."""
    checked_text(dtype, "dtype", "give 'float64' or 'float32'")
    checked_text(device, "device", "give it as text, 'cpu' or 'cuda:0' say")


def _take_existing(which: object, requested: EngineChoice) -> ChosenEngine:
    """Take an engine that exists; raises UsageError where it is not the one ``requested``."""
    if isinstance(which, ChosenEngine):
        raise UsageError(f"engine {which.choice.name!r} is chosen already; use it as it is")
    instance: Engine = checked_engine(which)
    if requested.c_bin is not None:
        raise UsageError("an engine that exists already has its executable; create it with c_bin")
    dtype = str(getattr(instance, "dtype", "float64")).removeprefix("torch.")
    device = str(getattr(instance, "device", "cpu"))
    choice = replace(requested, name=instance.name, dtype=dtype, device=device)
    _check_same_target(choice, requested.dtype, requested.device)
    return ChosenEngine(choice, instance, is_named=False)


def _check_same_target(choice: EngineChoice, dtype: str, device: str) -> None:
    """Raise UsageError where another dtype or device than that of ``choice`` is requested."""
    if (dtype, device) not in (_DEFAULT_TARGET, (choice.dtype, choice.device)):
        raise UsageError(
            f"engine {choice.name!r} exists already and computes in {choice.dtype} on "
            f"{choice.device}, not in {dtype} on {device}; create it so, or give its name"
        )


def as_chosen(
    which: str | Engine | ChosenEngine, *, dtype: str = "float64", device: str = "cpu"
) -> ChosenEngine:
    """Return a chosen engine as it is, and choose any other; raises as ``choose_engine``."""
    if not isinstance(which, ChosenEngine):
        return choose_engine(which, dtype=dtype, device=device)
    _check_same_target(which.choice, dtype, device)
    return which


def pixel_question(
    experiment: Experiment | str | Sequence[str],
    pixels: Sequence[tuple[int, int]],
    reference: ChosenEngine | Path,
    other: ChosenEngine,
    *,
    taps: Sequence[str] | str = ("all",),
    tolerances: Path | str | None = None,
) -> Question:
    """Ask for ``other`` against an engine or a folder of records at ``pixels`` (slow, fast).

    ``experiment`` may be nanoBragg flags, a string or words. Raises UsageError without a pixel and
    for an argument of a wrong type, and as ``parse_flags``.
    """
    given = ParsedFlags(checked_experiment(experiment), ())
    return Question(
        command="",
        reference=reference if isinstance(reference, Path) else _engine_source(reference, given),
        others=(_engine_source(other, given),),
        targets=tuple(map(Target, checked_pixels(pixels))),
        taps=checked_taps(taps),
        tolerances=checked_tolerances(tolerances),
    )


def _engine_source(chosen: ChosenEngine, given: ParsedFlags) -> EngineSource:
    return EngineSource(chosen.choice, given, instance=chosen.instance)
