"""The pytest plugin: parity checks in a port's own test suite (docs/pytest.md).

Loaded by every pytest where the package is installed, so that nothing heavy is imported before a
test asks for the fixture.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parity_bridge.bridge.chosen_engine import ChosenEngine
    from parity_bridge.bridge.question import Question
    from parity_bridge.engines.protocol import Engine
    from parity_bridge.experiment.model import Experiment
    from parity_bridge.report.parity import Parity

_FORCE = "--parity-force"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of parity checks."""
    group = parser.getgroup("parity", "parity checks against the nanoBragg C core")
    add = group.addoption
    add(
        "--parity-engine", metavar="NAME",
        help="engine of checks that name none: of `parity_bridge engines`, or package.module:Class",
    )  # fmt: skip
    add("--parity-dtype", metavar="DTYPE", default="float64", help="float64 (default) or float32")
    add("--parity-device", metavar="DEVICE", default="cpu", help="as torch names it (default: cpu)")
    add(
        "--parity-report", metavar="DIR", type=Path,
        help="keep a report of every check that fails in DIR",
    )  # fmt: skip
    add(
        "--parity-update", action="store_true",
        help="write stored reference records anew, by the C core",
    )  # fmt: skip
    add(_FORCE, action="store_true", dest="parity_force", help=_FORCE_HELP)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, object, object]:
    """Take plain ``--force`` too, where no other plugin and no conftest has an option of that name.

    All of them have been heard by now; whoever comes first could not be told from whoever is right.
    """
    result = yield
    with suppress(ValueError, argparse.ArgumentError):
        _check_free(parser, "--force")
        parser.getgroup("parity").addoption(
            "--force", action="store_true", dest="parity_force", help=f"the same as {_FORCE}"
        )
    return result


def _check_free(parser: pytest.Parser, name: str) -> None:
    """Raise ValueError where an option of this name is taken, or that cannot be told.

    Older versions of pytest notice only when they have read the command line.
    """
    groups = [*getattr(parser, "_groups", [None]), getattr(parser, "_anonymous", None)]
    if None in groups or any(name in option.names() for each in groups for option in each.options):
        raise ValueError(name)


