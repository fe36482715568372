"""A function of a user's own package, captured in the process that runs the tests."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from parity_bridge.errors import EngineError, UsageError
from parity_bridge.experiment.nanobragg_flags import read_experiment
from parity_bridge.locate.capture.capture import capture_call
from parity_bridge.locate.capture.events import Capture
from parity_bridge.locate.capture.limits import Limits
from tests.locate.capture.ports import port

__all__ = ["port"]

EXPERIMENT = read_experiment("-cell 50 -default_F 1 -distance 123")


def call(name: str = "tiny_bridge:render", *watch: str, **named: Limits) -> Capture:
    return capture_call(name, EXPERIMENT, watch or ("tiny_port",), **named)


def test_a_function_is_captured_where_it_computes(port: Path) -> None:
    capture = call()
    assert capture.is_identical
    assert capture.notes == ()
    assert capture.image.shape == (6,)
    assert capture.image_event is not None
    image = capture.events[capture.image_event]
    assert np.array_equal(capture.values[image.value], capture.image)
    assert {event.site.file for event in capture.events} == {
        str(port / "tiny_port" / "geometry.py"), str(port / "tiny_port" / "image.py"),
    }  # fmt: skip
    texts = {event.site.expression for event in capture.events}
    assert {"distance / 1000.0", "5", "made.airpath(6)"} <= texts
    assert [event.number for event in capture.events] == list(range(len(capture.events)))
    assert all(not value.flags.writeable for value in capture.values)
    assert len(capture.dtypes) == len(capture.values)
    assert all(parent < event.number for event in capture.events for parent in event.parents)


def test_modules_are_as_they_were(port: Path) -> None:
    image = import_module("tiny_port.image")
    import tiny_port  # type: ignore[import-not-found]

    made = image.detector(5.0, 0.1)
    before = {name: module for name, module in sys.modules.items() if name.startswith("tiny")}
    meta_path = list(sys.meta_path)
    call()
    after = {name: module for name, module in sys.modules.items() if name.startswith("tiny")}
    del after["tiny_bridge"]
    assert after == before
    assert tiny_port.image is image
    assert sys.meta_path == meta_path
    assert isinstance(made, image.Detector)
    assert image.detector(5.0, 0.1) is made
    assert not [name for name in vars(image) if "parity_bridge" in name]


def test_nothing_is_written(port: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    call()
    before = {file: file.read_bytes() for file in port.rglob("*.pyc")}
    capture = call()
    assert capture.events
    assert {file: file.read_bytes() for file in port.rglob("*.pyc")} == before
    for text in before.values():
        assert b"parity_bridge" not in text


def test_a_module_that_holds_on_to_the_port_is_imported_anew(port: Path) -> None:
    """``between`` is neither watched nor called, and has the port's function by name."""
    (port / "tiny_between.py").write_text("from tiny_port.image import render\n")
    (port / "tiny_call.py").write_text(
        "import tiny_between\ndef run(experiment):\n    return tiny_between.render(5.0)\n"
    )
    import_module("tiny_call")
    assert call("tiny_call:run").events


def test_without_watch_the_function_s_own_package_is_watched(port: Path) -> None:
    capture = capture_call("tiny_bridge:render", EXPERIMENT)
    assert {Path(event.site.file).name for event in capture.events} == {"tiny_bridge.py"}


