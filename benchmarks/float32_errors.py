"""How far the PyTorch port in float32 lies from the C core: what the tolerance table rests on.

For each experiment of ``tests/golden`` and each of its tapped pixels, the largest difference of
each toleranced field of Tap 4, lookups with the same nearest index only; and over the whole image
the largest difference in units in the last place and as a fraction of the local peak, the brightest
of the 5 x 5 pixels around. Prints the worst.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tabulate import tabulate

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.taps.f_cell import FCellValues

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from typing import TYPE_CHECKING

from golden_cases import NAMES, load_case

if TYPE_CHECKING:
    from numpy.typing import NDArray


def main() -> None:
    """Print the largest differences over all golden cases."""
    worst: dict[str, tuple[float, str]] = {}
    flipped = lookups = 0
    for name in NAMES:
        for ours, theirs in _observed(name):
            for field, difference in _differences(ours, theirs):
                worst[field] = max(worst.get(field, (0.0, "")), (difference, name))
            pairs = list(zip(ours.subpixels, theirs.subpixels, strict=False))
            lookups += len(pairs)
            flipped += sum(a.hkl_rounded != b.hkl_rounded for a, b in pairs)
    rows = [[field, f"{difference:.2e}", name] for field, (difference, name) in worst.items()]
    print(tabulate(rows, headers=["field", "largest difference", "case"], tablefmt="github"))
    print(f"\nnearest index flipped at {flipped} of {lookups} lookups\n")
    images = [[name, *map(_short, _image_errors(name))] for name in NAMES]
    headers = ["image", "ULP above 1% of the peak", "ULP anywhere", "fraction of the local peak"]
    print(tabulate(sorted(images, key=_worst)[-5:], headers=headers, tablefmt="github"))


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
    """The brightest of the 5 x 5 pixels around each, (slow, fast)."""
    padded = np.pad(image, 2)
    peak = np.zeros_like(image)
    slow, fast = image.shape
    for down, right in np.ndindex(5, 5):
        np.maximum(peak, padded[down : down + slow, right : right + fast], out=peak)
    return peak


def _observed(name: str) -> Iterator[tuple[FCellValues, FCellValues]]:
    with tempfile.TemporaryDirectory() as folder:
        case = load_case(name, Path(folder))
        engines = CCore(), TorchPort(dtype="float32")
        reference, other = (engine.observe(case.experiment, case.pixels) for engine in engines)
        for ours, theirs in zip(reference, other, strict=True):
            yield ours.f_cell, theirs.f_cell


def _differences(ours: FCellValues, theirs: FCellValues) -> Iterator[tuple[str, float]]:
    for a, b in zip(ours.subpixels, theirs.subpixels, strict=False):
        if a.hkl_rounded != b.hkl_rounded:
            continue
        for index, other in zip(a.hkl_fractional, b.hkl_fractional, strict=True):
            yield "hkl_fractional", abs(index - other)
        if a.F_cell:
            yield "F_cell, relative", abs(a.F_cell - b.F_cell) / abs(a.F_cell)
    if ours.rounding_margin is not None and theirs.rounding_margin is not None:
        yield "rounding_margin", abs(ours.rounding_margin - theirs.rounding_margin)


if __name__ == "__main__":
    main()
