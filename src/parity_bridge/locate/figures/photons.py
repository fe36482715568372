"""Figures of the sum and of the photons that are made of it (contract §6)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.locate.figures.axes import LOOPS, axis_of
from parity_bridge.locate.figures.constants import R_E_SQR
from parity_bridge.locate.figures.traced import Traced, also, product

if TYPE_CHECKING:
    from parity_bridge.locate.figures.axes import Array
    from parity_bridge.locate.figures.beam import BeamFigures
    from parity_bridge.locate.figures.reference import Reference
    from parity_bridge.locate.figures.traced import Ledger


def sum_figures(
    ledger: Ledger,
    reference: Reference,
    beam: BeamFigures,
    factors: tuple[Traced, Traced],
    scales: tuple[Traced, Traced, Traced],
) -> Traced:
    """Register terms and running sums; ``scales`` are capture, polar and omega in force."""
    F_cell, F_latt = factors
    term = product(F_cell, F_cell, F_latt, F_latt).named("term F²·L²", text="term")
    running = reference.column("I")
    before = _sum_before(ledger, reference, running, beam.background, term)
    after = before + term
    for scale, flag in zip(scales, _oversampled(reference), strict=True):
        if flag:
            after = after * scale
            also(term * scale)
    bound = _running_noise(term, running)
    after = ledger.add(
        "I after the term",
        "I + term, times what is oversampled",
        running,
        bound,
        0,
        (before.number, term.number, *(s.number for s in scales)),
    )
    _reductions(ledger, term)
    return after.named("intensity_pre_norm.running_sum", running, text="I")


def _oversampled(reference: Reference) -> tuple[bool, bool, bool]:
    given = reference.experiment.sampling
    return given.oversample_thick, given.oversample_polar, given.oversample_omega


def _running_noise(term: Traced, running: Array) -> Array:
    """Return the noise of the running sum: of all terms so far, and of the additions."""
    shape = np.broadcast_shapes(term.noise.shape, running.shape)
    with np.errstate(all="ignore"):
        relative = np.nan_to_num(term.noise / np.abs(term.values))
    terms = np.broadcast_to(np.nan_to_num(term.noise), shape)
    flat = terms.reshape(shape[0], -1)
    sums = np.cumsum(flat, axis=1).reshape(shape)
    count = float(np.prod(shape[1:]))
    scaled = np.abs(running) * np.minimum(np.nanmax(relative), 1e12) if relative.size else 0.0
    return np.minimum(
        sums + count * np.abs(running), np.maximum(scaled + count * np.abs(running), 0.0)
    )


def _sum_before(
    ledger: Ledger, reference: Reference, running: Array, background: Traced, term: Traced
) -> Traced:
    """Register the sum before each evaluation: the one after the evaluation before it."""
    shape = (len(reference.observations), *reference.loops)
    wide = np.broadcast_to(running, (*shape, *running.shape[7:])).reshape(shape[0], -1)
    before = np.concatenate(
        [np.broadcast_to(np.ravel(background.values), (shape[0], 1)), wide[:, :-1]], axis=1
    ).reshape(*shape, *running.shape[7:])
    noise = _running_noise(term, before)
    return ledger.add("I before the term", "the sum so far", before, noise, 0, (background.number,))


def _reductions(ledger: Ledger, term: Traced) -> None:
    """Register sums of the terms over some of the loops, as vectorised ports make them."""
    live = [axis for axis in LOOPS if term.values.shape[axis_of(axis)] > 1]
    for size in range(1, len(live) + 1):
        for chosen in combinations(live, size):
            places = tuple(axis_of(axis) for axis in chosen)
            values = np.nansum(term.values, axis=places, keepdims=True)
            count = float(np.prod([term.values.shape[place] for place in places]))
            noise = np.nansum(term.noise, axis=places, keepdims=True) + count * np.abs(values)
            name = f"sum of the terms over {', '.join(chosen)}"
            ledger.add(name, name, values, noise, 0, (term.number,))


def photon_figures(
    ledger: Ledger,
    reference: Reference,
    beam: BeamFigures,
    running: Traced,
    scales: tuple[Traced, Traced, Traced],
) -> None:
    """Register the end of the chain, from the sum to what an image holds."""
    with ledger.at("intensity_pre_norm"):
        final = _last(running).named("intensity_pre_norm.sum", reference.total("I"), text="I")
        steps = ledger.given("steps", reference.derived("steps")).named(
            "intensity_pre_norm.steps", text="steps"
        )
        mean = (final / steps).named(
            "intensity_pre_norm.sum_over_steps", reference.total("I_per_step")
        )
        also(mean)
    with ledger.at("intensity_post_scale"):
        photons = _photons(ledger, reference, beam, final, steps, scales)
    with ledger.at("final_output"):
        _image(ledger, reference, photons)


def _last(running: Traced) -> Traced:
    for axis in LOOPS:
        size = running.values.shape[axis_of(axis)]
        running = running.take(axis, size - 1)
    return running


def _photons(
    ledger: Ledger,
    reference: Reference,
    beam: BeamFigures,
    final: Traced,
    steps: Traced,
    scales: tuple[Traced, Traced, Traced],
) -> Traced:
    r_e_sqr = ledger.given("r_e_sqr of the sum", R_E_SQR, power=2)
    unit = (r_e_sqr * beam.fluence).named("r_e_sqr·fluence", power=0)
    also(unit / steps, final * r_e_sqr)
    scaled = (unit * final).named(
        "intensity_post_scale.fluence_scaled", reference.total("fluence_scaled")
    )
    v = (scaled / steps).named(
        "intensity_post_scale.normalized", reference.total("normalized"), text="v"
    )
    names = ("capture", "polar", "omega")
    ends = [
        _scale_at_the_end(ledger, reference, name, scale)
        for name, scale in zip(names, scales, strict=True)
    ]
    applied = [end for end, flag in zip(ends, _oversampled(reference), strict=True) if not flag]
    product(v, *applied)
    product(scaled, *applied)
    product(final, *applied)
    for name, end, flag in zip(names, ends, _oversampled(reference), strict=True):
        v = (v if flag else v * end).named(
            f"intensity_post_scale.after_{name}", reference.total(f"after_{name}"), text="v"
        )
    return v


def _scale_at_the_end(ledger: Ledger, reference: Reference, name: str, scale: Traced) -> Traced:
    values = reference.total(name)
    noise = np.full_like(values, np.nanmax(scale.noise))
    return ledger.add(
        f"{name} that scales", f"{name} that scales", values, noise, 0, (scale.number,)
    ).named(f"intensity_post_scale.{name}", text=name)


def _image(ledger: Ledger, reference: Reference, photons: Traced) -> None:
    intensity = photons.named("final_output.intensity", reference.total("intensity"), text="v")
    values = reference.total("image")
    # float32: 2**-24 of the value, whatever the dtype before it.
    rounding = np.abs(values) * 2.0**29
    ledger.add(
        "image",
        "(float)(0.0f + v)",
        values,
        np.broadcast_to(intensity.noise, values.shape) + rounding,
        0,
        (intensity.number,),
    ).named("final_output.image", formula="(float)(0.0f + v)")
