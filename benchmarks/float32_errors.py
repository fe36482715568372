"""How far the PyTorch port in float32 lies from the C core: what the tolerance table rests on.

For each experiment of ``tests/engines/golden`` and each of its tapped pixels, the largest
difference of each toleranced figure of every tap; and over the whole image the largest difference
in units in the last place and as a fraction of the local peak, the brightest of the 5 x 5 pixels
around. Prints the worst.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tabulate import tabulate

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.taps.fields import Scalar
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID
from parity_bridge.taps.semantics import field_of, is_exact

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.engines.golden_cases import CASE_NAMES, load_case

if TYPE_CHECKING:
    from numpy.typing import NDArray


def main() -> None:
    """Print the largest differences over all golden cases."""
    worst: dict[str, Worst] = {}
    for name in CASE_NAMES:
        for ours, theirs in _observed(name):
            for field, found in _differences(ours, theirs):
                worst.setdefault(field, Worst()).take(name, *found)
    rows = [
        [field, f"{item.relative:.2e}", item.relative_in, f"{item.of_largest:.2e}", item.largest_in]
        for field, item in worst.items()
        if item.of_largest > 0.0
    ]
    headers = ["figure", "relative", "case", "of the column's largest", "case"]
    print(tabulate(rows, headers=headers, tablefmt="github"))
    exact = [field for field, item in worst.items() if item.of_largest == 0.0]
    print(f"\nno difference in the other {len(exact)} float figures\n")
    images = [[name, *map(_short, _image_errors(name))] for name in CASE_NAMES]
    headers = ["image", "ULP above 1% of the peak", "ULP anywhere", "fraction of the local peak"]
    print(tabulate(sorted(images, key=_worst)[-5:], headers=headers, tablefmt="github"))


@dataclass
class Worst:
    """The largest differences of one figure, and the cases they are from."""

    relative: float = 0.0
    relative_in: str = ""
    of_largest: float = 0.0
    largest_in: str = ""

    def take(self, case: str, relative: float, of_largest: float) -> None:
        """Keep what is larger."""
        if relative > self.relative:
            self.relative, self.relative_in = relative, case
        if of_largest > self.of_largest:
            self.of_largest, self.largest_in = of_largest, case


def _short(value: float) -> str:
    return f"{value:.3g}"


def _worst(row: list[str]) -> float:
    return float(row[-1])


def _image_errors(name: str) -> tuple[float, float, float]:
    """Largest ULP distance of pixels above 1% of their local peak and of all, largest fraction."""
    with tempfile.TemporaryDirectory() as folder:
        experiment = load_case(name, Path(folder)).experiment
        exact, single = (
            engine.frame(experiment, threads=2).image
            for engine in (CCore(), TorchPort(dtype="float32"))
        )
    peak = local_peak(exact)
    ulps = np.abs(exact.view(np.int32).astype(np.int64) - single.view(np.int32))
    apart = np.abs(single.astype(np.float64) - exact) / np.where(peak > 0, peak, 1)
    bright = ulps[exact > 0.01 * peak]
    return float(bright.max(initial=0)), float(ulps.max()), float(apart.max())


def local_peak(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find the brightest of the 5 x 5 pixels around each, (slow, fast)."""
    padded = np.pad(image, 2)
    peak = np.zeros_like(image)
    slow, fast = image.shape
    for down, right in np.ndindex(5, 5):
        np.maximum(peak, padded[down : down + slow, right : right + fast], out=peak)
    return peak


def _observed(name: str) -> Iterator[tuple[PixelTaps, PixelTaps]]:
    with tempfile.TemporaryDirectory() as folder:
        case = load_case(name, Path(folder))
        engines = CCore(), TorchPort(dtype="float32")
        reference, other = (
            [
                PixelTaps.from_observation(seen, engine.implementation, TAPS_BY_ID.values())
                for seen in engine.observe(case.experiment, case.pixels)
            ]
            for engine in engines
        )
        yield from zip(reference, other, strict=True)


def _differences(ours: PixelTaps, theirs: PixelTaps) -> Iterator[tuple[str, tuple[float, float]]]:
    """Largest difference of each float figure: relative, and over its column's largest."""
    for tap_id, figures in ours.taps.items():
        others = theirs.taps[tap_id]
        columns = {**_as_columns(figures.pixel), **figures.columns}
        counterparts = {**_as_columns(others.pixel), **others.columns}
        for field, column in columns.items():
            other = counterparts[field]
            if is_exact(tap_id, field) or column.dtype.kind != "f" or column.shape != other.shape:
                continue
            difference = np.nan_to_num(np.abs(other - column))
            size = np.nan_to_num(np.abs(column))
            relative = difference / np.where(size > 0, size, np.where(difference > 0, 1e-300, 1))
            largest = size.max(initial=0.0) or 1.0
            name = f"{tap_id}.{field_of(tap_id, field)}"
            yield name, (float(relative.max(initial=0)), float(difference.max(initial=0) / largest))


def _as_columns(pixel: Mapping[str, Scalar]) -> dict[str, NDArray[np.float64]]:
    return {name: np.array([value]) for name, value in pixel.items() if isinstance(value, float)}


if __name__ == "__main__":
    main()
