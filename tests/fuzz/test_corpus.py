"""Every saved input of the fuzzer ends in a value or a BridgeError, without the fuzzer too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.readers import READERS, refusal

HERE = Path(__file__).parent
FILES = sorted(path for kind in ("corpus", "regressions") for path in (HERE / kind).glob("*/*"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_saved_file(path: Path) -> None:
    sentence = refusal(path.parent.name, path.read_bytes())
    if path.parts[-3] == "corpus":
        assert path.name.startswith("valid_") == (sentence == "")


def test_there_are_right_and_wrong_files_for_each_reader() -> None:
    for name in READERS:
        saved = [path.name for path in (HERE / "corpus" / name).iterdir()]
        assert {file.startswith("valid_") for file in saved} == {True, False}
