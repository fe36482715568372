"""A comparison made in a program or a test, kept as the report that ``run`` would have left."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from parity_bridge.errors import UsageError
from parity_bridge.experiment.nanobragg_flags import to_flags
from parity_bridge.files.atomic_write import copy_file, write_text
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.environment import write_environment
from parity_bridge.records.folder import make_folder, remove_folder, staged_folder
from parity_bridge.records.journal import log_command
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import (
    LOG_SUFFIX,
    METADATA_SUFFIX,
    as_json,
    record_suffix,
    write_noise,
    write_run,
)
from parity_bridge.report.rendering import EXPLANATION, SIDES, TOLERANCES, load, write_rendered
from parity_bridge.taps.registry import choose_taps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parity_bridge.api import Parity
    from parity_bridge.taps.registry import Tap

#: Folder of reference records that were read and not made.
_STORED = "c_taps"


def keep(found: Parity, folder: Path, name: str) -> Path:
    """Write records, memo and explanation of ``found`` to ``folder / name``, replacing it.

    Raises FileError where that cannot be written.
    """
    target = folder.absolute() / name
    remove_folder(target)
    occasion = RunContext(command_of(found), utc_now(), name)
    taps = choose_taps(found.taps)
    with staged_folder(target) as staging:
        log_command(staging, occasion.command)
        if found.tolerances is not None:
            copy_file(found.tolerances, staging / TOLERANCES, "tolerance file")
        names = [_write_reference(staging, found, occasion, taps), found.other.engine.folder]
        if names[0] == names[1]:
            raise UsageError(
                f"the engine keeps its records in the folder of the reference, {names[0]}; give "
                "its class a folder of its own"
            )
        make_folder(staging / names[1])
        write_run(staging / names[1], found.other, occasion, taps)
        write_text(staging / SIDES, json.dumps(names) + "\n")
        write_noise(staging / names[0], list(found.report.reference.noise.values()))
        write_environment(staging)
        if found.finding is not None:
            finding = found.finding.model_copy(update={"command": occasion.command})
            write_text(staging / EXPLANATION, as_json(finding))
        write_rendered(staging, load(staging))
    return target


def _write_reference(
    staging: Path, found: Parity, occasion: RunContext, taps: Sequence[Tap]
) -> str:
    """The reference's records, as they were made or stored; the name of their folder."""
    if found.reference is None:
        if found.stored is None:
            raise ValueError("a comparison has a reference, or the folder of its records")
        make_folder(staging / _STORED)
        endings = (*map(record_suffix, taps), METADATA_SUFFIX, LOG_SUFFIX)
        for file in sorted(found.stored.iterdir()):
            if file.name.endswith(endings):
                copy_file(file, staging / _STORED / file.name, "record")
        return _STORED
    name = found.reference.engine.folder
    make_folder(staging / name)
    write_run(staging / name, found.reference, occasion, taps)
    return name


def command_of(found: Parity) -> str:
    """The ``run`` that makes the same comparison."""
    run = found.other
    words = ["python", "-m", "parity_bridge", "run", "--engines", f"c,{run.choice.name}"]
    for slow, fast in (target.coords for target in run.targets):
        words += ["--pixel", str(slow), str(fast)]
    if (run.choice.dtype, run.choice.device) != ("float64", "cpu"):
        words += ["--dtype", run.choice.dtype, "--device", run.choice.device]
    if run.choice.c_bin is not None:
        words += ["--c-bin", run.choice.c_bin]
    if found.tolerances is not None:
        words += ["--tolerances", str(found.tolerances)]
    if found.taps != ("all",):
        words += ["--taps", ",".join(found.taps)]
    for switched in run.choice.behaviours:
        words += ["--behaviour", f"{run.choice.name}:{switched}"]
    return shlex.join([*words, "--", *to_flags(run.parsed.experiment)])
