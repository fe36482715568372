"""``scan`` of images, of many experiments, and of inputs that change under it."""

from __future__ import annotations

import json
from pathlib import Path

import fabio.cbfimage
import numpy as np
import pytest

from parity_bridge.api import Experiment, engine
from parity_bridge.api import scan as scan_of
from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.errors import UsageError
from tests.bridge.test_scan import FLAGS, PORT, TWO, arrays, experiment, scan, summary


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def image() -> np.ndarray:
    """The C core's, in the files ``right.npy`` and ``right.bin``."""
    pixels = CCore().frame(experiment()).image
    np.save("right.npy", pixels)
    Path("right.bin").write_bytes(pixels.astype("<f4").tobytes())
    return pixels


class TestImages:
    @pytest.mark.usefixtures("image", "without_pictures")
    @pytest.mark.parametrize("name", ["right.npy", "right.bin"])
    @pytest.mark.parametrize("against", ["c", "torch", "right.npy"])
    def test_an_image_against_an_engine_or_another(self, name: str, against: str) -> None:
        assert scan("--image", name, "--against", against) == 0
        found = summary()
        assert (found.differing_intensity, found.f_cell) == (0, None)
        assert (found.other.kind, Path(found.other.name).name) == ("image", name)
        assert found.shells
        memo = Path("reports/s/scan/scan_comparison.md").read_text()
        assert "Not compared: the lookups of a whole region are not recorded by" in memo

    def test_one_that_differs(self, image: np.ndarray) -> None:
        image[40, 50] += 7
        fabio.cbfimage.CbfImage(data=np.round(image * 1e3).astype(np.int32)).save("theirs.cbf")
        np.save("wrong.npy", image)
        assert scan("--image", "wrong.npy") == 3
        assert [pixel.pixel_coords for pixel in summary().worst] == [(40, 50)]
        memo = Path("reports/s/scan/scan_comparison.md").read_text()
        assert "nothing tried explains" in memo
        assert "no behaviour of contract §7 or known slip" in memo
        assert scan("--image", "theirs.cbf", "--corr-min", "0.9", stamp="cbf") in (0, 3)

    @pytest.mark.usefixtures("without_pictures")
    def test_only_the_region_of_interest_is_compared(self, image: np.ndarray) -> None:
        image[40, 50] += 7
        np.save("wrong.npy", image)
        words = ("--image", "wrong.npy", "--against", "right.npy")
        assert scan(*words, "--roi", "0", "30", "0", "95") == 0
        assert summary().pixels == 96 * 31

    @pytest.mark.usefixtures("without_pictures")
    def test_what_a_mask_leaves_out_counts_for_nothing(self) -> None:
        from tests.experiment.smv_files import smv

        mask = np.ones((96, 96), np.uint16)
        mask[20:30] = 0
        Path("mask.img").write_bytes(smv(mask))
        # Its header says more than which pixels there are.
        flags = ["-mask", "mask.img", *FLAGS]
        theirs = CCore().frame(experiment(flags)).image
        theirs[20:30] = -1
        np.save("theirs.npy", theirs)
        assert scan("--image", "theirs.npy", flags=flags) == 0
        assert scan("--image", "theirs.npy", flags=flags[2:], stamp="unmasked") == 3

    @pytest.mark.usefixtures("image")
    def test_what_is_no_image_or_of_another_size(self, capsys: pytest.CaptureFixture[str]) -> None:
        np.save("small.npy", np.zeros((9, 9), np.float32))
        assert scan("--image", "small.npy") == 4
        assert scan("--image", "nowhere.npy") == 5
        assert scan("--image", "right.npy", "--against", "nowhere") == 1
        told = capsys.readouterr().err.splitlines()
        assert len(told) == 3
        assert "there is no such file or engine" in told[2]
        assert not Path("reports").exists()


class TestNotFinite:
    def test_a_pixel_that_one_side_has_not_meets_no_threshold(self, image: np.ndarray) -> None:
        image[:80] = np.nan
        np.save("holes.npy", image)
        words = ("--image", "holes.npy", "--against", "right.npy", "--corr-min", "0.9")
        assert scan(*words) == 0
        assert scan(*words, "--max-abs-max", "1e9", stamp="t") == 3
        assert scan("--image", "holes.npy", "--against", "right.npy", stamp="u") == 3

    def test_nothing_finite_is_nothing_compared(self, capsys: pytest.CaptureFixture[str]) -> None:
        np.save("a.npy", np.full((96, 96), np.nan, np.float32))
        np.save("b.npy", np.full((96, 96), np.nan, np.float32))
        assert scan("--image", "a.npy", "--against", "b.npy") == 1
        assert "there is nothing to compare" in capsys.readouterr().err

    def test_a_difference_from_nothing_is_infinite(self) -> None:
        np.save("a.npy", np.zeros((96, 96), np.float32))
        np.save("b.npy", np.full((96, 96), 1e-3, np.float32))
        words = ("--image", "b.npy", "--against", "a.npy")
        assert scan(*words, "--max-rel-max", "1e6") == 3
        assert summary().max_rel_diff == np.inf


