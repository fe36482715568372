"""Deterministic engines for the tests of everything around an engine: no physics, no torch."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from parity_bridge.errors import EngineError, FileError, UsageError
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import RunState
from parity_bridge.taps.config_snapshot import Derived
from parity_bridge.taps.derived import DERIVED
from parity_bridge.taps.evaluations import EVALUATION
from parity_bridge.taps.observation import TOTALS, FCellStats, Observation, Quantity


class FakeC:
    """An engine whose indices grow with the pixel's number and whose F is default_F."""

    name: ClassVar[str] = "fake"
    implementation: ClassVar[str] = "c"
    trace_prefix: ClassVar[str] = "TRACE_C"
    folder: ClassVar[str] = "c_taps"

    def __init__(self, *, dtype: str = "float64", device: str = "cpu") -> None:
        self.dtype = dtype
        if device != "cpu":
            raise UsageError(f"--device {device} cannot be used here; try cpu")

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        """One observation a pixel, four lookups each at oversample 2."""
        return [self.observe_pixel(experiment, pixel) for pixel in pixels]

    def observe_pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        """One pixel."""
        oversample = experiment.sampling.oversample or 1
        rows = self.rows(pixel, oversample, experiment.structure_factors.default_F)
        derived = {name: derived_figure(name, rows.size) for name in DERIVED}
        return Observation(
            pixel=pixel,
            derived=derived,
            evaluations=rows,
            totals={**dict.fromkeys(TOTALS, 3.5), "I": 1.5, "steps": rows.size, "omega": 0.25,
                    "polar": 1.0, "capture": 1.0, "in_roi": 1},
            f_cell=f_cell_stats(rows),
            hkl_table=HklTable(
                source="none", file=None, sha256=None, entries=0, extents=None,
                default_F=experiment.structure_factors.default_F,
            ),
            oversample=oversample,
            state=RunState(interpolation_on=False, swept=False, polar_axis=(0.0, 0.0, 1.0)),
            experiment=experiment,
            roi=(0, 4095, 0, 4095),
            mask=None,
        )  # fmt: skip

    def rows(self, pixel: tuple[int, int], oversample: int, F: float) -> np.ndarray:
        """Evaluations in the contract's order."""
        rows = np.zeros(oversample**2, dtype=EVALUATION)
        rows["sub_slow"], rows["sub_fast"] = np.divmod(np.arange(rows.size), oversample)
        for axis, start in enumerate((0.1, *pixel)):
            rows["hkl"][:, axis] = start + np.arange(rows.size) / 16
        rows["hkl0"] = np.ceil(rows["hkl"] - 0.5)
        rows["F_cell"], rows["default_f"] = F, 1
        return rows

    def build(self) -> Mapping[str, str]:
        """Nothing was built."""
        return {"engine": "fake", "dtype": self.dtype}


class FakeTorch(FakeC):
    """The same figures under the other name."""

    implementation: ClassVar[str] = "pytorch"
    trace_prefix: ClassVar[str] = "TRACE_PY"
    folder: ClassVar[str] = "py_taps"


class OneUlpOff(FakeTorch):
    """The last lookup's h is the next float64."""

    def rows(self, pixel: tuple[int, int], oversample: int, F: float) -> np.ndarray:
        rows = super().rows(pixel, oversample, F)
        rows["hkl"][-1, 0] = np.nextafter(rows["hkl"][-1, 0], np.inf)
        return rows


class MissesAPixel(FakeTorch):
    """Sees all pixels but the last."""

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        return super().observe(experiment, pixels[:-1], **how)


class Blind(FakeTorch):
    """Sees nothing."""

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]], **how: Any
    ) -> list[Observation]:
        return []


class FailsAtSecondPixel(FakeTorch):
    """Breaks down in the middle."""

    def observe_pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        if pixel != (0, 0):
            raise EngineError("the second pixel was too much")
        return super().observe_pixel(experiment, pixel)


class Crashes(FakeTorch):
    """Raises what no engine should, over several lines."""

    def observe_pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        raise ZeroDivisionError("one\nover nothing")


class OutsideDetector(FakeTorch):
    """Refuses every pixel."""

    def observe_pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        raise UsageError("--pixel 9 9 lies outside the detector; give SLOW 0..3 FAST 0..3")


class NoTable(FakeTorch):
    """Cannot read its structure factors."""

    def observe_pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        raise FileError("table.hkl does not exist; name a table with -hkl")


class Terminated(FakeTorch):
    """Somebody sent SIGTERM, and once more while the engine put things in order."""

    def observe_pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            return super().observe_pixel(experiment, pixel)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            Path("put_in_order").touch()


class Interrupted(FakeTorch):
    """Somebody pressed Ctrl-C."""

    def observe_pixel(self, experiment: Experiment, pixel: tuple[int, int]) -> Observation:
        raise KeyboardInterrupt


def derived_figure(name: str, evaluations: int) -> Quantity:
    """A figure of the type that the schema asks for."""
    rows: dict[str, Quantity] = {"source_list": ((1.5,) * 5,), "mosaic_umats": ((1.5,) * 9,)}
    if name in rows:
        return rows[name]
    kind = Derived.model_fields[name].annotation
    if kind is int:
        return evaluations
    return 1.5 if kind is float else (1.5, 0.25, -2.0)


def f_cell_stats(rows: np.ndarray) -> FCellStats:
    """Tap 4 of rows that all looked up default_F without a table."""
    return FCellStats(
        counts={
            "total_lookups": rows.size,
            "skipped_lookups": 0,
            "out_of_bounds_count": 0,
            "default_f_count": rows.size,
            "zero_f_count": int((rows["F_cell"] == 0).sum()),
        },
        mean_f_cell=float(rows["F_cell"].mean()),
        hkl_bounds=(rows["hkl0"].min(axis=0).tolist(), rows["hkl0"].max(axis=0).tolist()),
        hkl_fractional_bounds=(rows["hkl"].min(axis=0).tolist(), rows["hkl"].max(axis=0).tolist()),
        rounding_margin=0.1,
    )
