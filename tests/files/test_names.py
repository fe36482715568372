"""Names and paths: which are accepted, and how any of them is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from parity_bridge.errors import FileError, UsageError
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.names import check_utf8, printable


@pytest.mark.parametrize("text", ["", "table.hkl", "tablé.hkl", "θ 日本", "a\nb"])
def test_text_that_utf8_can_hold_is_returned(text: str) -> None:
    assert check_utf8(text, "the argument") == text


@pytest.mark.parametrize(("text", "shown"), [("t\udce9", r"t\xe9"), ("\ud800", r"\ud800")])
def test_any_other_is_refused_and_shown_with_escapes(text: str, shown: str) -> None:
    with pytest.raises(UsageError) as refusal:
        check_utf8(text, "the argument")
    assert f"the argument '{shown}' is not UTF-8" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 4096² θ", "plain 4096² θ"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u2028\x85", r"\u2028\x85"),
        (os.fsdecode(b"t\xe9.hkl"), r"t\xe9.hkl"),
    ],
)
def test_what_is_printable_is_one_line_of_utf8(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text).encode().decode().splitlines() == [shown]


def test_a_file_whose_text_holds_another_name_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"memo\.md cannot be written: .*near 'table t\\xe9'"):
        write_text(tmp_path / "memo.md", "table t\udce9")
    assert list(tmp_path.iterdir()) == []
