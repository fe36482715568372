"""The arguments of every command: what may be given, checked one by one.

Nothing heavy is imported here: ``--help`` and usage errors never wait.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from parity_bridge.cli import options
from parity_bridge.engines.choice import Target
from parity_bridge.errors import UsageError

#: Engines that ``run`` compares: the reference and the other one.
DEFAULT_ENGINES = ("c", "torch")

#: Thresholds of ``scan`` and what each limits.
THRESHOLD_HELP = {
    "corr_min": "smallest correlation",
    "sum_ratio_min": "smallest ratio of the sums, other over reference",
    "sum_ratio_max": "largest ratio of the sums",
    "max_abs_max": "largest difference, photons",
    "max_rel_max": "largest difference, of the reference",
}

_TAPS = ("config", "omega", "hkl", "lattice", "f_cell", "pre_norm", "post_scale", "final")

_EPILOG = (
    "exit status: 0 parity, 1 usage or bad input, 2 an engine failed, 3 the engines disagree or "
    "were not given the same, 4 shapes differ, 5 reading or writing failed"
)
_FRAME_EPILOG = (
    "exit status: 0 written, 1 usage or bad input, 2 the engine failed, 5 reading or writing failed"
)
_SCAN_EPILOG = (
    "exit status: 0 parity, or all thresholds met, 1 usage or bad input, 2 an engine failed, 3 the "
    "sides differ or a threshold is missed, 4 detectors of different sizes, 5 reading or writing "
    "failed; 130 stopped, go on with --resume"
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
        from parity_bridge.experiment.flags.help import flag_help

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
        engine, _, switch = values.rpartition(":")
        before = getattr(namespace, self.dest) or ()
        setattr(namespace, self.dest, (*before, (engine or None, switch)))


class _AddEngineFlags(argparse.Action):
    """``--engine-flags NAME "FLAGS"``: flags for one engine only."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        name, text = values
        try:
            flags = options.split_flags(text)
        except argparse.ArgumentTypeError as error:
            parser.error(f"--engine-flags {name}: {error}")
        before = dict(getattr(namespace, self.dest) or {})
        setattr(namespace, self.dest, {**before, name: (*before.get(name, ()), *flags)})


def split_nanobragg_flags(argv: list[str]) -> tuple[list[str], list[str]]:
    """Our own arguments and, after the first ``--``, nanoBragg's flags."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def protect_engine_flags(argv: list[str]) -> list[str]:
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
    _add_scan(commands)
    _add_compare(commands)
    _add_check_report(commands)
    _add_explain(commands)
    _add_engines_command(commands)
    return parser


def _add_run(commands: Any) -> None:
    summary = "compute pixels with both engines, compare and report"
    parser = commands.add_parser("run", help=summary, description=summary, epilog=_EPILOG)
    _add_common(parser, "all")
    _add_engines(parser)
    _add_report(parser)
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


def _add_scan(commands: Any) -> None:
    summary = "compare every pixel of a region: Tap 4 and intensities, with pictures"
    parser = commands.add_parser("scan", help=summary, description=summary, epilog=_SCAN_EPILOG)
    parser.usage = f"{parser.prog} [options] [-- NANOBRAGG FLAGS]"
    add = parser.add_argument
    _add_engines(parser)
    add(
        "--image", type=options.file, metavar="PATH",
        help="compare this image instead of an engine: float32 .bin with the shape from the flags, "
        ".npy, or anything fabio opens (SMV, CBF, EDF, TIFF)",
    )  # fmt: skip
    add(
        "--against", metavar="ENGINE|PATH",
        help="what --image is held against: an engine (default: c) or another image",
    )  # fmt: skip
    add(
        "--experiments", type=options.file, metavar="FILE",
        help="TOML file of experiments, a list or a grid, each a scan of its own",
    )  # fmt: skip
    add(
        "--roi", nargs=4, type=options.whole_number, metavar=("XMIN", "XMAX", "YMIN", "YMAX"),
        help="only this region: fast, then slow, both ends inclusive",
    )  # fmt: skip
    _add_report(parser)
    add("--resume", action="store_true", help="go on with the scan of this --stamp")
    add("--tile", type=options.whole_number, metavar="N", help="pixels of a tile along each axis")
    add("--threads", type=options.thread_count, metavar="N", help="default: all there are")
    add(
        "--dask", metavar="ADDRESS",
        help="compute on the workers of this Dask cluster, tcp://HOST:8786 say",
    )  # fmt: skip
    add("--quiet", action="store_true", help="show no progress and print nothing but errors")
    for name, what in THRESHOLD_HELP.items():
        add(
            f"--{name.replace('_', '-')}", type=options.number, metavar="X", dest=name,
            help=f"{what}; thresholds, where any is set, decide the exit status",
        )  # fmt: skip
    add("--thresholds", type=options.file, metavar="FILE", help="TOML file of these five")
    _add_engine_flags(parser)
    _add_tolerances(parser)
    _add_experiment(parser)
    parser.set_defaults(command="scan", takes_flags=True)


def _add_engines(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engines", type=options.engine_names, default=DEFAULT_ENGINES, metavar="REF,OTHER,...",
        help="the reference and what is held against it: names, or package.module:Class (default: "
        "c,torch); run takes more than two",
    )  # fmt: skip


def _add_report(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--out-dir", type=options.folder, default=Path("reports"), metavar="DIR",
        help="folder of reports (default: reports)",
    )  # fmt: skip
    _add_stamp(parser)


def _add_stamp(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stamp",
        type=options.checked_name,
        help="name of the report (default: $STAMP, else UTC now)",
    )


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
        "--tag", dest="targets", action=_TagPixel, type=options.checked_name, metavar="NAME",
        help="name of the pixel before it",
    )  # fmt: skip


def _add_engine_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine-flags", action=_AddEngineFlags, nargs=2, default={}, metavar=("NAME", "FLAGS"),
        help="further nanoBragg flags, quoted, for one engine only",
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
    add(
        "--c-bin", metavar="PATH",
        help="the nanoBragg executable of the engine nanobragg-program (default: $NB_C_BIN)",
    )  # fmt: skip
    add("--device", default="cpu", help="of the PyTorch port, as torch names it (default: cpu)")
    add(
        "--behaviour", dest="behaviours", action=_AddBehaviour, default=(),
        metavar="[ENGINE:]NAME=CHOICE",
        help="decide something otherwise than the reference does (contract §7), omega=last say; "
        "may be given several times",
    )  # fmt: skip


def _add_engines_command(commands: Any) -> None:
    summary = "list the engines that are there and what each can do"
    parser = commands.add_parser("engines", help=summary, description=summary)
    parser.add_argument(
        "engine", nargs="*", metavar="package.module:Class", help="further ones to look at"
    )
    parser.set_defaults(command="engines")


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
    _add_stamp(parser)
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
