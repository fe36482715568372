"""How far the PyTorch port in float32 lies from the C core: what the tolerance table rests on.

For each experiment of ``tests/golden`` and each of its tapped pixels, the largest difference of
each toleranced field of Tap 4, lookups with the same nearest index only. Prints the worst.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.taps.f_cell import FCellValues

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from golden_cases import NAMES, load_case


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
    print(f"\nnearest index flipped at {flipped} of {lookups} lookups")


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
