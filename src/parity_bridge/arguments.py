"""The arguments of every command: what may be given, checked one by one.

Nothing heavy is imported here: ``--help`` and usage errors never wait.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from parity_bridge.commands import options
from parity_bridge.engine_choice import Target
from parity_bridge.errors import UsageError

#: Engines that ``run`` compares: the reference and the other one.
ENGINES = ("c", "torch")

_TAPS = ("config", "omega", "hkl", "lattice", "f_cell", "pre_norm", "post_scale", "final")

_EPILOG = (
    "exit status: 0 parity, 1 usage or bad input, 2 an engine failed, 3 the engines disagree or "
    "were not given the same, 4 shapes differ, 5 reading or writing failed"
)
_FRAME_EPILOG = (
    "exit status: 0 written, 1 usage or bad input, 2 the engine failed, 5 reading or writing failed"
)
_CHECK_EPILOG = (
    "exit status: 0 nothing drifted, 1 usage, 3 a file is not what its records give, 5 the records "
    "cannot be read"
)


class _Parser(argparse.ArgumentParser):
    """argparse whose errors are UsageErrors and whose options are never abbreviated."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def format_help(self) -> str:
        """The usual text and, for a command, the flags that may follow ``--``."""
        text = super().format_help()
        if not self.get_default("takes_flags"):
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


def split(argv: list[str]) -> tuple[list[str], list[str]]:
    """Our own arguments and, after the first ``--``, nanoBragg's flags."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def protected(argv: list[str]) -> list[str]:
    """Put a space before quoted ``--engine-flags``, lest argparse take them for its own."""
    before = ("", "", *argv)
    return [
        f" {word}" if previous == "--engine-flags" and word.startswith("-") else word
        for previous, word in zip(before, argv, strict=False)
    ]


def argument_parser() -> argparse.ArgumentParser:
    """The whole command line; a parsed one has ``command``, the name of the command."""
    parser = _Parser(
        prog="python -m parity_bridge",
        description="Compare the nanoBragg C core and its PyTorch port, pixel by pixel.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    _add_run(commands)
    _add_trace(commands)
    _add_frame(commands)
    _add_compare(commands)
    _add_check_report(commands)
    _add_explain(commands)
    return parser


def _add_run(commands: Any) -> None:
    summary = "compute pixels with both engines, compare and report"
    parser = commands.add_parser("run", help=summary, description=summary, epilog=_EPILOG)
    _add_common(parser, "all")
    parser.add_argument(
        "--out-dir", type=options.folder, default=Path("reports"), metavar="DIR",
        help="folder of reports (default: reports)",
    )  # fmt: skip
    parser.add_argument(
        "--stamp", type=options.name, help="name of the report (default: $STAMP, else UTC now)"
    )
    _add_engine_flags(parser)
    _add_tolerances(parser)
    parser.set_defaults(command="run", takes_flags=True)


def _add_trace(commands: Any) -> None:
    summary = "print every value of the chain of one engine at one pixel"
    parser = commands.add_parser("trace", help=summary, description=summary, epilog=_EPILOG)
    _add_common(parser, "f_cell")
    parser.add_argument(
        "--engine", default="torch", help="c, torch (default) or package.module:Class"
    )
    parser.add_argument("--json", action="store_true", help="print the tap as its JSON record")
    parser.add_argument(
        "--out-dir", type=options.folder, metavar="DIR",
        help="store record, metadata and TRACE log here",
    )  # fmt: skip
    parser.set_defaults(command="trace", takes_flags=True)


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
    parser.set_defaults(command="frame", takes_flags=True)


def _add_common(parser: argparse.ArgumentParser, taps: str) -> None:
    parser.usage = f"{parser.prog} --pixel SLOW FAST [--tag NAME] [options] [-- NANOBRAGG FLAGS]"
    _add_pixels(parser, required=True)
    parser.add_argument(
        "--taps", type=options.taps, default=(taps,), metavar="TAP,...",
        help=f"what to record: {', '.join(_TAPS)} or all (default: {taps})",
    )  # fmt: skip
    _add_state(parser)
    _add_experiment(parser)


def _add_pixels(parser: argparse.ArgumentParser, *, required: bool) -> None:
    add = parser.add_argument
    add(
        "--pixel", dest="targets", action=_AddPixel, nargs=2, type=options.whole_number, default=(),
        required=required, metavar=("SLOW", "FAST"), help="pixel to compute, counted from 0",
    )  # fmt: skip
    add(
        "--tag", dest="targets", action=_TagPixel, type=options.name, metavar="NAME",
        help="name of the pixel before it",
    )  # fmt: skip


def _add_engine_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine-flags", action=_AddEngineFlags, nargs=2, default={}, metavar=("NAME", "FLAGS"),
        help=f"further nanoBragg flags, quoted, for one engine only ({_either(ENGINES)})",
    )  # fmt: skip


def _add_tolerances(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tolerances", type=options.file, metavar="FILE",
        help='TOML file of "tap.field" = { atol = ..., rtol = ... } that replace the shipped '
        "tolerances; reports mark them",
    )  # fmt: skip


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state", choices=options.STATES,
        help="what a pixel begins in: the state of a run at its start (default), or of a run over "
        "the whole frame that has come to the pixel, which may take as long as the frame",
    )  # fmt: skip


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


def _add_compare(commands: Any) -> None:
    summary = "compare records with records, without running anything"
    parser = commands.add_parser("compare", help=summary, description=summary, epilog=_EPILOG)
    add = parser.add_argument
    records = "a folder of records (of one engine), one record or one TRACE log"
    add("reference", type=options.file, metavar="A", help=records)
    add("other", type=options.file, metavar="B", help="what is held against it")
    add(
        "--taps", type=options.taps, default=(), metavar="TAP,...",
        help="compare only these (default: all that are there)",
    )  # fmt: skip
    _add_tolerances(parser)
    add("--json", action="store_true", help="print the comparison as JSON instead of the report")
    add(
        "--out-dir", type=options.folder, metavar="DIR",
        help="keep a report, with copies of the records, as DIR/STAMP",
    )  # fmt: skip
    add("--stamp", type=options.name, help="name of the report (default: $STAMP, else UTC now)")
    parser.set_defaults(command="compare")


def _add_check_report(commands: Any) -> None:
    summary = "make a report again from the records in it and tell what has drifted"
    parser = commands.add_parser(
        "check-report", help=summary, description=summary, epilog=_CHECK_EPILOG
    )
    parser.add_argument("folder", type=options.folder, metavar="DIR", help="a report")
    parser.set_defaults(command="check-report")


def _add_explain(commands: Any) -> None:
    summary = "find out why two engines, or an engine and records, disagree"
    parser = commands.add_parser("explain", help=summary, description=summary, epilog=_EPILOG)
    parser.usage = (
        f"{parser.prog} [REFERENCE OTHER] --pixel SLOW FAST [options] [-- NANOBRAGG FLAGS]"
    )
    add = parser.add_argument
    sides = "an engine's name or a folder of its records"
    add("reference", nargs="?", default="c", metavar="REFERENCE", help=f"{sides} (default: c)")
    add("other", nargs="?", default="torch", metavar="OTHER", help=f"{sides} (default: torch)")
    _add_pixels(parser, required=False)
    _add_engine_flags(parser)
    _add_tolerances(parser)
    add("--json", action="store_true", help="print the finding as JSON")
    _add_state(parser)
    _add_experiment(parser)
    parser.set_defaults(command="explain", takes_flags=True)


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)
