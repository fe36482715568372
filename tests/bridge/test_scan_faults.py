"""Scans that are killed, run out of disk, lose workers or are stopped: nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bridge.test_scan import content, summary

FLAGS = (
    "-cell 50 60 70 -default_F 10 -N 6 -detpixels 96 -pixel 0.8 -lambda 1.1 -oversample 1".split()
)
SLOW = ("--engines", "c,tests.scan.scan_engines:Slow", "--tile", "8", "--threads", "2")
ROOT = Path(__file__).parents[2]
KILLS = 50


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def started(*words: str, slow: float = 0.02, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "parity_bridge", "scan", *words, "--", *FLAGS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SLOW_TILE": str(slow), **environment},
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def tiles(stamp: str) -> int:
    return len(list(Path("reports", stamp, "scan", "tiles").glob("*.json")))


def until(condition: object, seconds: float = 30.0) -> None:
    """Wait until ``condition()`` holds."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail("it never happened")
        time.sleep(0.01)


class TestKilled:
    def test_fifty_kills_at_random_moments_change_nothing(self) -> None:
        assert ended(started("--stamp", "whole", *SLOW, slow=0))[0] == 0
        rng = random.Random(20261124)  # noqa: S311 - moments, not secrets
        killed = finished = 0
        while killed < KILLS:
            stamp = f"scan-{finished}"
            process = started("--stamp", stamp, *SLOW, "--resume", slow=0.05)
            try:
                process.communicate(timeout=rng.uniform(0.3, 1.6))
                assert process.returncode == 0
                finished += 1
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed += 1
        for number in range(finished + 1):
            stamp = f"scan-{number}"
            assert ended(started("--stamp", stamp, *SLOW, "--resume", slow=0))[0] == 0
            assert content(stamp) == content("whole")
            mine, theirs = (
                summary(name).model_dump(exclude={"runtime_c_ms", "runtime_py_ms"})
                for name in (stamp, "whole")
            )
            assert mine == theirs

    @pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_stopped_it_says_how_to_go_on(self, number: int, status: int) -> None:
        process = started("--stamp", "s", *SLOW)
        until(lambda: tiles("s") > 3)
        process.send_signal(number)
        code, _, err = ended(process)
        assert code == status
        assert "go on with --resume --stamp s" in err
        assert "Traceback" not in err
        assert 3 < tiles("s") < 144
        assert not Path("reports/s/scan/summary.json").exists()


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
    def test_a_full_disk_loses_nothing_and_leaves_room_to_go_on(self, tmp_path: Path) -> None:
        port = ("--engines", "c,tests.scan.scan_engines:Port", "--tile", "8")
        assert ended(started("--stamp", "s", *port))[0] == 0
        disk = tmp_path / "disk"
        with small_disk(disk, "3m"):
            where = ("--out-dir", str(disk), "--stamp", "s")
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(1_500_000))
            code, _, err = ended(started(*where, *port))
            assert code == 5
            assert "No space left on device" in err
            assert "go on with --resume" in err
            assert "Traceback" not in err
            ballast.unlink()
            finished = len(list((disk / "s/scan/tiles").glob("*.json")))
            assert finished > 0
            subprocess.run(["mount", "-o", "remount,size=40m", str(disk)], check=True)  # noqa: S607
            assert ended(started(*where, *port, "--resume"))[0] == 0
            stored = disk / "s/scan/maps.zarr"
            for name, data in content("s").items():
                assert (stored / name).read_bytes() == data
            assert not list(stored.rglob("*.partial"))

    def test_a_folder_that_may_not_be_written(self) -> None:
        Path("reports").write_text("a file, no folder")
        code, _, err = ended(started("--stamp", "s", "--engines", "c,tests.scan.scan_engines:Port"))
        assert code == 5
        assert "cannot be written (Not a directory)" in err
        assert Path("reports").read_text() == "a file, no folder"

    def test_a_store_that_may_not_be_written_any_more(self) -> None:
        process = started("--stamp", "s", *SLOW)
        until(lambda: tiles("s") > 3)
        # Even root cannot make a folder where a file stands.
        chunks = Path("reports/s/scan/maps.zarr/other/image/c")
        chunks.rename(chunks.with_name("gone"))
        chunks.write_text("in the way")
        code, _, err = ended(process)
        assert code == 5
        assert len(err.splitlines()) <= 3
        assert "cannot be written" in err


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Address of a cluster of two worker processes."""
    distributed = pytest.importorskip("distributed")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    try:
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as made:
            yield made.scheduler_address
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


class TestDask:
    def test_a_cluster_gives_the_same_bits(self, cluster: str) -> None:
        port = ("--engines", "c,tests.scan.scan_engines:Port", "--tile", "16")
        assert ended(started("--stamp", "here", *port))[0] == 0
        code, out, err = ended(started("--stamp", "there", *port, "--dask", cluster))
        assert (code, "parity: c and port agree" in out) == (0, True), err
        assert content("there") == content("here")
        here, there = (
            summary(name).model_dump(exclude={"runtime_c_ms", "runtime_py_ms", "executor"})
            for name in ("here", "there")
        )
        assert there == here
        assert summary("there").executor == f"dask, 2 workers at {cluster}"

    def test_a_worker_that_is_killed_costs_nothing(self, cluster: str) -> None:
        distributed = pytest.importorskip("distributed")
        port = ("--engines", "c,tests.scan.scan_engines:Port", "--tile", "8")
        assert ended(started("--stamp", "here", *port))[0] == 0
        with distributed.Client(cluster) as client:
            process = started("--stamp", "there", *SLOW, "--dask", cluster, slow=0.05)
            until(lambda: tiles("there") > 5)
            first = next(iter(client.run(os.getpid).values()))
            os.kill(first, signal.SIGKILL)
            code, _, err = ended(process)
        assert code == 0, err
        assert content("there") == content("here")

    def test_an_engine_that_fails_on_a_worker_is_told(self, cluster: str) -> None:
        engine = ("--engines", "c,tests.scan.scan_engines:BreaksDown", "--tile", "16")
        code, _, err = ended(started("--stamp", "s", *engine, "--dask", cluster))
        assert code == 2
        assert "ZeroDivisionError: in the middle" in err
        assert "Traceback" not in err
