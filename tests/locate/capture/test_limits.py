"""What a capture holds at most, and that it says what it left out."""

from __future__ import annotations

import numpy as np
import pytest

from parity_bridge.locate.capture.limits import Limits
from tests.locate.capture.watching import watch

READING = """\
    import numpy as np
    x = np.array([0.5])
    total = x * 1.0
    for line in range(1000):
        number = float(line) + 1000.5
        total = total + number
    after = total * 2.0
    """


def test_a_site_keeps_its_first_events_and_then_ever_fewer() -> None:
    limits = Limits(events_per_site=10)
    assert [count for count in range(1, 200) if limits.keeps(count)] == [
        *range(1, 11), 16, 32, 64, 128,
    ]  # fmt: skip


def test_a_reading_loop_does_not_fill_a_capture() -> None:
    watched = watch(READING, limits=Limits(events_per_site=10))
    assert len(watched.of("float(line) + 1000.5")) == 10 + 6
    assert len(watched.events) < 150
    assert watched.recording.dropped.total() > 3000
    assert watched.namespace["total"].tolist() == [1500500.0 - 500.0 * 1000 + 499500.0 + 0.5]


def test_dataflow_goes_on_through_what_was_left_out() -> None:
    watched = watch(READING, limits=Limits(events_per_site=10))
    assert {"x * 1.0", "0.5"} <= watched.ancestors(watched.one("total * 2.0"))


def test_the_events_of_all_sites_are_limited_but_each_site_has_one() -> None:
    watched = watch(READING, limits=Limits(events=20))
    assert watched.of("total * 2.0")
    assert len(watched.events) < 40


def test_large_values_are_left_out_before_they_are_copied() -> None:
    watched = watch("def use(x):\n    y = x[1:]\n    return y\n", limits=Limits(value_bytes=4096))
    watched.namespace["use"](np.zeros(10_000))
    assert set(watched.recording.values.left_out) == {"have more than 4096 bytes"}
    assert not watched.events[1:]
    assert not watched.hooks.failures


def test_the_bytes_of_all_values_are_limited() -> None:
    watched = watch(
        """\
        import numpy as np
        parts = [np.full(1000, 1.0 * k) for k in range(20)]
        small = parts[0][0] + 1.5
        """,
        limits=Limits(bytes=50_000),
    )
    assert sum(value.nbytes for value in watched.recording.values.values) < 60_000
    assert watched.recording.values.left_out["came after 50000 bytes of values"] == 14
    assert watched.of("parts[0][0] + 1.5")


def test_equal_values_are_held_once() -> None:
    watched = watch("""\
        import numpy as np
        x = np.arange(6.0)
        y = x + 0.0
        z = (x * 1.0).reshape(2, 3)
        w = x.astype(np.float32)
        """)
    x, y, z, w = (
        watched.one(text).value
        for text in ("np.arange(6.0)", "x + 0.0", "(x * 1.0).reshape(2, 3)", "x.astype(np.float32)")
    )
    assert x == y
    assert len({x, z, w}) == 3
    assert watched.recording.values.dtypes[w] == "float32"


@pytest.mark.parametrize(
    ("text", "value", "dtype"),
    [
        ("np.float32(0.1)", float(np.float32(0.1)), "float32"),
        ("np.arange(3, dtype=np.uint8)", [0, 1, 2], "uint8"),
        ("np.array(2**64 - 1, dtype=np.uint64)", 2.0**64, "uint64"),
        ("np.array([True])", [True], "bool"),
        ("np.exp(1j)", np.exp(1j), "complex128"),
        ("torch.tensor([0.5]).bfloat16()", [0.5], "bfloat16"),
        ("torch.tensor([1 + 2j]).conj()", [1 - 2j], "complex64"),
        ("torch.tensor([1.0], requires_grad=True)", [1.0], "float32"),
        ("int('300')", 300, "int"),
        ("complex(1, 2)", 1 + 2j, "complex"),
    ],
)
def test_values_of_all_kinds(text: str, value: object, dtype: str) -> None:
    watched = watch(f"import numpy as np\nimport torch\nx = {text}\n")
    event = watched.one(text)
    assert watched.recording.values.dtypes[event.value] == dtype
    assert watched.value(event).tolist() == value


def test_arrays_of_other_libraries_are_read_through_numpy() -> None:
    watched = watch("""\
        import numpy as np
        class Foreign:
            def __init__(self, numbers):
                self.numbers, self.dtype, self.shape = numbers, "float64", (len(numbers),)
            def __array__(self, dtype=None, copy=None):
                return np.array(self.numbers)
            def __mul__(self, other):
                return Foreign([number * other for number in self.numbers])
            dtype = shape = None
        x = Foreign([1.5, 2.5])
        y = x * 2.0
        """)
    product = watched.one("x * 2.0")
    assert watched.value(product).tolist() == [3.0, 5.0]


@pytest.mark.parametrize(
    "text",
    ["'text'", "np.array(['a'])", "np.array([])", "torch.empty(3, device='meta')", "int('9' * 30)",
     "np.zeros(2, dtype=[('a', float)])", "torch.eye(3).to_sparse()", "object()", "np.array(None)"],
)  # fmt: skip
def test_what_is_no_number_is_left_alone(text: str) -> None:
    watched = watch(f"import numpy as np\nimport torch\nx = {text}\n")
    assert not watched.of(text)


def test_a_table_filled_item_by_item_is_not_copied_each_time_but_is_held_in_the_end() -> None:
    watched = watch(
        """\
        import numpy as np
        table = np.zeros(1000)
        for k in range(1000):
            table[k] = k + 0.5
        after = table * 2.0
        """,
        limits=Limits(bytes_per_site=20_000),
    )
    assert len(watched.of("table[k] = k + 0.5")) < 15
    (used, *_) = watched.one("table * 2.0").parents
    assert watched.value(watched.events[used]).tolist() == [k + 0.5 for k in range(1000)]
    assert "np.zeros(1000)" in watched.ancestors(watched.events[used])
    assert "k + 0.5" in watched.ancestors(watched.events[used])
