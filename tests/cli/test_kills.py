"""Commands that a signal ends at any moment: nothing partial, no orphan, the same bits again.

The moments and signals are drawn from a seed. A command that is given again with the same words
(``scan`` with ``--resume``) must leave what it leaves without a signal.
"""

from __future__ import annotations

import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from parity_bridge.records.frame_metadata import FrameMetadata
from parity_bridge.report.writing import check_report
from tests.cli.drop_in_runs import write_script

ROOT = Path(__file__).parents[2]
FLAGS = "-cell 50 60 70 90 90 90 -default_F 10 -N 3 -detpixels 16 -pixel 1 -lambda 1 -distance 99"
#: Exit statuses that a signal may have: where the program catches it, and where it does not yet.
STATUS = {
    signal.SIGKILL: {-signal.SIGKILL},
    signal.SIGTERM: {143, -signal.SIGTERM},
    signal.SIGINT: {130},
}
NEVER = 1_000_000_000
#: Seconds after which nothing will come any more.
HANGS = 300
#: Files under their last names are whole; only SIGKILL leaves others.
_TEMPORARY = re.compile(r"\.([0-9a-f]{16}\.tmp|s\.[0-9a-f]{16}\.partial)")
#: A name that every process of these tests has in its environment.
_MARK = f"PARITY_KILLS={uuid4().hex}"


@dataclass(frozen=True)
class Case:
    """A command, what it leaves that is the same every time, and the check after a signal."""

    words: str
    content: Callable[[], dict[str, bytes]]
    check: Callable[[int], None]


def _content_of_run() -> dict[str, bytes]:
    """Every file of the report that does not state the time."""
    report = Path("reports/s")
    files = [report / "f_cell_summary.md", report / "summary.json"]
    files += report.glob("*_taps/*.log")
    return {str(path.relative_to(report)): path.read_bytes() for path in files}


def _check_run(_number: int) -> None:
    """The report is complete or not there."""
    if Path("reports/s").exists():
        assert check_report(Path("reports/s")) == []


def _content_of_frame() -> dict[str, bytes]:
    return {"image": Path("image.npy").read_bytes()}


def _check_frame(number: int) -> None:
    """Both files are whole, where they are there; only SIGKILL leaves the metadata alone."""
    metadata = Path("image.npy.json")
    if metadata.exists():
        FrameMetadata.model_validate_json(metadata.read_bytes())
    if number != signal.SIGKILL or Path("image.npy").exists():
        assert metadata.exists() == Path("image.npy").exists()


def _content_of_scan() -> dict[str, bytes]:
    store = Path("reports/s/scan/maps.zarr")
    files = (path for path in sorted(store.rglob("*")) if path.is_file())
    return {str(path.relative_to(store)): path.read_bytes() for path in files}


def _check_scan(_number: int) -> None:
    """It can be resumed, whatever there is."""


CASES = {
    "run": Case(
        f"run --stamp s --engines c,nanobragg-program --pixel 3 4 -- {FLAGS}",
        _content_of_run,
        _check_run,
    ),
    "frame": Case(
        f"frame --engine c --output image.npy -- {FLAGS}", _content_of_frame, _check_frame
    ),
    "scan": Case(
        "scan --stamp s --engines c,tests.scan.scan_engines:Port --tile 8 --threads 2 --resume "
        f"-- {FLAGS}",
        _content_of_scan,
        _check_scan,
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """An executable that stands in for the original program, outside the working directory."""
    return write_script(tmp_path.with_name(f"{tmp_path.name}-nanoBragg"))


def give(case: Case, number: int, moment: int, program: Path) -> tuple[int, str]:
    """Give the command, to which a signal comes; return its exit status and standard error."""
    name, _, value = _MARK.partition("=")
    counter = program.with_name("counter")
    process = subprocess.run(
        [sys.executable, "-m", "tests.cli.killed_program", str(number), str(moment), str(counter),
         *shlex.split(case.words)],
        capture_output=True, text=True, check=False, timeout=HANGS,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NB_C_BIN": str(program), name: value},
    )  # fmt: skip
    return process.returncode, process.stderr


def processes() -> Iterator[int]:
    """Yield the processes of these tests that still are."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if _MARK.encode() in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)
        except OSError:
            continue


def wait_for_orphans() -> None:
    """Wait until no process is left; fail where one lives on."""
    until = time.monotonic() + 10
    while orphans := list(processes()):
        assert time.monotonic() < until, f"processes {orphans} live on"
        time.sleep(0.02)


def temporary_files() -> list[Path]:
    return [path for path in Path().rglob(".*") if _TEMPORARY.fullmatch(path.name)]


@pytest.mark.signals
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.corpus)])
def test_a_signal_at_any_moment_leaves_nothing_partial(
    case: Case, kills: int, program: Path
) -> None:
    status, err = give(case, signal.SIGTERM, NEVER, program)
    assert status == 0, err
    events, whole = int(program.with_name("counter").read_text()), case.content()
    _remove_all()
    rng = random.Random(20261127)  # noqa: S311 - moments, not secrets
    killed = 0
    while killed < kills:
        number, moment = rng.choice(list(STATUS)), rng.randint(1, events)
        status, err = give(case, number, moment, program)
        told = f"signal {number} at event {moment} of {events}: {err}"
        assert status in STATUS[number] | {0}, told
        assert "Traceback" not in err, told
        killed += status != 0
        wait_for_orphans()
        case.check(number)
        assert number == signal.SIGKILL or "--resume" in case.words or not temporary_files(), told
        if number == signal.SIGKILL or rng.random() < 0.3:
            _give_again(case, program, whole, told)
    _give_again(case, program, whole, "at the end")


def _give_again(case: Case, program: Path, whole: dict[str, bytes], told: str) -> None:
    """Give the command again where it has not come to its end, and compare what it leaves."""
    if not Path("reports/s").exists() or "--resume" in case.words:
        status, err = give(case, signal.SIGTERM, NEVER, program)
        assert status == 0, f"{told}, then {err}"
    assert case.content() == whole, told
    if not case.words.startswith("frame"):
        assert not temporary_files(), told
    _remove_all()


def _remove_all() -> None:
    subprocess.run(["find", ".", "-mindepth", "1", "-delete"], check=True)  # noqa: S607
