"""``locate`` from the question to the record: pixels, experiments, and a line that is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from parity_bridge import api
from parity_bridge.bridge import locate as bridge
from parity_bridge.bridge.chosen_pixels import given_experiment, spread_pixels
from parity_bridge.bridge.watched_port import WatchedPort
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.errors import UsageError
from parity_bridge.examples.numpy_engine import NumpyEngine
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.taps.observation import Observation
from tests.report.locate.hand_located import line, located

CUBE = "-cell 10 -default_F 1 -N 5 -distance 60 -pixel 1 "


def test_pixels_are_spread_over_the_region_and_all_of_a_small_one() -> None:
    large = parse_flags(f"{CUBE} -detpixels_x 800 -detpixels_y 60".split()).experiment
    spread = spread_pixels(large)
    assert (spread[0], spread[-1], len(spread)) == ((5, 50), (55, 750), 48)
    small = parse_flags(f"{CUBE} -detpixels 20 -roi 3 5 7 8".split()).experiment
    assert spread_pixels(small) == [(7, 3), (7, 4), (7, 5), (8, 3), (8, 4), (8, 5)]


def test_pixels_of_the_user_come_first_and_a_note_counts_the_others() -> None:
    parsed = parse_flags(f"{CUBE} -detpixels 20".split())
    chosen = given_experiment(parsed, [(19, 19), (1, 1)])
    assert chosen.pixels[:2] == ((19, 19), (1, 1))
    assert chosen.notes == ("46 pixels more, so that figures have many values",)
    assert given_experiment(parsed).notes == ()


@pytest.mark.parametrize("given", [{}, {"port": "torch", "call": "a:b"}, {"port": 7}])
def test_anything_but_one_port_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        api.locate(**given)  # type: ignore[arg-type]


class CrowdedEngine(NumpyEngine):
    """Wrong only where many pixels are computed at once."""

    def observe(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,
    ) -> list[Observation]:
        right = super().observe(experiment, pixels, behaviours=behaviours)
        if len(pixels) < 10:
            return right
        return [replace(one, totals={**one.totals, "intensity": 2.0}) for one in right]


def test_a_fault_of_many_pixels_at_once_is_not_lost_at_a_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WatchedPort, "capture", lambda *_: None)
    monkeypatch.setattr(bridge, "match_capture", lambda *_: located(line(1)))
    port = WatchedPort(EngineChoice(f"{__name__}:CrowdedEngine"))
    chosen = given_experiment(parse_flags(f"{CUBE} -detpixels 20 -nointerpolate".split()))
    found = bridge.locate_at(port, chosen)
    assert not found.agrees
    assert found.finding is not None
    assert "`intensity_post_scale" in found.finding or "`final_output.intensity`" in found.finding


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("port", "dtype"),
    [
        ("torch", "float64"),
        ("torch", "float32"),
        ("parity_bridge.examples.numpy_engine:NumpyEngine", "float64"),
    ],
)
def test_a_port_that_agrees_gives_an_empty_list(port: str, dtype: str) -> None:
    record = api.locate(port, dtype=dtype)
    assert (record.verdict, record.exit_status) == ("agrees", 0)
    assert len(record.experiments) >= 5
