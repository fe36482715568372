"""An Experiment to its nanoBragg flags and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.flags.fields import experiment_of, fields_of
from parity_bridge.experiment.flags.image_header import FIELD_OF
from parity_bridge.experiment.model import (
    Cell,
    Crystal,
    Detector,
    Experiment,
)
from parity_bridge.experiment.nanobragg_flags import parse_flags, to_flags
from tests.engines.golden_cases import CASE_NAMES, load_case
from tests.experiment.flags.command_lines import parsed, with_field
from tests.experiment.smv_files import GEOMETRY, smv, write_file
from tests.experiment.strategies import experiments, paths, sources_with_files


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write one image whose header has only its size, and one with every keyword."""
    folder = tmp_path_factory.mktemp("masks")
    contents = {"bare": smv(keywords={}), "full": smv()}
    return {name: write_file(folder / f"{name}.img", content) for name, content in contents.items()}


def reread(flags: Sequence[str]) -> Experiment:
    """Read ``flags`` of an experiment that need not have structure factors."""
    return parse_flags(flags, needs_structure_factors=False).experiment


@pytest.fixture(scope="module")
def matrix_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrices")


def as_flags_can_say(experiment: Experiment, folder: Path) -> Experiment:
    """Put the orientation matrix in a file, and drop a beam centre that only a mask can say."""
    detector = experiment.detector.model_copy(update={"mask_beam_centre": None})
    experiment = experiment.model_copy(update={"detector": detector})
    matrix = experiment.crystal.matrix
    if matrix is None:
        return experiment
    path = write_file(folder / f"{hash(matrix)}.mat", " ".join(map(repr, matrix)).encode())
    return with_field(experiment, "crystal.matrix_file", path)


ANY = experiments(oversample=st.none() | st.integers(1, 64), sources=sources_with_files())


class TestRoundTrip:
    @settings(deadline=None)
    @given(ANY, paths())
    def test_flags_of_any_experiment_give_it_back(
        self, matrix_folder: Path, experiment: Experiment, source_file: Path | None
    ) -> None:
        experiment = as_flags_can_say(experiment, matrix_folder)
        experiment = with_field(experiment, "beam.source_file", source_file)
        assert reread(to_flags(experiment)) == experiment

    @settings(deadline=None)
    @given(ANY, st.data())
    def test_flags_after_a_mask_replace_what_its_header_sets(
        self,
        masks: dict[str, Path],
        matrix_folder: Path,
        experiment: Experiment,
        data: st.DataObject,
    ) -> None:
        experiment = as_flags_can_say(experiment, matrix_folder)
        mask = data.draw(st.sampled_from(sorted(masks)))
        experiment = with_field(experiment, "detector.mask", masks[mask])
        header = {"SIZE1", "SIZE2", *(GEOMETRY if mask == "full" else ())}
        fields = fields_of(experiment)
        unset = {
            FIELD_OF[keyword]
            for keyword in header & FIELD_OF.keys()
            if fields[FIELD_OF[keyword]] is None
        }
        if unset:
            with pytest.raises(UsageError, match="and no flag takes it back"):
                to_flags(experiment)
        # An experiment without None where the header has a value can be written as flags.
        experiment = experiment_of({**fields, **dict.fromkeys(unset, 3)})
        flags = to_flags(experiment)
        assert flags[:2] == ["-mask", str(masks[mask])]
        assert reread(flags) == experiment

    @settings(deadline=None)
    @given(flags=st.lists(st.sampled_from("-ORGX 3,-phi 0,-distance 9,-denzo,-xds".split(","))))
    def test_an_experiment_that_was_read_with_a_mask_has_its_flags(
        self, masks: dict[str, Path], flags: list[str]
    ) -> None:
        for mask in masks.values():
            experiment = parsed(f"{' '.join(flags[:1])} -mask {mask} {' '.join(flags[1:])}")
            assert reread(to_flags(experiment)) == experiment

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
            reread(flags)

    @pytest.mark.parametrize("depth", [None, 0.0, 50.0])
    @pytest.mark.parametrize("thickness", [0.0, 300.0])
    def test_a_depth_of_0_leaves_the_thickness_that_follows(
        self, depth: float | None, thickness: float
    ) -> None:
        detector = Detector(attenuation_depth=depth, thickness=thickness)
        experiment = Experiment(crystal=Crystal(cell=Cell(a=1)), detector=detector)
        assert reread(to_flags(experiment)) == experiment

    def test_a_matrix_without_a_file_is_written_but_not_read_back(self) -> None:
        crystal = Crystal(matrix=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
        flags = to_flags(Experiment(crystal=crystal))
        assert flags[:2] == ["-mat", "1.0"]
        with pytest.raises(UsageError, match="-mat takes a file; write the nine numbers to one"):
            reread(flags)

    @pytest.mark.parametrize("name", CASE_NAMES)
    def test_flags_of_the_golden_cases_give_them_back(self, name: str, tmp_path: Path) -> None:
        experiment = load_case(name, tmp_path).experiment
        assert reread(to_flags(experiment)) == experiment

    @pytest.mark.parametrize("angles", ["", "-misset 1 2 3"])
    def test_a_random_orientation_is_written_with_its_seed(self, angles: str) -> None:
        experiment = parsed(f"{angles} -misset random -misset_seed 5")
        assert experiment.crystal.random_misset_seed == 5
        flags = to_flags(experiment)
        assert " ".join(flags).startswith("-misset_seed 5 -misset random")
        assert reread(flags) == experiment

    def test_a_beam_centre_of_a_mask_is_written_by_naming_the_mask(
        self, masks: dict[str, Path]
    ) -> None:
        experiment = parsed(f"-mask {masks['full']}")
        assert experiment.detector.mask_beam_centre is not None
        assert reread(to_flags(experiment)) == experiment
        elsewhere = with_field(experiment, "detector.mask", masks["bare"])
        with pytest.raises(UsageError, match="is not in the header of the mask"):
            to_flags(elsewhere)

    def test_custom_geometry_without_vectors_is_written(self) -> None:
        detector = Detector(convention="custom")
        experiment = Experiment(crystal=Crystal(cell=Cell(a=1)), detector=detector)
        assert reread(to_flags(experiment)) == experiment

    def test_a_file_name_that_begins_with_a_minus_is_written_so_that_it_can_be_read(self) -> None:
        experiment = parsed("-hkl ./-strange.hkl")
        assert experiment.structure_factors.hkl == Path("-strange.hkl")
        assert reread(to_flags(experiment)) == experiment
