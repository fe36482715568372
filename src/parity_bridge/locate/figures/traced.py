"""Numbers that write down how they were made: each operation becomes a figure of its own.

Formulas of the contract are written with them once, in the contract's order of evaluation. Each
intermediate result is registered with its text, its parents and a running bound of its rounding
error (Wilkinson's running error analysis), which is to a helper figure what the noise budget is to
a tap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.locate.figures.axes import AXES, axis_of, lay
from parity_bridge.locate.figures.quantity import Quantity, Rank

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array

Power = int | None


@dataclass
class Ledger:
    """All figures of one experiment, in the order in which they were made."""

    quantities: list[Quantity] = field(default_factory=list)
    stage: str = "config_snapshot"

    @contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """Register the figures of ``stage``."""
        before, self.stage = self.stage, stage
        yield
        self.stage = before

    def given(self, name: str, values: Any, *axes: str, power: Power = 0) -> Traced:
        """Register numbers that were given, which are known to one rounding."""
        array = lay(values, *axes)
        return self.add(name, "given", array, np.abs(array), power, (), Rank.GIVEN)

    def add(  # noqa: PLR0913 - the parts of a figure
        self,
        name: str,
        formula: str,
        values: Array,
        noise: Array,
        power: Power,
        parents: tuple[int, ...],
        rank: Rank = Rank.PART,
        parts: tuple[str, ...] = (),
        *,
        is_looked_up: bool = False,
        operation: str = "",
    ) -> Traced:
        """Register a figure."""
        number = len(self.quantities)
        is_looked_up |= bool(parents) and all(
            parent >= 0 and self.quantities[parent].is_looked_up for parent in parents
        )
        values = np.broadcast_to(values, np.broadcast_shapes(values.shape, noise.shape))
        noise = np.broadcast_to(np.nan_to_num(noise), values.shape)
        self.quantities.append(
            Quantity(
                number=number,
                name=name,
                stage=self.stage,
                formula=formula,
                rank=rank,
                values=values,
                noise=noise,
                power=power,
                parents=parents,
                parts=parts,
                is_looked_up=is_looked_up,
                operation=operation,
            )
        )
        return Traced(self, values, noise, name, power, number)


@dataclass(frozen=True, eq=False)
class Traced:
    """A figure, or the components of one, in a formula."""

    ledger: Ledger
    values: Array
    noise: Array
    text: str
    power: Power
    number: int

    def named(
        self,
        name: str,
        values: Array | None = None,
        *,
        formula: str = "",
        power: Power | str = "",
        parts: tuple[str, ...] = (),
        text: str = "",
        floor: float = 0.0,
    ) -> Traced:
        """Register it as a step of the contract, with the reference's own ``values`` if given.

        Where these are NaN, the formula's stand.

        ``floor`` is the least noise of any component, in units of the unit roundoff.
        """
        exact = self.values if values is None else values
        if np.isnan(exact).any():
            # What the reference did not reach, a port may compute all the same.
            exact = np.where(np.isnan(exact), self.values, exact)
        step = self.ledger.add(
            name,
            formula or self.text,
            exact,
            np.maximum(
                np.broadcast_to(self.noise, np.broadcast_shapes(self.noise.shape, exact.shape)),
                floor,
            ),
            self.power if isinstance(power, str) else power,
            (self.number,),
            Rank.STEP,
            parts,
        )
        return _retitled(step, text or _short(name))

    def take(self, axis: str, *places: int) -> Traced:
        """Return the parts at ``places`` of an axis; the figure stays the same."""
        values, noise = (np.take(a, places, axis_of(axis)) for a in (self.values, self.noise))
        text = self.text
        if axis in ("xyz", "row") and len(places) == 1:
            text = f"{self.text}.{'xyzw'[places[0]]}"
        elif axis == "cell" and len(places) == 1:
            text = f"{self.text}[{'abcd'[places[0]]}]"
        return Traced(self.ledger, values, noise, text, self.power, self.number)

    def moved(self, axis: str, to: str) -> Traced:
        """Return it with one axis under the name of another, which has the length 1."""
        values, noise = (
            np.swapaxes(a, axis_of(axis), axis_of(to)) for a in (self.values, self.noise)
        )
        return Traced(self.ledger, values, noise, self.text, self.power, self.number)

    @property
    def x(self) -> Traced:
        """Component x."""
        return self.take("xyz", 0)

    @property
    def y(self) -> Traced:
        """Component y."""
        return self.take("xyz", 1)

    @property
    def z(self) -> Traced:
        """Component z."""
        return self.take("xyz", 2)

    def __add__(self, other: Any) -> Traced:
        return _binary(self, other, "+", np.add, _sum_noise)

    def __radd__(self, other: Any) -> Traced:
        return _binary(other, self, "+", np.add, _sum_noise)

    def __sub__(self, other: Any) -> Traced:
        return _binary(self, other, "-", np.subtract, _sum_noise)

    def __rsub__(self, other: Any) -> Traced:
        return _binary(other, self, "-", np.subtract, _sum_noise)

    def __mul__(self, other: Any) -> Traced:
        return _binary(self, other, "*", np.multiply, _product_noise)

    def __rmul__(self, other: Any) -> Traced:
        return _binary(other, self, "*", np.multiply, _product_noise)

    def __truediv__(self, other: Any) -> Traced:
        return _binary(self, other, "/", np.divide, _quotient_noise)

    def __rtruediv__(self, other: Any) -> Traced:
        return _binary(other, self, "/", np.divide, _quotient_noise)

    def __neg__(self) -> Traced:
        return self.ledger.add(
            f"-{_atom(self.text)}",
            f"-{_atom(self.text)}",
            -self.values,
            self.noise,
            self.power,
            (self.number,),
        )


def also(*_figures: Traced) -> None:
    """Do nothing more: ports make these figures, though the contract's order does not."""