_FORCE_HELP = "let --parity-update store records with which the verdict is weaker than before"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of parity checks."""
    config.addinivalue_line(
        "markers",
        "parity(engine=None, taps=('all',), tolerances=None): a check of an engine against the C "
        "core; what is given here holds for the fixture `parity` of the test",
    )


_MARKER_KEYWORDS = {"engine", "taps", "tolerances"}


@pytest.fixture
def parity(request: pytest.FixtureRequest) -> ParityCheck:
    """Compare an engine with the C core: ``parity(engine, experiment, pixels, taps=...)``.

    Fails the test, in a few lines, where the two are not at parity, and gives the comparison.
    """
    keywords: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("parity"))):
        if marker.args or not marker.kwargs.keys() <= _MARKER_KEYWORDS:
            pytest.fail(
                "@pytest.mark.parity takes nothing but the keywords "
                + ", ".join(sorted(_MARKER_KEYWORDS)),
                pytrace=False,
            )
        keywords |= marker.kwargs
    return ParityCheck(request, keywords)


@dataclass(frozen=True)
class ParityCheck:
    """What the fixture gives; see ``__call__``."""

    request: pytest.FixtureRequest
    #: Keywords of the marker.
    marker_keywords: Mapping[str, Any]

    def __call__(
        self,
        engine: str | Engine | ChosenEngine | None,
        experiment: Experiment | str,
        pixels: Sequence[tuple[int, int]],
        *,
        taps: Sequence[str] | str | None = None,
        tolerances: Path | str | None = None,
        stored: Path | str | None = None,
        check: bool = True,
    ) -> Parity:
        """Run ``engine`` and the C core at ``pixels`` (slow, fast) of ``experiment``.

        ``engine`` None is the one of the marker or of ``--parity-engine``; ``experiment`` may be a
        nanoBragg command line. With ``stored``, a folder beside the test, the C core's records
        are read from there instead of made anew; ``--parity-update`` writes them. Without
        ``check`` the test goes on whatever the verdict. Skips where the engine is not there.
        """
        from parity_bridge.errors import BridgeError, MissingEngineError  # noqa: PLC0415

        # Failures are raised after the block: pytest would show every error on the way.
        missing = failure = ""
        try:
            question = self._question(engine, experiment, pixels, taps, tolerances)
            parity = self._compare(question, stored)
            report_lines = self._failure_report_lines(parity) if check and not parity else []
        except MissingEngineError as error:
            missing = str(error)
        except BridgeError as error:
            failure = str(error)
        if missing:
            pytest.skip(missing)
        if failure:
            pytest.fail(failure, pytrace=False)
        if check and not parity:
            pytest.fail("\n".join((str(parity), *report_lines)), pytrace=False)
        return parity

    def _question(
        self,
        engine: str | Engine | ChosenEngine | None,
        experiment: Experiment | str,
        pixels: Sequence[tuple[int, int]],
        taps: Sequence[str] | str | None,
        tolerances: Path | str | None,
    ) -> Question:
        """Ask what the call says, else the marker, else the options, of the C core as reference."""
        from parity_bridge.bridge.chosen_engine import (  # noqa: PLC0415 - see above
            choose_engine,
            pixel_question,
        )
        from parity_bridge.experiment.nanobragg_flags import read_experiment  # noqa: PLC0415

        if isinstance(experiment, str):
            experiment = read_experiment(experiment)
        other = self._engine(engine)
        taps = taps or self.marker_keywords.get("taps", "all")
        tolerances = tolerances or self.marker_keywords.get("tolerances")
        return pixel_question(
            experiment,
            pixels,
            choose_engine("c"),
            other,
            taps=(taps,) if isinstance(taps, str) else taps,
            tolerances=None if tolerances is None else self._beside_test(tolerances),
        )

    def _beside_test(self, path: Path | str) -> Path:
        """Resolve a path from the folder of the test, wherever the test has changed to."""
        return self.request.path.parent / path

    def _engine(self, engine: str | Engine | ChosenEngine | None) -> ChosenEngine:
        from parity_bridge.bridge.chosen_engine import ChosenEngine, choose_engine  # noqa: PLC0415

        option = self.request.config.getoption
        chosen = engine or self.marker_keywords.get("engine") or option("--parity-engine")
        if chosen is None:
            pytest.fail(
                "no engine is named: give one to parity(), to the marker, or with --parity-engine",
                pytrace=False,
            )
        if isinstance(chosen, ChosenEngine):
            return chosen
        return choose_engine(
            chosen, dtype=option("--parity-dtype"), device=option("--parity-device")
        )

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
        folder, option = self._beside_test(stored), self.request.config.getoption
        if not option("--parity-update"):
            question = replace(question, reference=folder)
            return Parity(question, compare_with_stored(question))
        pair, refusal = update_stored(folder, question, force=option("parity_force"))
        if refusal:
            pytest.fail(f"{refusal}; {_FORCE} stores them all the same", pytrace=False)
        return Parity(question, pair)

    def _failure_report_lines(self, parity: Parity) -> list[str]:
        """Write the report of a failure, if one is asked for, and say where it is."""
        folder = self.request.config.getoption("--parity-report")
        if folder is None:
            return []
        folder = self.request.config.invocation_params.dir / folder
        from parity_bridge.report.parity import write_parity_report  # noqa: PLC0415
        from parity_bridge.report.writing import MEMO  # noqa: PLC0415

        # Names that differ only in what no file name takes have folders of their own.
        nodeid = self.request.node.nodeid
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", nodeid).strip("-.")[-180:]
        if name != nodeid.replace("::", "-"):
            name += "-" + hashlib.sha256(nodeid.encode()).hexdigest()[:8]
        return [f"report: {write_parity_report(parity, folder, name) / MEMO}"]
