"""Logs are appended to in the folder of the report and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from parity_bridge.errors import EngineError, FileError
from parity_bridge.records.journal import (
    COMMANDS_FILE,
    FAILURE_FILE,
    failures_noted,
    log_command,
    log_failure,
)
from parity_bridge.records.metadata import RunContext

_CONTEXT = RunContext("python -m parity_bridge run", "2026-01-31T23:59:59Z")


def test_commands_are_appended(tmp_path: Path) -> None:
    log_command(tmp_path, "one")
    log_command(tmp_path, "two θ")
    assert (tmp_path / COMMANDS_FILE).read_text(encoding="utf-8") == "one\ntwo θ\n"


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_not_followed(tmp_path: Path, exists: bool) -> None:
    elsewhere = tmp_path / "elsewhere"
    if exists:
        elsewhere.write_text("as it was")
    for name in (COMMANDS_FILE, FAILURE_FILE):
        (tmp_path / name).symlink_to(elsewhere)
    with pytest.raises(FileError, match=r"commands\.txt is a link .*; remove it, or give"):
        log_command(tmp_path, "command")
    with pytest.raises(FileError, match=r"attempt_fail\.log is a link"):
        log_failure(tmp_path, _CONTEXT, EngineError("it failed"), "mend it")
    assert elsewhere.exists() == exists
    assert not exists or elsewhere.read_text() == "as it was"


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / COMMANDS_FILE)
    with pytest.raises(FileError, match="no regular file"):
        log_command(tmp_path, "command")
    # With a reader the FIFO can be opened.
    reader = os.open(tmp_path / COMMANDS_FILE, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(FileError, match="no regular file"):
        log_command(tmp_path, "command")
    os.close(reader)


def test_a_failure_is_raised_even_where_its_log_is_a_link(tmp_path: Path) -> None:
    (tmp_path / FAILURE_FILE).symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(EngineError, match="it failed"),
        failures_noted(tmp_path, _CONTEXT, "mend it"),
    ):
        raise EngineError("it failed")
    assert not (tmp_path / "elsewhere").exists()


def test_a_command_that_is_not_utf8_is_not_logged(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"commands\.txt cannot be written: .*t\\xe9"):
        log_command(tmp_path, "run -hkl t\udce9.hkl")
    assert list(tmp_path.iterdir()) == []
