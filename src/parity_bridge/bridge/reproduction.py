"""The command lines that ask a question again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from parity_bridge.bridge.question import EngineSource, Question, Source
from parity_bridge.experiment.nanobragg_flags import to_flags

_PROGRAM = ("python", "-m", "parity_bridge")
#: The engine whose records may serve as the reference.
_CORE = "c"


def without_stamp(command: str) -> str:
    """Drop ``--stamp`` from ``command``, because an existing report is never overwritten."""
    words = shlex.split(command)
    ours = words[: words.index("--")] if "--" in words else words
    kept = [
        word
        for before, word in zip(("", *ours), ours, strict=False)
        if word != "--stamp" and before != "--stamp" and not word.startswith("--stamp=")
    ]
    return shlex.join([*kept, *words[len(ours) :]])


def run_command(question: Question, options: Sequence[str] = ()) -> str:
    """Write the ``run`` that asks ``question``; the C core takes the place of records."""
    words = [*_PROGRAM, "run", *options, "--engines", ",".join(map(_source_name, question.sources))]
    for slow, fast in (target.coords for target in question.targets):
        words += ["--pixel", str(slow), str(fast)]
    words += _engine_options(question)
    if question.tolerances is not None:
        words += ["--tolerances", str(question.tolerances)]
    if question.taps and question.taps != ("all",):
        words += ["--taps", ",".join(question.taps)]
    return shlex.join([*words, "--", *_nanobragg_flags(question)])


def scan_command(question: Question, folder: Path) -> str:
    """Write the ``scan`` into ``folder`` that asks ``question``: its sides and experiment."""
    words = [*_PROGRAM, "scan"]
    names = [
        str(source) if isinstance(source, Path) else source.choice.name
        for source in question.sources
    ]
    if isinstance(question.others[0], Path):
        words += ["--image", names[1], "--against", names[0]]
    else:
        words += ["--engines", ",".join(names), *_engine_options(question)]
    words += ["--out-dir", str(folder.parent), "--stamp", folder.name]
    return shlex.join([*words, "--", *_nanobragg_flags(question)])


def _engine_options(question: Question) -> Iterator[str]:
    """Yield the options that say how engines compute and what one engine alone is given."""
    engines = [source for source in question.sources if isinstance(source, EngineSource)]
    held_against = [source.choice for source in question.others if isinstance(source, EngineSource)]
    for choice in held_against[:1]:
        if (choice.dtype, choice.device) != ("float64", "cpu"):
            yield from ("--dtype", choice.dtype, "--device", choice.device)
    for c_bin in dict.fromkeys(source.choice.c_bin for source in engines):
        if c_bin is not None:
            yield from ("--c-bin", c_bin)
    if any(source.as_original for source in engines):
        yield "--as-original"
    for source in engines:
        for switch in source.choice.behaviours:
            yield from ("--behaviour", f"{source.choice.name}:{switch}")
        if source.own_flags:
            yield from ("--engine-flags", source.choice.name, shlex.join(source.own_flags))


def _nanobragg_flags(question: Question) -> Sequence[str]:
    """Return the nanoBragg flags of all sides: as typed, else those of the experiment."""
    for source in question.sources:
        if isinstance(source, EngineSource):
            if source.flags or source.given is None:
                return source.flags
            return to_flags(source.given.experiment)
    return () if question.detector is None else to_flags(question.detector.experiment)


def _source_name(source: Source) -> str:
    return source.choice.name if isinstance(source, EngineSource) else _CORE
