"""The figures of many pixels in one vector: the same figures as of each pixel by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import pytest

from parity_bridge.comparison.float_figures import FloatFigures, float_figures
from parity_bridge.comparison.noise import noise_budgets
from parity_bridge.comparison.perturbations import (
    Perturbation,
    input_perturbations,
    stage_perturbations,
)
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.taps.observation import Observation
from parity_bridge.taps.pixel_taps import PixelTaps
from tests.explain.faults import COUNTED, CUBE, LAYERS, PIXELS

pytestmark = pytest.mark.usefixtures("fault_inputs")

#: Flags in which rows, lookups or figures of the pixel differ from pixel to pixel.
CASES = {
    "table": COUNTED,
    "layers": LAYERS,
    "resolution cut": f"{CUBE} -dmin 2.0",
    "sources, phi steps and domains": (
        f"{CUBE} -sourcefile sources.txt -osc 2 -phisteps 3 -mosaic 1 -mosaic_domains 3"
    ),
    "round crystal and water": f"{COUNTED} -round_xtal -water 10 -interpolate",
    "region": f"{COUNTED} -roi 3 50 3 40 -oversample_omega",
}


def runner(flags: str, pixels: Sequence[tuple[int, int]]) -> ReferenceRunner:
    return ReferenceRunner(parse_flags(flags.split()).experiment, tuple(pixels), in_frame=True)


def reruns(reference: ReferenceRunner) -> Iterator[list[Observation]]:
    """Some runs with an input moved, some with a stage moved, and one with other rows."""
    inputs = [changes for _, changes in input_perturbations(reference.experiment)]
    stages = [changes for _, changes in stage_perturbations(reference.observations)]
    moved: list[Perturbation] = list(chain.from_iterable((*inputs[:3], *stages[::4])))
    for change in moved:
        yield reference.observe(**change)
    cut = reference.experiment.model_copy(
        update={"sampling": reference.experiment.sampling.model_copy(update={"oversample": 3})}
    )
    yield reference.observe(experiment=cut)


def expected(before: PixelTaps, after: PixelTaps) -> Iterator[tuple[tuple[str, str], list[float]]]:
    """The distance of every figure of one pixel, figure by figure."""
    for tap_id, figures in before.taps.items():
        others = dict(float_figures(tap_id, after.taps[tap_id]))
        for name, values in float_figures(tap_id, figures):
            other = others.get(name)
            if other is None or other.shape != values.shape:
                yield (tap_id, name), [np.inf] * len(values)
            else:
                yield (tap_id, name), np.nan_to_num(np.abs(other - values), posinf=np.inf).tolist()


@pytest.mark.parametrize("flags", CASES.values(), ids=CASES)
def test_a_move_is_that_of_each_pixel_by_itself(flags: str) -> None:
    reference = runner(flags, (*PIXELS, (0, 0), (31, 31)))
    figures = FloatFigures(reference)
    for rerun in reruns(reference):
        split = figures.at_pixels(figures.moves(rerun))
        after = reference.figures(rerun)
        for number, before in enumerate(reference.pixel_taps):
            moves = {
                (tap_id, name): values.tolist()
                for tap_id, values_by_name in split[number].items()
                for name, values in values_by_name.items()
            }
            assert moves == dict(expected(before, after[number]))


def test_the_cost_of_a_budget_is_not_one_extraction_a_pixel_and_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extracted: list[Observation] = []
    original = PixelTaps.from_observation.__func__  # type: ignore[attr-defined]

    def counted(cls: Any, observation: Observation, *rest: Any) -> PixelTaps:
        extracted.append(observation)
        taps: PixelTaps = original(cls, observation, *rest)
        return taps

    monkeypatch.setattr(PixelTaps, "from_observation", classmethod(counted))
    counts = []
    for pixels in (2, 32):
        extracted.clear()
        pixels_of_row = tuple(islice(((31, fast) for fast in range(64)), pixels))
        assert len(noise_budgets(runner(CUBE, pixels_of_row))) == pixels
        counts.append(len(extracted))
    assert counts[1] - counts[0] == 30
