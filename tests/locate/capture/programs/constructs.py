"""One function a construct of Python; ``RESULTS`` names them all. Run instrumented and plain."""

# Written for its variety, not for its style.
# mypy: ignore-errors
from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, IntFlag
from typing import Any, ClassVar, NamedTuple

import numpy as np

RESULTS: list[Callable[[], Any]] = []


def result(function: Callable[[], Any]) -> Callable[[], Any]:
    RESULTS.append(function)
    return function


class Calls(list[str]):
    """Notes what is evaluated, in order."""

    def __call__(self, name: str, value: Any) -> Any:
        self.append(name)
        return value


@result
def short_circuits() -> Any:
    calls = Calls()
    a = calls("a", 0) and calls("b", 1)
    b = calls("c", 0.0) or calls("d", 2.5) or calls("e", 1 / 1)
    c = calls("f", 1) < calls("g", 0) < calls("h", 5)
    d = calls("i", 1) if calls("j", False) else calls("k", 2)
    return a, b, c, d, list(calls)


@result
def order_of_evaluation() -> Any:
    calls = Calls()
    table = {calls("key", 1): calls("value", 2), **calls("more", {3: 4})}
    items = [*calls("list", [1, 2]), calls("last", 3)]
    table[calls("index", 5)] = calls("right", 6)
    items[calls("at", 0)] += calls("added", 7)
    calls("function", max)(*calls("args", [1, 2]), calls("arg", 3), **calls("kw", {"key": abs}))
    return table, items, list(calls)


@result
def generators() -> Any:
    calls = Calls()

    def numbers(count: int) -> Iterator[float]:
        got = 0.0
        for number in range(count):
            got = (yield number * 2.0 + got) or 1.0
            calls("sent", got)
        return count * 10

    def outer() -> Iterator[float]:
        last = yield from numbers(3)
        yield last + 0.5

    first = outer()
    received = [next(first), first.send(4.0), *first]
    lazy = (calls(f"lazy{x}", x * x) for x in range(3) if x != 1)
    calls("before", 0)
    closed = numbers(5)
    next(closed)
    closed.close()
    return received, sum(lazy), list(calls)


@result
def comprehensions() -> Any:
    matrix = [[row * column for column in range(3) if column] for row in range(3)]
    flat = {value for row in matrix for value in row if value > 1 if value % 2 == 0}
    named = {key: value for key, value in zip("ab", (1.5, 2.5), strict=True)}
    kept = [square for x in range(5) if (square := x * x) > 3]
    functions = [lambda scale=scale: scale * 2 for scale in (1, 2)]
    return matrix, flat, named, kept, square, [function() for function in functions]


@result
def walrus() -> Any:
    out = []
    values = [1.0, 2.0, 3.0]
    while (value := values.pop()) > 1.5:
        out.append(value)
    return out, value, (y := 3) + y


@result
def coroutines() -> Any:
    calls = Calls()

    async def half(x: float) -> float:
        await asyncio.sleep(0)
        calls("half", x)
        return x / 2

    async def ticks(count: int) -> AsyncIterator[int]:
        for tick in range(count):
            yield tick
            await asyncio.sleep(0)

    @contextlib.asynccontextmanager
    async def opened(value: float) -> AsyncIterator[float]:
        yield value + 1.0

    async def main() -> Any:
        total = await half(3.0) + 2 * await half(5.0)
        async for tick in ticks(3):
            total += tick
        both = await asyncio.gather(half(1.0), half(2.0))
        async with opened(2.0) as value:
            total -= value
        return total, both, [tick * 2 async for tick in ticks(2)], [await half(x) for x in both]

    return asyncio.run(main()), sorted(calls)


@result
def strings() -> Any:
    x, width = 3.14159, 8
    return f"{x:.3f} {x!r:>{width}} {x + 1=}", "ab", b"c", f"{[y * 2 for y in (1, 2)]}"


