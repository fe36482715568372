"""Which results an event used: by syntax where expressions are nested, else by identity."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.locate.capture.test_semantics import CONSTRUCTS
from tests.locate.capture.watching import watch


def test_operands_are_parents() -> None:
    watched = watch("""\
        a = 2.5
        b = 3.5
        c = a * b + 1000.5 / a
        """)
    total = watched.one("a * b + 1000.5 / a")
    assert (total.operation, total.names) == ("Add", ("c",))
    assert watched.parents(total) == ["a * b", "1000.5 / a"]
    assert watched.parents(watched.one("a * b")) == ["2.5", "3.5"]
    assert watched.one("2.5").names == ("a",)
    assert float(watched.value(total)) == 2.5 * 3.5 + 1000.5 / 2.5


def test_small_integers_are_followed_by_name() -> None:
    watched = watch("""\
        N = 5
        other = 5
        def factor(x, N=3, *, M=5):
            return x * N
        y = factor(0.5, N=N)
        """)
    assert {"5", "0.5"} <= watched.ancestors(watched.one("x * N"))
    wrong = [event for event in watched.of("5") if event.site.line == 2]
    assert wrong[0].number not in watched.one("x * N").parents
    assert watched.one("N", "argument").site.line == 5


def test_an_argument_is_seen_where_it_is_given() -> None:
    watched = watch("""\
        def ratio(top, bottom):
            return top / bottom
        x, y = 1.5, 2.5
        z = ratio(y, x)
        """)
    given = [event for event in watched.events if event.kind == "argument"]
    assert [(event.site.line, event.site.expression) for event in given] == [(4, "y"), (4, "x")]
    assert [event.names for event in given] == [("top",), ("bottom",)]
    call = watched.one("ratio(y, x)")
    assert (call.operation, watched.parents(call), call.names) == (
        "call ratio", ["top / bottom"], ("z",),
    )  # fmt: skip


def test_a_function_that_is_not_watched_hands_on() -> None:
    watched = watch("""\
        import numpy as np
        @np.vectorize
        def scaled(x, n):
            return x * n
        hkl = np.array([1.25, 2.25])
        result = np.sqrt(scaled(hkl, 2.5))
        """)
    assert {"x * n", "1.25"} <= watched.ancestors(watched.one("np.sqrt(scaled(hkl, 2.5))"))
    assert "1.25" in watched.ancestors(watched.of("x * n")[-1])


def test_loops_and_unpacking_hand_on() -> None:
    watched = watch("""\
        import numpy as np
        u = np.array([1.5, 2.5])
        v = np.array([3.5, 4.5])
        total = 0.0
        for i, (x, y) in enumerate(zip(u, v)):
            total += x * y
        first, second = u
        sums = [p + second for p in v if p > 4]
        """)
    increments = watched.of("total += x * y")
    assert [watched.parents(event) for event in increments] == [
        ["0.0", "x * y"], ["total += x * y", "x * y"],
    ]  # fmt: skip
    assert {"np.array([1.5, 2.5])", "np.array([3.5, 4.5])"} <= watched.ancestors(increments[0])
    assert "np.array([1.5, 2.5])" in watched.ancestors(watched.one("p + second"))
    assert "np.array([3.5, 4.5])" in watched.ancestors(watched.one("p + second"))


def test_attributes_and_items_hand_on() -> None:
    watched = watch("""\
        class Cell:
            def __init__(self, a, N):
                self.a = a * 1.5
                self.N = N
            @property
            def volume(self):
                return self.a ** 3
        cell = Cell(2.5, 7)
        table = {"V": cell.volume}
        V = table["V"] * cell.N
        """)
    product = watched.one('table["V"] * cell.N')
    assert {"7", "self.a ** 3", "a * 1.5", "2.5"} <= watched.ancestors(product)


@pytest.mark.parametrize(
    "config",
    [
        "@dataclass(frozen=True)\nclass Config:\n    M: int = 3\n    N: int = 4",
        "class Config(NamedTuple):\n    M: int = 3\n    N: int = 4",
    ],
)
def test_small_integers_are_followed_into_fields(config: str) -> None:
    watched = watch(f"""\
from dataclasses import dataclass, replace
from typing import NamedTuple
{config}
other = 7
config = Config(N=7)
x = config.N * 0.5
y = config.M * 0.5
""")
    lines = {
        watched.events[number].site.line
        for event in watched.of("config.N * 0.5")
        for number in event.parents
    }
    at = config.count("\n") + 3
    assert lines == {at + 2, at + 3}
    used = [watched.events[number] for number in watched.one("config.M * 0.5").parents]
    assert used[0].site.expression == "3"


VECTORS = """\
from dataclasses import dataclass
from typing import NamedTuple
class Vec3(NamedTuple):
    x: float
    y: float
    z: float
@dataclass
class Beam:
    direction: Vec3
    weight: float
def cross(u, v):
    return Vec3(u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)
