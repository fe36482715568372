"""The scores of located mutants, from the lines of a result file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from mutant_stages import is_stage_right
from tabulate import tabulate

#: Relative change of an image that is more than rounding.
BEYOND_NOISE = 1e-9

Results = Sequence[Mapping[str, Any]]


def score_table(target: str, results: Results) -> str:
    """Return the table of both halves and of all, a column each."""
    halves = {
        "development": [item for item in results if not item["is_held_out"]],
        "held out": [item for item in results if item["is_held_out"]],
    }
    columns = {name: scores(items) for name, items in halves.items() if items}
    if len(columns) > 1:
        columns["all"] = scores(results)
    names = next(iter(columns.values()), {})
    rows = [[name, *(column[name] for column in columns.values())] for name in names]
    return tabulate(rows, headers=[target, *columns], tablefmt="github", disable_numparse=True)


def scores(results: Results) -> dict[str, str]:
    """Return every score by its name, as a count and a share of what it is of."""
    equal = _of(results, "equal")
    failing = _of(results, "fails")
    changed = [item for item in results if item["outcome"] in ("agrees", "differs")]
    beyond = [item for item in changed if item["change"] > BEYOND_NOISE]
    detected = [item for item in beyond if item["outcome"] == "differs"]
    named = [item for item in detected if item["named"]]
    exact = [item for item in named if _holds(item, [item["named"]])]
    sizes = [len(item["interval"]) for item in detected if item["interval"]]
    return {
        "mutants": str(len(results)),
        "not exercised or equivalent": _share(equal, results),
        "fail by themselves": _share(failing, results),
        "change an image within noise": _share([i for i in changed if i not in beyond], results),
        "change an image beyond noise": _share(beyond, results),
        "- detected": _share(detected, beyond),
        "- first figure right": _share([i for i in detected if _is_stage_right(i)], detected),
        "- line named and exact": _share(exact, detected),
        "- line named and wrong": _share([i for i in named if i not in exact], detected),
        "- region holds the line": _share(
            [item for item in detected if _holds(item, item["interval"])], detected
        ),
        "- region, median lines": f"{median(sizes):g}" if sizes else "-",
        "- the tool failed": _share([i for i in detected if i["is_ours"]], detected),
        "CPU seconds, median": f"{median([i['seconds'] for i in results]):.2f}" if results else "-",
        "CPU seconds of one that differs, median": (
            f"{median([i['seconds'] for i in detected]):.2f}" if detected else "-"
        ),
    }


def _of(results: Results, outcome: str) -> Results:
    return [item for item in results if item["outcome"] == outcome]


def _share(some: Results, of: Results) -> str:
    return f"{len(some)} ({100 * len(some) / len(of):.1f}%)" if of else "0"


def _holds(item: Mapping[str, Any], places: Sequence[Sequence[Any]]) -> bool:
    first, last = item["lines"]
    return any(file == item["file"] and first <= line <= last for file, line in places)


def _is_stage_right(item: Mapping[str, Any]) -> bool:
    return is_stage_right(item["file"].removesuffix(".py"), item["function"], item["stage"])
