"""An instrumented program computes what it computed."""

from __future__ import annotations

import doctest
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.locate.capture.watching import FILE, plain, watch

CONSTRUCTS = Path(__file__).with_name("programs") / "constructs.py"


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, Any], dict[str, Any], Any]:
    """The program's namespace, run plain and watched."""
    source, file = CONSTRUCTS.read_text(), str(CONSTRUCTS)
    watched = watch(source, file)
    return plain(source, file), watched.namespace, watched


NAMES = [
    line.removeprefix("def ").partition("(")[0]
    for before, line in zip(
        CONSTRUCTS.read_text().splitlines(), CONSTRUCTS.read_text().splitlines()[1:], strict=False
    )
    if before == "@result"
]


@pytest.mark.parametrize("name", NAMES)
def test_a_construct_computes_what_it_computed(name: str, both: Any) -> None:
    own, watched, program = both
    assert repr(watched[name]()) == repr(own[name]())
    assert not program.hooks.failures


def test_the_module_itself_is_the_same(both: Any) -> None:
    own, watched, _ = both
    hidden = {name for name in watched if name.startswith("__parity_bridge_")}
    assert len(NAMES) == len(own["RESULTS"])
    assert set(watched) - hidden == set(own)
    assert watched["__doc__"] == own["__doc__"]


FAILING = """\
    def inner(x):
        return [
            x
            / (x - 1.0)
        ]

    def outer(x):
        y = (
            inner(x)[0]
            + 1
        )
        return y

    def interrupted(x):
        raise KeyboardInterrupt

    def recover():
        out = []
        for x in (1.0, 2.0):
            try:
                out.append(2.0 * outer(x) + 1.0)
            except ZeroDivisionError:
                out.append(-x)
        return out
    """


def test_an_error_has_its_own_traceback() -> None:
    places = []
    for run in (plain, lambda source: watch(source).namespace):
        with pytest.raises(ZeroDivisionError, match="float division by zero") as caught:
            run(FAILING)["outer"](1.0)
        frames = [frame for frame in traceback.extract_tb(caught.tb) if frame.filename == FILE]
        places.append([(f.name, f.lineno, f.end_lineno, f.colno, f.end_colno) for f in frames])
        assert caught.traceback[-1].path == Path(FILE) or str(caught.traceback[-1].path) == FILE
    assert places[0] == places[1]
    assert [place[1] for place in places[0]] == [9, 3]


def test_what_an_exception_left_open_is_closed_again() -> None:
    watched = watch(FAILING + "\n    total = recover()\n    after = total[1] * 2.0\n")
    assert watched.namespace["total"] == [-1.0, 7.0]
    assert watched.namespace["after"] == 14.0
    assert "x" in watched.ancestors(watched.one("total[1] * 2.0", "operation"))
    assert not watched.hooks.thread.expressions


def test_an_interrupt_comes_out() -> None:
    with pytest.raises(KeyboardInterrupt):
        watch(FAILING).namespace["interrupted"](1.0)


def test_code_that_outlives_its_capture_runs_on() -> None:
    watched = watch("def double(x):\n    x += x\n    return [y * 1.0 for y in (x,)]\n")
    watched.hooks.is_closed = True
    count = len(watched.recording)
    assert watched.namespace["double"](3) == [6.0]
    assert len(watched.recording) == count


def test_a_value_that_cannot_be_read_does_not_end_the_program() -> None:
    source = """\
        class Odd:
            dtype, shape = "odd", (1,)
            def __array__(self, *_args, **_named):
                raise ValueError("no array")
        odd = Odd()
        """
    watched = watch(source)
    assert watched.recording.values.left_out == {"could not be read (Odd)": 1}


@pytest.mark.parametrize(
    "name",
    [
        "statistics",
        "fractions",
        pytest.param("difflib", marks=pytest.mark.corpus),
        pytest.param("pickletools", marks=pytest.mark.corpus),
    ],
)
def test_the_standard_library_passes_its_own_examples(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = import_module(name)
    file = str(own.__file__)
    watched = watch(Path(file).read_text(encoding="utf-8"), file, name=name)
    expected = doctest.testmod(own, verbose=False, report=False)
    monkeypatch.setitem(sys.modules, name, watched.module)
    got = doctest.testmod(watched.module, verbose=False, report=False)
    assert got == expected
    assert expected.attempted > 10
    assert len(watched.recording) > 500
    assert not watched.hooks.failures
