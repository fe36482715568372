"""Options that several commands share: one function a group."""

from __future__ import annotations

import argparse
from pathlib import Path

from parity_bridge.cli import options
from parity_bridge.cli.argument_actions import (
    AddBehaviour,
    AddEngineFlags,
    AddPixel,
    AddPixels,
    TagPixel,
)
from parity_bridge.cli.argument_words import MORE_PIXELS

#: Engines that are compared by default: the reference and the other side.
DEFAULT_ENGINES = ("c", "torch")

#: The taps in the order of the chain; the registry of taps is slow to import.
TAPS = (
    "config",
    "omega",
    "orientation",
    "hkl",
    "lattice",
    "f_cell",
    "pre_norm",
    "post_scale",
    "final",
)


def add_recording(parser: argparse.ArgumentParser, taps: str) -> None:
    """Add the pixels, what is recorded of them (``taps`` by default) and how it is computed."""
    parser.usage = f"{parser.prog} --pixel SLOW FAST [--tag NAME] [options] [-- NANOBRAGG FLAGS]"
    add_pixels(parser, required=True)
    parser.add_argument(
        "--taps", type=options.taps, default=(taps,), metavar="TAP,...",
        help=f"what to record: {', '.join(TAPS)} or all (default: {taps})",
    )  # fmt: skip
    add_state(parser)
    add_experiment(parser)


def add_pixels(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add ``--pixel`` and ``--tag``."""
    add = parser.add_argument
    add(
        "--pixel", dest="targets", action=AddPixel, nargs=2, type=options.whole_number, default=(),
        required=required, metavar=("SLOW", "FAST"), help="pixel to compute, counted from 0",
    )  # fmt: skip
    add(
        MORE_PIXELS, dest="targets", action=AddPixels, nargs="+", type=options.whole_number,
        default=(), help=argparse.SUPPRESS,
    )  # fmt: skip
    add(
        "--tag", dest="targets", action=TagPixel, type=options.checked_name, metavar="NAME",
        help="name of the pixel before it",
    )  # fmt: skip


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add ``--state``."""
    parser.add_argument(
        "--state", choices=options.STATES,
        help="state in which a pixel is computed: that of a run at its start (default), or of a "
        "run over the whole frame when it reaches the pixel, which may take as long as the frame",
    )  # fmt: skip


def add_engines(parser: argparse.ArgumentParser) -> None:
    """Add ``--engines``."""
    parser.add_argument(
        "--engines", type=options.engine_names, default=DEFAULT_ENGINES, metavar="REF,OTHER,...",
        help="the reference and the engine compared with it: names, or package.module:Class "
        "(default: c,torch); run takes more than two",
    )  # fmt: skip


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add the folder and the name of a report."""
    add = parser.add_argument
    add(
        "--out-dir", type=options.folder, default=Path("reports"), metavar="DIR",
        help="folder of reports (default: reports)",
    )  # fmt: skip
    add_stamp(parser)


def add_stamp(parser: argparse.ArgumentParser) -> None:
    """Add ``--stamp``."""
    parser.add_argument(
        "--stamp",
        type=options.checked_name,
        help="name of the report (default: $STAMP, else UTC now)",
    )


def add_engine_flags(parser: argparse.ArgumentParser) -> None:
    """Add ``--engine-flags``."""
    parser.add_argument(
        "--engine-flags", action=AddEngineFlags, nargs=2, default={}, metavar=("NAME", "FLAGS"),
        help="further nanoBragg flags, quoted, for one engine only",
    )  # fmt: skip


def add_tolerances(parser: argparse.ArgumentParser) -> None:
    """Add ``--tolerances``."""
    parser.add_argument(
        "--tolerances", type=options.file, metavar="FILE",
        help='TOML file of "tap.field" = { atol = ..., rtol = ... } that replace the shipped '
        "tolerances; reports mark them",
    )  # fmt: skip


def add_experiment(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is simulated and how an engine computes it."""
    add = parser.add_argument
    add_flags(parser)
    add_dtype(parser)
    add(
        "--c-bin", metavar="PATH",
        help="the nanoBragg executable of the engine nanobragg-program (default: $NB_C_BIN)",
    )  # fmt: skip
    add_behaviour(parser)


def add_behaviour(parser: argparse.ArgumentParser) -> None:
    """Add ``--behaviour``."""
    parser.add_argument(
        "--behaviour", dest="behaviours", action=AddBehaviour, default=(),
        metavar="[ENGINE:]NAME=CHOICE",
        help="make a choice that differs from the reference's (contract §7), omega=last say; may "
        "be given several times",
    )  # fmt: skip


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the options that stand for nanoBragg flags or say how these are read."""
    add = parser.add_argument
    add(
        "--oversample", type=options.oversample, metavar="N",
        help="subpixels along each axis (default: what the flags say, else the contract's own "
        "choice, §3)",
    )  # fmt: skip
    add(
        "--as-original", action="store_true",
        help="take nanoBragg flags as the original program does: words it does not know are passed "
        "over, and numbers end at the first other letter; each has a note",
    )  # fmt: skip
    add("--hkl", metavar="FILE", help="table of structure factors, one h k l F a line")


def add_dtype(parser: argparse.ArgumentParser) -> None:
    """Add the type and the device of a port in PyTorch."""
    add = parser.add_argument
    add(
        "--dtype",
        type=options.dtype,
        default="float64",
        help="float64 (default) or float32, of the PyTorch port",
    )
    add("--device", default="cpu", help="of the PyTorch port, as torch names it (default: cpu)")
