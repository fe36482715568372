"""Scans that are killed, run out of disk, lose workers or are stopped: nothing is lost."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.cli.program import main
from tests.bridge.test_scan import content, scan, summary

FLAGS = (
    "-cell 50 60 70 -default_F 10 -N 6 -detpixels 48 -pixel 1.6 -lambda 1.1 -oversample 1".split()
)
#: Of the scan: all, and those that are computed while the others are held.
TILES, FREE = 36, 6
HELD = ("--engines", "c,tests.scan.scan_engines:Held", "--tile", "8")
ROOT = Path(__file__).parents[2]
#: Seconds after which nothing will come any more.
HANGS = 300
#: The first scan does some 3000 things to its report.
MOMENTS = 1200


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_pictures: None) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What scans wait for while it is locked."""
    path = tmp_path_factory.mktemp("gate") / "gate"
    path.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELD_BY", str(path))
        yield path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The store and the summary of a scan that nothing befell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("whole"))
        assert here("--threads", "2") == 0
        return content("s"), figures("s")


def here(*words: str, stamp: str = "s") -> int:
    """Exit status of the scan in this process."""
    return scan(*HELD, *words, flags=FLAGS, stamp=stamp, tile="8")


@contextmanager
def started(
    *words: str, program: tuple[str, ...] = ("parity_bridge",), descriptors: tuple[int, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    """The scan in a process of its own, which ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", *program, "scan", *HELD, *words, "--", *FLAGS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        pass_fds=descriptors,
    ) as process:
        guard = threading.Timer(HANGS, process.kill)
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()


@contextmanager
def locked(gate: Path) -> Iterator[Callable[[], None]]:
    """Whoever waits for the file ``gate`` waits until what is given is called."""
    with gate.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.close


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit status, and what is left on standard error."""
    assert process.stderr is not None
    err = process.stderr.read()
    return process.wait(), err


def tiles(stamp: str) -> int:
    return len(list(Path("reports", stamp, "scan", "tiles").glob("*.json")))


def until(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Wait until ``condition()`` holds."""
    while not condition():
        assert process.poll() is None, ended(process)
        time.sleep(0.01)


def figures(stamp: str, *without: str) -> dict[str, Any]:
    return summary(stamp).model_dump(exclude={"runtime_c_ms", "runtime_py_ms", *without})


@pytest.fixture
def _sigint_is_heeded() -> Iterator[None]:
    """Where tests are run in the background it is not, nor in processes that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.signals
class TestKilled:
    @pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.corpus)])
    def test_kills_at_random_moments_change_nothing(
        self, kills: int, whole: tuple[dict[str, bytes], dict[str, Any]]
    ) -> None:
        rng = random.Random(20261124)  # noqa: S311 - moments, not secrets
        killed = finished = 0
        while killed < kills:
            moment = str(rng.randint(1, MOMENTS))
            if killed_at(moment, "--stamp", f"scan-{finished}"):
                killed += 1
            else:
                finished += 1
        for number in range(finished + 1):
            stamp = f"scan-{number}"
            assert here("--threads", "2", "--resume", stamp=stamp) == 0
            assert (content(stamp), figures(stamp)) == whole

    @pytest.mark.usefixtures("_sigint_is_heeded")
    @pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_stopped_it_says_how_to_go_on(self, number: int, status: int, gate: Path) -> None:
        with locked(gate) as release, started("--stamp", "s", "--threads", "2") as process:
            until(process, lambda: tiles("s") == FREE)
            process.send_signal(number)
            err = said(process, "go on with --resume --stamp s")
            release()
            code, more = ended(process)
        assert code == status
        assert "Traceback" not in err + more
        assert 3 < tiles("s") < TILES
        assert not Path("reports/s/scan/summary.json").exists()


def killed_at(moment: str, *words: str) -> bool:
    """Kill a scan that goes on when it has come to ``moment``; whether it came to it."""
    reading, writing = os.pipe()
    program = ("tests.bridge.stopping_program", moment, str(writing))
    more = ("--threads", "2", "--resume")
    with started(*words, *more, program=program, descriptors=(writing,)) as process:
        os.close(writing)
        came = os.read(reading, 1) == b"x"
        os.close(reading)
        if came:
            process.kill()
        code, err = ended(process)
    assert code == (-signal.SIGKILL if came else 0), err
    return came


