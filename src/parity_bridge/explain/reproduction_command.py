"""The command that shows a finding: the given command, with the C core changed accordingly."""

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

#: Options that state the experiment, and their number of words including values.
_OF_EXPERIMENT = {"--engine-flags": 3, "--hkl": 2, "--oversample": 2}


def reproduction_command(
    command: str, finding: Finding, reference: Experiment | None, other: Experiment | None
) -> str:
    """Change ``command``, a ``run`` or ``explain``, so that the C core reproduces the other side.

    ``reference`` and ``other`` are the experiments of the sides, where they are known. ``command``
    is returned unchanged where no command line can state the finding.
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
    behaviours = [name for name in names if name.partition("=")[0] in Behaviours.model_fields]
    switches = [word for name in behaviours for word in ("--behaviour", f"c:{name}")]
    return shlex.join([*ours, *switches, *flags])


def _without_experiment(words: list[str]) -> list[str]:
    """Return the options without those that state the experiment."""
    others: list[str] = []
    skipped = 0
    for word in words:
        if skipped:
            skipped -= 1
        elif word in _OF_EXPERIMENT:
            skipped = _OF_EXPERIMENT[word] - 1
        elif word.partition("=")[0] not in _OF_EXPERIMENT:
            others.append(word)
    return others


def _slip_flags(reference: Experiment, names: tuple[str, ...]) -> list[str]:
    """Return flags that give the C core all of the slips; none where flags cannot."""
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
        read = parse_flags([*to_flags(reference), *further], needs_structure_factors=False)
    except BridgeError:
        return []
    if not (further and read.experiment == changed):
        return []
    return ["--engine-flags", "c", shlex.join(further)]
