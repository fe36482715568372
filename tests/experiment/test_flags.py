"""nanoBragg flags to an Experiment and back."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity_bridge.errors import BridgeError, FileError, UsageError
from parity_bridge.examples import example_flags
from parity_bridge.experiment.flags.fields import experiment_of, fields_of
from parity_bridge.experiment.flags.help import flag_help
from parity_bridge.experiment.flags.image_header import FIELD_OF, FLAG_OF
from parity_bridge.experiment.flags.random_orientation import random_misset
from parity_bridge.experiment.flags.refused import REFUSED
from parity_bridge.experiment.flags.table import FLAGS
from parity_bridge.experiment.model import (
    DEFAULT_MOSAIC_SEED,
    Cell,
    Crystal,
    Detector,
    Experiment,
    Sampling,
    Sweep,
)
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags, to_flags
from tests.engines.golden_cases import CASE_NAMES, load_case
from tests.experiment.smv_files import GEOMETRY, smv, write_file
from tests.experiment.strategies import experiments, paths, sources_with_files

CELL = "-cell 100"
AXES = ("horizontal", "vertical")


#: For command lines of nonsense.
WORDS = (
    *BENCHMARK_FLAGS,
    *"-roi -N nan - -mat é -misset random -misset_seed -osc -phisteps -detector_abs inf -5".split(),
    *"-mask -img -hdivsteps -square_div -sourcefile -mosaic -seed".split(),
    "",
)


def parsed(line: str) -> Experiment:
    return parse_flags(shlex.split(f"{CELL} {line}")).experiment


def refusal(line: str) -> str:
    with pytest.raises(BridgeError) as caught:
        parse_flags(shlex.split(line))
    message = str(caught.value)
    assert "pydantic" not in message
    assert "http" not in message
    assert "\n" not in message
    return message


def with_field(experiment: Experiment, path: str, value: Any) -> Experiment:
    return experiment_of({**fields_of(experiment), path: value})


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One header with the size alone, one with every keyword."""
    folder = tmp_path_factory.mktemp("masks")
    contents = {"bare": smv(keywords={}), "full": smv()}
    return {name: write_file(folder / f"{name}.img", content) for name, content in contents.items()}


ANY = experiments(oversample=st.none() | st.integers(1, 64), sources=sources_with_files())


