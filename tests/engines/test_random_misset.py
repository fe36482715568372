"""A random orientation and the beam centre of a mask: the original program's images."""

from __future__ import annotations

import hashlib
import math

import pytest
import torch

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.setup import derive as c_derive
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.engines.torch_port import random_misset as port
from parity_bridge.errors import UsageError
from parity_bridge.examples.numpy_engine import NumpyEngine
from parity_bridge.experiment.beam_centre import with_plain_beam_centre
from parity_bridge.experiment.model import (
    Beam,
    Cell,
    Crystal,
    Detector,
    Experiment,
    MaskBeamCentre,
    Sampling,
    StructureFactorSource,
)
from tests.engines.golden_cases import figures_are_exact

#: sha256 of the float images that the original program wrote for ``-misset_seed n -misset rand``.
RANDOM = {
    0: "d06c4eabfcb30ca4c5e25ad916282da403e1593ab3f5e24d9879c59a7ed79b48",
    5: "5ad2c5b6862ed5c3ca41b8b2b67e68e0b8c17f308aca468d2ecdac62425dd6dc",
    77: "fdd1402a8c4a65768e90fdc52d2c2e96f4a83c543c6987ce492be1cac380b408",
    812: "dadf90084789ba1e0b837ac815d20cca8739667bb79935e73e7c77e1a8a00ed9",
    12345: "4e0ce154d202ac474b8357ff9a1da4895c12fe5f289dd96d2c4130555d41a8de",
    2147483647: "1d015829ac9a654904d4a2ca7ff8d481c5a345d15146b704f3368b1dc8aac786",
}
#: The same for a mask of 40 x 32 pixels of 0.9 mm that lets every other column through.
MASK = "50d6ee9f850681ae1a4979785f5d4de3a2b447d4449f99f82e24f4be3687efb2"
MASK_CENTRE = MaskBeamCentre(y_beam=13, pixel_size=0.9, pixels_slow=32)


def randomly_oriented(seed: int, **crystal: object) -> Experiment:
    cell = Cell(a=50, b=60, c=70, alpha=80, beta=95, gamma=105)
    return Experiment(
        crystal=Crystal(cell=cell, cells=(4, 4, 4), random_misset_seed=seed, **crystal),
        beam=Beam(wavelength=1.2),
        detector=Detector(distance=60, pixel_size=0.8, pixels_fast=48, pixels_slow=48),
        structure_factors=StructureFactorSource(default_F=100),
    )


def with_mask_header(**detector: object) -> Experiment:
    values = {"x_beam": 17, "mask_beam_centre": MASK_CENTRE, **detector}
    return Experiment(
        crystal=Crystal(cell=Cell(a=50, b=60, c=70), cells=(4, 4, 4)),
        beam=Beam(wavelength=1.1),
        detector=Detector(distance=55, pixel_size=0.9, pixels_fast=40, pixels_slow=32, **values),
        sampling=Sampling(phi=3, oscillation={"range": 0.5}),
        structure_factors=StructureFactorSource(default_F=100),
    )


@pytest.fixture(params=[CCore, TorchPort])
def engine(request: pytest.FixtureRequest) -> CCore | TorchPort:
    made: CCore | TorchPort = request.param()
    return made


@pytest.mark.skipif(not figures_are_exact(), reason="another variant of the C library's functions")
class TestTheOriginalProgram:
    @pytest.mark.parametrize("seed", RANDOM)
    def test_a_random_orientation(self, seed: int, engine: CCore | TorchPort) -> None:
        image = engine.frame(randomly_oriented(seed)).image
        assert hashlib.sha256(image.tobytes()).hexdigest() == RANDOM[seed]

    def test_the_header_of_a_mask(self, engine: CCore | TorchPort) -> None:
        image = engine.frame(with_mask_header()).image
        image[:, 1::2] = 0.0
        assert hashlib.sha256(image.tobytes()).hexdigest() == MASK


def test_a_misset_beside_it_is_refused() -> None:
    with pytest.raises(ValueError, match="takes the place of misset angles; give one"):
        randomly_oriented(5, misset=(1.0, 2.0, 3.0))


def test_mosaic_domains_have_a_stream_of_their_own() -> None:
    mosaic = {"mosaic_spread": 1.0, "mosaic_domains": 4}
    streams = []
    for seed in (5, 812):
        setup = c_derive(randomly_oriented(seed, **mosaic))
        streams.append([setup.domain_matrices[place] for place in range(36)])
    plain = randomly_oriented(5, **mosaic)
    setup = c_derive(
        plain.model_copy(
            update={"crystal": plain.crystal.model_copy(update={"random_misset_seed": None})}
        )
    )
    assert streams == [[setup.domain_matrices[place] for place in range(36)]] * 2


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 812, 12345, 2**31 - 1])
def test_both_engines_draw_the_same_angles(seed: int) -> None:
    misset = c_derive(randomly_oriented(seed)).crystal.misset
    assert (misset.x, misset.y, misset.z) == port.random_misset(seed)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_turn_about_y_by_a_right_angle(monkeypatch: pytest.MonkeyPatch, sign: float) -> None:
    """No seed is known that draws it."""
    matrix = torch.tensor([[[0.0, -0.6, 0.8], [0.0, 0.8, 0.6], [sign, 0.0, 0.0]]])
    monkeypatch.setattr(port, "random_domains", lambda *_: matrix.to(torch.float64))
    about_z = math.atan2(-0.6, -0.8)
    assert port.random_misset(1) == pytest.approx((math.pi, math.pi / 2, about_z), abs=1e-7)


@pytest.mark.parametrize("convention", ["mosflm", "denzo", "adxv", "xds", "dials", "custom"])
def test_a_plain_beam_centre_is_in_the_same_place(convention: str) -> None:
    given = with_mask_header(convention=convention, y_beam=3.0)
    plain = given.model_copy(update={"detector": with_plain_beam_centre(given.detector)})
    assert plain.detector.mask_beam_centre is None
    assert plain.detector.y_beam == pytest.approx(32 * 0.9 - 13)
    first, second = (c_derive(experiment) for experiment in (given, plain))
    for name in ("Fbeam", "Sbeam", "Fclose", "Sclose", "distance"):
        assert getattr(first.detector, name) == getattr(second.detector, name), name


def test_without_a_mask_nothing_is_written_anew() -> None:
    detector = Detector(y_beam=3.0)
    assert with_plain_beam_centre(detector) is detector


@pytest.mark.parametrize(
    ("experiment", "named"),
    [(randomly_oriented(5), "random_misset_seed"), (with_mask_header(), "mask_beam_centre")],
)
def test_the_example_engine_names_what_it_lacks(experiment: Experiment, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        NumpyEngine().observe(experiment, [(0, 0)])
