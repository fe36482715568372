"""The experiments that ``locate`` chooses show what they are for, and leave out what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parity_bridge.errors import UsageError
from parity_bridge.examples.numpy_engine import NumpyEngine
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.input_slips import input_slips
from parity_bridge.locate.experiments.acceptance import hidden_from
from parity_bridge.locate.experiments.candidate import Candidate, Part
from parity_bridge.locate.experiments.choose import ChosenExperiment, chosen_experiments
from parity_bridge.locate.experiments.draw import Draw
from parity_bridge.locate.experiments.kinds import KINDS


def slips(experiment: Experiment) -> Iterator[tuple[str, Experiment]]:
    for hypothesis, slip in input_slips(experiment):
        yield hypothesis.name, slip(experiment)


def nothing_refused(_experiment: Experiment) -> str:
    return ""


def refused_by_numpy(experiment: Experiment) -> str:
    try:
        NumpyEngine().observe(experiment, [(2, 3)])
    except UsageError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory: pytest.TempPathFactory) -> list[ChosenExperiment]:
    return list(chosen_experiments(nothing_refused, tmp_path_factory.mktemp("inputs"), slips))


def test_an_engine_that_computes_everything_has_every_kind_without_a_note(
    all_kinds: list[ChosenExperiment],
) -> None:
    assert [(one.name, one.notes) for one in all_kinds] == [(kind.name, ()) for kind in KINDS]


def test_every_behaviour_changes_the_outcome_of_some_kind(tmp_path: Path) -> None:
    shown = {name for kind in KINDS for name in kind.draw(Draw(tmp_path, kind.name, 0)).shows}
    assert shown == set(Behaviours.model_fields)


def test_the_same_is_chosen_again(all_kinds: list[ChosenExperiment], tmp_path: Path) -> None:
    again = next(chosen_experiments(nothing_refused, tmp_path, slips))
    assert again.parsed.experiment.without_files() == all_kinds[0].parsed.experiment.without_files()
    table = Path("plain.hkl")
    first = all_kinds[0].parsed.experiment.structure_factors.hkl
    assert first is not None
    assert (tmp_path / table).read_text() == first.read_text()


def test_what_an_engine_refuses_is_left_out_and_said(tmp_path: Path) -> None:
    chosen = next(chosen_experiments(refused_by_numpy, tmp_path, slips))
    (note,) = chosen.notes
    assert note.startswith("without what the engine refuses: ")
    assert "-twotheta (engine numpy has no twotheta)" in note
    assert "-twotheta" not in chosen.words
    assert "-misset" in chosen.words
    NumpyEngine().observe(chosen.parsed.experiment, chosen.pixels)


def test_an_experiment_that_hides_a_mistake_is_redrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = parse_flags(next(chosen_experiments(nothing_refused, tmp_path, slips)).words)

    def hides_the_first_draw(experiment: Experiment) -> Iterator[tuple[str, Experiment]]:
        is_first = experiment.beam.wavelength == wanted.experiment.beam.wavelength
        yield "a mistake", experiment if is_first else CUBE

    chosen = next(chosen_experiments(nothing_refused, tmp_path, hides_the_first_draw))
    assert chosen.notes == ()
    assert chosen.parsed.experiment.beam.wavelength != wanted.experiment.beam.wavelength


def test_figures_of_few_values_are_not_accepted() -> None:
    square = Candidate(
        Part.of(
            "-cell 100 -default_F 1 -distance 5000 -detpixels_x 8 -detpixels_y 6", "omega", "hkl0"
        ),
        (),
    )
    assert hidden_from(square, lambda _: ()) == ["omega=last", "omega=mean", "omega=each", "hkl0"]


def test_an_engine_that_refuses_everything_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none of the experiments .*no crystal.* after --"):
        list(chosen_experiments(lambda _: "it has no crystal", tmp_path, slips))


CUBE = parse_flags(
    "-cell 10 -default_F 1 -N 5 -distance 60 -detpixels_x 8 -detpixels_y 6 -pixel 5".split()
).experiment
