"""What the project promises about speed and memory, measured in one session, mostly as ratios.

Every figure is printed as it comes, with its goal. ``--json`` writes the single measurements too,
for orientation only: the machines this runs on are noisy, ratios of interleaved runs are not.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from captures import capture_group
from commands import command_group, many_pixels_group
from frames import frame_group
from pixels import pixel_group
from scans import scan_group

from parity_bridge.engines.registry import create_engine
from parity_bridge.errors import FileError
from parity_bridge.files.atomic_write import write_text
from parity_bridge.records.environment import environment

if TYPE_CHECKING:
    from figure import Figure, Group, Measured


def main() -> int:
    """Measure what is asked for, a line a figure; 1 where a goal was missed."""
    given = _arguments()
    groups = wanted(_groups(given.rounds, given.frame_rounds), given.only)
    if given.list:
        _list(groups)
        return 0
    kept = Kept(given.json) if given.json else None
    missed = [figure.name for figure, reached in _measured(groups, kept) if not reached]
    print(f"\ngoals missed: {', '.join(missed)}" if missed else "\nall goals reached")
    return 1 if missed else 0


def wanted(groups: Sequence[Group], names: Sequence[str]) -> list[Group]:
    """Return the groups with the figures that ``names`` name or begin; without names all.

    Stops with a sentence where a name is of no figure.
    """
    known = [figure.name for group in groups for figure in group.figures]
    unknown = [name for name in names if not any(other.startswith(name) for other in known)]
    if unknown:
        raise SystemExit(
            f"no figure is called {' or '.join(unknown)} or begins so; there are {', '.join(known)}"
        )
    chosen = {one for name in names for one in _called(name, known)} or set(known)
    kept = [
        replace(group, figures=tuple(f for f in group.figures if f.name in chosen))
        for group in groups
    ]
    return [group for group in kept if group.figures]


class Kept:
    """The file of measurements, written before the first and after every figure."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._figures: list[dict[str, object]] = []
        self._about = {
            "environment": environment(),
            "commit": _commit(),
            "core": create_engine("c").build()["build"],
        }
        self._write()

    def add(self, figure: Figure, measured: Measured) -> None:
        """Write one more figure."""
        said = {key: vars(figure)[key] for key in ("name", "what", "unit", "goal", "at_least")}
        self._figures.append({**said, "measured": measured.value, "runs": measured.runs})
        self._write()

    def _write(self) -> None:
        text = json.dumps({**self._about, "figures": self._figures}, indent=2)
        try:
            write_text(self._file, f"{text}\n")
        except FileError as error:
            raise SystemExit(str(error)) from error


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        default=[],
        help="this figure, or all whose names begin so, as a group's do; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="the names, and measure nothing")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the measurements here")
    parser.add_argument("--rounds", type=_count, default=7, help="of commands and pixels; 7")
    parser.add_argument("--frame-rounds", type=_count, default=3, help="of frames and scans; 3")
    return parser.parse_args()


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give 1 or more")
    return number


def _groups(rounds: int, frame_rounds: int) -> list[Group]:
    """All there is to measure; nothing is measured or prepared yet."""
    return [
        command_group(rounds),
        many_pixels_group(frame_rounds),
        pixel_group(rounds),
        frame_group(frame_rounds),
        scan_group(frame_rounds),
        capture_group(),
    ]


def _called(name: str, known: Sequence[str]) -> list[str]:
    """Figures that ``name`` means: that of this very name, else all that begin so."""
    return [name] if name in known else [other for other in known if other.startswith(name)]


def _list(groups: Sequence[Group]) -> None:
    for group in groups:
        print(f"{group.name}: {group.what}")
        for figure in group.figures:
            print(f"  {figure.name}: {figure.what}, {figure.bound} {figure.unit}")


def _measured(groups: Sequence[Group], kept: Kept | None) -> Iterator[tuple[Figure, bool]]:
    """Every figure as it comes, printed, and whether its goal is reached."""
    for group in groups:
        print(f"{group.name}: {group.what}", flush=True)
        for figure in group.figures:
            yield figure, _measure(figure, kept)


def _measure(figure: Figure, kept: Kept | None) -> bool:
    """Print what is measured, then on the same line what comes; whether the goal is reached."""
    print(f"  {figure.name}: {figure.what} ... ", end="", flush=True)
    try:
        measured = figure.measure()
    except BaseException:
        print(flush=True)
        raise
    reached = figure.reached_by(measured.value)
    verdict = figure.bound if reached else f"MISSED, {figure.bound}"
    print(f"{measured.value:.3g} {figure.unit} ({verdict})", flush=True)
    if kept:
        kept.add(figure, measured)
    return reached


def _commit() -> str:
    """Return the commit that is checked out, and whether anything was changed since."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 -- whichever git there is
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
