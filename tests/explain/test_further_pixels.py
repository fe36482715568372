"""Names that hold at the pixels asked for must hold at further pixels of an engine too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from parity_bridge.api import compare
from parity_bridge.engines.c_core import CCore
from parity_bridge.errors import UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.explain.explanation import Finding
from parity_bridge.taps.observation import Observation
from tests.explain.explained import CUBE

pytestmark = pytest.mark.usefixtures("empty_folder")

_LAST = {"behaviours": Behaviours(omega="last")}
FLAGS = f"{CUBE} -oversample 2 -misset 5 6 7"

#: (slow, fast) -> keywords of ``CCore.observe`` there, and by what its intensity is multiplied.
_At = Callable[[tuple[int, int]], tuple[Mapping[str, Any], float]]


class Intensities:
    """An engine of which only the intensity is known: the C core's, changed pixel by pixel."""

    name: ClassVar[str] = "intensities"
    implementation: ClassVar[str] = "intensities"
    trace_prefix: ClassVar[str] = "TRACE_I"
    folder: ClassVar[str] = "i_taps"
    taps: ClassVar[tuple[str, ...]] = ("final",)

    def __init__(self, at: _At, allowed: Sequence[tuple[int, int]] = ()) -> None:
        self._at, self._allowed = at, allowed

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        """Observe one pixel after the other."""
        return [self._pixel(experiment, pixel) for pixel in pixels]

    def build(self) -> Mapping[str, str]:
        """Nothing was built."""
        return {"engine": "intensities"}

    def _pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        if self._allowed and pixel not in self._allowed:
            raise UsageError(f"no pixel but {self._allowed}")
        how, factor = self._at(pixel)
        (found,) = CCore().observe(experiment, [pixel], **how)
        totals = {name: found.totals[name] * factor for name in ("intensity", "image")}
        return replace(found, totals={**found.totals, **totals})


def finding(
    at: _At,
    pixels: Sequence[tuple[int, int]],
    allowed: Sequence[tuple[int, int]] = (),
    flags: str = FLAGS,
) -> Finding:
    found = compare(flags, pixels, "c", Intensities(at, allowed)).finding
    assert found is not None
    return found


def test_a_name_that_holds_everywhere_stays() -> None:
    found = finding(lambda _: (_LAST, 1.0), [(10, 50)])
    assert found.names == (("omega=last",),)
    assert len(found.held_against) == 6
    assert (10, 50) not in found.held_against


def test_a_name_that_holds_by_coincidence_is_taken_back() -> None:
    found = finding(lambda pixel: (_LAST, 1.0) if pixel == (10, 50) else ({}, 1.0), [(10, 50)])
    assert found.reason == "unexplained"
    assert found.names == ()
    assert "`omega=last` reproduces these pixels by coincidence, and not pixel" in found.sentence


def test_a_name_from_few_intensities_is_doubted_where_no_further_pixel_can_be_run() -> None:
    for pixels in ([(10, 50)], [(10, 50), (30, 33), (5, 9)]):
        found = finding(lambda _: (_LAST, 1.0), pixels, allowed=pixels)
        assert found.names == (("omega=last",),)
        assert found.held_against == ()
        is_doubted = found.sentence.endswith("; so few intensities are little evidence, more "
                                             "pixels would show whether it holds.")  # fmt: skip
        assert is_doubted == (len(pixels) == 1)


def test_an_engine_that_is_not_what_it_was_is_not_run_at_further_pixels() -> None:
    """A port may be mended between its run and the question why it differs."""
    runs: list[tuple[int, int]] = []

    def at(pixel: tuple[int, int]) -> tuple[Mapping[str, Any], float]:
        runs.append(pixel)
        return (_LAST if len(runs) == 1 else {}), 1.0

    found = finding(at, [(10, 50)])
    assert len(runs) > 1
    assert found.names == (("omega=last",),)
    assert found.held_against == ()


def test_an_image_of_0_has_many_reasons_and_no_name() -> None:
    found = finding(lambda _: ({}, 0.0), [(10, 50), (30, 33)])
    assert found.reason == "unexplained"
    assert found.names == ()
    assert (
        "every pixel that was run, which `-oversample_thick added` or `-default" in found.sentence
    )
    assert found.sentence.endswith("as any factor of 0 would: these pixels cannot tell.")


def test_the_deciding_pixel_is_run() -> None:
    """Where all terms are the same, only other pixels tell ``each`` from ``mean``."""
    flags = f"{CUBE} -oversample 2 -misset 5 6 7 -polar 0.5"
    each = {"behaviours": Behaviours(omega="each")}
    found = finding(lambda _: (each, 1.0), [(32, 32)], flags=flags)
    assert found.names == (("omega=each",),)


class OwnWater(Intensities):
    """Does something with water that no name has."""

    def _pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        factor = 1.0 + 0.25 * pixel[0] if experiment.crystal.water else 1.0
        self._at = lambda _: ({}, factor)
        return super()._pixel(experiment, pixel)


def test_the_flag_to_blame_is_said() -> None:
    engine = OwnWater(lambda _: ({}, 1.0))
    found = compare(f"{FLAGS} -water 100", [(10, 50), (30, 33)], "c", engine).finding
    assert found is not None
    assert found.reason == "unexplained"
    assert "; without `-water 100.0`, on both sides, they agree at both pixels;" in found.sentence
