"""Records in files, compared by the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.records.json_records import Compare, compared_by


@pytest.fixture
def compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Compare:
    return compared_by(tmp_path, capsys)