def said(process: subprocess.Popen[str], words: str) -> str:
    """Standard error as far as the line with ``words``."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return "".join(lines)
    pytest.fail(f"it said only {lines}")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


class TestDisk:
    def test_a_full_disk_loses_nothing_and_leaves_room_to_go_on(
        self,
        tmp_path: Path,
        whole: tuple[dict[str, bytes], dict[str, Any]],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        disk = tmp_path / "disk"
        with small_disk(disk, "3m"):
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(1_500_000))
            assert here("--out-dir", str(disk)) == 5
            err = capsys.readouterr().err
            assert "No space left on device" in err
            assert "go on with --resume" in err
            assert "Traceback" not in err
            ballast.unlink()
            finished = len(list((disk / "s/scan/tiles").glob("*.json")))
            assert 0 < finished < TILES
            subprocess.run(["mount", "-o", "remount,size=40m", str(disk)], check=True)  # noqa: S607
            assert here("--out-dir", str(disk), "--resume") == 0
            stored = disk / "s/scan/maps.zarr"
            for name, data in whole[0].items():
                assert (stored / name).read_bytes() == data
            assert not list(stored.rglob("*.partial"))

    def test_a_folder_that_may_not_be_written(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("reports").write_text("a file, no folder")
        assert here() == 5
        assert "cannot be written (Not a directory)" in capsys.readouterr().err
        assert Path("reports").read_text() == "a file, no folder"

    @pytest.mark.signals
    def test_a_store_that_may_not_be_written_any_more(self, gate: Path) -> None:
        with locked(gate) as release, started("--stamp", "s", "--threads", "2") as process:
            until(process, lambda: tiles("s") == FREE)
            # Even root cannot make a folder where a file stands.
            chunks = Path("reports/s/scan/maps.zarr/other/image/c")
            chunks.rename(chunks.with_name("gone"))
            chunks.write_text("in the way")
            release()
            code, err = ended(process)
        assert code == 5
        assert len(err.splitlines()) <= 3
        assert "cannot be written" in err


@pytest.fixture(scope="module")
def cluster(gate: Path) -> Iterator[str]:
    """Address of a cluster of two worker processes."""
    distributed = pytest.importorskip("distributed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        made = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        )
    with made:
        yield made.scheduler_address


class TestDask:
    def test_a_cluster_gives_the_same_bits(
        self,
        cluster: str,
        whole: tuple[dict[str, bytes], dict[str, Any]],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        command = ["scan", "--stamp", "there", *HELD, "--dask", cluster, "--", *FLAGS]
        assert main(command) == 0
        assert "parity: c and port agree" in capsys.readouterr().out
        assert content("there") == whole[0]
        expected = {name: value for name, value in whole[1].items() if name != "executor"}
        assert figures("there", "executor") == expected
        assert summary("there").executor == f"dask, 2 workers at {cluster}"

    @pytest.mark.signals
    @pytest.mark.corpus
    def test_a_worker_that_is_killed_costs_nothing(
        self, cluster: str, gate: Path, whole: tuple[dict[str, bytes], dict[str, Any]]
    ) -> None:
        distributed = pytest.importorskip("distributed")
        with (
            locked(gate) as release,
            started("--stamp", "there", "--dask", cluster) as process,
            distributed.Client(cluster) as client,
        ):
            until(process, lambda: tiles("there") == FREE)
            first = next(iter(client.run(os.getpid).values()))
            os.kill(first, signal.SIGKILL)
            release()
            code, err = ended(process)
        assert code == 0, err
        assert content("there") == whole[0]

    def test_an_engine_that_fails_on_a_worker_is_told(
        self, cluster: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        engine = ("--engines", "c,tests.scan.scan_engines:BreaksDown", "--tile", "16")
        assert scan(*engine, "--dask", cluster, flags=FLAGS) == 2
        err = capsys.readouterr().err
        assert "ZeroDivisionError: in the middle" in err
        assert "Traceback" not in err
