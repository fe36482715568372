"""The command that shows a finding: the one that was given, with the C core told what was found."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from parity_bridge.errors import BridgeError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import given_flags, parse_flags, to_flags
from parity_bridge.explain.hypothesis_search import OWN_INPUTS
from parity_bridge.explain.input_slips import INPUT_SLIP_NAMES, SLIP_FLAGS, apply_slips

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.explain.explanation import Finding

#: Options that say what is simulated, and how many words they are with their values.
_OF_EXPERIMENT = {"--engine-flags": 3, "--hkl": 2, "--oversample": 2}


def reproduction_command(
    command: str, finding: Finding, reference: Experiment | None, other: Experiment | None
) -> str:
    """``command``, a ``run`` or ``explain``, changed so that the C core reproduces the other side.

    ``reference`` and ``other`` are what the sides were given, where that is known. Unchanged where
    no command line says what was found.
    """
    words = shlex.split(command)
    at = words.index("--") if "--" in words else len(words)
    ours, flags = words[:at], words[at:]
    names = finding.names[0] if finding.names else ()
    if other is not None and (finding.inputs or OWN_INPUTS in names):
        ours, flags = _without_experiment(ours), ["--", *to_flags(other)]
    elif reference is not None and finding.reason == "slips":
        further = _slip_flags(reference, names)
        if not further:
            return command
        ours = [*ours, *further]
    told = [name for name in names if name.partition("=")[0] in Behaviours.model_fields]
    switches = [word for name in told for word in ("--behaviour", f"c:{name}")]
    return shlex.join([*ours, *switches, *flags])


def _without_experiment(words: list[str]) -> list[str]:
    """Our own options less those that say what is simulated."""
    kept: list[str] = []
    skipped = 0
    for word in words:
        if skipped:
            skipped -= 1
        elif word in _OF_EXPERIMENT:
            skipped = _OF_EXPERIMENT[word] - 1
        elif word.partition("=")[0] not in _OF_EXPERIMENT:
            kept.append(word)
    return kept


def _slip_flags(reference: Experiment, names: tuple[str, ...]) -> list[str]:
    """Flags that give the C core all of the slips; none where flags cannot say them."""
    if not all(name in INPUT_SLIP_NAMES or "=" in name for name in names):
        return []
    changed = apply_slips(reference, names)
    before, after = given_flags(reference), given_flags(changed)
    further = [word for name in names for word in SLIP_FLAGS.get(name, "").split()] + [
        word
        for flag, values in after.items()
        if before.get(flag) != values
        for word in (flag, *values.split())
    ]
    try:
        says_it = parse_flags([*to_flags(reference), *further]).experiment == changed
    except BridgeError:
        return []
    if not (further and says_it):
        return []
    return ["--engine-flags", "c", shlex.join(further)]
