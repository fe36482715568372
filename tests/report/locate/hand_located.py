"""Records of ``locate``, written by hand."""

from __future__ import annotations

from typing import Any

from parity_bridge.locate.located import FigureRow, Located, SourceLine
from parity_bridge.locate.record import LocatedExperiment, LocateRecord


def line(number: int, text: str = "polar = 1 + cos * cos", file: str = "beam.py") -> SourceLine:
    return SourceLine(
        file=f"/ports/mine/{file}", line=number, column=4, function="Port.polar", text=text
    )


def row(figure: str, **changed: Any) -> FigureRow:
    fields = {
        "figure": figure, "stage": "lattice", "formula": "sin(N*x)/sin(x)", "state": "agrees",
        "place": line(7), "expression": "np.sin(N * x) / np.sin(x)", "scale": "1",
        "relation": "", "error": 0.125,
    }  # fmt: skip
    return FigureRow(**{**fields, **changed})


ROWS = (
    row("lattice.F_latt"),
    row("cos 2psi", place=None, expression="", state="missing", error=None),
    row("V_cell", state="relation", relation="opposite sign", expression="a | b"),
    row("q", place=None, expression="", state="not observed", error=None),
)


def located(*interval: SourceLine, **changed: Any) -> Located:
    named = interval[0] if len(interval) == 1 else None
    fields: dict[str, Any] = {
        "rows": ROWS, "last_agreeing": "lattice.F_latt", "first_missing": "cos 2psi",
        "interval": interval, "named": named, "notes": ("the cap was reached",),
        "verdict": "line" if named else "interval",
    }  # fmt: skip
    return Located(**{**fields, **changed})


def experiment(found: Located | None, name: str = "plain") -> LocatedExperiment:
    return LocatedExperiment(
        name=name, purpose="one evaluation a pixel", flags=("-cell", "10", "-hkl", "inputs/a b"),
        pixels=((0, 0), (0, 1)), agrees=found is None,
        finding=None if found is None else "mine differs first in `omega`",
        names=(), located=found, notes=("without -water, which the engine refuses: no water",),
    )  # fmt: skip


def record(*found: Located | None) -> LocateRecord:
    return LocateRecord(
        command="python -m parity_bridge locate --engine mine", port="mine", dtype="float64",
        watch=(),
        experiments=tuple(experiment(one, f"number {at}") for at, one in enumerate(found)),
    )  # fmt: skip
