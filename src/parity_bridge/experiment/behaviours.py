"""Named behaviours of the reference that a port may have differently (contract §7).

An engine computes as the reference does unless it is told otherwise, one field at a time. That is
how a difference is explained: the port is right about everything but ``omega = last``, say. Rows of
contract §7 that only concern a report (which bounds, which sum) have no switch here.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from parity_bridge.errors import UsageError

#: Which of the values met in a pixel scales its sum: the first one computed, the last one, their
#: mean; or each its own terms.
FactorChoice = Literal["first", "last", "mean", "each"]


class Behaviours(BaseModel):
    """How an engine decides what the contract names; the defaults are the reference's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Nearest Miller index of a half: -0.5 to -1, 0 and 0.
    rounding: Literal["half_down", "half_even", "half_up"] = "half_down"
    #: What a nearest lookup of a stored 0 inside the box gives.
    in_box_zero: Literal["stored", "default"] = "stored"
    #: What fills the entries of the box that a text table does not list.
    unlisted: Literal["default", "zero"] = "default"
    #: Whether the cache is read where no table is named.
    cache: Literal["read", "ignored"] = "read"
    #: Solid angle; among the subpixels. This and the next two where the factor is not oversampled.
    omega: FactorChoice = "first"
    #: Polarization factor; among the sources of all subpixels.
    polar: FactorChoice = "first"
    #: Fraction captured by a layer of the sensor; among its subpixels.
    capture: FactorChoice = "first"
    #: Which layer's captured fraction scales the sum: one of them the whole, or each its own part.
    layers: Literal["first", "last", "each"] = "last"
    #: What oversampled factors multiply: the running sum at every lookup, or the term added.
    oversampled: Literal["running_sum", "term"] = "running_sum"
    divide_by_steps: bool = True
    #: Whether the background is part of the sum that is divided by the steps.
    background: Literal["divided", "undivided"] = "divided"
    #: Whether a source's weight, over the mean weight, multiplies its terms.
    weights: Literal["unused", "used"] = "unused"
    #: Whether a lattice factor of exactly 0 makes no lookup.
    zero_lattice: Literal["skipped", "looked_up"] = "skipped"
    #: Whether the resolution cut drops sources.
    dmin: Literal["drops", "ignored"] = "drops"
    #: Whether a spindle angle of exactly 0 keeps the last rotation.
    phi_carry_over: bool = True
    #: Whether one unsafe lookup switches interpolation off for the rest of the run.
    interpolation_switches_off: bool = True

    @classmethod
    def parse(cls, words: list[str] | tuple[str, ...]) -> Self:
        """The reference's behaviours but for ``words`` such as ``omega=last``.

        Raises UsageError for a word that names no behaviour or no choice of it.
        """
        return cls.model_validate(dict(_parse_choice(word) for word in words))

    @property
    def switched(self) -> dict[str, str | bool]:
        """The fields that are not as in the reference."""
        return {
            name: value
            for name, value in self.model_dump().items()
            if value != type(self).model_fields[name].default
        }


#: Everything as in the reference.
REFERENCE = Behaviours()


def behaviour_choices(name: str) -> tuple[str, ...]:
    """What may stand after ``name=``, the reference's choice first."""
    schema = Behaviours.model_json_schema()["properties"][name]
    written = schema.get("enum", ["true", "false"])
    default = str(schema["default"]).lower()
    return (default, *(choice for choice in written if choice != default))


def _parse_choice(word: str) -> tuple[str, str]:
    name, equals, choice = word.partition("=")
    if name not in Behaviours.model_fields:
        raise UsageError(
            f"--behaviour {word}: there is no behaviour {name!r}; choose from "
            + ", ".join(Behaviours.model_fields)
        )
    if not equals or choice not in behaviour_choices(name):
        raise UsageError(
            f"--behaviour {word}: write {name}= and one of {', '.join(behaviour_choices(name))}"
        )
    return name, choice
