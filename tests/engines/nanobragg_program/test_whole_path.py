"""The whole path over ``pb-nanobragg``, which is given words alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.errors import UsageError
from parity_bridge.experiment.regions import Region
from tests.engines.golden_cases import load_case
from tests.engines.nanobragg_program.printed_cases import (
    WriteProgram,
    assert_parity,
    experiment_of,
    masked,
    private_folders,
)

#: Cases of every convention and pivot, tilted, with tables, a cache, a matrix and cuts.
WHOLE_PATH = [
    "bench4096_stale_cache",
    "close_distance_energy",
    "detector_rotations_beam_pivot",
    "detector_rotations_sample_pivot",
    "dmin_cut",
    "gnnqqny_adxv",
    "gnnqqny_default_f",
    "gnnqqny_denzo",
    "interpolate_runs_out_of_range",
    "mosflm_matrix",
    "shape_tophat",
    "xtal_size_auto_oversample",
]


#: Axes that a program takes for other flags too.
TRAPPED = (
    "-oversample 3 -polar_vector 0.3 0 1 -polar 0.6 -twotheta_axis 0.2 1 0.1 -twotheta 9 "
    "-pivot sample -detector_rotx 3 -ORGX 10.3"
)


class TestWholePath:
    """The whole path: flags, folder, run, printout, records."""

    @pytest.mark.parametrize("name", WHOLE_PATH)
    def test_a_golden_case(self, pb_nanobragg: NanobraggProgram, name: str, tmp_path: Path) -> None:
        case = load_case(name, tmp_path)
        # That some of the cut's pixels are on this side of it.
        pixels = [case.pixels[3 if name == "dmin_cut" else 1]]
        ours = CCore().observe(case.experiment, pixels)
        theirs = pb_nanobragg.observe(case.experiment, pixels)
        assert_parity(ours, theirs)
        assert [o.totals["image"] for o in ours] == [o.totals["image"] for o in theirs]
        assert private_folders(tmp_path) == []

    @pytest.mark.parametrize(
        "flags",
        [
            TRAPPED,
            "-oversample 2 -fdet_vector 0.01 0.02 1 -pivot beam -curved_det -detector_rotz 4",
        ],
    )
    def test_custom_geometry(self, pb_nanobragg: NanobraggProgram, flags: str) -> None:
        experiment = experiment_of(flags)
        assert_parity(
            CCore().observe(experiment, [(3, 20)]), pb_nanobragg.observe(experiment, [(3, 20)])
        )

    def test_a_masked_pixel_outside_the_region(
        self, pb_nanobragg: NanobraggProgram, tmp_path: Path
    ) -> None:
        mask = masked(tmp_path, (3, 20))
        experiment = experiment_of(f"-oversample 1 -mask {mask} -roi 0 5 0 5")
        ours, theirs = (engine.observe(experiment, [(3, 20)]) for engine in (CCore(), pb_nanobragg))
        assert_parity(ours, theirs)
        assert theirs[0].totals["image"] == 0.0 < theirs[0].totals["intensity"]

    def test_a_region(self, pb_nanobragg: NanobraggProgram, tmp_path: Path) -> None:
        # Several of everything: of an image that does not matter.
        mask = masked(tmp_path, (3, 10))
        experiment = experiment_of(
            f"-oversample 1 -mask {mask} -roi 8 30 0 9 -phi 1 -osc 1 -phisteps 3 -mosaic 1 "
            "-mosaic_domains 2 -dispersion 1 -dispsteps 2"
        )
        region = Region(range(2, 24), range(5, 20))
        ours, theirs = (engine.frame(experiment, region) for engine in (CCore(), pb_nanobragg))
        assert np.array_equal(ours.image, theirs.image)
        assert np.count_nonzero(theirs.image) == 8 * 12 - 1
        assert not theirs.in_order

    def test_a_region_begins_as_a_run_does(
        self, pb_nanobragg: NanobraggProgram, tmp_path: Path
    ) -> None:
        case = load_case("interpolate_runs_out_of_range", tmp_path)
        region = Region(range(20, 40), range(10, 30))
        ours, theirs = (engine.frame(case.experiment, region) for engine in (CCore(), pb_nanobragg))
        assert np.array_equal(ours.image, theirs.image)
        assert theirs.in_order

    def test_regions_of_one_experiment(self, pb_nanobragg: NanobraggProgram) -> None:
        experiment = experiment_of("-roi 4 11 0 23")
        scanner, core = pb_nanobragg.scanner(experiment), CCore().scanner(experiment)
        for name in ("pixels", "roi", "oversample"):
            assert getattr(scanner, name) == getattr(core, name)
        assert not scanner.has_f_cell
        region = Region(range(3, 9), range(5, 7))
        seen = scanner.scan(region, scanner.start(), threads=2)
        assert np.array_equal(seen.image, core.scan(region, core.start()).image)
        assert seen.planes == {}
        assert scanner.is_settled(seen.state)
        with pytest.raises(UsageError, match="prints Tap 4 of one pixel a run"):
            scanner.margins(region, seen.state)

    def test_outside_the_region_of_interest_nothing_is_run(
        self, write_program: WriteProgram
    ) -> None:
        engine = NanobraggProgram(c_bin=write_program("exit 1"))
        frame = engine.frame(experiment_of("-roi 0 1 0 1"), Region(range(3, 5), range(2)))
        assert np.array_equal(frame.image, np.zeros((2, 2), dtype=np.float32))