class TestRoundTrip:
    @settings(deadline=None)
    @given(ANY, paths())
    def test_flags_of_any_experiment_give_it_back(
        self, experiment: Experiment, source_file: Path | None
    ) -> None:
        experiment = with_field(experiment, "beam.source_file", source_file)
        assert parse_flags(to_flags(experiment)).experiment == experiment

    @settings(deadline=None)
    @given(ANY, st.data())
    def test_flags_after_a_mask_replace_what_its_header_sets(
        self, masks: dict[str, Path], experiment: Experiment, data: st.DataObject
    ) -> None:
        mask = data.draw(st.sampled_from(sorted(masks)))
        experiment = with_field(experiment, "detector.mask", masks[mask])
        header = {"SIZE1", "SIZE2", *(GEOMETRY if mask == "full" else ())}
        fields = fields_of(experiment)
        unset = {FIELD_OF[keyword] for keyword in header if fields[FIELD_OF[keyword]] is None}
        if unset:
            with pytest.raises(UsageError, match="and no flag takes it back"):
                to_flags(experiment)
        # No None stays where the header has a value: such an experiment has its flags.
        experiment = experiment_of({**fields, **dict.fromkeys(unset, 3)})
        flags = to_flags(experiment)
        assert flags[:2] == ["-mask", str(masks[mask])]
        assert parse_flags(flags).experiment == experiment

    @settings(deadline=None)
    @given(flags=st.lists(st.sampled_from("-ORGX 3,-phi 0,-distance 9,-denzo,-xds".split(","))))
    def test_an_experiment_that_was_read_with_a_mask_has_its_flags(
        self, masks: dict[str, Path], flags: list[str]
    ) -> None:
        for mask in masks.values():
            experiment = parsed(f"{' '.join(flags[:1])} -mask {mask} {' '.join(flags[1:])}")
            assert parse_flags(to_flags(experiment)).experiment == experiment

    def test_a_value_that_only_the_header_has_is_named(self, masks: dict[str, Path]) -> None:
        detector = Detector(mask=masks["full"], pixels_fast=3, pixels_slow=2)
        with pytest.raises(UsageError) as caught:
            to_flags(Experiment(crystal=Crystal(cell=Cell(a=1)), detector=detector))
        assert str(caught.value) == (
            f"-mask {masks['full']} has CLOSE_DISTANCE in its header where the experiment has no "
            "detector.close_distance, and no flag takes it back; give the experiment that value"
        )

    def test_flags_are_written_where_the_mask_is_gone(self) -> None:
        detector = Detector(mask=Path("gone.img"))
        flags = to_flags(Experiment(crystal=Crystal(cell=Cell(a=1)), detector=detector))
        assert flags[:2] == ["-mask", "gone.img"]
        with pytest.raises(FileError, match=r"gone\.img does not exist"):
            parse_flags(flags)

    @pytest.mark.parametrize("depth", [None, 0.0, 50.0])
    @pytest.mark.parametrize("thickness", [0.0, 300.0])
    def test_a_depth_of_0_leaves_the_thickness_that_follows(
        self, depth: float | None, thickness: float
    ) -> None:
        detector = Detector(attenuation_depth=depth, thickness=thickness)
        experiment = Experiment(crystal=Crystal(cell=Cell(a=1)), detector=detector)
        assert parse_flags(to_flags(experiment)).experiment == experiment

    @pytest.mark.parametrize("name", CASE_NAMES)
    def test_flags_of_the_golden_cases_give_them_back(self, name: str, tmp_path: Path) -> None:
        experiment = load_case(name, tmp_path).experiment
        assert parse_flags(to_flags(experiment)).experiment == experiment

    def test_custom_geometry_without_vectors_is_written(self) -> None:
        detector = Detector(convention="custom")
        experiment = Experiment(crystal=Crystal(cell=Cell(a=1)), detector=detector)
        assert parse_flags(to_flags(experiment)).experiment == experiment

    def test_a_file_name_that_begins_with_a_minus_is_written_so_that_it_can_be_read(self) -> None:
        experiment = parsed("-hkl ./-strange.hkl")
        assert experiment.structure_factors.hkl == Path("-strange.hkl")
        assert parse_flags(to_flags(experiment)).experiment == experiment


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
            (
                "-xtalsize 0.1 0.2 0.3",
                {f"crystal.sample_size.{axis}": (axis + 1) / 10 for axis in range(2)}
                | {"crystal.sample_size.2": 0.3},
            ),
            ("-round_xtal", {"crystal.shape": "round"}),
            ("-gauss_xtal", {"crystal.shape": "gauss"}),
            ("-tophat_spots", {"crystal.shape": "tophat"}),
            ("-tophat_spots -square_xtal", {}),
            ("-fudge 0.8", {"crystal.fudge": 0.8}),
            ("-water 100", {"crystal.water": 100.0}),
            ("-mosaic 0.3", {"crystal.mosaic_spread": 0.3}),
            ("-mosaic_spread 0", {"crystal.mosaic_spread": 0.0}),
            ("-mosaic_domains 20", {"crystal.mosaic_domains": 20}),
            ("-mosaic_seed 7", {"crystal.mosaic_seed": 7}),
            ("-mosaic_seed 0", {"crystal.mosaic_seed": 0}),
            (f"-mosaic_seed {DEFAULT_MOSAIC_SEED}", {}),
            ("-lambda 0.9", {"beam.wavelength": 0.9}),
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
                    ("-divstep", "step", 0.5),
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
            ("-xds", {"detector.convention": "xds"}),
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
            ("-detsize_x 64", {"detector.detsize_fast": 64.0}),
            ("-detsize_s 64", {"detector.detsize_slow": 64.0}),
            ("-detsize_y 64", {"detector.detsize_slow": 64.0}),
            ("-distance 60", {"detector.distance": 60.0, "detector.pivot": "beam"}),
            ("-close_distance 60", {"detector.close_distance": 60.0}),
            ("-Xbeam -1", {"detector.x_beam": -1.0, "detector.pivot": "beam"}),
            ("-Ybeam 0", {"detector.y_beam": 0.0, "detector.pivot": "beam"}),
            ("-Xclose 3", {"detector.x_close": 3.0}),
            ("-Yclose 3", {"detector.y_close": 3.0}),
            ("-ORGX 30.2", {"detector.org_x": 30.2}),
            ("-ORGY 30.2", {"detector.org_y": 30.2}),
            ("-detector_rotx 5", {"detector.rotations.0": 5.0}),
            ("-detector_roty 5", {"detector.rotations.1": 5.0}),
            ("-detector_rotz 5", {"detector.rotations.2": 5.0}),
            ("-twotheta 12", {"detector.twotheta": 12.0}),
            ("-curved_det", {"detector.curved": True}),
            ("-point_pixel", {"detector.point_pixel": True}),
            ("-detector_abs 234", {"detector.attenuation_depth": 234.0}),
            ("-detector_abs inf", {"detector.attenuation_depth": 0.0}),
            ("-detector_abs 0", {"detector.attenuation_depth": 0.0}),
            ("-detector_thick 450", {"detector.thickness": 450.0}),
            ("-detector_thicksteps 3", {"detector.thickness_steps": 3}),
            ("-oversample 2", {"sampling.oversample": 2}),
            ("-oversample_polar", {"sampling.oversample_polar": True}),
            ("-oversample_omega", {"sampling.oversample_omega": True}),
            ("-oversample_thick", {"sampling.oversample_thick": True}),
            ("-phi 30", {"sampling.phi": 30.0}),
            ("-osc 0.5", {"sampling.oscillation.range": 0.5}),
            ("-osc 0", {"sampling.oscillation.range": 0.0}),
            ("-phistep 0.1", {"sampling.oscillation.step": 0.1}),
            ("-dphi 0.1", {"sampling.oscillation.step": 0.1}),
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
    def test_a_vector_is_kept_as_given_and_selects_custom_geometry(
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

    def test_a_matrix_is_read_from_a_file_or_from_the_command_line(self, tmp_path: Path) -> None:
        (tmp_path / "A.mat").write_text("1 2 3\n4 5 6\n7 8 9\n")
        from_file = parse_flags(["-mat", str(tmp_path / "A.mat")]).experiment
        inline = parse_flags(["-mat", *"123456789"]).experiment
        assert inline == from_file
        assert inline.crystal.matrix == tuple(range(1, 10))


class TestOrder:
    @pytest.mark.parametrize(
        ("line", "field", "value"),
        [
            ("-lambda 2 -energy 12398.42", "beam.wavelength", 1.0),
            ("-energy 12398.42 -lambda 2", "beam.wavelength", 2.0),
            ("-N 5 -Nb 7", "crystal.cells.1", 7),
            ("-Nb 7 -N 5", "crystal.cells.1", 5),
            ("-interpolate -nointerpolate", "sampling.interpolate", False),
            ("-cell 1 2 3 90 90 120 -cell 50", "crystal.cell.gamma", None),
            ("-oversample 2 -oversample 3", "sampling.oversample", 3),
            ("-square_div -round_div", "beam.round_divergence", True),
            ("-divergence 3 -vdivrange 4", "beam.vertical_divergence.range", 4.0),
            ("-vdivrange 4 -divergence 3", "beam.vertical_divergence.range", 3.0),
            ("-phistep 1 -dphi 2", "sampling.oscillation.step", 2.0),
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
            "-pivot SAMPLE",
        ],
    )
    def test_the_pivot_becomes_the_sample(self, flag: str) -> None:
        assert parsed(f"-distance 60 {flag}").detector.pivot == "sample"


class TestRefused:
    @pytest.mark.parametrize("flag", sorted(REFUSED))
    def test_a_flag_out_of_scope_is_refused_by_name(self, flag: str) -> None:
        message = refusal(f"{CELL} {flag} 1")
        assert message.startswith(f"{flag} is refused: ")
        assert message.endswith("; leave it out")

    @pytest.mark.parametrize(
        ("flag", "instead"),
        [
            ("-floatfile", "`frame --engine c --output FILE` writes the float image"),
            ("-intfile", "fabio turns it into integers"),
            ("-pgmfile", "fabio turns it into integers"),
            ("-noisefile", "no noise is computed; add it with a tool such as numpy"),
            ("-seed", "no noise is computed"),
            ("-nonoise", "no noise and no PGM image is ever written"),
            ("-printout", "`trace --pixel SLOW FAST`"),
            ("-trace_pixel", "`trace --pixel SLOW FAST`"),
            ("-noprogress", "it changes no figure"),
        ],
    )
    def test_a_refusal_says_what_to_use_instead(self, flag: str, instead: str) -> None:
        assert instead in refusal(flag)

    def test_no_flag_is_both_known_and_refused(self) -> None:
        assert REFUSED.keys().isdisjoint(name for flag in FLAGS for name in flag.names)

    @pytest.mark.parametrize(
        ("typed", "nearest"),
        [
            ("-cel", "-cell"),
            ("-xbeam", "-Xbeam"),
            ("-wavelength", "-wave"),
            ("--distance", "-distance"),
            ("-detpixel", "-detpixels"),
        ],
    )
    def test_an_unknown_flag_is_named_with_the_nearest_known(
        self, typed: str, nearest: str
    ) -> None:
        message = refusal(f"{typed} 100")
        assert message == f"{typed} is not a nanoBragg flag; the nearest one is {nearest}"

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ("-distance", "-distance takes 1 number, but none follows"),
            ("-distance -lambda 1", "-distance takes 1 number, but none follows"),
            ("-distance far", "-distance far: 'far' is not a finite number; give one"),
            ("-distance nan", "-distance nan: 'nan' is not a finite number"),
            ("-distance -inf", "-distance -inf: '-inf' is not a finite number"),
            ("-distance 1e999", "-distance 1e999: '1e999' is not a finite number"),
            ("-distance 1_0", "-distance 1_0: '1_0' is not a finite number"),
            ("-distance ''", "-distance : '' is not a finite number"),
            ("-distance -5", "-distance -5: the value must be greater than 0"),
            ("-distance 0", "-distance 0: the value must be greater than 0"),
            ("-close_distance 0", "-close_distance 0: the value must be greater than 0"),
            ("-wave 0", "-wave 0: the value must be greater than 0"),
            ("-lambda -1", "-lambda -1: the value must be greater than 0"),
            ("-energy 0", "-energy 0: the value must be greater than 0"),
            ("-energy -5", "-energy -5: the value must be greater than 0"),
            ("-energy 1e-320", "-energy 1e-320: the value must be a finite number"),
            ("-pixel 0", "-pixel 0: the value must be greater than 0"),
            ("-detpixels_x 0", "-detpixels_x 0: the value must be greater than 0"),
            ("-detpixels 1.5", "-detpixels 1.5: '1.5' is not a whole number; give one"),
            ("-detpixels 99999999999", "-detpixels 99999999999: the value must be less than"),
            ("-N 5.0", "-N 5.0: '5.0' is not a whole number"),
            ("-N " + "9" * 5000, "the value must be less than or equal to 2147483647"),
            ("-Na -" + "9" * 5000, "the value must be greater than or equal to -2147483648"),
            ("-oversample 0", "-oversample 0: the value must be greater than or equal to 1"),
            ("-oversample 65", "-oversample 65: the value must be less than or equal to 64"),
            ("-polar 2", "-polar 2: the value must be less than or equal to 1"),
            ("-misset 1 2", "-misset takes 1 word (random) or 3 numbers, but only '1 2' follows"),
            ("-xtalsize 1 2", "-xtalsize takes 1 or 3 numbers, but only '1 2' follows it"),
            ("-cell", "-cell takes 1 to 6 numbers, but none follows"),
            ("-cell 1 2 x", "-cell 1 2 x: 'x' is not a finite number"),
            ("-cell 10 -20 30", "-cell 10 -20 30: the value must be greater than 0"),
            ("-cell 9 9 9 90 90 200", "-cell 9 9 9 90 90 200: no unit cell has the angles"),
            ("-cell 1 2 3 90 90 90 5", "'5' after -cell and its values belongs to no flag"),
            ("-distance 5 5", "'5' after -distance and its values belongs to no flag"),
            ("-xds 5", "'5' after -xds and its values belongs to no flag"),
            ("-hkl", "-hkl takes 1 file name, but none follows"),
            ("-hkl -table.hkl", "-hkl takes 1 file name, but none follows"),
            ("-hkl -5", "-hkl -5: this is not a file name"),
            ("-hkl ''", "-hkl : this is not a file name"),
            ("-sourcefile", "-sourcefile takes 1 file name, but none follows"),
            ("-mask -img", "-mask takes 1 file name, but none follows"),
            ("-osc -1", "-osc -1: the value must be greater than or equal to 0"),
            ("-phistep 0", "-phistep 0: the value must be greater than 0"),
            ("-dphi -1", "-dphi -1: the value must be greater than 0"),
            ("-phisteps 0", "-phisteps 0: the value must be greater than or equal to 1"),
            ("-phisteps 1000001", "-phisteps 1000001: the value must be less than or equal to 10"),
            ("-phisteps 1.5", "-phisteps 1.5: '1.5' is not a whole number"),
            ("-mosaic -0.1", "-mosaic -0.1: the value must be greater than or equal to 0"),
            ("-mosaic_spread nan", "-mosaic_spread nan: 'nan' is not a finite number"),
            ("-mosaic_domains 0", "-mosaic_domains 0: the value must be greater than or equal"),
            ("-mosaic_seed -1", "-mosaic_seed -1: the value must be greater than or equal to 0"),
            ("-mosaic_seed 2147483648", "-mosaic_seed 2147483648: the value must be less than"),
            ("-hdivrange -1", "-hdivrange -1: the value must be greater than or equal to 0"),
            ("-hdivstep 0", "-hdivstep 0: the value must be greater than 0"),
            ("-hdivsteps 0", "-hdivsteps 0: the value must be greater than or equal to 1"),
            ("-vdivrange x", "-vdivrange x: 'x' is not a finite number"),
            ("-vdivstep 0", "-vdivstep 0: the value must be greater than 0"),
            ("-vdivsteps -1", "-vdivsteps -1: the value must be greater than or equal to 1"),
            ("-divergence -1", "-divergence -1: the value must be greater than or equal to 0"),
            ("-divstep 0", "-divstep 0: the value must be greater than 0"),
            ("-divsteps 0", "-divsteps 0: the value must be greater than or equal to 1"),
            ("-dispersion -1", "-dispersion -1: the value must be greater than or equal to 0"),
            ("-dispsteps 0", "-dispsteps 0: the value must be greater than or equal to 1"),
            ("-detector_abs -1", "-detector_abs -1: the value must be greater than or equal to 0"),
            ("-detector_abs -inf", "-detector_abs -inf: '-inf' is not a finite number"),
            ("-detector_thick inf", "-detector_thick inf: 'inf' is not a finite number"),
            ("-detector_thick -1", "-detector_thick -1: the value must be greater than or equal"),
            ("-detector_thicksteps 0", "-detector_thicksteps 0: the value must be greater than"),
            ("-misset randomly", "-misset randomly: give three angles, or the word random"),
            ("-misset 5", "-misset 5: give three angles, or the word random"),
            ("-misset random 5", "-misset takes 1 word (random) or 3 numbers, but only 'random 5'"),
            ("-misset", "-misset takes 1 word (random) or 3 numbers, but none follows it"),
            ("-misset random -misset_seed -1", "-misset_seed -1: the seed must be from 0 to 2147"),
            ("-misset_seed 2147483648", "-misset_seed 2147483648: the seed must be from 0 to 2147"),
            ("-misset_seed 0.5", "-misset_seed 0.5: '0.5' is not a whole number"),
            ("-pivot corner", "-pivot corner: the pivot is either beam or sample"),
            ("-fdet_vector 0 0 0", "-fdet_vector 0 0 0: this vector has no direction"),
            ("-beam_vector 1.7e308 1.7e308 0", "this vector has no direction"),
            ("-roi 5 4 0 9", "-roi 5 4 0 9 holds no pixel"),
            ("-roi 0 4 0", "-roi takes 4 whole numbers, but only '0 4 0' follows it"),
            ("-mat 1 2 3", "-mat takes 1 file name or 9 numbers, but only '1 2 3' follows it"),
            ("-mat 1 2 3 4 5 6 7 8 nan", "'nan' is not a finite number"),
            ("-mat 1 0 0 0 1 0 0 0 1", "-cell or with -mat FILE, exactly one of them"),
        ],
    )
    def test_a_bad_value_is_named_as_it_was_typed(self, line: str, complaint: str) -> None:
        assert complaint in refusal(f"{CELL} {line}")

    @pytest.mark.parametrize("line", ["", "-lambda 1"])
    def test_a_command_line_without_a_cell_is_refused(self, line: str) -> None:
        assert "-cell or with -mat FILE" in refusal(line)

    def test_a_word_before_any_flag_is_refused(self) -> None:
        assert refusal("5 -cell 1") == "'5' before any flag belongs to no flag; remove it"

    def test_a_missing_matrix_file_is_a_file_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match=r"A\.mat does not exist"):
            parse_flags(["-mat", str(tmp_path / "A.mat")])

    @given(st.lists(st.sampled_from(WORDS)))
    def test_any_words_give_an_experiment_or_one_sentence(self, words: list[str]) -> None:
        try:
            parse_flags(words)
        except (UsageError, FileError) as error:
            sentence = str(error)
        else:
            sentence = ""
        assert "\n" not in sentence