a = Vec3(1.5, 2.5, 3.5)
b = Vec3(4.5, 5.5, 7.5)
"""


def test_a_vector_is_followed_component_by_component() -> None:
    watched = watch(f"{VECTORS}c = cross(b, a)\nd = Vec3(c.y, c.x, c.z)\ny = d.x * 0.5\n")
    assert watched.parents(watched.one("d.x * 0.5")) == ["Vec3(c.y, c.x, c.z)", "0.5"]
    made, *_ = watched.of("Vec3(c.y, c.x, c.z)")
    assert watched.parents(made) == ["cross(b, a)"]
    assert len(watched.of("cross(b, a)")) == 3
    second = watched.of("cross(b, a)")[1]
    assert made.parents == (second.number,)
    assert watched.ancestors(second) >= {"u.z * v.x - u.x * v.z", "b", "a", "1.5"}
    assert [event.names for event in watched.of("b", "argument")] == [(), (), ()]


def test_items_of_a_long_list_are_no_events_but_are_followed() -> None:
    watched = watch("""\
        import numpy as np
        x = np.arange(30.0) * 1.5
        items = x.tolist()
        y = items[3] * 0.5
        z = [item * 2.5 for item in items]
        """)
    assert not watched.of("x.tolist()")
    assert "np.arange(30.0) * 1.5" in watched.ancestors(watched.one("items[3] * 0.5"))
    assert "np.arange(30.0) * 1.5" in watched.ancestors(watched.of("item * 2.5")[7])


def test_a_value_is_an_event_where_it_becomes_a_field() -> None:
    watched = watch(f"{VECTORS}weight = 0.25\nbeam = Beam(b, weight)\ny = beam.weight * 0.5\n")
    at = VECTORS.count("\n") + 2
    fields = [event for event in watched.events if event.operation.startswith("field ")]
    assert [(event.operation, event.site.line) for event in fields] == [
        ("field direction", at), ("field direction", at), ("field direction", at),
        ("field weight", at),
    ]  # fmt: skip
    assert fields[-1].number in watched.one("beam.weight * 0.5").parents


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("cells = (7, 8, 9)\nN = cells[1]", "N * 0.5"),
        ("cells = [7, 8, 9]\n_, N, _ = cells", "N * 0.5"),
        ("class Crystal:\n    cells = 7, 8, 9\ncells = Crystal().cells", "cells[1] * 0.5"),
        ("def first(cells):\n    return cells[1]\nN = first((7, 8, 9))", "N * 0.5"),
    ],
)
def test_small_integers_are_followed_out_of_sequences(written: str, used: str) -> None:
    watched = watch(f"{written}\nx = {used}\n")
    assert "8" in watched.ancestors(watched.one(used))


def test_generators_hand_on() -> None:
    watched = watch("""\
        def turns(angle):
            for step in range(2):
                yield angle * 0.5
        angle = 1.25
        total = sum(turn * 2.0 for turn in turns(angle))
        """)
    assert {"angle * 0.5", "1.25", "turn * 2.0"} <= watched.ancestors(
        watched.one("sum(turn * 2.0 for turn in turns(angle))")
    )


def test_what_is_returned_as_it_was_is_an_event_of_that_line() -> None:
    watched = watch("""\
        def pick(a, b):
            if a > 1:
                return a
            return b
        x = pick(2.5, 3.5)
        """)
    line = watched.one("a", "return")
    assert line.site.line == 3
    assert watched.parents(watched.one("pick(2.5, 3.5)")) == ["a"]


def test_numbers_that_nothing_reported_are_events_without_parents() -> None:
    watched = watch("""\
        import math
        x = math.pi * 2
        """)
    assert watched.one("math.pi").parents == ()
    assert watched.one("math.pi").operation == "load"


def test_spans_are_exact() -> None:
    source = CONSTRUCTS.read_text()
    watched = watch(source, str(CONSTRUCTS))
    lines = source.splitlines(keepends=True)
    assert len(watched.events) > 20
    for event in watched.events:
        site = event.site
        part = lines[site.line - 1 : site.end_line]
        part[-1] = part[-1].encode()[: site.end_column].decode()
        part[0] = part[0].encode()[site.column :].decode()
        assert "".join(part) == site.expression


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_spans_count_bytes_and_lines_as_the_parser_does(newline: str) -> None:
    source = newline.join(['s = "é\f\x1c"; µ = (1.5', "  + 2.5)", 'ä = "ö", µ * 2.0', ""])
    watched = watch(source)
    assert watched.one("µ * 2.0").site.line == 3
    total = next(event for event in watched.events if event.operation == "Add")
    assert total.site.expression == "1.5\n  + 2.5"


def test_a_function_is_named_as_python_names_it() -> None:
    watched = watch("""\
        class Port:
            def run(self):
                def inner(x):
                    return x * 2.5
                return inner(1.5)
        y = Port().run()
        """)
    assert watched.one("x * 2.5").site.function == "Port.run.<locals>.inner"
    assert watched.one("Port().run()").site.function == "<module>"
    assert Path(watched.one("x * 2.5").site.file).is_absolute()
