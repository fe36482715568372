"""Every saved input of the fuzzer gives a value or a BridgeError; run without the fuzzer."""

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


def test_each_reader_has_valid_and_broken_files() -> None:
    for name in READERS:
        saved = [path.name for path in (HERE / "corpus" / name).iterdir()]
        assert {file.startswith("valid_") for file in saved} == {True, False}
