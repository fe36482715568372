"""The engine over the public PyTorch port, through a package that stands in for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from parity_bridge.api import Experiment, compare, engine
from parity_bridge.cli.program import main
from parity_bridge.engines.nanobrag_torch import package as looked_up
from parity_bridge.engines.nanobrag_torch.package import load_package
from parity_bridge.errors import EngineError, MissingEngineError, UsageError

STAND_INS = Path(__file__).parent / "stand_ins"
FLAGS = "-cell 50 60 70 80 95 100 -default_F 10 -N 6 -misset 1 2 3 -detpixels 64 -pixel 1"
PIXELS = [(0, 0), (10, 50), (63, 31)]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Neither the package nor what was found in it is kept."""

    def forget() -> None:
        load_package.cache_clear()
        for name in [name for name in sys.modules if name.partition(".")[0] == looked_up.PACKAGE]:
            del sys.modules[name]

    forget()
    yield
    forget()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(STAND_INS))


def experiment(*further: str, oversample: int = 2) -> Experiment:
    return Experiment.from_nanobragg([*FLAGS.split(), "-oversample", str(oversample), *further])


@pytest.mark.usefixtures("stand_in")
class TestRight:
    @pytest.mark.parametrize("further", [(), ("-nopolar",), ("-polar", "0.9"), ("-Xbeam", "20")])
    def test_what_it_looks_up_is_compared(self, further: tuple[str, ...]) -> None:
        found = compare(experiment(*further), PIXELS, "c", "nanobrag_torch")
        pixel = found.comparison.pixels[0]
        assert pixel.taps == ("f_cell_stats", "final_output")
        assert {item.name for item in pixel.absent} >= {
            "config_snapshot", "f_cell_stats.hkl_fractional.h", "f_cell_stats.rounding_margin",
        }  # fmt: skip
        compared = {item.field for item in pixel.fields}
        assert {"total_lookups", "hkl_bounds.h_min", "hkl_rounded.h", "F_cell"} <= compared
        apart = {item.field for item in pixel.differing}
        # The pixel is moved to the corner of a detector of its own, which may round.
        assert apart <= {"intensity", "image"}

    def test_a_table(self, tmp_path: Path) -> None:
        table = tmp_path / "t.hkl"
        table.write_text(
            "".join(f"{h} {k} 0 {h * h + k + 1}\n" for h in range(9) for k in range(9))
        )
        found = compare(
            experiment("-hkl", str(table)), PIXELS, "c", "nanobrag_torch", taps=["f_cell"]
        )
        assert found, str(found)

    def test_a_run_says_what_it_lacks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        command = ["run", "--engines", "c,nanobrag_torch", "--pixel", "32", "32", "--stamp", "s"]
        assert main([*command, "--taps", "f_cell", "--", *FLAGS.split(), "-oversample", "2"]) == 0
        memo = Path("reports/s/f_cell_comparison.md").read_text()
        assert "fields recorded by c, not by nanobrag_torch, and therefore not compared" in memo
        assert "`f_cell_stats.hkl_fractional.h`" in memo
        assert main(["check-report", "reports/s"]) == 0

    @pytest.mark.parametrize(
        "further",
        [("-mosaic", "0.5", "-mosaic_domains", "3"), ("-phi", "1"), ("-xds",), ("-round_xtal",),
         ("-dispersion", "1"), ("-detector_rotx", "2")],
    )  # fmt: skip
    def test_what_it_would_leave_out_is_refused(self, further: tuple[str, ...]) -> None:
        with pytest.raises(UsageError, match="leave the other flags out"):
            compare(experiment(*further), PIXELS, "c", "nanobrag_torch")


@pytest.mark.usefixtures("stand_in")
class TestWrong:
    def test_fewer_lookups_than_subpixels(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen = engine("nanobrag_torch")
        simulator = sys.modules["nanobrag_torch.simulator"].Simulator
        monkeypatch.setattr(simulator, "lookups_left_out", 1)
        with pytest.raises(EngineError, match="made 3 lookups for pixel 0 0 where 4 are due"):
            compare(experiment(), PIXELS, "c", chosen)

    @pytest.mark.parametrize(
        ("module", "name", "said"),
        [
            ("models.crystal", "Crystal", "has no models.crystal.Crystal;"),
            ("simulator", "Simulator", "has no simulator.Simulator;"),
            ("config", "BeamConfig", "has no config.BeamConfig;"),
        ],
    )
    def test_a_missing_class(
        self, module: str, name: str, said: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine("nanobrag_torch")
        load_package.cache_clear()
        monkeypatch.delattr(sys.modules[f"nanobrag_torch.{module}"], name)
        with pytest.raises(EngineError, match=said):
            engine("nanobrag_torch")

    def test_a_missing_method_and_a_missing_setting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen = engine("nanobrag_torch")
        config = sys.modules["nanobrag_torch.config"]
        monkeypatch.setattr(config.CrystalConfig, "__dataclass_fields__", {})
        with pytest.raises(EngineError, match=r"has no CrystalConfig\.cell_a; this engine"):
            compare(experiment(), PIXELS, "c", chosen)
        load_package.cache_clear()
        crystal = sys.modules["nanobrag_torch.models.crystal"].Crystal
        monkeypatch.delattr(crystal, "get_structure_factor")
        with pytest.raises(EngineError, match=r"Crystal\.get_structure_factor; this engine"):
            engine("nanobrag_torch")


class TestAbsent:
    def test_it_is_not_installed(self) -> None:
        with pytest.raises(MissingEngineError, match="nanobrag_torch is not installed; install"):
            engine("nanobrag_torch")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("import no_such_thing", "needs no_such_thing, which is not installed"),
            ("raise RuntimeError('no\\ngood')", "cannot be imported: no good"),
            ("", "has no module nanobrag_torch.config"),
        ],
    )
    def test_it_cannot_be_imported(
        self, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "nanobrag_torch"
        folder.mkdir()
        (folder / "__init__.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        with pytest.raises(EngineError, match=said):
            engine("nanobrag_torch")
