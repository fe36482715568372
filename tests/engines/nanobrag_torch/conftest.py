"""The package that stands in for the public port, put where Python finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.nanobrag_torch.forgotten_package import forget_package

_FOLDER = Path(__file__).parent / "stand_ins"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Find the stand-in instead of an installed package."""
    forget_package()
    monkeypatch.syspath_prepend(str(_FOLDER))
    yield
    forget_package()
