"""The pytest plugin: parity checks in a port's own test suite (docs/pytest.md).

Loaded by every pytest where the package is installed, so that nothing heavy is imported before a
test asks for the fixture.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from parity_bridge.pytest_options import (
    SHORT,
    option_dest,
    pytest_addoption,
    pytest_configure,
    pytest_load_initial_conftests,
)

if TYPE_CHECKING:
    from parity_bridge.bridge.chosen_engine import ChosenEngine
    from parity_bridge.bridge.question import Question
    from parity_bridge.engines.protocol import Engine
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.report.parity import Parity

#: What pytest looks for in a plugin, and what tests use.
__all__ = [
    "ParityCheck",
    "parity",
    "pytest_addoption",
    "pytest_configure",
    "pytest_load_initial_conftests",
    "pytest_runtest_setup",
]

_MARKER_KEYWORDS = {"engine", "taps", "tolerances"}


@dataclass(frozen=True)
class _RunningTest:
    """The test that runs, and the folders of stored records that it has used."""

    item: pytest.Item
    stored: set[Path] = field(default_factory=set)


_RUNNING = pytest.StashKey[_RunningTest]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember the running test: checks use its name, its folder and its markers."""
    item.config.stash[_RUNNING] = _RunningTest(item)


@pytest.fixture(scope="session")
def parity(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> ParityCheck:
    """Compare an engine with the C core: ``parity(engine, experiment, pixels, taps=...)``.

    Fails the test, in a few lines, where the two are not at parity, and gives the comparison. Of
    session scope, so that fixtures of any scope and Hypothesis' ``@given`` may use it.
    """
    return ParityCheck(pytestconfig, tmp_path_factory)


_PytestFailed: Any = pytest.fail.Exception


class Failed(_PytestFailed):  # type: ignore[misc] # pytest's class has no public name
    """A failure that shows its notes too: Hypothesis' example that fails is one."""

    __module__ = "builtins"  # as pytest's own, so that summaries name the class alone

    def __str__(self) -> str:
        return "\n".join((super().__str__(), *getattr(self, "__notes__", ())))


def _fail(text: str) -> NoReturn:
    """Fail the running test with nothing but ``text``."""
    __tracebackhide__ = True
    raise Failed(text, pytrace=False)


class ParityCheck:
    """What the fixture gives; see ``__call__``."""

    def __init__(self, config: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> None:
        self._config, self._tmp_path_factory = config, tmp_path_factory

    def __repr__(self) -> str:
        """Return its name; Hypothesis shows it beside the example that fails."""
        return "parity"

    def __call__(
        self,
        engine: str | Engine | ChosenEngine | None,
        experiment: Experiment | str | Sequence[str],
        pixels: Sequence[tuple[int, int]],
        *,
        taps: Sequence[str] | str | None = None,
        tolerances: Path | str | None = None,
        stored: Path | str | None = None,
        check: bool = True,
    ) -> Parity:
        """Run ``engine`` and the C core at ``pixels`` (slow, fast) of ``experiment``.

        ``engine`` None is the one of the marker or of ``--parity-engine``; ``experiment`` may be a
        nanoBragg command line, one string or words. With ``stored``, a folder beside the test that
        no other test uses, the C core's records are read from there instead of computed;
        ``--parity-update`` writes them. Without ``check`` the test goes on whatever the verdict.
        Skips with ``--parity-skip-missing`` where the engine is not installed.
        """
        from parity_bridge.bridge.python_arguments import checked_switch  # noqa: PLC0415
        from parity_bridge.bridge.python_words import in_python_words  # noqa: PLC0415
        from parity_bridge.errors import BridgeError, MissingEngineError  # noqa: PLC0415

        # Failures are raised after the block: pytest would show every error on the way.
        missing = failure = ""
        try:
            checked_switch(check, "check")
            with in_python_words():
                question = self._question(engine, experiment, pixels, taps, tolerances)
                parity = self._compare(question, stored)
            report_lines = self._failure_report_lines(parity) if check and not parity else []
        except MissingEngineError as error:
            missing = str(error)
        except BridgeError as error:
            failure = str(error)
        if missing:
            self._skip_or_fail(missing)
        if failure:
            _fail(failure)
        if check and not parity:
            _fail("\n".join((str(parity), *report_lines)))
        return parity

    def _option(self, name: str) -> Any:
        return self._config.getoption(option_dest(name))

    def _skip_or_fail(self, missing: str) -> None:
        """Skip where that is asked for: a suite that skips all its checks is green."""
        if self._option("skip-missing"):
            pytest.skip(missing)
        _fail(f"{missing}; {SHORT}skip-missing skips such checks")

    @property
    def _running(self) -> _RunningTest:
        return self._config.stash[_RUNNING]

    def _marker_keywords(self) -> Mapping[str, Any]:
        """Return the keywords of the test's markers; the one nearest to it decides."""
        from parity_bridge.errors import UsageError  # noqa: PLC0415 - see above

        keywords: dict[str, Any] = {}
        for marker in reversed(list(self._running.item.iter_markers("parity"))):
            if marker.args or not marker.kwargs.keys() <= _MARKER_KEYWORDS:
                raise UsageError(
                    "@pytest.mark.parity takes nothing but the keywords "
                    + ", ".join(sorted(_MARKER_KEYWORDS))
                )
            keywords |= marker.kwargs
        return keywords

    def _question(
        self,
        engine: str | Engine | ChosenEngine | None,
        experiment: Experiment | str | Sequence[str],
        pixels: Sequence[tuple[int, int]],
        taps: Sequence[str] | str | None,
        tolerances: Path | str | None,
    ) -> Question:
        """Ask what the call says, else the marker, else the options, of the C core as reference."""
        from parity_bridge.bridge.chosen_engine import (  # noqa: PLC0415 - see above
            choose_engine,
            pixel_question,
        )

        marked = self._marker_keywords()
        if taps is None:
            taps = marked.get("taps", "all")
        if tolerances is None:
            tolerances = marked.get("tolerances")
        return pixel_question(
            experiment,
            pixels,
            choose_engine("c"),
            self._engine(marked.get("engine") if engine is None else engine),
            taps=taps,
            tolerances=None if tolerances is None else self._beside_test(tolerances, "tolerances"),
        )

    def _beside_test(self, path: Path | str, name: str) -> Path:
        """Resolve a path from the folder of the test, wherever the test has changed to."""
        from parity_bridge.bridge.python_arguments import checked_path  # noqa: PLC0415

        what = {"tolerances": "a TOML file", "stored": "a folder of stored records"}[name]
        return self._running.item.path.parent / checked_path(path, name, what)

    def _engine(self, which: str | Engine | ChosenEngine | None) -> ChosenEngine:
        """Choose the engine of a call or marker, else of ``--parity-engine``."""
        from parity_bridge.bridge.chosen_engine import as_chosen  # noqa: PLC0415
        from parity_bridge.errors import UsageError  # noqa: PLC0415

        chosen = self._option("engine") if which is None else which
        if chosen is None:
            raise UsageError(
                f"no engine is named: give one to parity(), to the marker, or with {SHORT}engine"
            )
        return as_chosen(chosen, dtype=self._option("dtype"), device=self._option("device"))

    def _compare(self, question: Question, stored: Path | str | None) -> Parity:
        """Compare with the C core or with its stored records, or renew these."""
        from parity_bridge.bridge.compare import compare  # noqa: PLC0415 - see above
        from parity_bridge.bridge.stored_reference import (  # noqa: PLC0415
            compare_with_stored,
            update_stored,
        )
        from parity_bridge.report.parity import Parity  # noqa: PLC0415

        if stored is None:
            return Parity(question, compare(question).against[0])
        folder = self._claimed_folder(stored)
        if not self._option("update"):
            question = replace(question, reference=folder)
            return Parity(question, compare_with_stored(question))
        pair, refusal = update_stored(folder, question, force=self._option("force"))
        if refusal:
            _fail(f"{refusal}; {SHORT}force stores them all the same")
        return Parity(question, pair)

    def _claimed_folder(self, stored: Path | str) -> Path:
        """Return the folder of stored records; raises UsageError where another check uses it."""
        from parity_bridge.bridge.stored_reference import claim_stored  # noqa: PLC0415
        from parity_bridge.errors import UsageError  # noqa: PLC0415

        running, folder = self._running, self._beside_test(stored, "stored")
        if folder.resolve() in running.stored:
            raise UsageError(
                f"{folder} is the stored= folder of an earlier check of this test; give each check "
                "a folder of its own"
            )
        claim_stored(folder, running.item.nodeid, self._run_folder() / "parity_stored")
        running.stored.add(folder.resolve())
        return folder

    def _run_folder(self) -> Path:
        """Return the temporary folder of this run, which the workers of pytest-xdist share."""
        folder = self._tmp_path_factory.getbasetemp()
        return folder.parent if hasattr(self._config, "workerinput") else folder

    def _failure_report_lines(self, parity: Parity) -> list[str]:
        """Write the report of a failure, if one is asked for, and say where it is."""
        folder = self._option("report")
        if folder is None:
            return []
        folder = self._config.invocation_params.dir / folder
        from parity_bridge.report.parity import write_parity_report  # noqa: PLC0415
        from parity_bridge.report.writing import MEMO  # noqa: PLC0415

        # Names that differ only in what no file name takes have folders of their own.
        nodeid = self._running.item.nodeid
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", nodeid).strip("-.")[-180:]
        if name != nodeid.replace("::", "-"):
            name += "-" + hashlib.sha256(nodeid.encode()).hexdigest()[:8]
        return [f"report: {write_parity_report(parity, folder, name) / MEMO}"]
