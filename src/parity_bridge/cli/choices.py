"""Which engines a command uses and what each is given, from its options."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parity_bridge.engines.choice import EngineChoice
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import MAX_OVERSAMPLE
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS


def engine_choice(arguments: Namespace, name: str) -> EngineChoice:
    """Return the engine ``name`` with its options; raise UsageError where these are wrong."""
    Behaviours.parse([words for _, words in arguments.behaviours])
    only = getattr(arguments, "engine", None)
    for engine, words in arguments.behaviours:
        if only is not None and engine not in (None, only):
            raise UsageError(
                f"--behaviour {engine}:{words}: only {only} computes here; leave it out"
            )
    return EngineChoice(
        name,
        arguments.dtype,
        arguments.device,
        tuple(words for engine, words in arguments.behaviours if engine in (None, name)),
        in_frame=getattr(arguments, "state", None) == "frame",
        c_bin=None if arguments.c_bin is None else str(Path(arguments.c_bin).absolute()),
    )


def as_reference(choice: EngineChoice) -> EngineChoice:
    """Return ``choice`` as reference: ``--dtype`` and ``--device`` are for the other side only."""
    return replace(choice, dtype="float64", device="cpu")


def as_other(choice: EngineChoice) -> EngineChoice:
    """Return ``choice`` as the other side, whose values are recorded even if not finite."""
    return replace(choice, check_finite=False)


def experiment_flags(
    arguments: Namespace, given: Sequence[str], default: Sequence[str] = BENCHMARK_FLAGS
) -> tuple[str, ...]:
    """Return the flags after ``--``, or ``default`` without any, then those our options stand for.

    Raises UsageError for an oversampling that is too large.
    """
    if arguments.oversample is not None and arguments.oversample > MAX_OVERSAMPLE:
        raise UsageError(f"--oversample {arguments.oversample}: give 1 to {MAX_OVERSAMPLE}")
    oversample = () if arguments.oversample is None else ("-oversample", str(arguments.oversample))
    hkl = () if arguments.hkl is None else ("-hkl", arguments.hkl)
    return (*(given or default), *oversample, *hkl)


def says_experiment(arguments: Namespace, given: Sequence[str]) -> bool:
    """Return whether the command line says what is simulated; without that it is the benchmark."""
    return bool(given) or (arguments.oversample, arguments.hkl) != (None, None)


def is_engine(word: str) -> bool:
    """Return whether a word names an engine, installed or not."""
    return ":" in word or word in registered_engines()


def registered_engines() -> list[str]:
    """Return the names of the registered engines."""
    from parity_bridge.engines.registry import engine_names

    return engine_names()


def check_names(arguments: Namespace, names: Sequence[str]) -> None:
    """Raise UsageError where an option is for an engine that is not run."""
    for engine, words in arguments.behaviours:
        if engine is not None and engine not in names:
            raise UsageError(f"--behaviour {engine}:{words}: {engine!r} is not run; {_hint(names)}")
    for engine in arguments.engine_flags:
        if engine not in names:
            raise UsageError(f"--engine-flags {engine}: {engine!r} is not run; {_hint(names)}")
    _check_program(arguments, names)


def _check_program(arguments: Namespace, names: Sequence[str]) -> None:
    """Raise UsageError where a program is named that no engine runs."""
    if arguments.c_bin is None:
        return
    from parity_bridge.engines.registry import takes_program

    if not any(takes_program(name) for name in names):
        raise UsageError(
            f"--c-bin {arguments.c_bin}: none of {', '.join(names) or 'the sides'} runs a program; "
            "name nanobragg-program among the engines, or leave it out"
        )


def _hint(names: Sequence[str]) -> str:
    return f"name {' or '.join(names)}" if names else "leave it out"
