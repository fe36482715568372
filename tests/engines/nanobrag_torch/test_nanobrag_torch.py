"""The engine over the public PyTorch port, through a package that stands in for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from parity_bridge.api import Experiment, compare, engine
from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.nanobrag_torch import NanobragTorch
from parity_bridge.engines.nanobrag_torch import scanner as scanner_module
from parity_bridge.engines.nanobrag_torch.package import load_package
from parity_bridge.errors import EngineError, MissingEngineError, UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.regions import Region
from tests.engines.nanobrag_torch.forgotten_package import forget_package

FLAGS = "-cell 50 60 70 80 95 100 -default_F 10 -N 6 -misset 1 2 3 -detpixels 64 -pixel 1"
PIXELS = [(0, 0), (10, 50), (63, 31)]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Neither the package nor what was found in it is kept."""
    forget_package()
    yield
    forget_package()


def experiment(*further: str, oversample: int = 2) -> Experiment:
    return Experiment.from_nanobragg([*FLAGS.split(), "-oversample", str(oversample), *further])


@pytest.mark.usefixtures("stand_in")
class TestRight:
    @pytest.mark.parametrize(
        "further",
        [(), ("-nopolar",), ("-polar", "0.9"), ("-Xbeam", "20"), ("-phi", "3", "-osc", "1"),
         ("-phi", "3", "-osc", "1", "-phisteps", "3")],
    )  # fmt: skip
    def test_what_it_records_is_compared(self, further: tuple[str, ...]) -> None:
        found = compare(experiment(*further), PIXELS, "c", "nanobrag_torch")
        pixel = found.comparison.pixels[0]
        assert pixel.taps == (
            "config_snapshot", "omega_subpixel", "orientation", "hkl_subpixel", "lattice",
            "f_cell_stats", "intensity_pre_norm", "final_output",
        )  # fmt: skip
        compared = {item.field for item in pixel.fields}
        assert {"total_lookups", "hkl_bounds.h_min", "hkl_rounded.h", "F_cell"} <= compared
        assert {"derived.pix0_vector.x", "position.x", "scattering_vector.x", "polar"} <= compared
        assert {"a_mosaic.x", "c_mosaic.z"} <= compared
        assert (
            not {"phi", "a_spindle.x", "airpath", "running_sum", "F_latt", "derived.I_bg"}
            & compared
        )
        assert found, str(found)

    def test_a_table(self, tmp_path: Path) -> None:
        table = tmp_path / "t.hkl"
        table.write_text(
            "".join(f"{h} {k} 0 {h * h + k + 1}\n" for h in range(9) for k in range(9))
        )
        given = experiment("-hkl", str(table))
        assert compare(given, PIXELS, "c", "nanobrag_torch", taps=["f_cell"])
        maps = NanobragTorch().f_cell_maps(given)
        expected = CCore().f_cell_maps(given)
        assert all(np.array_equal(maps[name], plane) for name, plane in expected.items())

    def test_a_run_says_what_it_lacks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        command = ["run", "--engines", "c,nanobrag_torch", "--pixel", "32", "32", "--stamp", "s"]
        assert main([*command, "--", *FLAGS.split(), "-oversample", "2"]) == 0
        memo = Path("reports/s/f_cell_comparison.md").read_text()
        assert "fields recorded by c, not by nanobrag_torch, and therefore not compared" in memo
        assert "`lattice.F_latt`" in memo
        assert main(["check-report", "reports/s"]) == 0
        said = capfd.readouterr()
        assert "word of the port" not in said.out
        assert "another one" not in said.err

    def test_regions(self) -> None:
        given = experiment("-roi", "3", "60", "5", "50")
        chosen = NanobragTorch()
        whole = chosen.frame(given).image
        assert np.array_equal(whole, CCore().frame(given).image)
        region = Region(range(2, 9), range(1, 30))
        scanner, expected = chosen.scanner(given), CCore().scanner(given)
        part = scanner.scan(region, scanner.start())
        reference = expected.scan(region, expected.start())
        assert np.array_equal(part.image, whole[region.slices])
        assert np.array_equal(chosen.frame(given, region).image, part.image)
        assert all(np.array_equal(part.planes[k], plane) for k, plane in reference.planes.items())
        margins = scanner.margins(region, scanner.start())
        assert np.allclose(margins, expected.margins(region, expected.start()))
        assert (scanner.oversample, scanner.pixels) == (2, (64, 64))
        assert scanner.derived["Na"] == 6

    def test_a_region_in_several_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given, chosen = experiment(), NanobragTorch()
        whole = chosen.frame(given).image
        for most in (64 * 4 * 5, 20 * 4):
            monkeypatch.setattr(scanner_module, "MAX_EVALUATIONS", most)
            assert np.array_equal(chosen.frame(given).image, whole)

    def test_a_region_of_interest_without_a_pixel(self) -> None:
        chosen = NanobragTorch()
        image = chosen.frame(experiment("-roi", "70", "80", "0", "9")).image
        assert not image.any()


@pytest.mark.usefixtures("stand_in")
class TestWrong:
    def test_fewer_lookups_than_subpixels(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen = engine("nanobrag_torch")
        simulator = sys.modules["nanobrag_torch.simulator"].Simulator
        monkeypatch.setattr(simulator, "lookups_left_out", 1)
        with pytest.raises(EngineError, match="made 9 lookups for 3 pixels, 1 sources, "):
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


@pytest.mark.usefixtures("stand_in")
class TestRefused:
    def test_what_its_configuration_cannot_say(self) -> None:
        with pytest.raises(UsageError, match=r"^-xtalsize: .*; give -Na -Nb -Nc$"):
            compare(experiment("-xtalsize", "0.01"), PIXELS, "c", "nanobrag_torch")

    def test_a_behaviour(self) -> None:
        chosen = NanobragTorch()
        with pytest.raises(UsageError, match="--behaviour: nanobrag_torch decides by itself"):
            chosen.observe(experiment(), PIXELS, behaviours=Behaviours(omega="last"))


class TestAbsent:
    def test_it_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        without = [folder for folder in sys.path if not (Path(folder) / "nanobrag_torch").exists()]
        monkeypatch.setattr(sys, "path", without)
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
