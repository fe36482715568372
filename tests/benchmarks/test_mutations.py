"""Mutations by rule: each changes one piece, keeps the lines, and compiles."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from parity_bridge.examples import numpy_engine

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

SOURCE = '''"""A docstring: 1 + 2."""
import torch
from typing import Any


def f(x: Any, y: int | None = None) -> Any:
    """Return 3 * x."""
    if x < 0.5:
        raise ValueError("1 + 1")
    z = torch.sin(
        x,
        y,
    ) * -x[0]
    return (x + 180.0) ** 2 - torch.ceil(z.sum(dim=-1))
'''


@pytest.fixture
def mutations(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    import mutations

    return mutations


@pytest.fixture
def found(mutations: ModuleType, tmp_path: Path) -> set[tuple[str, str, str]]:
    path = tmp_path / "port.py"
    path.write_text(SOURCE)
    return {(item.kind, item.old, item.new) for item in mutations.mutations_of(path)}


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("operator", "<", "<="),
        ("operator", "**", "*"),
        ("operator", "-", "+"),
        ("sign", "-x[0]", "x[0]"),
        ("constant", "0.5", "0.625"),
        ("constant", "0", "1"),
        ("unit", "180.0", "1800.0"),
        ("axis", "-1", "0"),
        ("rounding", "ceil", "floor"),
        ("function", "sin", "cos"),
        ("argument order", "x,\n        y", "y,\n        x"),
        ("missing term", "x + 180.0", "x"),
    ],
)
def test_each_rule_has_its_mutation(
    found: set[tuple[str, str, str]], kind: str, old: str, new: str
) -> None:
    assert (kind, old, new) in found


def test_words_that_compute_nothing_stay(found: set[tuple[str, str, str]]) -> None:
    assert not {old for _, old, _ in found} & {"1 + 2", "3 * x", "int | None", "|", "1 + 1"}


def test_mutants_of_a_port_compile_and_keep_their_lines(mutations: ModuleType) -> None:
    path = Path(str(numpy_engine.__file__))
    source = path.read_bytes()
    all_of_it = mutations.mutations_of(path)
    assert len(all_of_it) >= 500
    for item in all_of_it[::10]:
        mutant = item.applied(source)
        assert item.compiles()
        assert mutant != source
        assert mutant.count(b"\n") == source.count(b"\n")
        changed = source.split(b"\n")[item.line - 1 : item.end_line]
        assert b"\n".join(changed) != b"\n".join(mutant.split(b"\n")[item.line - 1 : item.end_line])


def test_half_of_the_mutants_are_held_out_and_always_the_same(mutations: ModuleType) -> None:
    all_of_it = mutations.mutations_of(Path(str(numpy_engine.__file__)))
    held_out = [item.name for item in all_of_it if item.is_held_out]
    assert 0.4 < len(held_out) / len(all_of_it) < 0.6
    again = mutations.mutations_of(Path(str(numpy_engine.__file__)))
    assert held_out == [item.name for item in again if item.is_held_out]


def test_scores_count_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from mutant_scores import scores

    base = {
        "outcome": "differs", "change": 0.5, "named": None, "interval": [], "lines": [7, 8],
        "file": "beam.py", "function": "fluence", "stage": "config_snapshot", "is_ours": False,
        "seconds": 1.0,
    }  # fmt: skip
    results = [
        {**base, "outcome": "equal", "change": 0.0},
        {**base, "outcome": "agrees", "change": 1e-15},
        {**base, "outcome": "agrees", "change": 1e-3},
        {**base, "named": ["beam.py", 8], "interval": [["beam.py", 8]]},
        {**base, "named": ["vec3.py", 8], "interval": [["vec3.py", 8]], "stage": "lattice"},
        {**base, "interval": [["beam.py", 1], ["beam.py", 7], ["beam.py", 9]]},
    ]
    counted = scores(results)
    assert counted["not exercised or equivalent"] == "1 (16.7%)"
    assert counted["change an image within noise"] == "1 (16.7%)"
    assert counted["- detected"] == "3 (75.0%)"
    assert counted["- first figure right"] == "2 (66.7%)"
    assert counted["- line named and exact"] == "1 (33.3%)"
    assert counted["- line named and wrong"] == "1 (33.3%)"
    assert counted["- region holds the line"] == "2 (66.7%)"
    assert counted["- region, median lines"] == "1"