@pytest.mark.parametrize(
    ("function", "watch", "message"),
    [
        ("tiny_absent:render", "tiny_port", "there is no module 'tiny_absent'"),
        ("tiny_bridge:absent", "tiny_port", "tiny_bridge has no function absent"),
        ("tiny_bridge:number", "tiny_port", "tiny_bridge has no function number"),
        ("tiny_bridge", "tiny_port", "give package.module:function"),
        ("tiny_bridge:two", "tiny_port", "cannot be called with an Experiment alone"),
        ("tiny_bridge:words", "tiny_port", "returned str instead of an image"),
        ("tiny_bridge:render", "tiny_absent", "no module of --watch tiny_absent was imported"),
        ("tiny_bridge:render", "torch", "that is a library under the port"),
        ("tiny_bridge:render", "math", "that is a library under the port"),
        ("tiny_bridge:render", "parity_bridge", "that is a library under the port"),
        ("tiny_bridge:render", "./port.py", "give the dotted name of a package"),
        ("tiny_bridge:render", "tiny_broken", "no module of --watch tiny_broken was imported"),
    ],
)
def test_faults_in_what_the_user_names(port: Path, function: str, watch: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call(function, watch)


def test_a_syntax_error_is_named_with_its_line(port: Path) -> None:
    with pytest.raises(EngineError, match=r"SyntaxError: .* \(tiny_broken.py, line 2\)"):
        call("tiny_broken:render")


def test_an_error_of_the_port_is_its_own(port: Path) -> None:
    with pytest.raises(EngineError, match="--call tiny_bridge:fails failed: TypeError") as caught:
        call("tiny_bridge:fails")
    assert isinstance(caught.value.__cause__, TypeError)


def test_a_port_that_cannot_be_imported_twice(port: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_ONCE", "first")
    with pytest.raises(EngineError, match=r"tiny_once imported anew .*registered twice.*--watch"):
        capture_call("tiny_once:render", EXPERIMENT)


def test_an_interrupt_leaves_modules_as_they_were(port: Path) -> None:
    (port / "tiny_stop.py").write_text(
        "runs = []\n"
        "def run(experiment):\n"
        "    import tiny_bridge\n"
        "    tiny_bridge.runs = getattr(tiny_bridge, 'runs', 0) + 1\n"
        "    if tiny_bridge.runs == 2:\n"
        "        raise KeyboardInterrupt\n"
        "    return [1.5]\n"
    )
    stop = import_module("tiny_stop")
    meta_path = list(sys.meta_path)
    with pytest.raises(KeyboardInterrupt):
        capture_call("tiny_stop:run", EXPERIMENT)
    assert sys.modules["tiny_stop"] is stop
    assert sys.meta_path == meta_path


def test_compiled_parts_of_a_package_are_noted_and_kept(
    port: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module of C stays as it is: it can be imported only once in a process."""
    (port / "tiny_port" / "fast.py").write_text(
        "from tiny_port import _fast\n"
        "import tiny_port._fast\n"
        "def njit(function):\n    return function\n"
        "@njit\n"
        "def double(x):\n    return 2.0 * x\n"
        "def run(experiment):\n    return [double(_fast.one) + tiny_port._fast.one * 0.5]\n"
    )
    import_module("tiny_port")
    fast = ModuleType("tiny_port._fast")
    fast.__spec__ = ModuleSpec("tiny_port._fast", None, origin=f"/_fast{EXTENSION_SUFFIXES[0]}")
    fast.one = 1.0  # type: ignore[attr-defined]
    sys.modules["tiny_port._fast"] = fast
    monkeypatch.setattr(sys.modules["tiny_port"], "_fast", fast, raising=False)
    capture = call("tiny_port.fast:run")
    assert capture.image.tolist() == [2.5]
    assert sys.modules["tiny_port._fast"] is fast
    inside = "what it computes inside is not captured"
    assert capture.notes == (
        f"tiny_port._fast is compiled; {inside}",
        f"tiny_port.fast.double is compiled by its decorator; {inside}",
    )
    assert not [event for event in capture.events if event.site.expression == "2.0 * x"]


def test_a_port_of_numbers_and_lists(port: Path) -> None:
    capture = call("tiny_pure:render", "tiny_pure")
    assert capture.is_identical
    assert capture.notes == ()
    assert capture.image.shape == (3, 4)
    assert capture.image_event is not None
    texts = {capture.events[number].site.expression for number in ancestors(capture)}
    assert {"5", "6", "7", "40.0", "a * b", "math.pi", "N * x", "slow * 5.0 - 7.0"} <= texts


def test_what_was_left_out_is_noted_with_its_place(port: Path) -> None:
    limits = Limits(events_per_site=5)
    (note,) = call("tiny_pure:render", "tiny_pure", limits=limits).notes
    assert note.startswith("events were not kept where a place computed very many (")
    assert note.endswith(f"{port / 'tiny_pure.py'}:5)")  # a * b


def test_threads_are_watched_each_with_its_own_expressions(port: Path) -> None:
    capture = call("tiny_pure:threaded", "tiny_pure")
    assert capture.is_identical
    assert np.array_equal(capture.image, call("tiny_pure:render", "tiny_pure").image)
    products = [event for event in capture.events if event.site.expression == "N * x"]
    assert len(products) == 36
    for event in products:
        parents = [capture.values[capture.events[parent].value] for parent in event.parents]
        assert float(np.prod(parents)) == float(capture.values[event.value])


def ancestors(capture: Capture) -> set[int]:
    """Return the events that the image comes from."""
    reached: set[int] = set()
    waiting = [] if capture.image_event is None else [capture.image_event]
    while waiting:
        number = waiting.pop()
        if number not in reached:
            reached.add(number)
            waiting += capture.events[number].parents
    return reached


def test_random_numbers_are_the_same_in_both_runs(port: Path) -> None:
    (port / "tiny_noise.py").write_text(
        "import random\nimport numpy as np\nimport torch\n"
        "def run(experiment):\n"
        "    return np.random.rand(3) + random.random() + torch.rand(3).numpy()\n"
    )
    assert capture_call("tiny_noise:run", EXPERIMENT).is_identical


def test_a_port_that_counts_its_runs_is_not_identical(port: Path) -> None:
    (port / "tiny_count.py").write_text(
        "import os\n"
        "def run(experiment):\n"
        "    count = int(os.environ.get('TINY_RUNS', 0)) + 1\n"
        "    os.environ['TINY_RUNS'] = str(count)\n"
        "    return [[float(count)]] @ __import__('numpy').eye(1)\n"
    )
    capture = capture_call("tiny_count:run", EXPERIMENT)
    assert not capture.is_identical
    assert "the watched image differs" in capture.notes[0]