def product(*factors: Traced) -> Traced:
    """Multiply from left to right; the products of other factors become figures too."""
    _register_subsets(factors, _multiply)
    return _fold(factors, _multiply)


def total(*terms: Traced) -> Traced:
    """Add from left to right; the sums of other terms become figures too."""
    _register_subsets(terms, _plus)
    return _fold(terms, _plus)


def sum_along(values: Traced, axis: str) -> Traced:
    """Add the parts along an axis, from the first to the last."""
    size = values.values.shape[axis_of(axis)]
    parts = [values.take(axis, number) for number in range(size)]
    return total(*parts) if size <= 3 else _long_sum(values, axis)


def stack(axis: str, parts: Sequence[Traced], text: str) -> Traced:
    """Return the ``parts`` side by side along an axis, as one figure."""
    place = axis_of(axis)
    shape = np.broadcast_shapes(*(part.values.shape for part in parts))
    values, noise = (
        np.concatenate([np.broadcast_to(array, shape) for array in arrays], axis=place)
        for arrays in ([part.values for part in parts], [part.noise for part in parts])
    )
    numbers = tuple(dict.fromkeys(part.number for part in parts if part.number >= 0))
    return parts[0].ledger.add(text, text, values, noise, parts[0].power, numbers)


def _multiply(a: Any, b: Any) -> Traced:
    return a * b  # type: ignore[no-any-return]


def _plus(a: Any, b: Any) -> Traced:
    return a + b  # type: ignore[no-any-return]


def _fold(operands: Sequence[Traced], join: Callable[[Any, Any], Traced]) -> Traced:
    result = operands[0]
    for operand in operands[1:]:
        result = join(result, operand)
    return result


#: More operands have too many subsets.
_MOST_SUBSETS = 5


def _register_subsets(operands: Sequence[Traced], join: Callable[[Any, Any], Traced]) -> None:
    """Register what comes of the operands in another order: each subset is one figure."""
    if not 3 <= len(operands) <= _MOST_SUBSETS:
        return
    known = {tuple(range(size)) for size in range(1, len(operands) + 1)}
    for size in range(2, len(operands)):
        for places in combinations(range(len(operands)), size):
            if places not in known:
                _fold([operands[place] for place in places], join)


def _long_sum(values: Traced, axis: str) -> Traced:
    place = axis_of(axis)
    sums = np.cumsum(values.values, axis=place)
    noise = np.cumsum(values.noise + np.abs(sums), axis=place)
    text = f"sum of {_atom(values.text)} so far, along {axis}"
    running = values.ledger.add(text, text, sums, noise, values.power, (values.number,))
    return running.take(axis, sums.shape[place] - 1)


def _binary(
    a: Any,
    b: Any,
    sign: str,
    function: Callable[[Array, Array], Array],
    noise: Callable[[Traced, Traced, Array], Array],
) -> Traced:
    ledger = (a if isinstance(a, Traced) else b).ledger
    left, right = _operand(ledger, a), _operand(ledger, b)
    with np.errstate(all="ignore"):
        values = function(left.values, right.values)
        error = noise(left, right, values) + np.abs(values)
    text = f"{_atom(left.text)}{sign}{_atom(right.text)}"
    power = _joined_power(left, right, sign)
    numbers = tuple(dict.fromkeys(n for n in (left.number, right.number) if n >= 0))
    return ledger.add(text, text, values, error, power, numbers, operation=sign)


def _operand(ledger: Ledger, value: Any) -> Traced:
    if isinstance(value, Traced):
        return value
    array = np.full([1] * len(AXES), float(value))
    return Traced(ledger, array, np.zeros_like(array), f"{value:g}", 0, -1)


def _joined_power(a: Traced, b: Traced, sign: str) -> Power:
    if sign in "+-":
        return a.power if b.number == -1 else b.power
    if a.power is None or b.power is None:
        # An angle times a number is an angle.
        return None if {a.power, b.power} == {None, 0} else 0
    return a.power + (b.power if sign == "*" else -b.power)


def _sum_noise(a: Traced, b: Traced, _: Array) -> Array:
    noise: Array = a.noise + b.noise
    return noise


def _product_noise(a: Traced, b: Traced, _: Array) -> Array:
    noise: Array = np.abs(a.values) * b.noise + np.abs(b.values) * a.noise
    return noise


def _quotient_noise(a: Traced, b: Traced, result: Array) -> Array:
    noise: Array = (a.noise + np.abs(result) * b.noise) / np.abs(b.values)
    return noise


def _short(name: str) -> str:
    """Return the last part of the name of a tap's field; another name as it is."""
    return name.rpartition(".")[2] if " " not in name else name


def _atom(text: str) -> str:
    return (
        text
        if text.replace(".", "").replace("_", "").isalnum() or text.endswith(")")
        else f"({text})"
    )


def _retitled(traced: Traced, text: str) -> Traced:
    return Traced(traced.ledger, traced.values, traced.noise, text, traced.power, traced.number)