@result
def matching() -> Any:
    class Point(NamedTuple):
        x: float
        y: float

    def kind(value: Any) -> Any:
        match value:
            case 0 | -1.5:
                return "number"
            case [first, *rest] if first > 2 * 1:
                return first, rest
            case Point(x=0, y=y):
                return y + 1
            case {"scale": scale, **others}:
                return scale * 2, others
            case Enum():
                return value.name
            case _:
                return None

    return [kind(v) for v in (0, -1.5, [3, 4], Point(0, 2), {"scale": 1, "b": 2}, [1], "x")]


@result
def decorators() -> Any:
    @functools.lru_cache(maxsize=4)
    def cached(n: int) -> int:
        return n if n < 2 else cached(n - 1) + cached(n - 2)

    def scaled(by: float) -> Callable[..., Any]:
        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(function)
            def inner(*values: float, **named: float) -> float:
                return by * function(*values, **named)

            return inner

        return decorate

    @scaled(2.0)
    def add(a: float, /, b: float = 1.0, *more: float, c: float, **rest: float) -> float:
        """Add."""
        return a + b + sum(more) + c + sum(rest.values())

    return cached(10), add(1.0, 2.0, 3.0, c=4.0, d=5.0), add.__name__, add.__doc__, add.__wrapped__(
        1, c=1
    )  # fmt: skip


class Base:
    scale: ClassVar[float] = 2.0
    __slots__ = ("__hidden", "value")

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value
        self.__hidden = value * 3

    @property
    def hidden(self) -> float:
        return self.__hidden + self.scale

    @classmethod
    def doubled(cls, value: float) -> Base:
        return cls(value * 2)

    @staticmethod
    def half(value: float) -> float:
        return value / 2

    def describe(self) -> str:
        return __class__.__name__ + f" {self.value}"


class Derived(Base):
    table = [x * 2 for x in range(3)]
    total = 0
    for entry in table:
        total += entry
    one, (two, *rest) = 1, (2, 3, 4)

    def __init__(self, value: float) -> None:
        super().__init__(value + 1)

    def __add__(self, other: Derived) -> Derived:
        return Derived(self.value + other.value)

    def __iadd__(self, other: float) -> Derived:
        self.value += other
        return self

    def __getitem__(self, item: Any) -> Any:
        return item


@result
def classes() -> Any:
    item = Derived(1.5) + Derived.doubled(2.0)
    same = item
    item += 2.5
    return (
        item.hidden, item.describe(), Base.half(3), Derived.table, Derived.total, Derived.entry,
        Derived.two, Derived.rest, same is item, item[1:2, ..., None], type(item).__mro__[1] is Base,
    )  # fmt: skip


@dataclass(frozen=True, order=True)
class Cell:
    a: float = 1.0
    b: float = field(default=2.0, compare=False)
    angles: tuple[float, ...] = (90.0, 90.0)
    extra: list[int] = field(default_factory=lambda: [1, 2])


class Shape(Enum):
    ROUND = 1
    SQUARE = 2

    @property
    def twice(self) -> int:
        return self.value * 2


class Flags(IntFlag):
    A = 1
    B = 2


@result
def data_classes() -> Any:
    fields = {name: str(kind) for name, kind in Cell.__annotations__.items()}
    return Cell(), Cell(3.0) < Cell(4.0), fields, [s.twice for s in Shape], Flags.A | Flags.B


@result
def assignments() -> Any:
    a = b = [1, 2, 3]
    (c, *d), e = (4, 5, 6), 7
    a[0], a[1:] = c, [e, *d]
    x: float = 2
    x **= 3
    x -= 0.5
    box: dict[str, Any] = {"n": 1, "inner": {"m": [1.0]}}
    box["n"] += 2
    box["inner"]["m"][0] *= 4.0
    del box["n"]
    array = np.arange(6.0).reshape(2, 3)
    view = array[:, 1]
    view += 10
    array[0, ::2] = -1
    array[1] @= np.eye(3)
    return a is b, a, d, x, box, array.tolist()


