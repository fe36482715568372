"""``frame`` into integer images: .img, .img with noise, .pgm; and the options that go with each."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import Region
from parity_bridge.images.image_file import open_image
from parity_bridge.records.frame_metadata import FrameMetadata
from tests.engines.golden_cases import figures_are_exact

#: The case all_images of the original program's golden figures.
FLAGS = (
    "-cell 50 60 70 80 95 105 -default_F 100 -N 4 -detpixels 48 -pixel 0.8 -distance 60 -lambda 1.2"
).split()
#: Options -> sha256 of the file that the original program wrote, its first 40 digits.
WRITTEN = {
    "x.img": "1ac522b5b376e352af4c6439f49baba282cb8860",
    "x.img --noise 7": "e3c34d92c8c5c4b6e215f35b1d41ae6889eda455",
    "x.img --noise 99": "27a9e77d18b82ee4c615120fa7e76981eb7aae77",
    "x.img --adc 12.5 --scale 3": "6352149811355c46e13232bb29f4814f1a15e5f5",
    "x.img --adc 12.5 --noise 7": "51968266adb4caa47e7a5e0c5d88f9bf6165ba9a",
    "x.pgm": "43c5ca23583338dee8049eddfc3bb3010c6751ef",
    "x.pgm --pgmscale 0.7": "1859b7ceac16fddf1f381be80749b067467fa6d5",
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def frame(output: str, *words: str, engine: str = "c") -> int:
    return main(["frame", "--engine", engine, "--output", *output.split(), *words, "--", *FLAGS])


@pytest.mark.skipif(not figures_are_exact(), reason="another variant of the C library's functions")
class TestTheOriginalProgram:
    @pytest.mark.parametrize("output", WRITTEN)
    def test_the_file_is_the_same(self, output: str) -> None:
        assert frame(output) == 0
        file = Path(output.split(maxsplit=1)[0])
        assert hashlib.sha256(file.read_bytes()).hexdigest()[:40] == WRITTEN[output]

    def test_photons_of_any_engine_do(self) -> None:
        assert frame("x.img", engine="torch") == 0
        assert hashlib.sha256(Path("x.img").read_bytes()).hexdigest()[:40] == WRITTEN["x.img"]


class TestFiles:
    def test_our_own_reader_reads_them(self) -> None:
        """Counts over the scale are the photons, to half a count."""
        assert frame("x.img", "--scale", "20", "--adc", "0") == 0
        photons = CCore().frame(parse_flags(FLAGS).experiment).image
        read = open_image(Path("x.img"), None).read(Region(range(48), range(48)))
        assert np.abs(read / 20 - photons).max() <= 0.5 / 20 + 1e-4

    def test_beside_it_stands_what_made_it(self) -> None:
        assert frame("x.img", "--adc", "3") == 0
        made = FrameMetadata.model_validate_json(Path("x.img.json").read_bytes())
        photons = CCore().frame(parse_flags(FLAGS).experiment).image
        assert made.sha256 == hashlib.sha256(photons.tobytes()).hexdigest()
        stored = made.integer_file
        assert stored is not None
        assert (stored.scale, stored.adc, stored.seed) == (55000.0 / made.max, 3.0, None)
        assert stored.mean == pytest.approx(photons.mean(), rel=1e-6)
        assert stored.rmsd == pytest.approx(photons.std(ddof=1), rel=1e-6)
        assert frame("n.img", "--noise", "5") == 0
        noisy = FrameMetadata.model_validate_json(Path("n.img.json").read_bytes()).integer_file
        assert noisy is not None
        assert (noisy.seed, noisy.overloads, noisy.scale) == (5, 0, 1.0)
        assert noisy.photons == pytest.approx(photons.sum(), rel=0.01)

    def test_a_float_image_has_no_such_entry(self) -> None:
        assert frame("x.bin") == 0
        assert (
            FrameMetadata.model_validate_json(Path("x.bin.json").read_bytes()).integer_file is None
        )

    @pytest.mark.parametrize(
        ("output", "line"),
        [
            ("x.img --scale 2", "integers: photons times 2 plus 40"),
            ("x.pgm --pgmscale 2", "integers: photons times 2"),
            ("x.img --scale 2 --adc 0", "integers: photons times 2"),
        ],
    )
    def test_the_terminal_states_the_scale(
        self, output: str, line: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert frame(output) == 0
        assert capsys.readouterr().out.splitlines()[1] == line

    def test_the_terminal_states_the_photons_of_noise(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert frame("x.img", "--noise", "7") == 0
        line = capsys.readouterr().out.splitlines()[1]
        assert line.startswith("integers: noise of seed 7, 23")
        assert line.endswith(" photons, 0 overloads, plus 40")

    def test_pixels_outside_the_region_are_0(self) -> None:
        assert frame("x.img", "--roi", "5", "30", "10", "40") == 0
        pixels = np.fromfile("x.img", "<u2", offset=512).reshape(48, 48)
        assert (pixels[10:41, 5:31] >= 40).all()
        pixels[10:41, 5:31] = 0
        assert not pixels.any()


class TestRefused:
    @pytest.mark.parametrize(
        ("output", "said"),
        [
            ("x.img --pgmscale 2", "leave --pgmscale out, or name x.pgm"),
            ("x.pgm --scale 2", "leave --scale out, or name x.img"),
            ("x.pgm --adc 2", "leave --adc out, or name x.img"),
            ("x.pgm --noise 2", "leave --noise out, or name x.img"),
            ("x.npy --noise 2", "leave --noise out, or name x.img"),
            ("x.bin --adc 0", "leave --adc out, or name x.img"),
            ("x.img --noise 2 --scale 2", "leave one of the two out"),
            ("x.img --scale 0", "argument --scale: 0 is not above 0"),
            ("x.pgm --pgmscale nan", "argument --pgmscale: 'nan' is not a finite number"),
            ("x.img --noise 2147483648", "give a seed of 0 to 2147483647, not 2147483648"),
            ("x.txt", "'x.txt' ends in none of .npy, .bin, .img, .pgm"),
        ],
    )
    def test_options_that_do_not_go_together(
        self, output: str, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert frame(output) == 1
        err = capsys.readouterr().err
        assert said in err
        assert err.count("\n") == 1
        assert list(Path().iterdir()) == []