class TestRandomOrientation:
    @pytest.mark.parametrize("seed", ["", "-misset_seed 5"])
    def test_it_is_drawn_where_no_angles_follow(self, seed: str) -> None:
        drawn = parsed(f"-misset random {seed}").crystal.misset
        assert drawn == (random_misset(5) if seed else random_misset())

    def test_the_seed_may_stand_anywhere_and_the_last_one_counts(self) -> None:
        drawn = parsed("-misset_seed 1 -misset random -misset_seed 5").crystal.misset
        assert drawn == random_misset(5)

    def test_the_last_orientation_wins(self) -> None:
        assert parsed("-misset random -misset 1 2 3").crystal.misset == (1.0, 2.0, 3.0)
        assert parsed("-misset 1 2 3 -misset random").crystal.misset == random_misset()

    def test_a_note_tells_angles_and_seed(self) -> None:
        line = shlex.split(f"{CELL} -misset random -misset_seed 5 -hkl a.hkl")
        rx, ry, rz = random_misset(5)
        (note,) = parse_flags(line).notes
        assert note == (
            f"-misset random: -misset {rx!r} {ry!r} {rz!r}, drawn here with -misset_seed 5; "
            "the original program's own draw is not in the contract"
        )

    @pytest.mark.parametrize("misset", ["", "-misset random -misset 1 2 3"])
    def test_a_seed_alone_does_nothing_and_a_note_says_so(self, misset: str) -> None:
        parse = parse_flags(shlex.split(f"{CELL} {misset} -misset_seed 5 -hkl a.hkl"))
        assert parse.notes == ("-misset_seed 5 does nothing without -misset random",)
        assert parse.experiment == parsed(f"{misset} -hkl a.hkl")


