"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from parity_bridge.errors import FileError
from parity_bridge.files import atomic_write


def test_text_is_written_as_utf8(tmp_path: Path) -> None:
    atomic_write.write_text(tmp_path / "memo.md", "4096² Å\n")
    assert (tmp_path / "memo.md").read_bytes() == "4096² Å\n".encode()


def test_bytes_replace_what_was_there_and_leave_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"old and longer")
    atomic_write.write_bytes(str(tmp_path / "cache"), b"\0new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("cache", b"\0new")]


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic_write.write_bytes(tmp_path / "record", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "record").stat().st_mode & 0o777 == 0o640


def test_a_failed_rename_leaves_the_old_file_and_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "record.json"
    target.write_text("old")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(FileError, match=r"record\.json cannot be written \(No space left"):
        atomic_write.write_text(target, "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [
        ("record.json", "old")
    ]


def test_an_interrupt_leaves_no_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic_write.write_text(tmp_path / "record.json", "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["no/such/folder/file", "file/below", "folder", "nul\0byte"])
def test_a_place_that_cannot_be_written_is_a_file_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match="name a file in a folder that exists"):
        atomic_write.write_bytes(tmp_path / name, b"data")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
