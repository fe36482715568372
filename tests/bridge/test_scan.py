"""``scan`` from its command line: what it finds, what it leaves, how it goes on and how it ends."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.examples import example_flags
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import F_CELL_PLANES, Region
from parity_bridge.scan.summary import ScanSummary

FLAGS = (
    "-cell 50 60 70 -default_F 10 -N 6 -detpixels 96 -pixel 0.8 -lambda 1.1 -oversample 1".split()
)
TWO = [*FLAGS, "-oversample", "2"]
SMALL = [*FLAGS, "-detpixels", "40"]
_INTERPOLATED = [*example_flags("gnnqqny"), "-N", "2", "-interpolate", "-oversample", "1"]
_TALL = "-detpixels_f 24 -detpixels_s 90".split()
#: Interpolates down to row 47 and no further, so that the order of pixels matters that far.
IN_ORDER = [*_INTERPOLATED, *_TALL, *"-pixel 1 -Xbeam 10 -Ybeam 12".split()]
#: Interpolates everywhere.
ALWAYS = [*_INTERPOLATED, *_TALL, *"-pixel 0.4 -Xbeam 2 -Ybeam 5".split()]
PORT = ("--engines", "c,tests.scan.scan_engines:Port")
WRONG_PORT = (*PORT, "--behaviour", "tests.scan.scan_engines:Port:omega=last")
#: So few that it takes little to say why they differ.
FEW = ("--roi", "40", "42", "30", "30")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def scan(*words: str, flags: list[str] = FLAGS, stamp: str = "s", tile: str = "32") -> int:
    command = ["scan", "--stamp", stamp, "--tile", tile, "--quiet", *words, "--", *flags]
    return main(command)


def summary(stamp: str = "s") -> ScanSummary:
    text = Path("reports", stamp, "scan", "summary.json").read_bytes()
    return ScanSummary.model_validate_json(text)


def maps(stamp: str = "s") -> Any:
    return zarr.open_group(Path("reports", stamp, "scan", "maps.zarr"), mode="r")


def content(stamp: str) -> dict[str, bytes]:
    """Every file of a store."""
    store = Path("reports", stamp, "scan", "maps.zarr")
    files = (path for path in sorted(store.rglob("*")) if path.is_file())
    return {str(path.relative_to(store)): path.read_bytes() for path in files}


def arrays(stamp: str) -> dict[str, np.ndarray]:
    group = maps(stamp)
    found = {f"{side}/{name}": group[f"{side}/{name}"][:] for side in ("reference", "other")
             for name in (*F_CELL_PLANES, "image")}  # fmt: skip
    return {**found, "mismatch": group["mismatch"][:]}


def experiment(flags: list[str] = FLAGS) -> Experiment:
    return parse_flags(flags).experiment


class TestParity:
    def test_the_c_core_and_the_port_agree_everywhere(self) -> None:
        assert scan() == 0
        found = summary()
        assert found.verdict == "parity"
        assert found.pixels == 96 * 96
        assert (found.differing_intensity, found.differing_f_cell) == (0, 0)
        assert found.f_cell is not None
        assert [item.field for item in found.f_cell] == list(F_CELL_PLANES)
        assert (found.correlation, found.sum_ratio, found.max_abs_diff) == (1.0, 1.0, 0.0)
        assert found.lookups == 96 * 96
        assert found.worst == ()
        assert found.peaks.matched == found.peaks.reference > 0
        assert found.mean_peak_distance == 0.0

    @pytest.mark.usefixtures("without_pictures")
    def test_the_store_holds_what_the_engine_computes(self) -> None:
        assert scan(*PORT) == 0
        frame = CCore().frame(experiment())
        planes = CCore().f_cell_maps(experiment())
        stored = arrays("s")
        assert np.array_equal(stored["reference/image"], frame.image)
        assert all(np.array_equal(stored[f"other/{n}"], planes[n]) for n in F_CELL_PLANES)
        assert not stored["mismatch"].any()
        assert maps()["reference/image"].metadata.dimension_names == ("slow", "fast")

    @pytest.mark.usefixtures("without_pictures")
    @pytest.mark.parametrize(
        "flags",
        [
            IN_ORDER,
            pytest.param(SMALL, marks=pytest.mark.corpus),
            pytest.param(ALWAYS, marks=pytest.mark.corpus),
        ],
    )
    def test_tiles_threads_and_tile_size_give_the_same_maps(self, flags: list[str]) -> None:
        assert scan(*PORT, "--threads", "1", stamp="one", flags=flags) == 0
        assert scan(*PORT, "--threads", "4", stamp="four", flags=flags) == 0
        assert content("one") == content("four")
        whole = CCore().frame(experiment(flags)).image
        for tile in ("7", "16", "4096"):
            assert scan(*PORT, stamp=tile, tile=tile, flags=flags) == 0
            assert all(
                np.array_equal(mine, theirs)
                for mine, theirs in zip(arrays(tile).values(), arrays("one").values(), strict=True)
            )
            assert np.array_equal(arrays(tile)["reference/image"], whole)
        one, seven = summary("one"), summary("7")
        assert one.f_cell == seven.f_cell
        assert one.c_sum == pytest.approx(seven.c_sum, rel=1e-12)

    @pytest.mark.usefixtures("without_pictures")
    def test_where_the_order_of_pixels_matters_it_is_kept_and_said(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = ["scan", "--stamp", "s", "--tile", "16", *PORT, "--"]
        assert main([*command, *IN_ORDER]) == 0
        assert "the order of pixels matters here" in capsys.readouterr().err
        assert summary().in_order
        names = {path.stem for path in Path("reports/s/scan/tiles").iterdir()}
        # Rows of tiles until interpolation is off, then tile by tile.
        assert names == {"0_all", "1_all", "2_all", "3_0", "3_1", "4_0", "4_1", "5_0", "5_1"}

    @pytest.mark.usefixtures("without_pictures")
    def test_a_region_is_scanned_as_a_run_over_it(self) -> None:
        assert scan(*PORT, "--roi", "10", "49", "5", "24") == 0
        found = summary()
        assert (found.slow, found.fast, found.pixels) == ((5, 25), (10, 50), 800)
        whole = CCore().frame(experiment()).image
        assert np.array_equal(arrays("s")["reference/image"], whole[5:25, 10:50])

    @pytest.mark.usefixtures("without_pictures")
    def test_any_engine_that_looks_at_pixels_can_be_scanned(self) -> None:
        assert (
            scan(
                "--engines", "c,tests.scan.scan_engines:OnlyObserves", "--roi", "3", "22", "0", "9"
            )
            == 0
        )
        assert summary().pixels == 200


class TestDifferences:
    def test_every_differing_pixel_is_counted_and_the_worst_explained(self) -> None:
        assert scan("--behaviour", "torch:omega=last", flags=TWO) == 3
        found = summary()
        images = arrays("s")
        apart = images["reference/image"] != images["other/image"]
        assert found.differing_intensity == apart.sum() > 0
        assert found.differing_f_cell == 0
        assert len(found.worst) == 10
        size = np.abs(images["other/image"].astype(float) - images["reference/image"])
        assert found.max_abs_diff == size.max() == found.worst[0].abs_diff
        memo = Path("reports/s/scan/scan_comparison.md").read_text()
        assert "uses the last subpixel's solid angle" in memo
        assert Path("reports/s/scan/worst/explanation.json").exists()

    def test_tap_4_is_counted_field_by_field(self) -> None:
        entries = (f"{h} {k} {l} {(h + k + l) % 3}" for h in range(-20, 9) for k in range(-9, 20)
                   for l in range(-5, 9))  # fmt: skip
        Path("t.hkl").write_text("\n".join(entries))
        flags = [*TWO, "-hkl", "t.hkl"]
        assert scan("--behaviour", "torch:in_box_zero=default", flags=flags) == 3
        found = summary()
        mine, theirs = (
            CCore().f_cell_maps(experiment(flags), behaviours=Behaviours.parse(words))
            for words in ((), ("in_box_zero=default",))
        )
        assert found.f_cell is not None
        counts = {item.field: item.differing for item in found.f_cell}
        assert counts == {name: (mine[name] != theirs[name]).sum() for name in F_CELL_PLANES}
        assert counts["default_f_count"] > counts["h_min"] == 0

    @pytest.mark.usefixtures("without_pictures")
    def test_pixels_of_the_command_shown_reproduce(self) -> None:
        assert scan("--behaviour", "torch:omega=last", *FEW, flags=TWO) == 3
        (command,) = Path("reports/s/scan/worst/commands.txt").read_text().splitlines()
        words = command.split()
        assert words[:4] == ["python", "-m", "parity_bridge", "run"]
        assert main([*words[3:5], *words[5:]]) == 3

    @pytest.mark.usefixtures("without_pictures")
    def test_a_port_that_errs_only_in_frames_is_called_that(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = ["scan", "--stamp", "s", "--engines", "c,tests.scan.scan_engines:WrongInFrames"]
        assert main([*command, "--", *FLAGS]) == 3
        assert "only where it computes whole regions" in capsys.readouterr().out
        assert summary().worst[0].pixel_coords == (33, 21)
        assert summary().worst[0].fields == ("h_max",)
        assert (summary().differing_index, summary().rounding_sensitive) == (1, 0)
        assert arrays("s")["mismatch"].nonzero() == (np.array([33]), np.array([21]))

    def test_float32_is_within_its_tolerances_and_says_how_many_differ(self) -> None:
        assert scan("--dtype", "float32") == 0
        found = summary()
        assert found.differing_intensity > 0
        assert found.beyond_tolerance_intensity == 0
        assert (found.differing_f_cell, found.differing_index) == (0, 0)
        assert (
            "within the tolerances for float32"
            in Path("reports/s/scan/scan_comparison.md").read_text()
        )


@pytest.mark.usefixtures("without_pictures")
class TestThresholds:
    def test_they_decide_alone(self) -> None:
        met = ("--corr-min", "0.9", "--sum-ratio-max", "2")
        assert scan(*WRONG_PORT, *FEW, *met, flags=TWO) == 0
        assert summary().verdict == "thresholds met"
        assert scan(*WRONG_PORT, *FEW, "--max-abs-max", "0", stamp="t", flags=TWO) == 3
        assert summary("t").verdict == "thresholds missed"
        assert [item.met for item in summary("t").thresholds] == [False]

    def test_a_file_sets_them_and_a_flag_goes_before_it(self) -> None:
        Path("t.toml").write_text("corr_min = 0.5\nmax_abs_max = 0.0\n")
        wrong = (*WRONG_PORT, *FEW, "--thresholds", "t.toml")
        assert scan(*wrong, flags=TWO) == 3
        assert scan(*wrong, "--max-abs-max", "1e30", stamp="t", flags=TWO) == 0


@pytest.mark.usefixtures("without_pictures")
class TestResume:
    def test_it_computes_what_is_not_finished_and_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted = tmp_path / "counted"
        counted.mkdir()
        monkeypatch.setenv("COUNTED", str(counted))
        engine = ("--engines", "c,tests.scan.scan_engines:Counting")
        assert scan(*engine) == 0
        before = content("s")
        tiles = Path("reports/s/scan/tiles")
        assert len(list(tiles.iterdir())) == 9
        (tiles / "1_1.json").unlink()
        (tiles / "0_2.json").write_text("{")
        shutil.rmtree("reports/s/scan/maps.zarr/mismatch/c/2")
        assert scan(*engine, "--resume") == 0
        again = sorted(path.name for path in counted.iterdir() if path.read_text() == "xx")
        assert [name for name in again if name != "0_0_1_32"] == [
            "0_64_32_32", "32_32_32_32", "64_0_32_32", "64_32_32_32", "64_64_32_32",
        ]  # fmt: skip
        assert content("s") == before

    def test_without_it_nothing_is_overwritten(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert scan(*PORT) == 0
        before = content("s")
        assert scan(*PORT) == 5
        assert "go on with it with --resume" in capsys.readouterr().err
        assert content("s") == before

    @pytest.mark.parametrize(
        ("words", "flags", "named"),
        [
            (("--tile", "16"), FLAGS, "tile"),
            (
                ("--behaviour", "tests.scan.scan_engines:Port:omega=last"),
                FLAGS,
                "other behaviours omega",
            ),
            (("--engine-flags", "c", "-default_F 11"), FLAGS, "experiment structure_factors"),
            ((), [*FLAGS, "-roi", "0", "10", "0", "10"], "sampling roi"),
        ],
    )
    def test_other_inputs_are_refused_by_name(
        self,
        words: tuple[str, ...],
        flags: list[str],
        named: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert scan(*PORT) == 0
        assert main(["scan", "--stamp", "s", *PORT, *words, "--resume", "--", *flags]) == 5
        assert re.search(rf"was begun with .*{named}", capsys.readouterr().err)

    def test_another_table_under_the_same_name_is_refused(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("t.hkl").write_text("0 0 1 5\n1 1 1 7\n")
        assert scan(*PORT, "--hkl", "t.hkl") == 0
        Path("t.hkl").write_text("0 0 1 5\n1 1 1 8\n")
        assert scan(*PORT, "--hkl", "t.hkl", "--resume") == 5
        assert "files table" in capsys.readouterr().err

    def test_a_scan_that_was_never_begun_is_begun(self) -> None:
        assert scan(*PORT, "--resume") == 0
        assert summary().verdict == "parity"

    def test_it_needs_a_name(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("STAMP", raising=False)
        assert main(["scan", "--resume"]) == 1
        assert "give its --stamp" in capsys.readouterr().err


@pytest.mark.usefixtures("without_pictures")
class TestFailures:
    def test_an_engine_that_breaks_down_leaves_what_is_finished(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert scan("--engines", "c,tests.scan.scan_engines:BreaksDown", "--threads", "1") == 2
        assert "ZeroDivisionError: in the middle" in capsys.readouterr().err
        folder = Path("reports/s")
        assert "go on" in (folder / "attempt_fail.log").read_text()
        assert not (folder / "scan" / "summary.json").exists()
        assert list((folder / "scan" / "tiles").iterdir())

    def test_an_engine_that_does_not_start_leaves_nothing(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert scan("--engines", "c,tests.scan.scan_engines:Refuses") == 2
        assert "RuntimeError: not today" in capsys.readouterr().err
        assert list(Path().iterdir()) == []

    def test_detectors_of_different_sizes(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert scan(*PORT, "--engine-flags", "c", "-detpixels 90") == 4
        assert "compare detectors of one size" in capsys.readouterr().err

    @pytest.fixture
    def _short_of_patience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No scheduler answers, however long one waits."""
        distributed = pytest.importorskip("distributed")

        class Client(distributed.Client):  # type: ignore[misc, name-defined]
            def __init__(self, address: str, **how: Any) -> None:
                super().__init__(address, **how | {"timeout": "100ms"})

        monkeypatch.setattr(distributed, "Client", Client)

    @pytest.mark.parametrize(
        ("words", "flags", "said"),
        [
            (("--roi", "96", "99", "0", "3"), FLAGS, "nothing to compare"),
            (("--tile", "0"), FLAGS, "--tile 0: give 1 to 4096 pixels"),
            (("--against", "c"), FLAGS, "name it with --image"),
            (("--engines", "c"), FLAGS, "two or more different engines"),
            (("--engines", "c,c"), FLAGS, "two or more different engines"),
            (("--behaviour", "torch:omega=last", *PORT), FLAGS, "'torch' is not run"),
            (("--corr-min", "2"), FLAGS, "corr"),
            (("--corr-min", "x"), FLAGS, "not a finite number"),
            (("--dask", "tcp://127.0.0.1:1"), FLAGS, "no Dask scheduler answers there"),
        ],
    )
    @pytest.mark.usefixtures("_short_of_patience")
    def test_what_makes_no_sense_is_said_in_one_line_and_leaves_nothing(
        self,
        words: tuple[str, ...],
        flags: list[str],
        said: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert main(["scan", "--stamp", "s", *words, "--", *flags]) == 1
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert said in lines[0]
        assert list(Path().iterdir()) == []

    def test_a_mask_that_leaves_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        from tests.experiment.smv_files import smv

        Path("mask.img").write_bytes(smv(np.zeros((96, 96), np.uint16)))
        assert scan(*PORT, flags=[*FLAGS, "-mask", "mask.img"]) == 1
        assert "there is nothing to compare" in capsys.readouterr().err


class TestReport:
    def test_everything_is_there_and_linked(self) -> None:
        assert scan("--behaviour", "torch:omega=last", flags=TWO) == 3
        folder = Path("reports/s/scan")
        memo = (folder / "scan_comparison.md").read_text()
        for link in re.findall(r"\]\(([^)]+)\)", memo):
            assert (folder / link).exists(), link
        html = (folder / "scan.html").read_text()
        for link in re.findall(r'href="([^"#]+)"', html):
            assert (folder / link).exists(), link
        assert json.loads((folder / "summary.json").read_text())["schema_version"] == 1
        assert {path.name for path in Path("reports/s").iterdir()} == {
            "scan", "commands.txt", "env",
        }  # fmt: skip

    @pytest.mark.usefixtures("without_pictures")
    def test_the_names_people_know_are_in_the_summary(self) -> None:
        assert scan(*PORT) == 0
        found = json.loads(Path("reports/s/scan/summary.json").read_text())
        assert found.keys() >= {
            "correlation", "mse", "rmse", "max_abs_diff", "c_sum", "py_sum", "sum_ratio",
            "mean_peak_distance", "max_peak_distance", "runtime_c_ms", "runtime_py_ms",
        }  # fmt: skip

    @pytest.mark.usefixtures("without_pictures")
    def test_quiet_prints_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert scan(*PORT) == 0
        assert capsys.readouterr() == ("", "")

    @pytest.mark.usefixtures("without_pictures")
    def test_otherwise_lines_tell_how_far_it_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["scan", "--stamp", "s", *PORT, "--", *FLAGS]) == 0
        out, err = capsys.readouterr()
        assert re.search(r"scan: 100 %, [\d.e+-]+ Mpixel/s, 0 s left", err)
        assert "parity: c and port agree in intensity and all of Tap 4 exactly at 9216" in out
        assert out.splitlines()[-2:] == [
            "report: reports/s/scan/scan_comparison.md", "page: reports/s/scan/scan.html",
        ]  # fmt: skip


@pytest.mark.usefixtures("without_pictures")
def test_regions_are_those_of_the_store() -> None:
    assert scan(*PORT, tile="40") == 0
    image = CCore().frame(experiment(), Region(range(80, 96), range(40, 80))).image
    assert np.array_equal(maps()["reference/image"][80:96, 40:80], image)
