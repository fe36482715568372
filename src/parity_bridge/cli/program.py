"""The command line: arguments in, requests out, errors as one sentence and an exit status.

Nothing heavy is imported before a command is known to make sense: ``--help``, usage errors and the
C core never wait for torch.
"""

from __future__ import annotations

import argparse
import gc
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from parity_bridge.bridge.question import (
    CompareRequest,
    ExplainRequest,
    FrameRequest,
    RunRequest,
    ScanRequest,
    TraceRequest,
)
from parity_bridge.cli import options
from parity_bridge.cli.arguments import (
    DEFAULT_ENGINES,
    THRESHOLD_HELP,
    argument_parser,
    protect_engine_flags,
    split_nanobragg_flags,
)
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.errors import BridgeError, FileError, UsageError
from parity_bridge.files.termination import Terminated, raise_on_sigterm

_INTERRUPTED = 130
_TERMINATED = 143


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        with raise_on_sigterm(), _no_garbage_collection():
            return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except BridgeError as error:
        print(f"parity_bridge: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Terminated:
        return _TERMINATED


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Hold the collector: scanning what imports create would cost a fifth of their time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _dispatch(argv: list[str]) -> int:
    ours, flags = split_nanobragg_flags(argv)
    arguments = argument_parser().parse_args(protect_engine_flags(ours))
    arguments.text = shlex.join(("python", "-m", "parity_bridge", *argv))
    if flags and not getattr(arguments, "takes_flags", False):
        raise UsageError(f"{arguments.command} takes no nanoBragg flags; leave out what follows --")
    return _ACTS[arguments.command](arguments, flags)


def _run(arguments: argparse.Namespace, flags: list[str]) -> int:
    _check_names(arguments, arguments.engines)
    reference, *others = (_choice(arguments, name) for name in arguments.engines)
    request = RunRequest(
        command=arguments.text,
        targets=tuple(arguments.targets),
        flags=_flags(arguments, flags),
        taps=arguments.taps,
        out_dir=arguments.out_dir,
        stamp=arguments.stamp or options.default_stamp(),
        reference=_as_reference(reference),
        others=tuple(replace(other, check_finite=False) for other in others),
        engine_flags=arguments.engine_flags,
        tolerances=arguments.tolerances,
    )
    from parity_bridge.bridge.run import run
    from parity_bridge.report.witnesses import terminal_text_of

    outcome = run(request, _note)
    text = terminal_text_of(outcome.witnesses)
    _print((text, f"report: {outcome.folder / 'f_cell_comparison.md'}"))
    return outcome.witnesses.exit_status


def _trace(arguments: argparse.Namespace, flags: list[str]) -> int:
    if len(arguments.targets) > 1:
        raise UsageError("trace looks at one pixel; give --pixel once, or use run")
    request = TraceRequest(
        command=arguments.text,
        target=arguments.targets[0],
        flags=_flags(arguments, flags),
        taps=arguments.taps,
        engine=_choice(arguments, arguments.engine),
        as_json=arguments.json,
        out_dir=arguments.out_dir,
    )
    from parity_bridge.bridge.trace import trace

    _print(trace(request, _note))
    return 0


def _frame(arguments: argparse.Namespace, flags: list[str]) -> int:
    region = arguments.roi
    settings = {"precision": arguments.precision, "compile": arguments.compile}
    request = FrameRequest(
        command=arguments.text,
        flags=(
            *_flags(arguments, flags),
            *(() if region is None else ("-roi", *map(str, region))),
        ),
        engine=_choice(arguments, arguments.engine),
        output=arguments.output,
        threads=arguments.threads or len(os.sched_getaffinity(0)),
        settings={name: value for name, value in settings.items() if value},
    )
    from parity_bridge.bridge.frame import frame

    _print(frame(request, _note))
    return 0


def _scan(arguments: argparse.Namespace, flags: list[str]) -> int:
    reference, other = _scan_sides(arguments)
    roi = () if arguments.roi is None else ("-roi", *map(str, arguments.roi))
    given = bool(flags) or (arguments.oversample, arguments.hkl) != (None, None)
    request = ScanRequest(
        command=arguments.text,
        reference=reference,
        other=other,
        # Every experiment of a file says what it is.
        flags=(*_flags(arguments, flags, () if arguments.experiments else None), *roi),
        flags_given=given,
        out_dir=arguments.out_dir,
        stamp=arguments.stamp or options.default_stamp(),
        engine_flags=arguments.engine_flags,
        tile=arguments.tile,
        threads=arguments.threads or len(os.sched_getaffinity(0)),
        dask=arguments.dask,
        resume=arguments.resume,
        quiet=arguments.quiet,
        thresholds={
            name: getattr(arguments, name)
            for name in THRESHOLD_HELP
            if getattr(arguments, name) is not None
        },
        threshold_file=arguments.thresholds,
        tolerances=arguments.tolerances,
        experiments=arguments.experiments,
    )
    if request.resume and arguments.stamp is None and "STAMP" not in os.environ:
        raise UsageError("--resume goes on with a scan that has a name; give its --stamp")
    from parity_bridge.bridge.scan_experiments import scan_all

    lines, status = scan_all(request, _silent if request.quiet else _note)
    if not request.quiet:
        _print(lines)
    return status


def _scan_sides(arguments: argparse.Namespace) -> tuple[EngineChoice | Path, EngineChoice | Path]:
    """The reference and what is held against it."""
    if arguments.image is None:
        return _scan_engines(arguments)
    if tuple(arguments.engines) != DEFAULT_ENGINES:
        raise UsageError("--engines means nothing with --image; name the engine with --against")
    word = arguments.against or DEFAULT_ENGINES[0]
    if Path(word).exists():
        _check_names(arguments, ())
        return Path(word), arguments.image
    if not _is_engine(word):
        raise UsageError(
            f"--against {word}: there is no such file or engine; name an image, or one of "
            f"{', '.join(_engines_there())}"
        )
    _check_names(arguments, (word,))
    choice = replace(_choice(arguments, word), check_finite=False)
    return (_as_reference(choice) if word == DEFAULT_ENGINES[0] else choice), arguments.image


def _scan_engines(arguments: argparse.Namespace) -> tuple[EngineChoice, EngineChoice]:
    if arguments.against is not None:
        raise UsageError(f"--against {arguments.against}: against what? name it with --image")
    names = arguments.engines
    if len(names) != len(DEFAULT_ENGINES):
        raise UsageError(f"--engines {','.join(names)}: scan compares two; name two engines")
    _check_names(arguments, names)
    reference, other = (_choice(arguments, name) for name in names)
    return _as_reference(reference), replace(other, check_finite=False)


def _is_engine(word: str) -> bool:
    return ":" in word or word in _engines_there()


def _engines_there() -> list[str]:
    from parity_bridge.engines.engine import engine_names

    return engine_names()


def _as_reference(choice: EngineChoice) -> EngineChoice:
    """``--dtype`` and ``--device`` are of the engine that is held against it."""
    return replace(choice, dtype="float64", device="cpu")


def _check_names(arguments: argparse.Namespace, names: Sequence[str]) -> None:
    """Raise UsageError where an option is for an engine that is not run."""
    for engine, words in arguments.behaviours:
        if engine is not None and engine not in names:
            raise UsageError(f"--behaviour {engine}:{words}: {engine!r} is not run; {_of(names)}")
    for engine in arguments.engine_flags:
        if engine not in names:
            raise UsageError(f"--engine-flags {engine}: {engine!r} is not run; {_of(names)}")
    _check_program(arguments, names)


def _check_program(arguments: argparse.Namespace, names: Sequence[str]) -> None:
    """Raise UsageError where a program is named that no engine runs."""
    if arguments.c_bin is None:
        return
    from parity_bridge.engines.engine import takes_program

    if not any(takes_program(name) for name in names):
        raise UsageError(
            f"--c-bin {arguments.c_bin}: none of {', '.join(names) or 'the sides'} runs a program; "
            "name nanobragg-program among the engines, or leave it out"
        )


def _of(names: Sequence[str]) -> str:
    return f"name {' or '.join(names)}" if names else "leave it out"


def _silent(_text: str) -> None:
    """Nothing is said with --quiet."""


def _compare(arguments: argparse.Namespace, flags: list[str]) -> int:
    request = CompareRequest(
        command=arguments.text,
        reference=arguments.reference,
        other=arguments.other,
        taps=arguments.taps,
        tolerances=arguments.tolerances,
        as_json=arguments.json,
        folder=_report_folder(arguments),
    )
    from parity_bridge.bridge.compare import compare

    text, status = compare(request)
    _print((text,))
    return status


def _report_folder(arguments: argparse.Namespace) -> Path | None:
    if arguments.out_dir is None:
        if arguments.stamp is not None:
            raise UsageError(f"--stamp {arguments.stamp} names a report; give --out-dir too")
        return None
    folder: Path = arguments.out_dir / (arguments.stamp or options.default_stamp())
    return folder


def _check_report(arguments: argparse.Namespace, flags: list[str]) -> int:
    from parity_bridge.bridge.compare import check_report

    drifted = check_report(arguments.folder)
    for name in drifted:
        _print((f"{arguments.folder / name} is not what the records beside it give",))
    if not drifted:
        _print((f"{arguments.folder}: everything in it is what its records give",))
    return 3 if drifted else 0


def _explain(arguments: argparse.Namespace, flags: list[str]) -> int:
    reference, other = (_side(arguments, word) for word in (arguments.reference, arguments.other))
    if isinstance(reference, EngineChoice):
        reference = _as_reference(reference)
    if isinstance(other, EngineChoice):
        other = replace(other, check_finite=False)
    sides = reference, other
    _check_names(arguments, [side.name for side in sides if isinstance(side, EngineChoice)])
    given = bool(flags) or (arguments.oversample, arguments.hkl) != (None, None)
    runs_only = isinstance(reference, EngineChoice) and isinstance(other, EngineChoice)
    request = ExplainRequest(
        command=arguments.text,
        reference=reference,
        other=other,
        targets=tuple(arguments.targets),
        flags=_flags(arguments, flags) if given or runs_only else None,
        tolerances=arguments.tolerances,
        engine_flags=arguments.engine_flags,
        state_given=arguments.state is not None,
    )
    from parity_bridge.bridge.explain import explain_request, text_of
    from parity_bridge.records.pixel_records import as_json

    report, finding = explain_request(request, _note)
    _print((as_json(finding).rstrip("\n") if arguments.json else text_of(report, finding),))
    return report.comparison.exit_status


def _side(arguments: argparse.Namespace, word: str) -> EngineChoice | Path:
    """An engine, unless a folder or file has that name and no engine has."""
    if _is_engine(word):
        return _choice(arguments, word)
    if Path(word).exists():
        return Path(word)
    raise UsageError(
        f"{word!r} is neither an engine nor a folder of records; choose one of "
        f"{', '.join(_engines_there())}"
    )


def _choice(arguments: argparse.Namespace, name: str) -> EngineChoice:
    """The engine ``name`` and what the options say of it."""
    from parity_bridge.experiment.behaviours import Behaviours

    Behaviours.parse([words for _, words in arguments.behaviours])
    ours = getattr(arguments, "engine", None)
    for engine, words in arguments.behaviours:
        if ours is not None and engine not in (None, ours):
            raise UsageError(
                f"--behaviour {engine}:{words}: only {ours} computes here; leave it out"
            )
    return EngineChoice(
        name,
        arguments.dtype,
        arguments.device,
        tuple(words for engine, words in arguments.behaviours if engine in (None, name)),
        in_frame=getattr(arguments, "state", None) == "frame",
        c_bin=None if arguments.c_bin is None else str(Path(arguments.c_bin).absolute()),
    )


def _flags(
    arguments: argparse.Namespace, given: list[str], otherwise: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Flags after ``--``, else ``otherwise`` or the benchmark's, then what our options say."""
    from parity_bridge.experiment.model import MAX_OVERSAMPLE
    from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS

    if arguments.oversample is not None and arguments.oversample > MAX_OVERSAMPLE:
        raise UsageError(f"--oversample {arguments.oversample}: give 1 to {MAX_OVERSAMPLE}")
    oversample = () if arguments.oversample is None else ("-oversample", str(arguments.oversample))
    hkl = () if arguments.hkl is None else ("-hkl", arguments.hkl)
    without = BENCHMARK_FLAGS if otherwise is None else otherwise
    return (*(given or without), *oversample, *hkl)


def _engines(arguments: argparse.Namespace, flags: list[str]) -> int:
    from parity_bridge.cli.engine_table import engines

    _print((engines(arguments.engine),))
    return 0


_ACTS = {
    "run": _run,
    "trace": _trace,
    "frame": _frame,
    "scan": _scan,
    "compare": _compare,
    "check-report": _check_report,
    "explain": _explain,
    "engines": _engines,
}


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


def _print(lines: Iterable[str]) -> None:
    """Print, and fall silent where the reader has gone away."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise FileError(f"standard output cannot be written ({error.strerror})") from error
