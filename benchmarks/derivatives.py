"""How exact the derivatives of the C core are: a table by parameter, printed.

Over every golden case and its pixels: the intensity's derivative by dual numbers of double and of
binary128, and central differences of the binary128 intensity, each against the second. Errors are
parts of the largest derivative in the case or, where that is more, of the largest intensity per
unit of the parameter: a derivative of nearly 0 has no digits of its own.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tabulate import tabulate

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.arithmetic.tangents import TangentObservation
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.parameters import PARAMETERS, differentiable

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.engines.golden_cases import CASE_NAMES, load_case

#: Of a unit; differences are exact to its square.
_STEP = 2.0**-40
#: Parameters of which 1 is no sensible unit.
_UNITS = {"flux": 1e12, "fluence": 1e24}


def main() -> None:
    """Print a row for each parameter."""
    errors: dict[str, list[tuple[float, float]]] = defaultdict(list)
    zeros: dict[str, int] = defaultdict(int)
    for name in CASE_NAMES:
        with TemporaryDirectory() as folder:
            case = load_case(name, Path(folder))
            for parameter, pair in _errors(case.experiment, case.pixels):
                if pair is None:
                    zeros[parameter] += 1
                else:
                    errors[parameter].append(pair)
    rows = [_row(name, errors[name], zeros[name]) for name in PARAMETERS if name in errors | zeros]
    headers = ("parameter", "not 0", "0", "double: median", "largest", "differences: largest")
    print(tabulate(rows, headers, tablefmt="github"))


def _row(name: str, pairs: list[tuple[float, float]], zeros: int) -> tuple[object, ...]:
    if not pairs:
        return name, 0, zeros, "", "", ""
    doubles, differences = zip(*pairs, strict=True)
    figures = (median(doubles), max(doubles), max(differences))
    return name, len(pairs), zeros, *(f"{figure:.1e}" for figure in figures)


def _errors(
    experiment: Experiment, pixels: list[tuple[int, int]]
) -> list[tuple[str, tuple[float, float] | None]]:
    """Return the relative errors of double and of differences; None where the derivative is 0."""
    names = [item.name for item in differentiable(experiment)]
    exact = CCore().truth(experiment, pixels, names)
    doubles = CCore().tangents(experiment, pixels, names)
    found: list[tuple[str, tuple[float, float] | None]] = []
    for name in names:
        values = [_derivative(item, name) for item in exact]
        intensities = [_parts(item)[0] / _UNITS.get(name, 1.0) for item in exact]
        largest = max(map(abs, values + intensities))
        off = [_derivative(item, name) - value for item, value in zip(doubles, values, strict=True)]
        slopes = zip(_slopes(experiment, pixels, name), values, strict=True)
        for double, (slope, value) in zip(off, slopes, strict=True):
            pair = (abs(double) / largest, abs(slope - value) / largest) if value else None
            found.append((name, pair))
    return found


def _derivative(item: TangentObservation, name: str) -> float:
    return float(item.tangents[name].totals["intensity"])


def _slopes(experiment: Experiment, pixels: list[tuple[int, int]], name: str) -> list[float]:
    step = _STEP * _UNITS.get(name, 1.0)
    above, below = (CCore().truth(experiment, pixels, moved={name: by}) for by in (step, -step))
    return [
        math.fsum((*_parts(high), *(-part for part in _parts(low)))) / (2 * step)
        for high, low in zip(above, below, strict=True)
    ]


def _parts(item: TangentObservation) -> tuple[float, float]:
    return float(item.values.totals["intensity"]), float(item.rest.totals["intensity"])


if __name__ == "__main__":
    main()
