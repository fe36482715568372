"""The engine over the public PyTorch port itself, where that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest

from parity_bridge.api import Experiment, compare
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.nanobrag_torch import NanobragTorch
from parity_bridge.engines.nanobrag_torch.package import PACKAGE
from parity_bridge.experiment.regions import Region
from tests.engines.nanobrag_torch.forgotten_package import forget_package

pytestmark = pytest.mark.skipif(find_spec(PACKAGE) is None, reason=f"{PACKAGE} is not installed")

PLAIN = "-default_F 100 -cell 100 100 100 90 90 90 -lambda 6.2 -N 5 -distance 100 -detpixels 64"
PIXELS = [(35, 37), (16, 8)]


@pytest.fixture(autouse=True)
def _no_stand_in() -> Iterator[None]:
    forget_package()
    yield
    forget_package()


def experiment(flags: str) -> Experiment:
    return Experiment.from_nanobragg([*PLAIN.split(), *flags.split()])


@pytest.mark.parametrize(
    "flags",
    ["", "-xds", "-dials", "-oversample 1 -nopolar -N 1", "-dispersion 1",
     "-phi 10 -osc 1 -phisteps 3", "-round_xtal", "-gauss_xtal", "-tophat_spots", "-polar 0.9",
     "-flux 1e12 -exposure 2 -beamsize 0.1", "-roi 10 50 20 60", "-misset 10 20 30",
     "-point_pixel -distance 50", "-xds -ORGX 30 -ORGY 20", "-beam_vector 1 0 0"],
)  # fmt: skip
def test_it_agrees(flags: str) -> None:
    found = compare(experiment(flags), PIXELS, "c", "nanobrag_torch")
    assert found, str(found)


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ("-detector_rotx 5", "derived.fdet_vector.y"),
        ("-cell 70 80 90 75 85 95", "derived.a_star.x"),
        ("-mosaic 0.5 -mosaic_dom 5", "derived.mosaic_umats.0.0"),
        ("-adxv", "derived.pix0_vector.y"),
        ("-denzo", "derived.beam_vector.x"),
        ("-curved_det -distance 100", "position.x"),
        ("-oversample 3 -lambda 1", "polar"),
    ],
)
def test_where_it_differs_first(flags: str, field: str) -> None:
    found = compare(experiment(flags), PIXELS, "c", "nanobrag_torch")
    assert found.comparison.pixels[0].differing[0].field == field


def test_regions_are_those_of_single_pixels() -> None:
    given, port = experiment("-oversample 2 -roi 3 60 5 50"), NanobragTorch()
    image = port.frame(given).image
    region = Region(range(3, 20), range(1, 50))
    scanner = port.scanner(given)
    scanned = scanner.scan(region, scanner.start())
    assert np.array_equal(scanned.image, image[region.slices])
    assert np.allclose(image, CCore().frame(given).image, rtol=1e-3)
    observed = port.observe(given, [(19, 49), (3, 3)])
    assert [item.totals["image"] for item in observed] == [float(image[19, 49]), 0.0]
