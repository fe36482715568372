"""Arrays and tensors that are changed in place: each store is an event after what was there."""

from __future__ import annotations

import pytest

from tests.locate.capture.watching import watch

LIBRARIES = {
    "numpy": "import numpy as np\nx = np.array([1.0, 2.0, 3.0])\n",
    "torch": "import torch\nx = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)\n",
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("store", "after"),
    [
        ("x[1] = v", [1.0, 5.0, 3.0]),
        ("x[1:] += v", [1.0, 7.0, 8.0]),
        ("x *= v", [5.0, 10.0, 15.0]),
        ("(a, x[0]), b = (1, v), 2", [5.0, 2.0, 3.0]),
        ("x[0] = y = v", [5.0, 2.0, 3.0]),
    ],
)
def test_a_store_uses_what_was_there_and_what_is_stored(
    library: str, store: str, after: list[float]
) -> None:
    watched = watch(f"{LIBRARIES[library]}v = 5.0\n{store}\nz = x - 0.5\n")
    event = watched.one(store)
    assert event.kind == "store"
    assert watched.value(event).tolist() == after
    assert "5.0" in watched.ancestors(event)
    made = watched.events[event.parents[0]]
    assert made.site.line == 2 or "1.0" in watched.ancestors(event)
    assert watched.parents(watched.one("x - 0.5")) == [store, "0.5"]


@pytest.mark.parametrize(
    "store",
    ["x.copy_(y)", "x.mul_(y)", "torch.mul(x, y, out=x)", "torch.add(x, y, out=x).abs_()"],
)
def test_functions_of_torch_that_work_in_place(store: str) -> None:
    watched = watch(f"{LIBRARIES['torch']}y = x + 2.5\nx.requires_grad\n{store}\nz = x - 0.5\n")
    stores = [event for event in watched.events if event.kind == "store"]
    assert stores
    assert all(event.site.line == 5 for event in stores)
    assert "x + 2.5" in watched.ancestors(stores[0])
    (used, *_) = watched.one("x - 0.5").parents
    assert watched.value(watched.events[used]).tolist() == watched.namespace["x"].tolist()


@pytest.mark.parametrize(
    "store",
    [
        "np.add(x, y, out=x)",
        "np.copyto(x, y)",
        "x.sort()",
        "np.add.at(x, [0, 0], 2.5)",
        "x.fill(4)",
    ],
)
def test_functions_of_numpy_that_work_in_place(store: str) -> None:
    source = "import numpy as np\nx = np.array([3.0, 2.0, 1.0])\ny = x * 2.5\n"
    watched = watch(f"{source}{store}\nz = x - 0.5\n")
    (used, *_) = watched.one("x - 0.5").parents
    assert watched.events[used].site.line == 4
    assert watched.events[used].kind in ("store", "operation")
    assert watched.value(watched.events[used]).tolist() == watched.namespace["x"].tolist()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_store_through_a_view_reaches_the_whole(library: str) -> None:
    watched = watch(f"{LIBRARIES[library]}view = x[1:]\nview[0] = 7.5\nz = x - 0.5\n")
    used = watched.events[watched.one("x - 0.5").parents[0]]
    assert (used.kind, used.operation) == ("store", "changed in place")
    assert watched.value(used).tolist() == [1.0, 7.5, 3.0]
    assert {"view[0] = 7.5", "7.5"} <= watched.ancestors(used)


def test_a_tensor_filled_through_numpy_is_what_it_holds_then() -> None:
    watched = watch(f"""\
{LIBRARIES["torch"]}
import numpy as np
def by_numpy(function, x):
    result = torch.empty_like(x)
    function(x.numpy(), out=result.numpy())
    return result
y = by_numpy(np.sqrt, x)
""")
    call = watched.one("by_numpy(np.sqrt, x)")
    assert watched.value(call).tolist() == watched.namespace["y"].tolist()
    assert "function(x.numpy(), out=result.numpy())" in watched.ancestors(call)
    assert "x.numpy()" in watched.ancestors(call)


def test_numbers_in_lists_dictionaries_and_attributes() -> None:
    watched = watch("""\
        class Sum:
            def __init__(self):
                self.total = 0.5
            def add(self, x):
                self.total += x
        s = Sum()
        s.add(2.5)
        s.add(1000.5)
        sums = [0.25, 0.75]
        sums[1] += s.total
        named = {"a": 1.25}
        named["a"] *= sums[1]
        z = named["a"] - 1.0
        """)
    first, second = watched.of("self.total += x")
    assert "0.5" in watched.parents(first)
    assert first.number in second.parents
    assert {"sums[1] += s.total", "1000.5", "1.25", "0.75"} <= watched.ancestors(
        watched.one('named["a"] - 1.0')
    )
