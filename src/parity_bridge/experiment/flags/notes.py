"""Notes on words that do what a reader would not expect; none on any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from parity_bridge.experiment.flags.command_line import CommandLine
from parity_bridge.experiment.flags.flag_makers import PIVOT
from parity_bridge.experiment.flags.output_words import OUTPUTS
from parity_bridge.experiment.flags.table import FLAG_BY_NAME
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.smv_header import UNUSED

#: The file that the original program reads and writes without a flag.
CACHE = Path("Fdump.bin")

#: Field that another flag sets beside its own -> the flag that says it.
_SAID_BY = {"beam.polarized": "-nopolar", PIVOT: "-pivot"}


_TAKEN_BACK = {
    "beam.polarized": (
        "{typed} switches polarization on again after {before}; put -nopolar last to keep it off"
    ),
    PIVOT: "{typed} sets the pivot again after {before}; put -pivot last to keep it",
}


def word_notes(line: CommandLine, experiment: Experiment, *, writes_outputs: bool) -> Iterator[str]:
    """Yield one line for every word whose effect is not the one it is written for.

    Words about files of the original program do something where the caller ``writes_outputs``.
    """
    for word, name in line.read_as.items():
        yield f"{word} is read as {name}, whose name occurs in it"
    for place, typed in line.misread.items():
        yield f"{typed}: {_taken_text(line, place)}"
    for typed in line.without_file:
        yield f"{typed}: there is no such file, so nothing is done"
    if line.passed_over:
        yield f"{' '.join(line.passed_over)}: no flag fires here, so nothing is done"
    yield from _part_notes(line, experiment)
    yield from _beside_notes(line, experiment)
    yield from _header_notes(line)
    if not writes_outputs:
        yield from _output_notes(line)


def experiment_notes(
    line: CommandLine, experiment: Experiment, *, writes_outputs: bool
) -> Iterator[str]:
    """Yield one line for every flag without the effect that its name suggests."""
    source = experiment.structure_factors
    if source.hkl and source.dump and not writes_outputs:
        yield f"-hkl {source.hkl} is read; the cache {source.dump} is neither read nor written"
    if not (source.hkl or source.dump or line.as_original) and CACHE.is_file():
        yield (
            f"{CACHE} lies in the working directory and is not read; the original program would "
            f"have read it, -dump {CACHE} does so here"
        )
    yield from (note for is_given, note in _idle_flag_notes(line, experiment) if is_given)


def _taken_text(line: CommandLine, place: int) -> str:
    """Say what the flag at ``place`` is read as, or what replaced it."""
    values: dict[str, None] = {}
    name, later = "", ""
    for settings in line.settings.by_field.values():
        for setting in settings:
            if setting.place == place and setting.origin == "flag":
                name = setting.source
                values[str(setting.value)] = None
                later = settings[-1].typed if settings[-1].place != place else ""
    if not values:
        return "does nothing as it stands"
    return f"replaced by {later}" if later else f"read as {name} {' '.join(values)}"


def _part_notes(line: CommandLine, experiment: Experiment) -> Iterator[str]:
    by_words: dict[tuple[str, str], list[str]] = {}
    for path, setting, _ in line.settings.unforeseen("part"):
        if path == PIVOT and experiment.detector.convention != "custom":
            continue
        sets = "" if path in FLAG_BY_NAME[setting.source].fields else f"{path.split('.')[-1]} "
        by_words.setdefault((setting.typed, setting.source), []).append(f"{sets}{setting.value}")
    for (typed, name), changed in by_words.items():
        yield f"{typed} is also read as {name}, whose name occurs in it: {', '.join(changed)}"


def _beside_notes(line: CommandLine, experiment: Experiment) -> Iterator[str]:
    for path, setting, before in line.settings.unforeseen("beside"):
        if before is None or before.source != _SAID_BY.get(path):
            continue
        if path == PIVOT and experiment.detector.convention != "custom":
            continue
        yield _TAKEN_BACK[path].format(typed=setting.typed, before=before.typed)


def _header_notes(line: CommandLine) -> Iterator[str]:
    for typed, header in line.headers.items():
        in_force = {
            settings[-1].source
            for settings in line.settings.by_field.values()
            if settings[-1].typed == typed and settings[-1].origin == "header"
        }
        taken = ", ".join(f"{key} {value!r}" for key, value in header.items() if key in in_force)
        yield f"{typed}: {taken or 'nothing'} taken from its header"
        replaced = [key for key in header if key not in in_force and key != UNUSED]
        if replaced:
            yield f"{typed}: {', '.join(replaced)} of its header replaced: flags and -img win"
        if UNUSED in header:
            yield f"{typed}: {UNUSED} {header[UNUSED]!r} of its header is not used"


def _output_notes(line: CommandLine) -> Iterator[str]:
    typed = {
        setting.typed: None
        for path, settings in line.settings.by_field.items()
        if path.startswith(f"{OUTPUTS}.")
        for setting in settings
        if setting.origin != "part"
    }
    if typed:
        yield f"{' '.join(typed)}: read and not used, as no figure depends on it"


def _idle_flag_notes(line: CommandLine, experiment: Experiment) -> Iterator[tuple[bool, str]]:
    """Yield whether a flag is given that does not do what its name suggests, and a note on it."""
    crystal, beam, sampling = experiment.crystal, experiment.beam, experiment.sampling
    yield (
        crystal.mosaic_domains is not None and not crystal.mosaic_spread,
        "-mosaic_domains does nothing without -mosaic",
    )
    yield (
        beam.dispersion_steps is not None and not beam.dispersion,
        "-dispsteps does nothing without -dispersion",
    )
    yield (
        sampling.oversample_thick and not experiment.detector.thickness,
        "-oversample_thick without -detector_thick captures nothing: every intensity is 0 (§6)",
    )
    yield (
        sampling.oversample_polar and not beam.polarized,
        "-oversample_polar computes the polarization factor in spite of -nopolar (§6)",
    )
    seed = line.settings.typed("crystal.misset_seed")
    yield (
        seed is not None and crystal.random_misset_seed is None,
        f"{seed} draws nothing without -misset random",
    )
