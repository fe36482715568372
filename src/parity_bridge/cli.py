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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from parity_bridge.commands import options
from parity_bridge.commands.request import FrameRequest, RunRequest, TraceRequest
from parity_bridge.commands.termination import Terminated, terminable
from parity_bridge.engine_choice import EngineChoice, Target
from parity_bridge.errors import BridgeError, FileError, UsageError

#: Engines that ``run`` compares: the reference and the other one.
ENGINES = ("c", "torch")

_INTERRUPTED = 130
_TERMINATED = 143
_EPILOG = (
    "exit status: 0 parity, 1 usage or bad input, 2 an engine failed, 3 the engines disagree or "
    "were given different structure factors, 4 shapes differ, 5 reading or writing failed"
)
_FRAME_EPILOG = (
    "exit status: 0 written, 1 usage or bad input, 2 the engine failed, 5 reading or writing failed"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        with terminable(), _no_garbage_collection():
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


class _Parser(argparse.ArgumentParser):
    """argparse whose errors are UsageErrors and whose options are never abbreviated."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def format_help(self) -> str:
        """The usual text and, for a command, the flags that may follow ``--``."""
        text = super().format_help()
        if self.get_default("act") is None:
            return text
        from parity_bridge.flags.help import flag_help

        return f"{text}\nnanoBragg flags after --:\n{flag_help()}\n"

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


class _AddPixel(argparse.Action):
    """``--pixel SLOW FAST``: one more Target."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        coords = (values[0], values[1])
        targets = list(getattr(namespace, self.dest) or ())
        if any(target.coords == coords for target in targets):
            parser.error(f"--pixel {coords[0]} {coords[1]} is given twice; give it once")
        setattr(namespace, self.dest, [*targets, Target(coords)])


class _TagPixel(argparse.Action):
    """``--tag NAME``: the name of the pixel before it."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        targets = list(getattr(namespace, self.dest) or ())
        if not targets:
            parser.error(f"--tag {values} stands before any --pixel; write it after its pixel")
        if any(target.tag == values for target in targets[:-1]):
            parser.error(f"--tag {values} is given to two pixels; name each differently")
        if targets[-1].tag is not None:
            parser.error(f"--tag {values}: the pixel before it has the tag {targets[-1].tag}")
        setattr(namespace, self.dest, [*targets[:-1], Target(targets[-1].coords, values)])


class _AddBehaviour(argparse.Action):
    """``--behaviour [NAME:]WHAT=CHOICE``: how engine NAME, or every one, is to decide."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        engine, named, switch = values.rpartition(":")
        if named and engine not in ENGINES:
            parser.error(
                f"--behaviour {values}: there is no engine {engine!r}; choose {_either(ENGINES)}"
            )
        before = getattr(namespace, self.dest) or ()
        setattr(namespace, self.dest, (*before, (engine or None, switch)))


class _AddEngineFlags(argparse.Action):
    """``--engine-flags NAME "FLAGS"``: flags for one engine only."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        name, text = values
        if name not in ENGINES:
            parser.error(f"--engine-flags: there is no engine {name!r}; choose {_either(ENGINES)}")
        try:
            flags = options.split_flags(text)
        except argparse.ArgumentTypeError as error:
            parser.error(f"--engine-flags {name}: {error}")
        before = dict(getattr(namespace, self.dest) or {})
        setattr(namespace, self.dest, {**before, name: (*before.get(name, ()), *flags)})


def _dispatch(argv: list[str]) -> int:
    ours, flags = _split(argv)
    arguments = _parser().parse_args(_protected(ours))
    command = shlex.join(("python", "-m", "parity_bridge", *argv))
    act: Callable[[argparse.Namespace, list[str], str], int] = arguments.act
    return act(arguments, flags, command)


def _run(arguments: argparse.Namespace, flags: list[str], command: str) -> int:
    reference, other = (_choice(arguments, name) for name in ENGINES)
    request = RunRequest(
        command=command,
        targets=tuple(arguments.targets),
        flags=_flags(arguments, flags),
        taps=arguments.taps,
        out_dir=arguments.out_dir,
        stamp=arguments.stamp or options.default_stamp(),
        reference=replace(reference, dtype="float64", device="cpu"),
        other=other,
        engine_flags=arguments.engine_flags,
    )
    from parity_bridge.commands.run import run
    from parity_bridge.report.summary import terminal_text

    outcome = run(request, _note)
    _print((terminal_text(outcome.report), f"report: {outcome.folder / 'f_cell_comparison.md'}"))
    return outcome.report.comparison.exit_status


def _trace(arguments: argparse.Namespace, flags: list[str], command: str) -> int:
    if len(arguments.targets) > 1:
        raise UsageError("trace looks at one pixel; give --pixel once, or use run")
    request = TraceRequest(
        command=command,
        target=arguments.targets[0],
        flags=_flags(arguments, flags),
        taps=arguments.taps,
        engine=_choice(arguments, arguments.engine),
        as_json=arguments.json,
        out_dir=arguments.out_dir,
    )
    from parity_bridge.commands.trace import trace

    _print(trace(request, _note))
    return 0


def _frame(arguments: argparse.Namespace, flags: list[str], command: str) -> int:
    region = arguments.roi
    settings = {"precision": arguments.precision, "compile": arguments.compile}
    request = FrameRequest(
        command=command,
        flags=(
            *_flags(arguments, flags),
            *(() if region is None else ("-roi", *map(str, region))),
        ),
        engine=_choice(arguments, arguments.engine),
        output=arguments.output,
        threads=arguments.threads or len(os.sched_getaffinity(0)),
        settings={name: value for name, value in settings.items() if value},
    )
    from parity_bridge.commands.frame import frame

    _print(frame(request, _note))
    return 0


def _choice(arguments: argparse.Namespace, name: str) -> EngineChoice:
    """The engine ``name`` and what the options say of it."""
    from parity_bridge.behaviours import Behaviours

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
        in_frame=getattr(arguments, "state", "start") == "frame",
    )


def _flags(arguments: argparse.Namespace, given: list[str]) -> tuple[str, ...]:
    """Flags after ``--``, or the benchmark's, then what our own options say."""
    from parity_bridge.experiment import MAX_OVERSAMPLE
    from parity_bridge.nanobragg_flags import BENCHMARK_FLAGS

    if arguments.oversample is not None and arguments.oversample > MAX_OVERSAMPLE:
        raise UsageError(f"--oversample {arguments.oversample}: give 1 to {MAX_OVERSAMPLE}")
    oversample = () if arguments.oversample is None else ("-oversample", str(arguments.oversample))
    hkl = () if arguments.hkl is None else ("-hkl", arguments.hkl)
    return (*(given or BENCHMARK_FLAGS), *oversample, *hkl)


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """Our own arguments and, after the first ``--``, nanoBragg's flags."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _protected(argv: list[str]) -> list[str]:
    """Put a space before quoted ``--engine-flags``, lest argparse take them for its own."""
    before = ("", "", *argv)
    return [
        f" {word}" if previous == "--engine-flags" and word.startswith("-") else word
        for previous, word in zip(before, argv, strict=False)
    ]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m parity_bridge",
        description="Compare the nanoBragg C core and its PyTorch port, pixel by pixel.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    _add_run(commands)
    _add_trace(commands)
    _add_frame(commands)
    return parser


def _add_run(commands: Any) -> None:
    summary = "compute pixels with both engines, compare and report"
    parser = commands.add_parser("run", help=summary, description=summary, epilog=_EPILOG)
    _add_common(parser)
    parser.add_argument(
        "--out-dir", type=options.folder, default=Path("reports"), metavar="DIR",
        help="folder of reports (default: reports)",
    )  # fmt: skip
    parser.add_argument(
        "--stamp", type=options.name, help="name of the report (default: $STAMP, else UTC now)"
    )
    parser.add_argument(
        "--engine-flags", action=_AddEngineFlags, nargs=2, default={}, metavar=("NAME", "FLAGS"),
        help=f"further nanoBragg flags, quoted, for one engine only ({_either(ENGINES)})",
    )  # fmt: skip
    parser.set_defaults(act=_run)


def _add_trace(commands: Any) -> None:
    summary = "print every value of the chain of one engine at one pixel"
    parser = commands.add_parser("trace", help=summary, description=summary, epilog=_EPILOG)
    _add_common(parser)
    parser.add_argument(
        "--engine", default="torch", help="c, torch (default) or package.module:Class"
    )
    parser.add_argument("--json", action="store_true", help="print the tap as its JSON record")
    parser.add_argument(
        "--out-dir", type=options.folder, metavar="DIR",
        help="store record, metadata and TRACE log here",
    )  # fmt: skip
    parser.set_defaults(act=_trace)


def _add_frame(commands: Any) -> None:
    summary = "render the image of the whole detector with one engine"
    parser = commands.add_parser("frame", help=summary, description=summary, epilog=_FRAME_EPILOG)
    parser.usage = f"{parser.prog} --engine NAME --output FILE [options] [-- NANOBRAGG FLAGS]"
    add = parser.add_argument
    add("--engine", required=True, help="c, torch or package.module:Class")
    add(
        "--output", type=options.image_file, required=True, metavar="FILE",
        help="float32 photons, slow-major: .npy, or .bin for the bare little-endian numbers",
    )  # fmt: skip
    add(
        "--roi", nargs=4, type=options.whole_number, metavar=("XMIN", "XMAX", "YMIN", "YMAX"),
        help="fast, then slow, both ends inclusive; the image is 0 elsewhere",
    )  # fmt: skip
    add("--threads", type=options.thread_count, metavar="N", help="default: all there are")
    add(
        "--precision", choices=options.PRECISIONS,
        help="of the C core: the contract's bits (exact, the default), or vectorised sines (fast)",
    )  # fmt: skip
    add(
        "--compile", action="store_true",
        help="PyTorch port: compile first, which takes a minute and pays on large frames",
    )  # fmt: skip
    _add_experiment(parser)
    parser.set_defaults(act=_frame)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.usage = f"{parser.prog} --pixel SLOW FAST [--tag NAME] [options] [-- NANOBRAGG FLAGS]"
    add = parser.add_argument
    add(
        "--pixel", dest="targets", action=_AddPixel, nargs=2, type=options.whole_number,
        required=True, metavar=("SLOW", "FAST"), help="pixel to compute, counted from 0",
    )  # fmt: skip
    add(
        "--tag", dest="targets", action=_TagPixel, type=options.name, metavar="NAME",
        help="name of the pixel before it",
    )  # fmt: skip
    add("--taps", type=options.taps, default=options.TAPS, help="what to record (default: f_cell)")
    add(
        "--state", choices=options.STATES, default="start",
        help="what a pixel begins in: the state of a run at its start (default), or of a run over "
        "the whole frame that has come to the pixel, which may take as long as the frame",
    )  # fmt: skip
    _add_experiment(parser)


def _add_experiment(parser: argparse.ArgumentParser) -> None:
    """Options that say what is simulated and how an engine computes it."""
    add = parser.add_argument
    add(
        "--oversample", type=options.oversample, metavar="N",
        help="subpixels along each axis (default: what the flags say, else the contract's own "
        "choice, §3)",
    )  # fmt: skip
    add("--hkl", metavar="FILE", help="table of structure factors, one h k l F a line")
    add(
        "--dtype",
        type=options.dtype,
        default="float64",
        help="float64 (default) or float32, of the PyTorch port",
    )
    add("--device", default="cpu", help="of the PyTorch port, as torch names it (default: cpu)")
    add(
        "--behaviour", dest="behaviours", action=_AddBehaviour, default=(),
        metavar="[ENGINE:]NAME=CHOICE",
        help="decide something otherwise than the reference does (contract §7), omega=last say; "
        "may be given several times",
    )  # fmt: skip


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


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)
