"""Hypotheses that are switches: every choice of contract §7 that the reference did not make."""

from __future__ import annotations

from collections.abc import Iterator

from parity_bridge.experiment.behaviours import Behaviours, behaviour_choices
from parity_bridge.explain.explanation import Hypothesis

#: What an engine does under each choice. The reference's own choices are included: a reference that
#: was run with another behaviour may have to return to them.
_BEHAVIOUR_DESCRIPTIONS = {
    "rounding=half_down": "rounds half indices down",
    "rounding=half_even": "rounds half indices to even",
    "rounding=half_up": "rounds half indices up",
    "rounding=truncate": "cuts indices to their whole part",
    "rounding=floor": "rounds indices down",
    "in_box_zero=stored": "returns a stored 0 inside the table's box as 0",
    "in_box_zero=default": "returns default_F for a stored 0 inside the table's box",
    "unlisted=default": "fills entries that the table does not list with default_F",
    "unlisted=zero": "fills entries that the table does not list with 0",
    "cache=read": "reads the cache where no table is named",
    "cache=ignored": "does not read the cache",
    "omega=first": "uses the first subpixel's solid angle",
    "omega=last": "uses the last subpixel's solid angle",
    "omega=mean": "uses the mean of the subpixels' solid angles",
    "omega=each": "multiplies each term by its own subpixel's solid angle",
    "polar=first": "uses the first polarization factor",
    "polar=last": "uses the last polarization factor",
    "polar=mean": "uses the mean of the polarization factors",
    "polar=each": "multiplies each term by its own polarization factor",
    "capture=first": "uses the first subpixel's captured fraction in each layer",
    "capture=last": "uses the last subpixel's captured fraction in each layer",
    "capture=mean": "uses the mean of the subpixels' captured fractions in each layer",
    "capture=each": "multiplies each term by its own subpixel's captured fraction",
    "layers=first": "scales the sum by the first layer's captured fraction",
    "layers=last": "scales the sum by the last layer's captured fraction",
    "layers=each": "scales each layer's part of the sum by that layer's captured fraction",
    "parallax=used": "computes the captured fraction along the diffracted ray",
    "parallax=unused": "computes the captured fraction along the normal of the detector",
    "oversampled=running_sum": "multiplies the running sum by oversampled factors",
    "oversampled=term": "multiplies only the term just added by oversampled factors",
    "divide_by_steps=true": "divides the sum by the steps",
    "divide_by_steps=false": "does not divide the sum by the steps",
    "background=divided": "divides the background by the steps with the sum",
    "background=undivided": "adds the background after dividing by the steps",
    "background=added_last": (
        "adds the background to the finished image, undivided and without solid angle, "
        "polarization and captured fraction"
    ),
    "weights=unused": "does not use the sources' weights",
    "weights=used": "multiplies each term by its source's weight",
    "zero_lattice=skipped": "makes no lookup where the lattice factor is 0",
    "zero_lattice=looked_up": "makes a lookup even where the lattice factor is 0",
    "dmin=drops": "drops sources beyond the resolution cut",
    "dmin=ignored": "ignores the resolution cut",
    "round_beam=margin": "leaves a round beam a margin of half a step",
    "round_beam=strict": "ends a round beam at its radius, without the margin of half a step",
    "phi_carry_over=true": "keeps the last rotation at a spindle angle of exactly 0",
    "phi_carry_over=false": "takes a spindle angle of exactly 0 for no rotation",
    "interpolation_switches_off=true": "interpolates no more after the first unsafe lookup",
    "interpolation_switches_off=false": "goes on interpolating after an unsafe lookup",
}


def behaviour_hypotheses(reference: Behaviours) -> Iterator[tuple[Hypothesis, dict[str, object]]]:
    """Yield every choice that ``reference`` did not make, with its field and value."""
    for name in Behaviours.model_fields:
        for choice in behaviour_choices(name):
            word = f"{name}={choice}"
            value = getattr(Behaviours.parse([word]), name)
            if value != getattr(reference, name):
                yield (
                    Hypothesis(kind="behaviour", name=word, does=_BEHAVIOUR_DESCRIPTIONS[word]),
                    {name: value},
                )
