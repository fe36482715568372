"""The chain of pixels from position to intensity, contract §6.

Everything is batched over pixels: tensors have one entry a pixel, or shapes that broadcast to that,
and what the C twin decides with an ``if`` is a mask here, left out (None) where it cannot matter.
The loops stay loops, because what an evaluation does depends on the ones before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.beam import Sources
from parity_bridge.engines.torch_port.chain_state import Chain, Place
from parity_bridge.engines.torch_port.evaluation import (
    Evaluation,
    EvaluationResult,
    PerLookupFactors,
    evaluate,
)
from parity_bridge.engines.torch_port.photons import begin_layer, end_layer
from parity_bridge.engines.torch_port.scattering import Scattering, scatter, update_polar
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.subpixel import (
    SubpixelGeometry,
    subpixel_geometry,
    update_capture,
    update_omega,
)
from parity_bridge.engines.torch_port.vec3 import Vec3
from parity_bridge.files.stop_flag import end_where_stopped


@dataclass(frozen=True)
class ChainKernels:
    """The parts of the chain without side effects; torch can compile each of them."""

    subpixel_geometry: Callable[[Setup, Tensor, Tensor, Tensor], SubpixelGeometry]
    scatter: Callable[[Setup, Sources, Vec3], Scattering]
    evaluate: Callable[..., EvaluationResult]


EAGER_KERNELS = ChainKernels(subpixel_geometry, scatter, evaluate)


def run_chain(chain: Chain, kernels: ChainKernels) -> Iterator[Evaluation]:
    """Run the chain and yield every evaluation, in order, with the requested outputs.

    Yield none where neither lookups nor intensity are requested and interpolation is off.
    """
    setup = chain.setup
    subpixels = range(setup.oversample)
    for layer in range(setup.detector.thick.steps):
        begin_layer(chain)
        for sub_slow in subpixels:
            for sub_fast in subpixels:
                yield from _run_subpixel(chain, kernels, Place(layer, sub_slow, sub_fast))
        end_layer(chain, layer)


def _run_subpixel(chain: Chain, kernels: ChainKernels, place: Place) -> Iterator[Evaluation]:
    setup = chain.setup
    depth = torch.full_like(setup.detector.distance, place.layer * setup.detector.thick.step)
    geometry = kernels.subpixel_geometry(
        setup,
        depth,
        (chain.slow * setup.oversample + place.sub_slow).to(torch.float64),
        (chain.fast * setup.oversample + place.sub_fast).to(torch.float64),
    )
    if chain.outputs.intensity:
        update_omega(chain, geometry, place)
        update_capture(chain, geometry, place)
    diffracted = geometry.diffracted
    for number in range(setup.source_count):
        source = chain.sources[number]
        place = replace(place, source=number)
        scattering = kernels.scatter(setup, source, diffracted)
        diffracted = update_polar(chain, source, diffracted, scattering.beyond_dmin, place)
        yield from _run_source(chain, kernels, place, geometry, source, scattering)


def _run_source(
    chain: Chain,
    kernels: ChainKernels,
    place: Place,
    geometry: SubpixelGeometry,
    source: Sources,
    scattering: Scattering,
) -> Iterator[Evaluation]:
    setup, outputs = chain.setup, chain.outputs
    if outputs.lookups or outputs.intensity or chain.state.interpolation_on is not False:
        for phi_step in range(setup.phi.steps):
            for domain in range(setup.crystal.domains):
                end_where_stopped()
                at = replace(place, phi_step=phi_step, domain=domain)
                yield _run_domain(chain, kernels, at, geometry, source, scattering)
    if chain.state.swept is not True:
        reached = True if scattering.beyond_dmin is None else ~scattering.beyond_dmin
        chain.state = replace(chain.state, swept=reached | chain.state.swept)


def _run_domain(
    chain: Chain,
    kernels: ChainKernels,
    place: Place,
    geometry: SubpixelGeometry,
    source: Sources,
    scattering: Scattering,
) -> Evaluation:
    setup = chain.setup
    rotation = _rotation_at(chain, place.phi_step)
    orientation = chain.orientations[rotation, place.domain]
    result = kernels.evaluate(
        setup,
        chain.table,
        chain.outputs,
        orientation,
        scattering,
        chain.state.interpolation_on,
        chain.I,
        PerLookupFactors(
            source.relative_weight if setup.behaviours.weights == "used" else None,
            chain.capture.per_lookup_value,
            chain.polar.per_lookup_value,
            chain.omega.per_lookup_value,
        ),
    )
    chain.I = result.I
    if result.interpolation_on is not chain.state.interpolation_on:
        chain.state = replace(chain.state, interpolation_on=result.interpolation_on)
    return Evaluation(
        place,
        geometry,
        scattering,
        rotation,
        orientation,
        result,
        chain.omega.value,
        chain.capture.value,
        chain.polar.value,
    )


def _rotation_at(chain: Chain, phi_step: int) -> Tensor | int:
    """Return the row of rotations and orientations in force, one for all pixels or for each.

    Before the first sweep of a run has been made, a spindle angle of 0 is no rotation; after it the
    last rotation carries over.
    """
    swept = chain.state.swept
    if phi_step >= chain.setup.leading_zeros or swept is True:
        return phi_step
    unrotated = chain.setup.phi.steps
    if swept is False:
        return unrotated
    return torch.where(swept, phi_step, unrotated)
