"""The verdict: a clean port agrees; a fault is found at its line; what is not made is no fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.locate.capture.capture import capture_engine
from parity_bridge.locate.capture.events import Capture
from parity_bridge.locate.figures.build import figures_of
from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.locate import locate
from tests.locate.hand_capture import HandCapture
from tests.locate.located_experiment import PIXELS, telling_experiment

PLAIN = (
    "-cell 61.3 72.7 83.9 81 97 104 -misset 11.3 23.7 37.1 -lambda 1.1372 -distance 71.77 "
    "-detpixels 64 -pixel 0.7773 -Na 5 -Nb 4 -Nc 3 -oversample 1 -polar 0.713 -default_F 59.07"
)
SPOTS = ((10, 20), (31, 7), (40, 55), (3, 60), (61, 33), (22, 41))


@pytest.fixture(scope="module")
def plain() -> Experiment:
    return parse_flags(PLAIN.split()).experiment


def chain(experiment: Experiment, wrong: str = "") -> Capture:
    """Return a port that computes the end of the chain; the figure ``wrong`` is spoiled."""
    steps = {
        q.name: q.values.squeeze() for q in figures_of(experiment, SPOTS) if q.rank is Rank.STEP
    }
    F_cell, F_latt = steps["f_cell_stats.F_cell"], steps["lattice.F_latt"]
    unit, count = steps["r_e_sqr·fluence"], steps["intensity_pre_norm.steps"]
    spoil = 1.25 if wrong == "polar" else 1.0
    polar, omega = steps["intensity_post_scale.polar"] * spoil, steps["intensity_post_scale.omega"]
    port = HandCapture()
    pieces = [port.add(c2) for c2 in (steps["cos² 2θ"], steps["cos 2ψ"])]
    at_polar = port.add(polar, *pieces, operation="call polarization")
    at_omega = port.add(omega)
    amplitude = port.add(
        F_cell * F_latt * (2.0 if wrong == "term" else 1.0), port.add(F_cell), port.add(F_latt)
    )
    value = F_cell * F_latt * F_cell * F_latt * (4.0 if wrong == "term" else 1.0)
    term = port.add(value, amplitude)
    value = value * unit
    scaled = port.add(value, term, port.add(unit))
    value = value / count
    normal = port.add(value, scaled, port.add(count), operation="Div")
    value = value * polar
    bright = port.add(value, normal, at_polar)
    value = value * omega if wrong != "omega" else value
    port.add(value, bright, at_omega)
    return port.finished(value)


def test_a_port_that_agrees_has_no_interval(plain: Experiment) -> None:
    located = locate(chain(plain), plain, SPOTS)
    assert (located.verdict, located.interval, located.first_missing) == ("agrees", (), None)
    states = {row.figure: row.state for row in located.rows}
    assert states["intensity_post_scale.after_polar"] == "agrees"
    # The port has it in another way, which is no fault.
    assert states["intensity_pre_norm.running_sum"] in ("agrees", "not observed")
    assert "missing" not in states.values()


@pytest.mark.parametrize(("wrong", "line"), [("polar", 3), ("term", 7)])
def test_the_line_of_a_wrong_figure_is_named(plain: Experiment, wrong: str, line: int) -> None:
    located = locate(chain(plain, wrong), plain, SPOTS)
    assert located.verdict in ("line", "interval")
    assert located.interval[0].line == line
    assert located.interval[0].file == "/port/model.py"


def test_rows_say_where_and_in_which_unit(plain: Experiment) -> None:
    position = next(q for q in figures_of(plain, SPOTS) if q.name == "omega_subpixel.position")
    port = HandCapture()
    port.add(position.values.squeeze() * 1e3)
    port.add(np.zeros(len(SPOTS)), 0)
    located = locate(port.finished(np.zeros(len(SPOTS))), plain, SPOTS)
    row = next(row for row in located.rows if row.figure == "omega_subpixel.position")
    assert (row.state, row.scale, row.expression) == ("agrees", "mm", "value_1")
    assert row.place is not None
    assert row.place.line == 1
    assert row.error is not None
    assert row.error <= 1.0


def test_an_empty_capture_observes_nothing(plain: Experiment) -> None:
    empty = Capture((), (), (), np.zeros(len(SPOTS)), None, True, ("nothing",))
    located = locate(empty, plain, SPOTS)
    assert (located.verdict, located.notes) == ("nothing observed", ("nothing",))


@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.corpus)])
def test_our_own_port_agrees(plain: Experiment, dtype: str) -> None:
    spots = SPOTS[:3]
    capture = capture_engine("torch", plain, spots, dtype=dtype)
    located = locate(capture, plain, spots, dtype=dtype)
    assert (located.verdict, located.interval) == ("agrees", ())
    states = {row.figure: row.state for row in located.rows}
    for figure in ("omega_subpixel.airpath", "hkl_subpixel.scattering_vector", "cos 2ψ"):
        assert states[figure] == "agrees"


@pytest.mark.corpus
def test_a_variant_names_the_line_that_fits_it(tmp_path: Path) -> None:
    """The torch port with ``omega=last``: the first value of the variant alone is its line."""
    experiment = telling_experiment(tmp_path)
    variant = Behaviours.parse(["omega=last"])
    capture = capture_engine("torch", experiment, PIXELS[:2], behaviours=variant)
    located = locate(capture, experiment, PIXELS[:2], named=[variant])
    assert located.verdict in ("line", "interval")
    assert located.last_agreeing is not None
