"""The folder of a report: it appears whole or not at all, with the environment of its run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parity_bridge.errors import FileError
from parity_bridge.records.environment import environment, git_commit
from parity_bridge.records.folder import staged_folder


class TestStaging:
    def test_no_file_is_visible_before_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "new" / "report"
        with staged_folder(target) as folder:
            (folder / "file").touch()
            assert not target.exists()
        assert [path.name for path in target.iterdir()] == ["file"]
        assert list(target.parent.iterdir()) == [target]

    def test_a_failure_leaves_neither_folder_nor_parents(self, tmp_path: Path) -> None:
        with pytest.raises(ZeroDivisionError):
            _fail_inside(tmp_path / "new" / "report")
        assert list(tmp_path.iterdir()) == []

    def test_a_report_that_came_meanwhile_is_not_replaced(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="exists already"), staged_folder(tmp_path / "report"):
            (tmp_path / "report").mkdir()
        assert [path.name for path in tmp_path.iterdir()] == ["report"]


class TestEnvironment:
    def test_it_holds_versions_and_machine_without_importing(self) -> None:
        recorded = environment()
        assert isinstance(recorded["packages"], dict)
        assert set(recorded["packages"]) >= {"parity_bridge", "torch", "numpy"}
        assert recorded["python"]
        assert recorded["cpu"]
        json.dumps(recorded)

    @pytest.mark.parametrize("packed", [True, False])
    def test_the_commit_of_a_checkout_is_found(self, tmp_path: Path, packed: bool) -> None:
        commit = "0123456789" * 4
        _checkout(tmp_path)
        if packed:
            (tmp_path / ".git/packed-refs").write_text(f"# pack\n{commit} refs/heads/main\n")
        else:
            (tmp_path / ".git/refs/heads/main").write_text(f"{commit}\n")
        assert git_commit(tmp_path / "src/parity_bridge") == commit

    def test_a_detached_head_is_the_commit(self, tmp_path: Path) -> None:
        _checkout(tmp_path)
        (tmp_path / ".git/HEAD").write_text("fedcba\n")
        assert git_commit(tmp_path / "src/parity_bridge") == "fedcba"

    def test_a_branch_without_a_commit_has_none(self, tmp_path: Path) -> None:
        _checkout(tmp_path)
        assert git_commit(tmp_path / "src/parity_bridge") is None

    @pytest.mark.parametrize("installed", ["site-packages", ".venv/lib/site-packages"])
    def test_an_installed_copy_has_none_even_inside_a_checkout(
        self, tmp_path: Path, installed: str
    ) -> None:
        _checkout(tmp_path)
        (tmp_path / ".git/HEAD").write_text("fedcba\n")
        assert git_commit(tmp_path / installed / "parity_bridge") is None

    def test_the_commit_does_not_depend_on_the_working_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = environment()["git_commit"]
        _checkout(tmp_path)
        (tmp_path / ".git/HEAD").write_text("fedcba\n")
        monkeypatch.chdir(tmp_path)
        assert environment()["git_commit"] == before


def _fail_inside(target: Path) -> None:
    with staged_folder(target) as folder:
        (folder / "file").touch()
        raise ZeroDivisionError


def _checkout(root: Path) -> None:
    (root / ".git/refs/heads").mkdir(parents=True)
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