class TestHeaders:
    @pytest.fixture
    def image(self, tmp_path: Path) -> Path:
        return write_file(tmp_path / "a.img", smv())

    def test_the_header_of_an_image_sets_everything_it_has(self, image: Path) -> None:
        experiment = parsed(f"-img {image}")
        assert experiment.detector == Detector(
            pixels_fast=3,
            pixels_slow=2,
            pixel_size=0.1024,
            distance=250.5,
            close_distance=249.25,
            x_beam=105.1,
            y_beam=-3.5,
            org_x=1024.5,
            org_y=-20.25,
            twotheta=-15.0,
        )
        assert experiment.sampling == Sampling(phi=12.5, oscillation=Sweep(range=0.5))
        assert experiment.beam.wavelength == 0.979

    def test_a_mask_is_kept_besides(self, image: Path) -> None:
        masked, imaged = parsed(f"-mask {image}"), parsed(f"-img {image}")
        assert masked == with_field(imaged, "detector.mask", image)

    def test_every_keyword_that_is_read_has_its_flag(self, tmp_path: Path) -> None:
        for keyword in FLAG_OF.keys() - {"SIZE1", "SIZE2"}:
            path = write_file(tmp_path / f"{keyword}.img", smv(keywords={keyword: 7}))
            bare = parsed("-detpixels_f 3 -detpixels_s 2")
            expected = with_field(bare, FIELD_OF[keyword], 7.0)
            assert parsed(f"-img {path} -pivot sample") == with_field(
                expected, "detector.pivot", "sample"
            )

    def test_flags_override_a_header_before_them_and_it_those_before_it(self, image: Path) -> None:
        experiment = parsed(f"-distance 60 -phi 3 -img {image} -phi 5 -detpixels 9")
        assert experiment.detector.distance == 250.5
        assert experiment.sampling.phi == 5.0
        assert (experiment.detector.pixels_fast, experiment.detector.pixels_slow) == (9, 9)

    def test_the_last_header_wins_and_leaves_what_it_does_not_have(
        self, image: Path, tmp_path: Path
    ) -> None:
        mask = write_file(tmp_path / "mask.img", smv(keywords={"PHI": 1}))
        experiment = parsed(f"-img {image} -mask {mask}")
        assert experiment.sampling.phi == 1.0
        assert experiment.detector.distance == 250.5

    @pytest.mark.parametrize(
        ("keywords", "pivot"),
        [
            ("DISTANCE", "beam"),
            ("DISTANCE CLOSE_DISTANCE", "sample"),
            ("CLOSE_DISTANCE", "sample"),
            ("CLOSE_DISTANCE BEAM_CENTER_X", "beam"),
            ("CLOSE_DISTANCE BEAM_CENTER_Y", "beam"),
            ("BEAM_CENTER_X ORGX", "sample"),
            ("BEAM_CENTER_X XDS_ORGY", "sample"),
            ("BEAM_CENTER_X TWOTHETA", "sample"),
            ("TWOTHETA ORGX DISTANCE", "sample"),
        ],
    )
    def test_the_pivot_follows_as_from_the_flags(
        self, tmp_path: Path, keywords: str, pivot: str
    ) -> None:
        path = write_file(tmp_path / "a.img", smv(keywords=dict.fromkeys(keywords.split(), 7)))
        other = {"beam": "sample", "sample": "beam"}[pivot]
        assert parsed(f"-pivot {other} -img {path}").detector.pivot == pivot

    def test_a_note_tells_what_was_taken(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.img", smv(keywords={"DISTANCE": 250, "OSC_START": 0.1}))
        line = shlex.split(f"{CELL} -img {path} -mask {path} -hkl a.hkl")
        taken = "SIZE1 3, SIZE2 2, DISTANCE 250.0, OSC_START 0.1 taken from its header"
        assert parse_flags(line).notes == (f"-img {path}: {taken}", f"-mask {path}: {taken}")

    @pytest.mark.parametrize("flag", ["-img", "-mask"])
    def test_an_image_that_cannot_be_is_a_file_error(self, tmp_path: Path, flag: str) -> None:
        path = write_file(tmp_path / "a.img", smv(WAVELENGTH=0))
        message = refusal(f"{CELL} {flag} {path} -lambda 1")
        assert message.startswith(f"image {path}: its header has WAVELENGTH '0' instead of")


class TestNotes:
    @pytest.fixture(autouse=True)
    def _empty_working_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @staticmethod
    def notes(line: str) -> tuple[str, ...]:
        return parse_flags(shlex.split(f"{CELL} {line}")).notes

    def test_an_ordinary_command_line_has_none(self) -> None:
        assert self.notes("-lambda 1 -twotheta 5 -fdet_vector 0 0 1") == ()

    def test_a_twotheta_axis_would_have_set_the_angle_in_the_original(self) -> None:
        (note,) = self.notes("-twotheta_axis 0.5 1 0")
        assert "would also have set 2θ to 0.5 degrees and the pivot to SAMPLE" in note

    def test_a_cache_beside_a_table_is_left_alone(self) -> None:
        (note,) = self.notes("-hkl a.hkl -dump b.bin")
        assert note == "-hkl a.hkl is read; the cache b.bin is neither read nor written"

    def test_a_stale_cache_is_pointed_out_where_no_table_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "Fdump.bin").write_bytes(b"")
        (note,) = self.notes("")
        assert "the original program would have read it, -dump Fdump.bin does so here" in note

    @pytest.mark.parametrize("line", ["-hkl a.hkl", "-dump Fdump.bin"])
    def test_a_stale_cache_is_not_mentioned_where_a_file_is_named(
        self, tmp_path: Path, line: str
    ) -> None:
        (tmp_path / "Fdump.bin").write_bytes(b"")
        assert self.notes(line) == ()


