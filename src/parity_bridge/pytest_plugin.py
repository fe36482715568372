"""The pytest plugin: parity checks in a port's own test suite (docs/pytest.md).

Loaded by every pytest where the package is installed, so that nothing heavy is imported before a
test asks for the fixture.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parity_bridge.api import ChosenEngine, Parity
    from parity_bridge.engines.engine import Engine
    from parity_bridge.experiment import Experiment

_FORCE = "--parity-force"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of parity checks."""
    group = parser.getgroup("parity", "parity checks against the nanoBragg C core")
    add = group.addoption
    add(
        "--parity-engine", metavar="NAME", default="torch",
        help="engine of checks that name none, or package.module:Class (default: torch)",
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
        parser.getgroup("parity").addoption(
            "--force", action="store_true", dest="parity_force", help=f"the same as {_FORCE}"
        )
    return result


_FORCE_HELP = "let --parity-update store records with which the verdict is weaker than before"


def pytest_configure(config: pytest.Config) -> None:
    """The marker of parity checks."""
    config.addinivalue_line(
        "markers",
        "parity(engine=None, taps=('all',), tolerances=None): a check of an engine against the C "
        "core; what is given here holds for the fixture `parity` of the test",
    )


@pytest.fixture
def parity(request: pytest.FixtureRequest) -> Check:
    """Compare an engine with the C core: ``parity(engine, experiment, pixels, taps=...)``.

    Fails the test, in a few lines, where the two are not at parity, and gives the comparison.
    """
    marker = request.node.get_closest_marker("parity")
    return Check(request, {} if marker is None else marker.kwargs)


@dataclass(frozen=True)
class Check:
    """What the fixture gives; see ``__call__``."""

    request: pytest.FixtureRequest
    #: Keywords of the marker.
    marked: Mapping[str, Any]

    def __call__(
        self,
        engine: str | Engine | ChosenEngine | None,
        experiment: Experiment | str,
        pixels: Sequence[tuple[int, int]],
        *,
        taps: Sequence[str] | None = None,
        tolerances: Path | None = None,
        stored: Path | None = None,
        check: bool = True,
    ) -> Parity:
        """Run ``engine`` and the C core at ``pixels`` (slow, fast) of ``experiment``.

        ``engine`` None is the one of the marker or of ``--parity-engine``; ``experiment`` may be a
        nanoBragg command line. With ``stored``, a folder beside the tests, the C core's records
        are read from there instead of made anew; ``--parity-update`` writes them. Without
        ``check`` the test goes on whatever the verdict. Skips where the engine is not there.
        """
        from parity_bridge import api  # noqa: PLC0415 - see above
        from parity_bridge.errors import MissingEngineError  # noqa: PLC0415

        if isinstance(experiment, str):
            experiment = api.Experiment.from_nanobragg(experiment)
        settings: dict[str, Any] = {
            "taps": taps or self.marked.get("taps", ("all",)),
            "tolerances": tolerances or self.marked.get("tolerances"),
        }
        try:
            other = self._engine(engine)
            if stored is None:
                found = api.compare(experiment, pixels, "c", other, **settings)
            else:
                found = self._against(Path(stored), other, experiment, pixels, settings)
        except MissingEngineError as error:
            pytest.skip(str(error))
        if check and not found:
            pytest.fail("\n".join((str(found), *self._kept(found))), pytrace=False)
        return found

    def _engine(self, engine: str | Engine | ChosenEngine | None) -> ChosenEngine:
        from parity_bridge import api  # noqa: PLC0415

        option = self.request.config.getoption
        chosen = engine or self.marked.get("engine") or option("--parity-engine")
        if isinstance(chosen, api.ChosenEngine):
            return chosen
        return api.engine(chosen, dtype=option("--parity-dtype"), device=option("--parity-device"))

    def _against(
        self,
        folder: Path,
        other: ChosenEngine,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        settings: Mapping[str, Any],
    ) -> Parity:
        """Compare with records that were stored, or store them."""
        from parity_bridge.stored_reference import against, update  # noqa: PLC0415

        option = self.request.config.getoption
        if not option("--parity-update"):
            return against(folder, other, experiment, pixels, **settings)
        found, refusal = update(
            folder, other, experiment, pixels, force=option("parity_force"), **settings
        )
        if refusal:
            pytest.fail(f"{refusal}; {_FORCE} stores them all the same", pytrace=False)
        return found

    def _kept(self, found: Parity) -> list[str]:
        """The report of a failure, where one is asked for."""
        folder = self.request.config.getoption("--parity-report")
        if folder is None:
            return []
        from parity_bridge.report.kept import keep  # noqa: PLC0415

        # Workers side by side, and a test that fails twice, have folders of their own.
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.request.node.nodeid).strip("-.")[-180:]
        return [f"report: {keep(found, folder, name) / 'f_cell_comparison.md'}"]
