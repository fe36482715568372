"""Every command of these tests runs in a folder of its own, with fake engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.cli import shared_options
from tests.cli.command_line import UseEngine


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STAMP", raising=False)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> UseEngine:
    """Let ``run`` compare the fake reference with another fake."""

    def choose(other: str) -> None:
        engines = ("tests.engines.fake_engines:FakeC", f"tests.engines.fake_engines:{other}")
        monkeypatch.setattr(shared_options, "DEFAULT_ENGINES", engines)

    return choose
