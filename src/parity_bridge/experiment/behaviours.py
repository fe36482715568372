"""Named behaviours of the reference in which a port may differ (contract §7).

An engine computes as the reference does, except for the fields that are switched, each on its own.
That is how a difference is explained: the port agrees in everything but ``omega = last``, say. Rows
of contract §7 that concern only a report (which bounds, which sum) have no switch here.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from parity_bridge.errors import UsageError

#: Which of a pixel's values scales its sum: the first one computed, the last one, or their mean;
#: or each value scales its own terms.
FactorChoice = Literal["first", "last", "mean", "each"]


class Behaviours(BaseModel):
    """Which choice an engine makes in each behaviour; the defaults are the reference's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Nearest Miller index of a half: -0.5 to -1, 0 and 0; or not the nearest at all, but the whole
    #: part or the next one below.
    rounding: Literal["half_down", "half_even", "half_up", "truncate", "floor"] = "half_down"
    #: Value of a nearest lookup inside the box where 0 is stored.
    in_box_zero: Literal["stored", "default"] = "stored"
    #: What fills the entries of the box that a text table does not list.
    unlisted: Literal["default", "zero"] = "default"
    #: Whether the cache is read where no table is named.
    cache: Literal["read", "ignored"] = "read"
    #: Solid angle, chosen among the subpixels. This and the next two apply where the factor is not
    #: oversampled.
    omega: FactorChoice = "first"
    #: Polarization factor, chosen among the sources of all subpixels.
    polar: FactorChoice = "first"
    #: Fraction captured by a layer of the sensor, chosen among its subpixels.
    capture: FactorChoice = "first"
    #: Which layer's captured fraction scales the sum: one layer's the whole sum, or each its own
    #: part.
    layers: Literal["first", "last", "each"] = "last"
    #: Whether a layer captures more of a ray that crosses it at an angle.
    parallax: Literal["used", "unused"] = "used"
    #: What an oversampled factor multiplies: the running sum at every lookup, or only the new term.
    oversampled: Literal["running_sum", "term"] = "running_sum"
    divide_by_steps: bool = True
    #: Whether the background is part of the sum that is divided by the steps, is added after the
    #: division, or last, to the finished image.
    background: Literal["divided", "undivided", "added_last"] = "divided"
    #: Whether a source's weight, over the mean weight, multiplies its terms.
    weights: Literal["unused", "used"] = "unused"
    #: Whether a lattice factor of exactly 0 makes no lookup.
    zero_lattice: Literal["skipped", "looked_up"] = "skipped"
    #: Whether the resolution cut drops sources.
    dmin: Literal["drops", "ignored"] = "drops"
    #: Whether a round beam has a margin of half a step, or ends strictly at its radius.
    round_beam: Literal["margin", "strict"] = "margin"
    #: Whether a spindle angle of exactly 0 keeps the last rotation.
    phi_carry_over: bool = True
    #: Whether one unsafe lookup switches interpolation off for the rest of the run.
    interpolation_switches_off: bool = True

    @classmethod
    def parse(cls, words: list[str] | tuple[str, ...]) -> Self:
        """Return the reference's behaviours, changed by ``words`` such as ``omega=last``.

        Raises UsageError for a word that names no behaviour or none of its choices.
        """
        return cls.model_validate(dict(_parse_choice(word) for word in words))

    @property
    def switched(self) -> dict[str, str | bool]:
        """The fields that differ from the reference, name -> choice."""
        return {
            name: value
            for name, value in self.model_dump().items()
            if value != type(self).model_fields[name].default
        }


#: The reference's own choice in everything.
REFERENCE = Behaviours()


def behaviour_choices(name: str) -> tuple[str, ...]:
    """Return what may stand after ``name=``, the reference's choice first."""
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