@pytest.mark.usefixtures("without_pictures")
class TestChanges:
    def test_a_table_that_changes_is_read_anew_in_the_same_process(self) -> None:
        flags = [*TWO, "-hkl", "t.hkl"]
        for stamp, value in (("one", 5), ("two", 50)):
            Path("t.hkl").write_text(f"0 0 0 {value}\n1 1 1 {value}\n")
            assert scan(*PORT, flags=flags, stamp=stamp) == 0
        assert summary("two").c_sum != summary("one").c_sum
        assert summary("two").c_sum == pytest.approx(
            arrays("two")["reference/image"].sum(dtype=float)
        )

    def test_a_scan_killed_before_it_said_what_it_is_can_be_begun_again(self) -> None:
        Path("reports/s/scan/maps.zarr/reference").mkdir(parents=True)
        Path("reports/s/scan/tiles").mkdir()
        assert scan(*PORT, "--resume") == 0
        assert summary().verdict == "parity"

    def test_another_report_is_not_gone_on_with(self, capsys: pytest.CaptureFixture[str]) -> None:
        run = [
            "run",
            "--engines",
            "c,tests.scan.scan_engines:Port",
            "--pixel",
            "0",
            "0",
            "--stamp",
            "s",
        ]
        assert main([*run, "--", *FLAGS]) == 0
        assert scan(*PORT, "--resume") == 5
        assert "holds another report" in capsys.readouterr().err

    def test_the_summary_is_away_while_a_scan_goes_on(self) -> None:
        assert scan(*PORT) == 0
        (Path("reports/s/scan/tiles") / "1_1.json").unlink()
        wrong = ("--engines", "c,tests.scan.scan_engines:BreaksDown")
        assert scan(*wrong, "--resume") == 5  # other inputs: nothing is touched
        assert Path("reports/s/scan/summary.json").exists()


@pytest.mark.usefixtures("without_pictures")
class TestExperiments:
    FILE = """
flags = "-cell 50 60 70 -default_F 10 -N 6 -detpixels 32 -pixel 2 -oversample 1"
[[experiment]]
name = "as-mounted"
flags = "-misset 10 20 30"
[grid]
wavelength = [1.0, 1.1]
distance = [80, 120]
"""

    def many(self, *words: str, stamp: str = "s") -> int:
        Path("e.toml").write_text(self.FILE)
        command = ["scan", "--experiments", "e.toml", *PORT, "--stamp", stamp, "--quiet", *words]
        return main(command)

    def test_each_is_a_scan_and_all_are_one_table(self) -> None:
        assert self.many() == 0
        record = json.loads(Path("reports/s/experiments.json").read_text())["experiments"]
        assert len(record) == 5
        assert all(item["summary"]["verdict"] == "parity" for item in record)
        table = Path("reports/s/experiments.md").read_text()
        assert "parity: 5 of 5 experiments without a miss" in table
        for item in record:
            memo = f"{item['name']}/scan/scan_comparison.md"
            assert f"({memo})" in table
            assert Path("reports/s", memo).exists()
        # Nothing of the benchmark is in them, whose flags are for those who give none.
        assert all("500" not in item["summary"]["reference"]["nanobragg_flags"] for item in record)

    def test_one_that_fails_does_not_stop_the_others_and_is_resumed(self) -> None:
        self.FILE = self.FILE.replace("-misset 10 20 30", "-hkl none.hkl")
        assert self.many() == 5
        record = json.loads(Path("reports/s/experiments.json").read_text())["experiments"]
        assert [item["exit_status"] for item in record] == [5, 0, 0, 0, 0]
        assert "none.hkl does not exist" in record[0]["failure"]
        Path("none.hkl").write_text("0 0 1 5\n")
        assert self.many("--resume") == 0


def test_an_instance_is_not_scanned_as_something_else(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"package\.module:Class"):
        scan_of(Experiment.from_nanobragg(FLAGS), tmp_path / "x", "c", engine(CCore()))
