"""What the parts of an expression gave, thread by thread, while it is evaluated."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from inspect import getattr_static
from itertools import islice
from types import MemberDescriptorType
from typing import Any, NamedTuple

from parity_bridge.locate.capture.arrays import Kind, kind_of
from parity_bridge.locate.capture.known_objects import Events
from parity_bridge.locate.capture.sites import WatchedSite

#: Most operands of one expression, and most items of a sequence, that are looked at.
_MOST_OPERANDS = 4096
_MOST_ITEMS = 128

_END = object()


class Operand(NamedTuple):
    """What one part of an expression gave."""

    value: Any
    events: Events
    site: WatchedSite
    #: Whether the value was there before: a name, an attribute.
    is_load: bool


class OpenExpression(list[Operand]):
    """The operands so far of an expression that is being evaluated."""

    __slots__ = ("start",)

    def __init__(self, start: int) -> None:
        """Begin without operands, after ``start`` events of the capture."""
        super().__init__()
        self.start = start

    @property
    def events(self) -> set[int]:
        """The events of all operands."""
        return set().union(*(operand.events for operand in self))

    def operand(self, value: object) -> Operand | None:
        """Return the last operand that is this very object; None where none is."""
        return next((operand for operand in reversed(self) if operand.value is value), None)


class ThreadState(threading.local):
    """The open expressions of a thread, innermost last, and what its statements have in hand."""

    def __init__(self) -> None:
        """Begin without expressions."""
        self.expressions: list[OpenExpression] = []
        #: Place of an iterable, a right-hand side, a store -> what it gave.
        self.in_hand: dict[WatchedSite | None, Any] = {}
        #: Whether the capture itself is at work, so that what it calls is not captured.
        self.is_off = False

    def open(self, start: int) -> int:
        """Open an expression; return the token that closes it."""
        self.expressions.append(OpenExpression(start))
        return len(self.expressions) - 1

    def close(self, token: int) -> OpenExpression:
        """Close an expression, and those within it that an exception has left open."""
        closed = self.expressions[token : token + 1]
        del self.expressions[token:]
        return closed[0] if closed else OpenExpression(0)

    def add(self, operands: Iterable[Operand]) -> None:
        """Add operands of the innermost open expression."""
        if self.expressions and len(self.expressions[-1]) < _MOST_OPERANDS:
            self.expressions[-1].extend(operands)

    @property
    def innermost(self) -> OpenExpression:
        """The innermost open expression; an empty one where there is none."""
        return self.expressions[-1] if self.expressions else OpenExpression(0)


def fields_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and value of the first fields of an object with a namespace, or a named tuple."""
    if isinstance(value, tuple):
        return zip(getattr(value, "_fields", ()), plain_iterator(value), strict=False)
    try:
        namespace = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return iter(())
    # A class or module has a namespace of another kind.
    return islice(dict(namespace).items() if type(namespace) is dict else (), _MOST_ITEMS)


def plain_iterator(value: Iterable[Any]) -> Iterator[Any]:
    """Iterate over a sequence without a method that the port has given it."""
    if isinstance(value, list):
        return list.__iter__(value)
    return tuple.__iter__(value) if isinstance(value, tuple) else iter(value)


def attribute_of(owner: object, name: str) -> Any:
    """Return an attribute that is stored in an object; None for one that a method computes."""
    value = getattr_static(owner, name, None)
    if isinstance(value, MemberDescriptorType):
        return getattr(owner, name, None)
    return value


def numeric_items(value: Iterable[Any]) -> Iterator[Any]:
    """Yield the numbers and arrays among the first items of a sequence, and of those within it."""
    levels = [plain_iterator(value)]
    for _ in range(_MOST_ITEMS):
        item: Any = next(levels[-1], _END)
        while item is _END:
            levels.pop()
            if not levels:
                return
            item = next(levels[-1], _END)
        kind = kind_of(item)
        if kind is Kind.SEQUENCE:
            levels.append(plain_iterator(item))
        elif kind > Kind.SEQUENCE:
            yield item