class TestExamples:
    def test_the_example_names_its_table_absolutely(self) -> None:
        source = parse_flags(example_flags("gnnqqny")).experiment.structure_factors
        assert source.hkl is not None
        assert source.hkl.is_absolute()
        assert source.hkl.name == "gnnqqny_p1.hkl"
        assert source.hkl.is_file()

    def test_the_example_is_the_golden_case(self, tmp_path: Path) -> None:
        golden = load_case("gnnqqny_mosflm", tmp_path).experiment
        assert parse_flags(example_flags("gnnqqny")).experiment == golden

    def test_an_unknown_example_is_refused_with_the_known(self) -> None:
        with pytest.raises(UsageError, match="choose gnnqqny"):
            example_flags("lysozyme")


def test_the_help_names_every_flag() -> None:
    words = flag_help().replace(",", " ").split()
    assert {name for flag in FLAGS for name in flag.names} <= set(words)


@pytest.mark.parametrize(
    ("flags", "note"),
    [
        ("-mosaic_domains 3", "-mosaic_domains does nothing without -mosaic"),
        ("-dispsteps 3", "-dispsteps does nothing without -dispersion"),
        ("-oversample_thick", "every intensity is 0"),
        ("-nopolar -oversample_polar", "in spite of -nopolar"),
    ],
)
def test_flags_that_do_not_do_what_they_seem_to_are_noted(flags: str, note: str) -> None:
    assert any(note in text for text in parse_flags(["-cell", "50", *flags.split()]).notes)
    plain = "-cell 50 -mosaic 1 -mosaic_domains 3 -dispersion 1 -dispsteps 3 -oversample_polar"
    layers = "-detector_thick 100 -oversample_thick"
    assert parse_flags([*plain.split(), *layers.split()]).notes == ()
