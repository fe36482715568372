"""The table of flags: which fields each one sets, and the help that lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity_bridge.experiment.flags.fields import fields_of
from parity_bridge.experiment.flags.help import flag_help
from parity_bridge.experiment.flags.table import FLAGS
from parity_bridge.experiment.model import (
    DEFAULT_MOSAIC_SEED,
    Cell,
)
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from tests.experiment.flags.command_lines import parsed

AXES = ("horizontal", "vertical")


class TestFields:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("-hkl P1.hkl", {"structure_factors.hkl": Path("P1.hkl")}),
            ("-dump Fdump.bin", {"structure_factors.dump": Path("Fdump.bin")}),
            ("-default_F -3", {"structure_factors.default_F": -3.0}),
            ("-cell 70 80", {"crystal.cell.a": 70.0, "crystal.cell.b": 80.0}),
            (
                "-cell 70 80 90 75 85 95",
                {
                    "crystal.cell.a": 70.0,
                    "crystal.cell.b": 80.0,
                    "crystal.cell.c": 90.0,
                    "crystal.cell.alpha": 75.0,
                    "crystal.cell.beta": 85.0,
                    "crystal.cell.gamma": 95.0,
                },
            ),
            (
                "-misset -89.968546 1e1 .5",
                {
                    "crystal.misset.0": -89.968546,
                    "crystal.misset.1": 10.0,
                    "crystal.misset.2": 0.5,
                },
            ),
            (
                "-N 5",
                {"crystal.cells.0": 5, "crystal.cells.1": 5, "crystal.cells.2": 5},
            ),
            ("-Na 12", {"crystal.cells.0": 12}),
            ("-Nb 12", {"crystal.cells.1": 12}),
            ("-Nc 12", {"crystal.cells.2": 12}),
            (
                "-samplesize 0.1",
                {f"crystal.sample_size.{axis}": 0.1 for axis in range(3)},
            ),
            *(
                (f"{spelling} 0.1", {f"crystal.sample_size.{axis}": 0.1})
                for axis, names in enumerate(
                    ("x thick", "y width", "z heigh height"),
                )
                for name in names.split()
                for spelling in (f"-xtal_{name}", f"-sample_{name}")
            ),
            ("-width 0.1", {"crystal.sample_size.1": 0.1}),
            ("-height 0.1", {"crystal.sample_size.2": 0.1}),
            ("-round_xtal", {"crystal.shape": "round"}),
            ("-gauss_xtal", {"crystal.shape": "gauss"}),
            ("-tophat_spots", {"crystal.shape": "tophat"}),
            ("-binary_spots", {"crystal.shape": "tophat"}),
            ("-tophat_spots -square_xtal", {}),
            ("-fudge 0.8", {"crystal.fudge": 0.8}),
            ("-water 100", {"crystal.water": 100.0}),
            ("-mosaic 0.3", {"crystal.mosaic_spread": 0.3}),
            ("-mosaicity 0.3", {"crystal.mosaic_spread": 0.3}),
            ("-mosaic_dom 20", {"crystal.mosaic_domains": 20}),
            ("-mosaic_spread 0", {"crystal.mosaic_spread": 0.0}),
            ("-mosaic_domains 20", {"crystal.mosaic_domains": 20}),
            ("-mosaic_seed 7", {"crystal.mosaic_seed": 7}),
            ("-mosaic_seed 0", {"crystal.mosaic_seed": 0}),
            (f"-mosaic_seed {DEFAULT_MOSAIC_SEED}", {}),
            ("-lambda 0.9", {"beam.wavelength": 0.9}),
            ("-wavelength 0.9", {"beam.wavelength": 0.9}),
            ("-wave 0.9", {"beam.wavelength": 0.9}),
            ("-energy 12660", {"beam.wavelength": 12398.42 / 12660}),
            ("-polar -0.7", {"beam.polarization": -0.7}),
            ("-nopolar", {"beam.polarized": False}),
            ("-fluence 1e12", {"beam.fluence": 1e12}),
            ("-flux 1e12", {"beam.flux": 1e12}),
            ("-exposure 0.2", {"beam.exposure": 0.2}),
            ("-beamsize 0.05", {"beam.beam_size": 0.05}),
            ("-hdivrange 2", {"beam.horizontal_divergence.range": 2.0}),
            ("-hdivstep 0.5", {"beam.horizontal_divergence.step": 0.5}),
            ("-hdivsteps 4", {"beam.horizontal_divergence.steps": 4}),
            ("-vdivrange 2", {"beam.vertical_divergence.range": 2.0}),
            ("-vdivstep 0.5", {"beam.vertical_divergence.step": 0.5}),
            ("-vdivsteps 4", {"beam.vertical_divergence.steps": 4}),
            *(
                (
                    f"{flag} {value}",
                    {f"beam.{axis}_divergence.{part}": value for axis in AXES},
                )
                for flag, part, value in (
                    ("-divergence", "range", 2.0),
                    ("-divsteps", "steps", 4),
                )
            ),
            ("-square_div", {"beam.round_divergence": False}),
            ("-square_div -round_div", {}),
            ("-dispersion 1.5", {"beam.dispersion": 1.5}),
            ("-dispsteps 3", {"beam.dispersion_steps": 3}),
            ("-sourcefile sources.txt", {"beam.source_file": Path("sources.txt")}),
            ("-denzo", {"detector.convention": "denzo"}),
            ("-adxv", {"detector.convention": "adxv"}),
            ("-xds", {"detector.convention": "xds", "detector.pivot": "sample"}),
            ("-dials", {"detector.convention": "dials"}),
            ("-xds -mosflm", {}),
            ("-pix0_vector 0 0 0", {"detector.convention": "custom"}),
            ("-pixel 0.05", {"detector.pixel_size": 0.05}),
            ("-detpixels 64", {"detector.pixels_fast": 64, "detector.pixels_slow": 64}),
            ("-detpixels_f 64", {"detector.pixels_fast": 64}),
            ("-detpixels_x 64", {"detector.pixels_fast": 64}),
            ("-detpixels_s 64", {"detector.pixels_slow": 64}),
            ("-detpixels_y 64", {"detector.pixels_slow": 64}),
            ("-detsize 64", {"detector.detsize_fast": 64.0, "detector.detsize_slow": 64.0}),
            ("-detsize_f 64", {"detector.detsize_fast": 64.0}),
            ("-detsize_s 64", {"detector.detsize_slow": 64.0}),
            ("-distance 60", {"detector.distance": 60.0}),
            ("-close_distance 60", {"detector.close_distance": 60.0, "detector.pivot": "sample"}),
            ("-Xbeam -1", {"detector.x_beam": -1.0}),
            ("-Ybeam 0", {"detector.y_beam": 0.0}),
            ("-Xclose 3", {"detector.x_close": 3.0, "detector.pivot": "sample"}),
            ("-Yclose 3", {"detector.y_close": 3.0, "detector.pivot": "sample"}),
            ("-ORGX 30.2", {"detector.org_x": 30.2, "detector.pivot": "sample"}),
            ("-ORGY 30.2", {"detector.org_y": 30.2, "detector.pivot": "sample"}),
            ("-detector_rotx 5", {"detector.rotations.0": 5.0}),
            ("-detector_roty 5", {"detector.rotations.1": 5.0}),
            ("-detector_rotz 5", {"detector.rotations.2": 5.0}),
            ("-twotheta 12", {"detector.twotheta": 12.0, "detector.pivot": "sample"}),
            ("-curved_det -phi 0", {"detector.curved": True}),
            ("-point_pixel", {"detector.point_pixel": True}),
            ("-detector_abs 234", {"detector.attenuation_depth": 234.0}),
            ("-detector_abs inf", {"detector.attenuation_depth": 0.0}),
            ("-detector_abs 0", {"detector.attenuation_depth": 0.0}),
            ("-detector_thick 450", {"detector.thickness": 450.0}),
            ("-detector_thicksteps 3", {"detector.thickness_steps": 3}),
            ("-thicksteps 3", {"detector.thickness_steps": 3}),
            ("-oversample 2", {"sampling.oversample": 2}),
            ("-oversample_polar", {"sampling.oversample_polar": True}),
            ("-oversample_omega", {"sampling.oversample_omega": True}),
            ("-oversample_thick", {"sampling.oversample_thick": True}),
            ("-phi 30", {"sampling.phi": 30.0}),
            ("-osc 0.5", {"sampling.oscillation.range": 0.5}),
            ("-osc 0", {"sampling.oscillation.range": 0.0}),
            ("-phistep 0.1", {"sampling.oscillation.step": 0.1}),
            ("-phisteps 5", {"sampling.oscillation.steps": 5}),
            ("-dmin 2.2", {"sampling.dmin": 2.2}),
            ("-interpolate", {"sampling.interpolate": True}),
            ("-nointerpolate", {"sampling.interpolate": False}),
            ("-roi 5 40 10 50", {f"sampling.roi.{i}": v for i, v in enumerate((5, 40, 10, 50))}),
        ],
    )
    def test_a_flag_sets_its_fields_and_no_others(
        self, line: str, expected: dict[str, Any]
    ) -> None:
        untouched = fields_of(parsed(""))
        fields = fields_of(parsed(line))
        changed = {path: value for path, value in fields.items() if untouched.get(path) != value}
        ignored = {"crystal.cell.a"} - expected.keys()
        assert {path: changed[path] for path in changed.keys() - ignored} == expected

    @pytest.mark.parametrize(
        ("flag", "vector"),
        [
            ("-fdet_vector", "fast"),
            ("-sdet_vector", "slow"),
            ("-odet_vector", "odet"),
            ("-beam_vector", "beam"),
            ("-polar_vector", "polarization"),
            ("-spindle_axis", "spindle"),
            ("-twotheta_axis", "twotheta"),
        ],
    )
    def test_a_vector_is_stored_as_given_and_selects_custom_geometry(
        self, flag: str, vector: str
    ) -> None:
        detector = parsed(f"-xds {flag} 0 -2.5 1e-3").detector
        assert getattr(detector.vectors, vector) == (0.0, -2.5, 1e-3)
        assert detector.convention == "custom"

    def test_a_convention_after_a_vector_wins(self) -> None:
        assert parsed("-fdet_vector 0 0 1 -adxv").detector.convention == "adxv"

    def test_the_benchmark_is_the_one_of_the_readme(self) -> None:
        experiment = parse_flags(BENCHMARK_FLAGS).experiment
        assert experiment.crystal.cell == Cell(a=100, b=100, c=100, alpha=90, beta=90, gamma=90)
        assert experiment.crystal.cells == (5, 5, 5)
        assert experiment.detector.pixels_slow == 4096
        assert experiment.sampling.oversample == 2

    def test_a_matrix_is_read_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "A.mat").write_text("1 2 3\n4 5 6\n7 8 9\n")
        read = parse_flags(["-matrix", str(tmp_path / "A.mat"), "-default_F", "1"]).experiment
        assert read.crystal.matrix == tuple(range(1, 10))


def test_the_help_names_every_flag() -> None:
    words = flag_help().replace(",", " ").split()
    assert {flag.name for flag in FLAGS} <= set(words)
    assert all(any(part in word for word in words) for flag in FLAGS for part in flag.all_spellings)
