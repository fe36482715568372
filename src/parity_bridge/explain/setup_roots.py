"""The roots of a differing setup: the fields that differ although what they come from does not.

The reference derives each step of the setup (``setup_graph``) from the other side's own values of
earlier steps. What then comes out as the other side has it only follows from these; what does not
is a root. Within a step the smallest set of causes is a root from which the rest follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.errors import BridgeError
from parity_bridge.explain.setup_figures import (
    Quantities,
    SetupAgreement,
    centre_of,
)
from parity_bridge.explain.setup_graph import CENTRE, SETUP_STEPS, Cause, SetupStep

if TYPE_CHECKING:
    from parity_bridge.comparison.reference_runner import ReferenceRunner
    from parity_bridge.taps.observation import Quantity

#: The most causes of one step that are tried together.
_MOST_CAUSES = 3
#: Fields with a row for each source or domain, which take long to list.
_LISTS = frozenset({"sources", "source_list", "mosaic_umats"})


@dataclass(frozen=True)
class SetupRoot:
    """A field that the other side derives differently."""

    field: str
    #: What it is a part of, in words.
    part: str
    #: What the reference derives in its place from the other side's own values before it.
    expected: Quantities
    #: The fields that differ because of it.
    followed_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    """A root, and the prefix of the name under which its value is given."""

    root: SetupRoot
    prefix: str


@dataclass(frozen=True)
class SetupRootSearch:
    """The derived quantities of both sides, and the reference that goes on from any of them."""

    reference: ReferenceRunner
    ours: Quantities
    theirs: Quantities
    agreement: SetupAgreement
    #: Quantities as the flags say them, which a rule of the contract may overrule.
    flags: Quantities = field(default_factory=dict)

    def roots(self) -> tuple[SetupRoot, ...]:
        """Return the roots in causal order; none where only rounding differs."""
        found: list[_Found] = []
        for step in SETUP_STEPS:
            differing = [name for name in step.fields if self._differs(name)]
            if differing:
                found += self._roots_of_step(step, differing)
        fields = {item.root.field for item in found}
        return tuple(self._with_followers(item, fields) for item in found)

    def _differs(self, name: str) -> bool:
        return name in self.theirs and not self._fits(self.ours, name)

    def _fits(self, quantities: Mapping[str, Quantity], name: str) -> bool:
        """Return whether the other side has what ``quantities`` hold, but for rounding."""
        return name in quantities and self.agreement.same(name, quantities[name], self.theirs[name])

    def _roots_of_step(self, step: SetupStep, differing: Sequence[str]) -> list[_Found]:
        before, expected = self._best_base(step, differing)
        left = [name for name in differing if not self._fits(expected, name)]
        if not left:
            return []
        centre = centre_of({**self.ours, **before, **expected})
        named = {
            name: cause
            for cause in self._causes(step, before, left, centre)
            for name in cause.fields
            if self._may_cause(name, cause, left, centre)
        }
        if "source_list" in named and "sources" in left:
            named = {"sources": named["source_list"]}
        return [
            _Found(SetupRoot(name, step.part, expected), named[name].prefix)
            for name in step.fields
            if name in named
        ]

    def _is_same_centre(self, name: str, cause: Cause, expected: Quantities) -> bool:
        """Return whether the other side computed ``pix0_vector`` from the ``expected`` value.

        What is read off it again may differ all the same, with axes that are not at right angles.
        """
        if cause.prefix != CENTRE or name not in expected or name not in self._centre:
            return False
        return self.agreement.same(name, expected[name], self._centre[name])

    def _best_base(
        self, step: SetupStep, differing: Sequence[str]
    ) -> tuple[Quantities, Quantities]:
        """Return the values before a step from which most of it comes out, and what comes out.

        A value may be recorded wrongly and not be used, so each is left out in turn.
        """
        best: tuple[Quantities, Quantities] = {}, {name: self.ours[name] for name in step.fields}
        fewest = len(differing) + 1
        for before in self._bases(step):
            expected = self._derive(before, step)
            if expected is None:
                continue
            left = sum(not self._fits(expected, name) for name in differing)
            if left < fewest:
                best, fewest = (before, expected), left
            if not left:
                break
        return best

    def _bases(self, step: SetupStep) -> Iterator[Quantities]:
        """Yield what the other side has before a step: all of it, then less."""
        own = {name: self.theirs[name] for name in step.computed_from if name in self.theirs}
        if "source_list" in step.computed_from and "sources" in self.theirs:
            own["source_list"] = self._value("source_list")
        wrong = [name for name in own if self._differs(name)]
        dropped = [(), *((name,) for name in wrong), tuple(wrong)]
        for names in dict.fromkeys(dropped):
            base = {name: value for name, value in own.items() if name not in names}
            yield base
            if "odet_vector" in base and "odet_vector" in wrong:
                # Which of its rotations is wrong, before or after the ratio, is not recorded.
                yield {**base, "ratio": self._ratio()}

    def _ratio(self) -> float:
        """Return the reference's ratio of close distance and distance."""
        return float(self.ours["close_distance"]) / float(self.ours["distance"])  # type: ignore[arg-type]

    def _causes(
        self, step: SetupStep, before: Quantities, left: Sequence[str], centre: Quantities
    ) -> tuple[Cause, ...]:
        """Return the fewest causes from which the whole step comes out as the other side has it.

        Where none do, those from which all that is ``left`` to explain does; else every field.
        """
        recorded = [name for name in step.fields if name in self.theirs]
        for strict in (True, False):
            for causes in self._sets_of_causes(step, left, centre):
                named = {name for cause in causes for name in cause.fields}
                checked = recorded if strict else [name for name in left if name not in named]
                expected = self._derive({**before, **self._given(causes)}, step)
                if expected and all(self._fits(expected, name) for name in checked):
                    return causes
        # The reference refuses what is no number; all else that is none comes from the first.
        broken = [name for name in left if not np.isfinite(self.theirs[name]).all()]
        return tuple(Cause((name,)) for name in left if name not in broken[1:])

    def _sets_of_causes(
        self, step: SetupStep, left: Sequence[str], centre: Quantities
    ) -> Iterator[tuple[Cause, ...]]:
        """Yield the sets of causes that may account for ``left``, the smallest first."""
        possible = [
            cause
            for cause in sorted(step.possible_causes, key=self._is_as_derived)
            if any(self._may_cause(name, cause, left, centre) for name in cause.fields)
            and all(name in self.theirs for name in cause.fields)
        ]
        for size in range(1, min(_MOST_CAUSES, len(possible)) + 1):
            yield from combinations(possible, size)

    def _is_as_derived(self, cause: Cause) -> bool:
        """Return False where the other side has just what a flag says: it was taken from there."""
        return not all(
            name in self.flags and self.agreement.same(name, self.flags[name], self.theirs[name])
            for name in cause.fields
        )

    def _may_cause(self, name: str, cause: Cause, left: Sequence[str], centre: Quantities) -> bool:
        """Return whether a field of ``cause`` may account for what is ``left``.

        ``centre`` is what the reference computes ``pix0_vector`` from.
        """
        counts = name == "source_list" and "sources" in left
        return (name in left or counts) and not self._is_same_centre(name, cause, centre)

    def _given(self, causes: Sequence[Cause]) -> Quantities:
        """Return the other side's values of ``causes``, under the names that give them."""
        return {
            f"{cause.prefix}{name}": self._value(name, cause.prefix)
            for cause in causes
            for name in cause.fields
        }

    def _value(self, name: str, prefix: str = "") -> Quantity:
        if name == "source_list" and name not in self.theirs:
            return self._unlisted_sources()
        return self.theirs[name] if prefix != CENTRE else self._centre.get(name, self.theirs[name])

    def _unlisted_sources(self) -> list[Sequence[float]]:
        """Return as many sources as the other side has, all like the reference's first."""
        rows: Any = self.ours["source_list"]
        count: Any = self.theirs["sources"]
        return [rows[0]] * int(count)

    @cached_property
    def _centre(self) -> Quantities:
        """Return what the other side computed ``pix0_vector`` from, as far as that shows."""
        return centre_of(self.theirs)

    def _derive(self, given: Quantities, step: SetupStep) -> Quantities | None:
        """Return what the reference derives of a step from ``given``; None where it cannot."""
        lists = not _LISTS.isdisjoint(step.fields)
        try:
            quantities = self.reference.continued_setup(given, lists=lists)
        except BridgeError:
            # Values of the other side that are no setup.
            return None
        return {name: quantities[name] for name in step.fields}

    def _with_followers(self, found: _Found, roots: set[str]) -> SetupRoot:
        """Add the fields that differ once the reference has this one root's value."""
        root = found.root
        name = "source_list" if root.field == "sources" else root.field
        alone = self._alone(f"{found.prefix}{name}", self._value(name, found.prefix))
        followed_by = tuple(
            other
            for step in SETUP_STEPS
            for other in step.fields
            if alone is not None
            and other not in roots
            and self._differs(other)
            and not self.agreement.same(other, self.ours[other], alone[other])
        )
        return SetupRoot(root.field, root.part, root.expected, followed_by)

    def _alone(self, name: str, value: Quantity) -> Quantities | None:
        """Return what the reference derives from one value; None where it cannot."""
        try:
            return self.reference.continued_setup({name: value})
        except BridgeError:
            return None
