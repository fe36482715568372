"""The files that the pages for developers name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASES = (ROOT, ROOT / "src" / "parity_bridge", ROOT / "csrc", ROOT / "tests")


@pytest.mark.parametrize("page", ["docs/development.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_exists(page: str) -> None:
    words = re.findall(r"`([^`\s]+)`", (ROOT / page).read_text(encoding="utf-8"))
    paths = [
        word for word in words if "/" in word or word.endswith((".py", ".c", ".h", ".toml", ".md"))
    ]
    missing = [path for path in paths if not any(any(base.glob(path)) for base in BASES)]
    assert not missing
    assert len(paths) > (20 if page == "docs/development.md" else -1)