@result
def exceptions() -> Any:
    out = []

    def fail(x: float) -> float:
        return x / 0

    for value in (1.0, 2.0):
        try:
            out.append(1.0 + fail(value) * 2)
        except ZeroDivisionError as error:
            out.append(str(error))
        else:
            out.append("else")
        finally:
            out.append(value + 1)
    try:
        raise ExceptionGroup("many", [ValueError(1), TypeError(2)])
    except* ValueError as group:
        out.append(len(group.exceptions))
    except* TypeError:
        out.append("type")
    with contextlib.suppress(KeyError), contextlib.nullcontext(5) as five:
        out.append(five + {}[1])
    return out


@result
def scopes() -> Any:
    count = 0

    def bump(by: int = 1) -> int:
        nonlocal count
        count += by
        return count

    def recurse(n: int) -> int:
        return 1 if n == 0 else n * recurse(n - 1)

    global _made_here
    _made_here = bump() + bump(2)
    return count, recurse(6), _made_here, sorted(locals()), (lambda x, *y, z=2: (x, y, z))(1, 2)


@result
def loops() -> Any:
    out = []
    for i, (j, k) in enumerate([(1, 2), (3, 4)]):
        if j == 3:
            continue
        for box["x"] in range(2) if (box := {}) is not None else ():
            out.append(box["x"])
        out.append(i + j + k)
    else:
        out.append("done")
    while True:
        out.append(len(out))
        if len(out) > 5:
            break
    return out


@result
def vectorized() -> Any:
    @np.vectorize
    def sincg(x: float, n: float) -> float:
        return np.sin(x * n) / np.sin(x) if x else n

    total = np.zeros(3)
    np.add(total, [1.0, 2.0, 3.0], out=total)
    np.add.at(total, [0, 0], 1.0)
    total.sort()
    return sincg(np.array([0.0, 0.5]), 3.0).tolist(), total.tolist(), float(np.float32(0.1))


@result
def environment() -> Any:
    frame = sys._getframe()
    return frame.f_code.co_name, frame.f_lineno, eval("1 + 1"), __name__ != "", type(1 + 1)


@result
def objects_that_count() -> Any:
    calls = Calls()

    class Counting:
        @property
        def total(self) -> float:
            return calls("get", 1.5)

        @total.setter
        def total(self, value: float) -> None:
            calls("set", value)

        def __iter__(self) -> Iterator[float]:
            calls("iter", None)
            return iter((1.0, 2.0))

        def __len__(self) -> int:
            return calls("len", 2)

        def __bool__(self) -> bool:
            return calls("bool", True)

        def __eq__(self, other: object) -> bool:
            return calls("eq", True)

        def __getattr__(self, name: str) -> float:
            return calls(name, 2.5)

    class Items(list):
        def __iter__(self) -> Iterator[float]:
            calls("items", None)
            return super().__iter__()

    item = Counting()
    item.total += item.missing
    x, y = item
    first, second = items = Items([1.0, 2.0])
    z = [item, items, item == items, len(item), bool(item and items)]
    function = lambda *given: given
    function(item, items)[0].total
    return x, y, first, second, len(z), list(calls)


@result
def arrays_of_a_class() -> Any:
    calls = Calls()

    class Field(np.ndarray):
        def __array_finalize__(self, base: Any) -> None:
            calls("finalize", None)

        def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **named: Any) -> Any:
            calls(function.__name__, None)
            plain = [np.asarray(item) for item in inputs]
            return getattr(function, method)(*plain, **named)

    x = np.arange(3.0).view(Field)
    y = (x * 2.0 + x)[1:]
    x[0] = 5.0
    return y.tolist(), x.tolist(), list(calls)


def results() -> list[Any]:
    """Return what each of the functions returns."""
    return [function() for function in RESULTS]
