"""The declared graph of the figures: what each is made from, and which a port can do without."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from parity_bridge.locate.figures.quantity import Rank
from parity_bridge.locate.matching.match import Agreement

if TYPE_CHECKING:
    from parity_bridge.locate.matching.catalogue import Catalogue
    from parity_bridge.locate.verdict.states import Finding

#: The end of the chain.
IMAGE = "final_output.image"


class FigureGraph:
    """Ancestors of figures as sets of bits, so that a thousand figures cost nothing."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Close the graph of the figures of ``catalogue``, parents first."""
        quantities = self.quantities = catalogue.quantities
        self._entries = catalogue.entries
        self._components = [entry.components for entry in catalogue.entries]
        self._above: list[int] = []
        for quantity in quantities:
            bits = 0
            for parent in quantity.parents:
                if parent >= 0:
                    bits |= self._above[parent] | (1 << parent)
            self._above.append(bits)

    def is_above(self, ancestor: int, number: int) -> bool:
        """Return whether ``number`` is made from ``ancestor``, at any remove."""
        return bool(self._above[number] >> ancestor & 1)

    def covers(self, number: int, groups: Iterable[frozenset[int]]) -> bool:
        """Return whether each of ``groups`` has a figure that ``number`` is made from, or is."""
        reach = self._above[number] | (1 << number)
        return all(any(reach >> one & 1 for one in group) for group in groups)

    @cached_property
    def needed(self) -> frozenset[int]:
        """Steps of the contract that the image is made from, and whose values tell something."""
        image = next(q.number for q in self.quantities if q.name == IMAGE)
        above = self._above[image] | (1 << image)
        return frozenset(
            q.number
            for q in self.quantities
            if above >> q.number & 1 and q.rank is Rank.STEP and self._components[q.number]
        )

    @cached_property
    def children(self) -> dict[int, tuple[int, ...]]:
        """Figures that are made from each figure directly."""
        below: dict[int, list[int]] = {}
        for quantity in self.quantities:
            for parent in quantity.parents:
                below.setdefault(parent, []).append(quantity.number)
        return {number: tuple(children) for number, children in below.items()}

    def found(self, findings: Iterable[Finding]) -> frozenset[int]:
        """Return the figures all of whose components some value has.

        Where each value has one pixel, there must be one for every pixel.
        """
        components: dict[int, set[int]] = {}
        pixels: dict[int, set[int]] = {}
        for finding in findings:
            for match in finding.matches:
                if match.is_sure and match.agreement is Agreement.FULL:
                    number = match.quantity.number
                    own = self._entries[number].telling_pixels
                    components.setdefault(number, set()).update(match.components)
                    pixels.setdefault(number, set()).update(
                        own if match.pixels is None else match.pixels
                    )
        return frozenset(
            number
            for number, parts in components.items()
            if parts >= self._components[number]
            and pixels[number] >= self._entries[number].telling_pixels
        )

    def unmatched(self, found: frozenset[int]) -> tuple[int, ...]:
        """Return the needed steps that are not found, nor anything that is made from them."""
        below = 0
        for number in found:
            below |= self._above[number]
        return tuple(number for number in sorted(self.needed - found) if not below >> number & 1)

    def step_from(self, number: int) -> int:
        """Return the first step that a figure is, or goes into."""
        return next(
            (step for step in sorted(self.needed) if step == number or self.is_above(number, step)),
            number,
        )

    def step_parents(self, number: int) -> frozenset[int]:
        """Return the nearest steps that a figure is made from."""
        steps: set[int] = set()
        stack = list(self.quantities[number].parents)
        while stack:
            parent = stack.pop()
            if parent < 0:
                continue
            if self.quantities[parent].rank is Rank.STEP:
                steps.add(parent)
            else:
                stack += self.quantities[parent].parents
        return frozenset(steps)
