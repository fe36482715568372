"""The arguments of every command: one function each.

Nothing heavy is imported here: ``--help`` and usage errors never wait.
"""

from __future__ import annotations

import argparse
from typing import Any

from parity_bridge.cli import options
from parity_bridge.cli.command_parser import CommandParser
from parity_bridge.cli.shared_options import (
    add_behaviour,
    add_dtype,
    add_engine_flags,
    add_engines,
    add_experiment,
    add_flags,
    add_pixels,
    add_recording,
    add_report,
    add_stamp,
    add_state,
    add_tolerances,
)

#: Thresholds of ``scan`` and what each limits.
THRESHOLD_HELP = {
    "corr_min": "smallest correlation",
    "sum_ratio_min": "smallest ratio of the sums, other over reference",
    "sum_ratio_max": "largest ratio of the sums",
    "max_abs_max": "largest difference, photons",
    "max_rel_max": "largest difference, of the reference",
}

_EPILOG = (
    "exit status: 0 parity, 1 usage or bad input, 2 an engine failed, 3 the engines disagree or "
    "were given different inputs, 4 shapes differ, 5 reading or writing failed"
)

_FRAME_EPILOG = (
    "exit status: 0 written, 1 usage or bad input, 2 the engine failed, 5 reading or writing failed"
)

_SCAN_EPILOG = (
    "exit status: 0 parity, or all thresholds met, 1 usage or bad input, 2 an engine failed, 3 the "
    "sides differ or a threshold is missed, 4 detectors of different sizes, 5 reading or writing "
    "failed; 130 stopped, go on with --resume"
)

_LOCATE_EPILOG = (
    "exit status: 0 the port agrees at every experiment, 1 usage or bad input, 2 the port failed, "
    "3 it differs, 5 reading or writing failed"
)

