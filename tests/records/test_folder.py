"""Folders that appear whole: each process removes what it created and nothing else."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parity_bridge.errors import FileError
from parity_bridge.records.folder import make_folder, remove_folder, sole_process, staged_folder

#: Enters a context of this module for a folder, says so, and stays there until its input ends.
_HOLDS = """
import sys
from pathlib import Path
from parity_bridge.records import folder
with getattr(folder, sys.argv[1])(Path(sys.argv[2])):
    print(flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(context: str, target: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process be in ``context`` for ``target`` during the block."""
    command = [sys.executable, "-c", _HOLDS, context, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestStagedFolder:
    def test_it_appears_at_the_end(self, tmp_path: Path) -> None:
        with staged_folder(tmp_path / "new" / "s") as staging:
            (staging / "file").write_text("text")
            assert not (tmp_path / "new" / "s").exists()
        assert names(tmp_path / "new") == ["s"]
        assert names(tmp_path / "new" / "s") == ["file"]

    def test_a_process_of_the_same_number_loses_nothing(self, tmp_path: Path) -> None:
        """In containers every process may be number 1."""
        others = tmp_path / f".s.{os.getpid()}.other"
        old_name = tmp_path / f".s.{os.getpid()}.partial"
        others.mkdir()
        with other_process("sole_process", old_name):
            (old_name / "work").write_text("of another process")
            with (
                pytest.raises(FileError, match="another process works in"),
                staged_folder(tmp_path / "s"),
            ):
                raise AssertionError
            assert names(old_name) == ["work"]
        assert others.exists()

    def test_a_name_that_exists_already_is_left_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "s"
        monkeypatch.setattr(secrets, "token_hex", lambda _: "same")
        with staged_folder(target) as staging:
            errors: list[BaseException] = []

            def enter() -> None:
                try:
                    with staged_folder(target):
                        pass
                except FileError as error:
                    errors.append(error)

            thread = threading.Thread(target=enter)
            thread.start()
            thread.join()
            assert staging.exists()
        assert len(errors) == 1
        assert names(tmp_path) == ["s"]

    def test_the_second_of_two_processes_is_told(self, tmp_path: Path) -> None:
        with (
            other_process("staged_folder", tmp_path / "s"),
            pytest.raises(FileError, match=r"another process works in .*; wait until it ends"),
            staged_folder(tmp_path / "s"),
        ):
            raise AssertionError
        assert names(tmp_path) == ["s"]

    @pytest.mark.signals
    def test_what_a_killed_process_left_is_removed_at_the_next_start(self, tmp_path: Path) -> None:
        with other_process("staged_folder", tmp_path / "s") as process:
            process.kill()
        assert len(names(tmp_path)) == 1
        with staged_folder(tmp_path / "s"):
            pass
        assert names(tmp_path) == ["s"]

    def test_leftovers_of_other_reports_stay(self, tmp_path: Path) -> None:
        (tmp_path / ".t.0.partial").mkdir()
        (tmp_path / ".s").mkdir()
        with staged_folder(tmp_path / "s"):
            pass
        assert names(tmp_path) == [".s", ".t.0.partial", "s"]

    def test_the_slower_of_two_is_told_that_the_report_exists(self, tmp_path: Path) -> None:
        def late() -> None:
            with staged_folder(tmp_path / "s") as staging:
                (staging / "mine").touch()
                (tmp_path / "s").mkdir()
                (tmp_path / "s" / "theirs").touch()

        with pytest.raises(FileError, match="exists already"):
            late()
        assert names(tmp_path) == ["s"]
        assert names(tmp_path / "s") == ["theirs"]


class TestSoleProcess:
    def test_the_second_of_two_processes_is_told(self, tmp_path: Path) -> None:
        with (
            other_process("sole_process", tmp_path / "s"),
            pytest.raises(FileError, match="another process works in"),
            sole_process(tmp_path / "s"),
        ):
            raise AssertionError

    @pytest.mark.signals
    def test_a_killed_process_leaves_no_lock(self, tmp_path: Path) -> None:
        with other_process("sole_process", tmp_path / "s") as process:
            process.kill()
        with sole_process(tmp_path / "s"):
            (tmp_path / "s" / "file").touch()
        assert names(tmp_path / "s") == ["file"]

    def test_a_thread_may_enter_it_again(self, tmp_path: Path) -> None:
        with sole_process(tmp_path / "s"):
            with sole_process(tmp_path / "s"):
                pass
            with other_process_is_refused(tmp_path / "s"):
                pass

    def test_a_folder_that_it_created_goes_if_it_is_empty(self, tmp_path: Path) -> None:
        with sole_process(tmp_path / "new" / "s"):
            pass
        assert names(tmp_path) == []


@contextmanager
def other_process_is_refused(target: Path) -> Iterator[None]:
    """Check that another process cannot enter ``sole_process``."""
    command = [sys.executable, "-c", _HOLDS, "sole_process", str(target)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert b"another process works in" in done.stderr
    yield


def test_a_link_is_not_removed_and_the_reason_is_stated(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with pytest.raises(FileError, match=r"cannot be written \(.*symbolic link"):
        remove_folder(tmp_path / "link")
    assert (tmp_path / "folder").exists()


def test_a_name_that_no_folder_can_have_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        make_folder(tmp_path / "nul\0byte")
