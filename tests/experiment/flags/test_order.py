"""Flags act in the order given: the last one wins."""

from __future__ import annotations

import pytest

from parity_bridge.experiment.flags.fields import fields_of
from tests.experiment.flags.command_lines import parsed


class TestOrder:
    @pytest.mark.parametrize(
        ("line", "field", "value"),
        [
            ("-lambda 2 -energy 12398.42", "beam.wavelength", 1.0),
            ("-energy 12398.42 -lambda 2", "beam.wavelength", 2.0),
            ("-N 5 -Nb 7", "crystal.cells.1", 7),
            ("-Nb 7 -N 5", "crystal.cells.1", 5),
            ("-interpolate -nointerpolate", "sampling.interpolate", False),
            ("-cell 1 2 3 90 90 120 -cell 50", "crystal.cell.gamma", 120.0),
            ("-oversample 2 -oversample 3", "sampling.oversample", 3),
            ("-square_div -round_div", "beam.round_divergence", True),
            ("-nopolar -polar 0.9", "beam.polarized", True),
            ("-polar 0.9 -nopolar", "beam.polarized", False),
            ("-xtalsize 3 -xtal_width 4", "crystal.sample_size.1", 4.0),
            ("-misset 1 2 3 -misset random -misset_seed 5", "crystal.misset.0", 0.0),
            ("-misset random -misset 1 2 3", "crystal.random_misset_seed", None),
            ("-divergence 3 -vdivrange 4", "beam.vertical_divergence.range", 4.0),
            ("-vdivrange 4 -divergence 3", "beam.vertical_divergence.range", 3.0),
            ("-phistep 1 -phistep 2", "sampling.oscillation.step", 2.0),
            ("-detector_thick 300 -detector_abs 50", "detector.thickness", 300.0),
            ("-detector_thick 300 -detector_abs inf", "detector.thickness", 0.0),
            ("-detector_thick 300 -detector_abs 0", "detector.thickness", 0.0),
            ("-detector_abs 0 -detector_thick 300", "detector.thickness", 300.0),
            ("-detector_abs 0 -detector_thick 300", "detector.attenuation_depth", 0.0),
            ("-detector_abs inf -detector_abs 50", "detector.attenuation_depth", 50.0),
        ],
    )
    def test_the_last_flag_wins(self, line: str, field: str, value: object) -> None:
        assert fields_of(parsed(line))[field] == value

    @pytest.mark.parametrize("flag", ["-distance 60", "-Xbeam 3", "-Ybeam 3", "-pivot beam"])
    def test_the_pivot_becomes_the_beam(self, flag: str) -> None:
        assert parsed(f"-twotheta 0 {flag}").detector.pivot == "beam"

    @pytest.mark.parametrize(
        "flag",
        [
            "-close_distance 60",
            "-Xclose 3",
            "-Yclose 3",
            "-ORGX 3",
            "-ORGY 3",
            "-twotheta 0",
            "-pivot sample",
        ],
    )
    def test_the_pivot_becomes_the_sample(self, flag: str) -> None:
        assert parsed(f"-distance 60 {flag}").detector.pivot == "sample"
