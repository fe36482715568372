"""Temporary folders: gone at the end of the block, or when the next process begins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from parity_bridge.files import private_folder as module
from parity_bridge.files.private_folder import private_folder, remove_leftovers

KILLED = """
import os, signal, sys
from parity_bridge.files.private_folder import private_folder
with private_folder() as folder:
    (folder / "image.bin").write_bytes(bytes(1000))
    (folder / "nested").mkdir()
    print(folder, flush=True)
    if sys.argv[1:]:
        sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, here and in other processes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    remove_leftovers.cache_clear()
    return tmp_path


def test_it_is_empty_and_gone_at_the_end(parent: Path) -> None:
    with private_folder() as first, private_folder() as second:
        assert first != second
        assert first.parent == second.parent == parent
        assert list(first.iterdir()) == []
        (first / "file").touch()
    assert list(parent.iterdir()) == []


def test_it_is_gone_after_an_exception(parent: Path) -> None:
    def interrupted() -> None:
        with private_folder():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(parent.iterdir()) == []


def test_what_a_killed_process_left_is_removed(parent: Path) -> None:
    for _ in range(2):
        process = subprocess.run([sys.executable, "-c", KILLED], check=False, capture_output=True)
        assert process.returncode == -signal.SIGKILL, process.stderr
        # The second one has removed what the first one left.
        (left,) = parent.iterdir()
        assert str(left) == process.stdout.decode().strip()
    with private_folder() as folder:
        assert list(parent.iterdir()) == [folder]
    assert list(parent.iterdir()) == []


def test_what_a_living_process_uses_stays(parent: Path) -> None:
    command = [sys.executable, "-c", KILLED, "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        used = Path(process.stdout.readline().decode().strip())
        with private_folder():
            pass
        assert (used / "image.bin").is_file()
        process.kill()
    remove_leftovers.cache_clear()
    with private_folder() as folder:
        assert list(parent.iterdir()) == [folder]


def test_what_is_anything_else_stays(
    parent: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "file").touch()
    (parent / "parity_bridge_run-link").symlink_to(elsewhere)
    (parent / "parity_bridge_run-file").touch()
    (parent / "report").mkdir()
    with private_folder():
        pass
    assert sorted(path.name for path in parent.iterdir()) == [
        "parity_bridge_run-file",
        "parity_bridge_run-link",
        "report",
    ]
    assert (elsewhere / "file").is_file()


def test_one_that_is_removed_before_it_is_locked_is_created_again(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = module.lock_folder
    removed: list[str] = []

    def late(folder: str) -> int | None:
        if not removed:
            removed.append(folder)
            module.remove_if_unused(folder)
        return lock(folder)

    monkeypatch.setattr(module, "lock_folder", late)
    with private_folder() as folder:
        assert removed != [str(folder)]
        assert list(parent.iterdir()) == [folder]


def test_one_that_is_being_removed_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    lock = module.lock_folder(str(folder))
    assert lock is not None
    assert module.lock_folder(str(folder)) is None
    module.remove_if_unused(str(folder))
    assert folder.is_dir()
    os.close(lock)
    module.remove_if_unused(str(folder))
    assert not folder.exists()
