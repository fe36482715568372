"""``scan --image``: what memo, page and terminal say that an image is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge.bridge.integer_images import integer_image, noise_image, pgm_image
from parity_bridge.cli.program import main
from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.nanobragg_flags import read_experiment
from parity_bridge.scan.summary import ScanSummary
from tests.experiment.smv_files import smv, write_file
from tests.explain.images.image_cases import FLAGS, OTHER_CRYSTAL, photons

pytestmark = pytest.mark.usefixtures("without_pictures")
ONLY_IMAGES = "tests.scan.scan_engines:OnlyImages"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def scan(*words: str, flags: str = FLAGS, stamp: str = "s") -> int:
    return main(["scan", "--stamp", stamp, *words, "--", *flags.split()])


def found_reason(stamp: str = "s") -> ImageReason | None:
    text = Path("reports", stamp, "scan", "summary.json").read_bytes()
    return ScanSummary.model_validate_json(text).image_reason


def reason(image: Any, *words: str, flags: str = FLAGS, name: str = "x.npy") -> ImageReason:
    """What a scan of ``image`` against the C core finds."""
    np.save(name, image)
    stamp = f"s{len(list(Path().glob('reports/*')))}"
    assert scan("--image", name, *words, "--quiet", flags=flags, stamp=stamp) == 3
    found = found_reason(stamp)
    assert found is not None
    return found


class TestWhereItIsSaid:
    def test_memo_page_and_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        integer_image(FLAGS, photons(), scale=1).write("x.img")
        assert scan("--image", "x.img") == 3
        clause = (
            f"{Path('x.img').absolute()} is round(I + 40) at every pixel, as `-intfile` with "
            "`-scale 1` writes it"
        )
        assert f"why: {clause}\n" in capsys.readouterr().out
        folder = Path("reports/s/scan")
        (banner,) = (
            line for line in (folder / "scan.html").read_text().splitlines() if "verdict" in line
            and line.startswith("<p")
        )  # fmt: skip
        assert f"pixels; {clause}." in banner
        memo = (folder / "scan_comparison.md").read_text()
        assert "is round(I + 40) at every pixel" in memo.splitlines()[2].replace("\\", "")
        assert "I are the photons of c." in memo
        assert "has no taps" not in memo

    def test_unexplained_is_no_part_of_the_verdict(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        integer_image(OTHER_CRYSTAL, photons(OTHER_CRYSTAL)).write("x.img")
        assert scan("--image", "x.img") == 3
        printed = capsys.readouterr().out
        assert "unexplained: nothing tried explains" in printed
        memo = Path("reports/s/scan/scan_comparison.md").read_text()
        assert "nothing tried" not in memo.splitlines()[2]

    def test_an_image_that_agrees_needs_no_reason(self) -> None:
        np.save("x.npy", photons())
        assert scan("--image", "x.npy", "--quiet") == 0
        assert found_reason() is None


class TestFiles:
    def test_a_pgm_of_the_original(self) -> None:
        pgm_image(FLAGS, photons()).write("x.pgm")
        assert scan("--image", "x.pgm", "--quiet") == 3
        found = found_reason()
        assert found is not None
        assert "is floor(50/rmsd(I)*I) at every pixel" in found.clause
        assert found.clause.endswith("as `-pgmfile` writes it")

    def test_noise_with_the_seed_among_the_flags(self) -> None:
        noise_image(FLAGS, photons(), 7).write("x.img")
        assert scan("--image", "x.img", "--quiet", flags=f"{FLAGS} -seed 7") == 3
        found = found_reason()
        assert found is not None
        assert found.kind == "noise"
        assert found.clause.endswith(", and bit for bit that of seed 7")

    def test_noise_of_a_frame_of_ours(self) -> None:
        frame = ["frame", "--engine", "c", "--output", "x.img", "--noise", "9", "--"]
        assert main([*frame, *FLAGS.split()]) == 0
        assert scan("--image", "x.img", "--quiet") == 3
        found = found_reason()
        assert found is not None
        assert found.clause.endswith(", and bit for bit that of seed 9")

    def test_metadata_of_somebody_else_beside_it(self) -> None:
        noise_image(FLAGS, photons(), 7).write("x.img")
        Path("x.img.json").write_text("{}")
        assert scan("--image", "x.img", "--quiet") == 3
        found = found_reason()
        assert found is not None
        assert found.kind == "noise"

    def test_two_images(self) -> None:
        np.save("a.npy", photons())
        np.save("b.npy", photons()[:, ::-1])
        assert main(["scan", "--stamp", "s", "--image", "b.npy", "--against", "a.npy"]) == 3
        found = found_reason()
        assert found is not None
        assert found.names == (("flipped along fast",),)


class TestParts:
    def test_a_flip_is_that_of_the_whole_detector(self) -> None:
        found = reason(photons()[::-1], "--roi", "3", "40", "10", "20")
        assert found.names == (("flipped along slow",),)

    def test_masked_pixels_do_not_count(self) -> None:
        mask = np.ones((48, 48), "u2")
        mask[10:20] = 0
        mask_file = write_file(Path("mask.smv"), smv(mask, {}))
        flags = f"{FLAGS} -mask {mask_file}"
        found = reason(CCore().frame(read_experiment(flags.split())).image * 3, flags=flags)
        assert found.names == (("scaled",),)


class TestHypotheses:
    def test_a_behaviour(self) -> None:
        found = reason(photons(FLAGS, "omega=last"))
        assert found.names == (("omega=last",),)
        assert found.clause.endswith("the C core computes it at all 2304 pixels to the bit")

    def test_a_factor_that_a_behaviour_explains(self) -> None:
        found = reason(photons(FLAGS, "divide_by_steps=false"))
        assert found.names == (("divide_by_steps=false",),)
        assert found.evidence[-1].endswith("x.npy is 4*I at every pixel.")

    def test_a_factor_that_nothing_explains(self) -> None:
        found = reason(photons() * np.float32(1.1))
        assert found.clause.endswith("x.npy is 1.1*I at every pixel")
        assert "As for a cause, no behaviour" in found.evidence[-1]

    def test_another_crystal(self) -> None:
        found = reason(photons(OTHER_CRYSTAL))
        assert (found.kind, found.names) == ("unexplained", ())
        assert "no behaviour of contract §7 or known slip" in found.clause

    def test_pixels_with_too_many_evaluations(self) -> None:
        flags = f"{FLAGS} -oversample 64 -osc 1 -phisteps 10"
        found = reason(photons() * np.float32(1.1), "--roi", "0", "1", "0", "1", flags=flags)
        assert "more than 20000 evaluations" in found.evidence[-1]


class TestEngines:
    def test_one_without_taps(self) -> None:
        switches = ("divide_by_steps=false", "polar=last", "omega=last")
        words = [word for item in switches for word in ("--behaviour", f"{ONLY_IMAGES}:{item}")]
        assert scan("--engines", f"c,{ONLY_IMAGES}", *words, "--quiet") == 3
        found = found_reason()
        assert found is not None
        assert set(found.names[0]) == set(switches)

    def test_one_that_transposes_only_whole_regions(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert scan("--engines", "c,tests.scan.scan_engines:Transposes") == 3
        assert "why: port is I at every pixel, transposed" in capsys.readouterr().out

    def test_one_whose_taps_say_why_needs_no_other_reason(self) -> None:
        port = "tests.scan.scan_engines:Port"
        words = ("--engines", f"c,{port}", "--behaviour", f"{port}:omega=last")
        assert scan(*words, "--quiet") == 3
        assert found_reason() is None


class TestWholeNumbers:
    def test_an_integer_image_of_a_behaviour(self) -> None:
        integer_image(FLAGS, photons(FLAGS, "omega=last")).write("x.img")
        assert scan("--image", "x.img", "--quiet") == 3
        found = found_reason()
        assert found is not None
        assert found.names[0][0] == "omega=last"
        assert "is round(55000/max(I)*I + 40) at every pixel, as `-intfile` wr" in found.clause
        assert found.clause.endswith("uses the last subpixel's solid angle (`omega=last`)")

    def test_an_integer_image_of_another_crystal(self) -> None:
        integer_image(OTHER_CRYSTAL, photons(OTHER_CRYSTAL)).write("x.img")
        assert scan("--image", "x.img", "--quiet") == 3
        found = found_reason()
        assert found is not None
        assert (found.kind, found.names) == ("unexplained", ())

    def test_photons_too_many_for_fractions(self) -> None:
        """Of float32 values beyond 2^24 all are whole, which makes them no counts."""
        flags = f"{FLAGS} -water 100"
        found = reason(photons(flags, "background=added_last"), flags=flags)
        assert found.names == (("background=added_last",),)
