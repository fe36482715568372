"""The detector whose pixels are the subpixels of another."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.subpixel_detector import subpixel_experiment
from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import Detector
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.engines.nanobragg_program.printed_cases import (
    components,
    experiment_of,
    pixels_of,
    plain_experiment,
)
from tests.experiment.strategies import detectors


class TestSecondDetector:
    """A detector whose pixels are the subpixels stands where the first one stands."""

    @given(detectors(), st.integers(1, 6))
    def test_it_has_the_same_origin_and_axes(self, detector: Detector, oversample: int) -> None:
        experiment = plain_experiment(detector, oversample)
        # What a setup holds lives as long as it does.
        setups = [derive(experiment), derive(subpixel_experiment(experiment, (0, 0), oversample))]
        first, second = (setup.detector for setup in setups)
        assert [count * oversample for count in first.pixels] == list(second.pixels)
        for name in ("fast", "slow", "odet", "beam"):
            assert components(first, name) == components(second, name)
        origin = components(first, "pix0")
        difference = np.abs(np.subtract(origin, components(second, "pix0"))).max()
        # Most often none; 3 units in the last place were the most in 60000 random detectors.
        assert difference <= 4 * np.spacing(np.abs(origin).max())
        assert second.pixel_size == pytest.approx(first.subpixel_size, rel=2.3e-16, abs=0)
        if oversample in (1, 2, 4):
            assert second.pixel_size == first.subpixel_size

    @given(detectors(), st.integers(1, 4), st.data())
    def test_its_pixels_have_the_indices_of_the_subpixels(
        self, detector: Detector, oversample: int, data: st.DataObject
    ) -> None:
        experiment = plain_experiment(detector, oversample)
        fast, slow = pixels_of(experiment)
        pixel = data.draw(st.integers(0, slow - 1)), data.draw(st.integers(0, fast - 1))
        finer = subpixel_experiment(experiment, pixel, oversample)
        rows = CCore().observe(experiment, [pixel])[0].evaluations
        first_layer = rows[rows["layer"] == 0]
        assert finer.sampling.roi is not None
        fast_min, fast_max, slow_min, slow_max = finer.sampling.roi
        seen = CCore().observe(
            finer,
            [(s, f) for s in range(slow_min, slow_max + 1) for f in range(fast_min, fast_max + 1)],
        )
        found = np.array([observation.evaluations["hkl"][0] for observation in seen])
        assert np.allclose(found, first_layer["hkl"], rtol=0, atol=1e-9)

    def test_more_pixels_than_a_program_counts(self) -> None:
        with pytest.raises(UsageError, match=r"-oversample 3: .* more than a program counts"):
            subpixel_experiment(experiment_of("-detpixels 20000"), (0, 0), 3)

    @pytest.mark.parametrize(
        "flags", ["-pixel 1e-300 -detpixels_f 5", "-pixel 1e-320", "-detsize 0.04"]
    )
    def test_a_detector_without_a_sensible_number_of_pixels(
        self, pb_nanobragg: NanobraggProgram, flags: str
    ) -> None:
        experiment = parse_flags(["-cell", "40", "-default_F", "1", *flags.split()]).experiment
        with pytest.raises(UsageError, match="no sensible number of pixels"):
            pb_nanobragg.observe(experiment, [(0, 0)])
