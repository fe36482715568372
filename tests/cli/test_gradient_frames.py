"""``frame --gradient``: the image's own bits, and the derivatives of its pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.nanobragg_flags import parse_flags

pytest.importorskip(
    "parity_bridge._core_dual", reason="derivatives are not built without a C++ compiler"
)

FLAGS = (
    "-default_F 100 -cell 50 60 70 80 95 105 -misset 5 6 7 -lambda 1 -N 5 -distance 80 "
    "-detpixels_f 10 -detpixels_s 6 -pixel 2 -oversample 2 -polar 0.5 -roi 1 8 0 4"
).split()
NAMES = "cell_a,cell_b,cell_c,misset_x,misset_y,misset_z,Na,Nb,distance,wavelength"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _frame(*arguments: str, flags: list[str] = FLAGS) -> int:
    return main(["frame", "--engine", "c", *arguments, "--", *flags])


@pytest.mark.parametrize("threads", ["1", "3"])
def test_planes_are_the_derivatives_of_the_image_s_pixels(threads: str) -> None:
    assert _frame("--output", "image.npy") == 0
    assert _frame("--output", "g.npy", "--gradient", NAMES, "--threads", threads) == 0
    image, about = (json.loads(Path(f"{name}.npy.json").read_text()) for name in ("image", "g"))
    assert image["sha256"] == about["sha256"]
    planes = np.load("g.npy")
    assert [plane["parameter"] for plane in about["gradient_file"]["planes"]] == NAMES.split(",")
    assert planes.shape == (10, 6, 10)
    assert planes.dtype == np.float64
    pixel = (3, 7)
    tapped = CCore().tangents(parse_flags(FLAGS).experiment, [pixel], NAMES.split(","))[0]
    expected = [tapped.tangents[name].totals["intensity"] for name in NAMES.split(",")]
    assert planes[:, *pixel].tolist() == expected
    assert not planes[:, 5].any()  # outside the region of interest
    assert not planes[:, :, 9].any()


def test_a_run_whose_order_matters_keeps_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    flags = [*FLAGS, "-phi", "0", "-osc", "2", "-phisteps", "2"]
    assert _frame("--output", "image.npy", flags=flags) == 0
    assert _frame("--output", "g.npy", "--gradient", "distance", flags=flags) == 0
    image, about = (json.loads(Path(f"{name}.npy.json").read_text()) for name in ("image", "g"))
    assert about["in_order"]
    assert image["sha256"] == about["sha256"]
    assert "the order of pixels matters here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--gradient", "cell"), "there is no parameter 'cell'"),
        (("--gradient", "beam_x"), "no beam centre is given"),
        (("--gradient", "F(1,2,3)"), "no table is given; give -hkl"),
        (("--gradient", "Na", "--precision", "fast"), "--gradient has no --precision"),
        (("--gradient", "Na", "--output", "g.img"), "which g.img cannot hold; name g.npy"),
        (("--gradient", "Na", "--engine", "torch"), "gives no derivatives of frames; choose c"),
    ],
)
def test_what_has_no_gradient_is_one_sentence(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _frame("--output", "g.npy", *arguments) == 1
    assert message in capsys.readouterr().err
    assert not list(Path().iterdir())