_CHECK_EPILOG = (
    "exit status: 0 nothing drifted, 1 usage, 3 a file differs from what its records give, 5 the "
    "records cannot be read"
)


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; parsed arguments state their ``command``."""
    parser = CommandParser(
        prog="python -m parity_bridge",
        description="Compare the nanoBragg C core and its PyTorch port, pixel by pixel.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)
    _add_run(commands)
    _add_trace(commands)
    _add_frame(commands)
    _add_scan(commands)
    _add_compare(commands)
    _add_check_report(commands)
    _add_explain(commands)
    _add_locate(commands)
    _add_engines_command(commands)
    return parser


def _add_run(commands: Any) -> None:
    summary = "compute pixels with both engines, compare and report"
    parser = commands.add_parser("run", help=summary, description=summary, epilog=_EPILOG)
    add_recording(parser, "all")
    add_engines(parser)
    add_report(parser)
    add_engine_flags(parser)
    add_tolerances(parser)
    parser.set_defaults(command="run", takes_flags=True)


def _add_trace(commands: Any) -> None:
    summary = "print every value of the chain of one engine at one pixel"
    parser = commands.add_parser("trace", help=summary, description=summary, epilog=_EPILOG)
    add_recording(parser, "f_cell")
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
        help="float32 photons, slow-major: .npy, or .bin for the bare little-endian numbers; or "
        "integers: .img (SMV) or .pgm",
    )  # fmt: skip
    add(
        "--roi", nargs=4, type=options.whole_number, metavar=("XMIN", "XMAX", "YMIN", "YMAX"),
        help="fast, then slow, both ends inclusive; the image is 0 elsewhere",
    )  # fmt: skip
    _add_integers(parser)
    add(
        "--gradient", type=options.parameters, metavar="NAMES",
        help="write the derivatives by these parameters in place of the image, a float64 plane "
        "each: cell_a,distance,F(1,-2,3) or all; C core",
    )  # fmt: skip
    add("--threads", type=options.thread_count, metavar="N", help="default: one per CPU")
    add(
        "--precision", choices=options.PRECISIONS,
        help="of the C core: the contract's bits (exact, the default), or vectorised sines (fast)",
    )  # fmt: skip
    add(
        "--compile", action="store_true",
        help="PyTorch port: compile first, which takes a minute and pays on large frames",
    )  # fmt: skip
    add_experiment(parser)
    parser.set_defaults(command="frame", takes_flags=True)


def _add_integers(parser: argparse.ArgumentParser) -> None:
    """Add what is done to the photons of an integer image, as the original program does it."""
    add = parser.add_argument
    add(
        "--scale", type=options.scale, metavar="X",
        help=".img: multiply the photons by this (default: 55000 over the largest)",
    )  # fmt: skip
    add(
        "--adc", type=options.number, metavar="X",
        help=".img: add this to every pixel (default: 40)",
    )  # fmt: skip
    add(
        "--noise", type=options.seed, metavar="SEED",
        help=".img: counts that Poisson noise draws with this seed, not scaled",
    )  # fmt: skip
    add(
        "--pgmscale", type=options.scale, metavar="X",
        help=".pgm: multiply the photons by this (default: 50 over the standard deviation)",
    )  # fmt: skip


def _add_scan(commands: Any) -> None:
    summary = "compare every pixel of a region: Tap 4 and intensities, with pictures"
    parser = commands.add_parser("scan", help=summary, description=summary, epilog=_SCAN_EPILOG)
    parser.usage = f"{parser.prog} [options] [-- NANOBRAGG FLAGS]"
    add = parser.add_argument
    add_engines(parser)
    add(
        "--image", type=options.file, metavar="PATH",
        help="compare this image instead of an engine: float32 .bin with the shape from the flags, "
        ".npy, or anything fabio opens (SMV, CBF, EDF, TIFF)",
    )  # fmt: skip
    add(
        "--against", metavar="ENGINE|PATH",
        help="what --image is compared with: an engine (default: c) or another image",
    )  # fmt: skip
    add(
        "--experiments", type=options.file, metavar="FILE",
        help="TOML file of experiments, a list or a grid, each a scan of its own",
    )  # fmt: skip
    add(
        "--roi", nargs=4, type=options.whole_number, metavar=("XMIN", "XMAX", "YMIN", "YMAX"),
        help="only this region: fast, then slow, both ends inclusive",
    )  # fmt: skip
    add_report(parser)
    add("--resume", action="store_true", help="go on with the scan of this --stamp")
    add("--tile", type=options.whole_number, metavar="N", help="pixels of a tile along each axis")
    add("--threads", type=options.thread_count, metavar="N", help="default: one per CPU")
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
    add_engine_flags(parser)
    add_tolerances(parser)
    add_experiment(parser)
    parser.set_defaults(command="scan", takes_flags=True)


def _add_compare(commands: Any) -> None:
    summary = "compare records with records, without running anything"
    parser = commands.add_parser("compare", help=summary, description=summary, epilog=_EPILOG)
    add = parser.add_argument
    records = "a folder of records (of one engine), one record or one TRACE log"
    add("reference", type=options.file, metavar="A", help=records)
    add("other", type=options.file, metavar="B", help="what is compared with A")
    add(
        "--taps", type=options.taps, default=(), metavar="TAP,...",
        help="compare only these (default: all that were recorded)",
    )  # fmt: skip
    add_tolerances(parser)
    add("--json", action="store_true", help="print the comparison as JSON instead of the report")
    add(
        "--out-dir", type=options.folder, metavar="DIR",
        help="write a report, with copies of the records, as DIR/STAMP",
    )  # fmt: skip
    add_stamp(parser)
    parser.set_defaults(command="compare")


def _add_check_report(commands: Any) -> None:
    summary = "write a report again from the records in it and say what has drifted"
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
    add_pixels(parser, required=False)
    add_engine_flags(parser)
    add_tolerances(parser)
    add("--json", action="store_true", help="print the finding as JSON")
    add_state(parser)
    add_experiment(parser)
    parser.set_defaults(command="explain", takes_flags=True)


def _add_locate(commands: Any) -> None:
    summary = "find the line of a port's own source where it leaves the reference"
    parser = commands.add_parser("locate", help=summary, description=summary, epilog=_LOCATE_EPILOG)
    parser.usage = (
        f"{parser.prog} --engine NAME | --call MODULE:FUNCTION [options] [-- NANOBRAGG FLAGS]"
    )
    port = parser.add_mutually_exclusive_group(required=True)
    port.add_argument("--engine", help="the port: torch, nanobrag_torch or package.module:Class")
    port.add_argument(
        "--call", metavar="MODULE:FUNCTION",
        help="the port: a function that takes an Experiment and returns the image",
    )  # fmt: skip
    add = parser.add_argument
    add(
        "--watch", nargs="+", default=(), metavar="PACKAGE",
        help="packages whose source is watched (default: that of the engine or function)",
    )  # fmt: skip
    add_pixels(parser, required=False)
    add_dtype(parser)
    add_behaviour(parser)
    add_flags(parser)
    add("--json", action="store_true", help="print the record as JSON")
    add(
        "--quickfix", action="store_true",
        help="print only file:line:column: text, a line for each place, as editors read it",
    )  # fmt: skip
    add_report(parser)
    parser.set_defaults(command="locate", takes_flags=True, c_bin=None)


def _add_engines_command(commands: Any) -> None:
    summary = "list the registered engines and what each can do"
    parser = commands.add_parser("engines", help=summary, description=summary)
    parser.add_argument(
        "engine", nargs="*", metavar="package.module:Class", help="further engines to list"
    )
    parser.set_defaults(command="engines")
