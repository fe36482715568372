"""Single faults in the NumPy example, which computes pixel by pixel: the line is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.examples import numpy_engine
from parity_bridge.locate.capture.capture import capture_engine
from parity_bridge.locate.locate import locate
from tests.locate.located_experiment import PLAIN_FLAGS, telling_experiment

PIXELS = tuple((slow, fast) for slow in range(6) for fast in (1, 6))
LENGTHS = "lengths = edges[J] * edges[K] * sin * (1.0 / V)"
CROSS = "across = np.cross(star[J], star[K])"
SUM = "I = np.cumsum(F_cell * F_cell * F_latt * F_latt)"


@pytest.mark.parametrize(
    ("right", "wrong", "figure"),
    [
        # Two places divide by it and show it; one of them alone would seem to lack a V*.
        (LENGTHS, LENGTHS.replace("1.0 / V", "1.0"), "lengths of a* b* c*"),
        # Handed to a function that takes its length, which is right.
        (CROSS, "across = np.cross(star[K], star[J])", "b*×c*, c*×a*, a*×b*"),
        # Right structure factors and lattice factors, one number each at a time.
        (SUM, SUM.replace("F_cell *", "-F_cell *", 1), "term F²·L²"),
    ],
)
def test_the_line_is_named(
    right: str, wrong: str, figure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(numpy_engine.__file__).read_text("utf-8")
    line = source[: source.index(right)].count("\n") + 1
    name = f"faulty_port_{line}"
    (tmp_path / f"{name}.py").write_text(source.replace(right, wrong), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    experiment = telling_experiment(tmp_path, flags=PLAIN_FLAGS)
    capture = capture_engine(f"{name}:NumpyEngine", experiment, PIXELS)
    located = locate(capture, experiment, PIXELS)
    assert located.first_missing == figure
    assert located.named is not None
    assert located.named.line == line
