"""The chain of pixels from position to intensity, contract §6.

Everything is batched over pixels: tensors have one entry a pixel, or shapes that broadcast to that,
and what the C twin decides with an ``if`` is a mask here, left out (None) where it cannot matter.
The loops stay loops, because what an evaluation does depends on the ones before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.beam import Sources, is_beyond_dmin, scattering_vector
from parity_bridge.engines.torch_port.crystal import Orientation, miller_index
from parity_bridge.engines.torch_port.detector import (
    Detector,
    captured_fraction,
    solid_angle,
    subpixel_position,
)
from parity_bridge.engines.torch_port.evaluation import (
    BatchState,
    ChainKernels,
    Evaluation,
    EvaluationResult,
    PerLookupFactors,
    Place,
    RequestedOutputs,
    ScaledSum,
    Scattering,
    SubpixelGeometry,
)
from parity_bridge.engines.torch_port.factor_accumulator import FactorAccumulator, select_where
from parity_bridge.engines.torch_port.lattice import lattice_factor
from parity_bridge.engines.torch_port.polarization import polarization_factor
from parity_bridge.engines.torch_port.setup import FactorMode, Setup
from parity_bridge.engines.torch_port.structure_factors import (
    Table,
    nearest_index,
    nearest_lookup,
    structure_factor,
)
from parity_bridge.engines.torch_port.vec3 import Vec3, norm, unit


@dataclass
class Chain:
    """A batch of pixels on its way; twin of ``pb_chain``.

    ``slow`` and ``fast`` are int64 of shapes that broadcast to (pixels,), which may have any number
    of axes; dtype and device are those of ``table``. ``state`` is updated.
    """

    setup: Setup
    table: Table
    outputs: RequestedOutputs
    slow: Tensor
    fast: Tensor
    state: BatchState
    kernels: ChainKernels
    #: How often the polarization axis was made a unit vector.
    polarizations: Tensor | int = 0

    def __post_init__(self) -> None:
        """Nothing computed yet."""
        undivided = self.setup.behaviours.background == "undivided"
        self.I = self._number(0.0 if undivided else self.setup.beam.I_bg)
        self.omega = FactorAccumulator(self.setup.omega, self._number(0.0))
        # Without polarization the factor is 1 and, not being 0, never computed.
        self.polar = FactorAccumulator(
            self.setup.polar, self._number(0.0 if self.setup.beam.polarized else 1.0)
        )
        self.capture = self._uncaptured()
        self.layer_capture = self.capture.value
        if self.table.values is None:
            self.state = replace(self.state, interpolation_on=False)

    @property
    def dtype(self) -> torch.dtype:
        """In which is computed what follows the geometry."""
        return self.table.default_F.dtype

    @property
    def sources(self) -> Sources:
        """All of them; raises ValueError for a setup that was not laid out."""
        if self.setup.sources is None:
            raise ValueError("the setup has no sources yet; lay it out")
        return self.setup.sources

    @property
    def orientations(self) -> Orientation:
        """All of them; raises ValueError for a setup that was not laid out."""
        if self.setup.orientations is None:
            raise ValueError("the setup has no orientations yet; lay it out")
        return self.setup.orientations

    def begin_layer(self) -> None:
        """No photon of this layer is captured yet."""
        self.capture = self._uncaptured()
        self.I_before_layer = self.I

    def end_layer(self, layer: int) -> None:
        """Keep the layer's captured fraction, or scale what the layer added."""
        capture = self.capture.result
        layers = self.setup.behaviours.layers
        if layer == 0 or layers != "first":
            self.layer_capture = capture
        if layers == "each" and self.capture.mode.scales_the_sum:
            self.I = self.I_before_layer + (self.I - self.I_before_layer) * capture

    def scale_to_photons(self) -> ScaledSum:
        """From the sum to photons, factor by factor."""
        setup = self.setup
        scaled = units.R_E_SQR * setup.beam.fluence * self.I
        normalized = scaled / setup.steps if setup.behaviours.divide_by_steps else scaled
        if setup.behaviours.background == "undivided":
            normalized = normalized + units.R_E_SQR * setup.beam.fluence * setup.beam.I_bg
        captures = self.capture.mode.scales_the_sum and setup.behaviours.layers != "each"
        after_capture = normalized * self.layer_capture if captures else normalized
        after_polar = _scaled(after_capture, self.polar)
        return ScaledSum(
            scaled, normalized, after_capture, after_polar, _scaled(after_polar, self.omega)
        )

    def _number(self, value: float) -> Tensor:
        return torch.full_like(self.table.default_F, value)

    def _uncaptured(self) -> FactorAccumulator:
        # A sensor without thickness captures everything.
        captured = 0.0 if self.setup.detector.thick.range > 0.0 else 1.0
        return FactorAccumulator(self.setup.capture, self._number(captured))


def _scaled(value: Tensor, factor: FactorAccumulator) -> Tensor:
    return value * factor.result if factor.mode.scales_the_sum else value


def run_chain(chain: Chain) -> Iterator[Evaluation]:
    """Run the chain and give every evaluation, in order; what is not wanted is left out of it.

    Without lookups and intensity to compute, and interpolation off, there are no evaluations.
    """
    setup = chain.setup
    subpixels = range(setup.oversample)
    for layer in range(setup.detector.thick.steps):
        chain.begin_layer()
        for sub_slow in subpixels:
            for sub_fast in subpixels:
                yield from _run_subpixel(chain, Place(layer, sub_slow, sub_fast))
        chain.end_layer(layer)


def is_settled(setup: Setup, state: BatchState) -> bool:
    """Whether the order of pixels matters no more; ``state`` is the same for all of them."""
    if state.interpolation_on is not False or state.swept is not True:
        return False
    if not setup.computes_polar or setup.beam.polarization == 0.0:
        return True
    again = unit(state.axis)
    return all(bool(a == b) for a, b in zip(again, state.axis, strict=True))


def in_roi(detector: Detector, slow: Tensor, fast: Tensor) -> Tensor:
    """Whether pixels lie inside the region of interest, bool."""
    fast_min, fast_max, slow_min, slow_max = detector.roi
    return (fast >= fast_min) & (fast <= fast_max) & (slow >= slow_min) & (slow <= slow_max)


def _run_subpixel(chain: Chain, place: Place) -> Iterator[Evaluation]:
    setup = chain.setup
    depth = torch.full_like(setup.detector.distance, place.layer * setup.detector.thick.step)
    geometry = chain.kernels.subpixel_geometry(
        setup,
        depth,
        (chain.slow * setup.oversample + place.sub_slow).to(torch.float64),
        (chain.fast * setup.oversample + place.sub_fast).to(torch.float64),
    )
    if chain.outputs.intensity:
        _update_omega(chain, geometry, place)
        _update_capture(chain, geometry, place)
    diffracted = geometry.diffracted
    for number in range(setup.source_count):
        source = chain.sources[number]
        place = replace(place, source=number)
        scattering = chain.kernels.scattering(setup, source, diffracted)
        diffracted = _update_polar(chain, source, diffracted, scattering.beyond_dmin, place)
        yield from _run_source(chain, place, geometry, source, scattering)


def _run_source(
    chain: Chain, place: Place, geometry: SubpixelGeometry, source: Sources, scattering: Scattering
) -> Iterator[Evaluation]:
    setup, outputs = chain.setup, chain.outputs
    if outputs.lookups or outputs.intensity or chain.state.interpolation_on is not False:
        for phi_step in range(setup.phi.steps):
            for domain in range(setup.crystal.domains):
                at = replace(place, phi_step=phi_step, domain=domain)
                yield _run_domain(chain, at, geometry, source, scattering)
    if chain.state.swept is not True:
        reached = True if scattering.beyond_dmin is None else ~scattering.beyond_dmin
        chain.state = replace(chain.state, swept=reached | chain.state.swept)


def _run_domain(
    chain: Chain, place: Place, geometry: SubpixelGeometry, source: Sources, scattering: Scattering
) -> Evaluation:
    setup = chain.setup
    result = chain.kernels.evaluate(
        setup,
        chain.table,
        chain.outputs,
        _orientation(chain, place),
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
        result,
        chain.omega.value,
        chain.capture.value,
        chain.polar.value,
    )


def _orientation(chain: Chain, place: Place) -> Orientation:
    """Before the first sweep of a run an angle of 0 finds the crystal unrotated."""
    rotated = chain.orientations[place.phi_step, place.domain]
    swept = chain.state.swept
    if place.phi_step >= chain.setup.leading_zeros or swept is True:
        return rotated
    unrotated = chain.orientations[chain.setup.phi.steps, place.domain]
    if swept is False:
        return unrotated
    mixed = (
        Vec3(*(torch.where(swept, x, y) for x, y in zip(u, v, strict=True)))
        for u, v in zip(
            (rotated.a, rotated.b, rotated.c),
            (unrotated.a, unrotated.b, unrotated.c),
            strict=True,
        )
    )
    return Orientation(*mixed)


def _update_omega(chain: Chain, geometry: SubpixelGeometry, place: Place) -> None:
    first = (place.layer, place.sub_slow, place.sub_fast) == (0, 0, 0)
    if first or chain.omega.mode is not FactorMode.FIRST:
        chain.omega.update(solid_angle(chain.setup.detector, geometry.airpath).to(chain.dtype))


def _update_capture(chain: Chain, geometry: SubpixelGeometry, place: Place) -> None:
    detector, capture = chain.setup.detector, chain.capture
    keeps_first = capture.mode is FactorMode.FIRST
    if keeps_first and detector.thick.range == 0.0:
        return
    first = (place.sub_slow, place.sub_fast) == (0, 0)
    computed = captured_fraction(detector, place.layer, geometry.diffracted).to(chain.dtype)
    # Deep in a sensor a fraction can underflow to 0, which is no value to be kept.
    capture.update(computed, capture.value == 0.0 if keeps_first and not first else None)


def _update_polar(
    chain: Chain, source: Sources, diffracted: Vec3, beyond_dmin: Tensor | None, place: Place
) -> Vec3:
    """The factor in force; what becomes of d, which later sources see."""
    setup = chain.setup
    once = _is_polarized_once(setup)
    first = (place.layer, place.sub_slow, place.sub_fast, place.source) == (0, 0, 0, 0)
    if not setup.computes_polar or (once and not first):
        return diffracted
    if not chain.outputs.intensity and setup.source_count == 1 and setup.beam.polarization == 0.0:
        return diffracted
    due = None if beyond_dmin is None else ~beyond_dmin
    if chain.polar.mode is FactorMode.FIRST and not once:
        unset = chain.polar.value == 0.0
        due = unset if due is None else unset & due
    axis = chain.state.axis
    kahn_factor = setup.beam.polarization
    made = polarization_factor(source.incident, diffracted, axis, kahn_factor)
    chain.polar.update(made.factor.to(chain.dtype), due)
    chain.polarizations = chain.polarizations + (1 if due is None else due.to(torch.int64))
    if kahn_factor != 0.0:
        chain.state = replace(chain.state, axis=_where_vec3(due, made.axis, axis))
    return _where_vec3(due, made.diffracted, diffracted)


def _is_polarized_once(setup: Setup) -> bool:
    """Whether the first factor computed is surely kept: it is not 0, and no source is dropped."""
    keeps_first = setup.polar is FactorMode.FIRST
    return keeps_first and setup.dmin == 0.0 and abs(setup.beam.polarization) < 1.0


def _where_vec3(due: Tensor | None, value: Vec3, otherwise: Vec3) -> Vec3:
    return Vec3(*(select_where(due, a, b) for a, b in zip(value, otherwise, strict=True)))


def _subpixel_geometry(setup: Setup, depth: Tensor, slow: Tensor, fast: Tensor) -> SubpixelGeometry:
    """Where subpixels lie; ``slow`` and ``fast`` count subpixels over the detector, float64."""
    position = subpixel_position(setup.detector, depth, slow, fast)
    airpath = norm(position)
    x, y, z = position
    return SubpixelGeometry(position, airpath, Vec3(x / airpath, y / airpath, z / airpath))


def _scattering(setup: Setup, source: Sources, diffracted: Vec3) -> Scattering:
    q = scattering_vector(diffracted, source)
    return Scattering(q, is_beyond_dmin(q, setup.dmin) if setup.dmin > 0.0 else None)


def _evaluate(
    setup: Setup,
    table: Table,
    outputs: RequestedOutputs,
    orientation: Orientation,
    scattering: Scattering,
    interpolation_on: Tensor | bool,
    I: Tensor,
    scales: PerLookupFactors,
) -> EvaluationResult:
    """Lattice factor, then the lookup unless it is pointless, then the running sum."""
    hkl = miller_index(orientation, scattering.q)
    behaviours = setup.behaviours
    hkl0, F_latt, factors, lookup = None, None, None, None
    parallelepiped = setup.crystal.shape == "parallelepiped"
    if outputs.lookups or table.values is not None or not parallelepiped:
        hkl0 = Vec3(*(nearest_index(index, behaviours.rounding) for index in hkl))
    if outputs.intensity or setup.may_skip:
        F_latt, factors = lattice_factor(setup.crystal, hkl, hkl0, table.default_F.dtype)
    if scattering.beyond_dmin is not None:
        lookup = ~scattering.beyond_dmin
    if setup.may_skip and F_latt is not None:
        useful = F_latt != 0.0
        lookup = useful if lookup is None else lookup & useful
    # Where nobody needs the nearest index there is no table, and every lookup is the same.
    nearest = hkl if hkl0 is None else hkl0
    if interpolation_on is False:
        lookup_result = nearest_lookup(table, nearest, behaviours.in_box_zero)
        still_on: Tensor | bool = False
    else:
        lookup_result, still_on = structure_factor(
            table, hkl, nearest, interpolation_on, behaviours
        )
        if lookup is not None and still_on is not interpolation_on:
            still_on = torch.where(lookup, still_on, interpolation_on)
    if outputs.intensity and F_latt is not None:
        I = select_where(lookup, _add_to_sum(I, lookup_result.F_cell, F_latt, scales, setup), I)
    return EvaluationResult(
        hkl,
        hkl0,
        factors,
        F_latt,
        lookup,
        lookup_result.F_cell,
        lookup_result.out_of_bounds if lookup is None else lookup_result.out_of_bounds & lookup,
        lookup_result.default_f if lookup is None else lookup_result.default_f & lookup,
        still_on,
        I,
    )


def _add_to_sum(
    I: Tensor, F_cell: Tensor, F_latt: Tensor, scales: PerLookupFactors, setup: Setup
) -> Tensor:
    """The running sum after a lookup; oversampled factors multiply the sum, or the term."""
    term = F_cell * F_cell * F_latt * F_latt
    if scales.weight is not None:
        term = term * scales.weight
    modes = (setup.capture, setup.polar, setup.omega)
    factors = list(zip((scales.capture, scales.polar, scales.omega), modes, strict=True))
    for factor, mode in factors:
        if factor is not None and mode is FactorMode.TERM:
            term = term * factor
    I = I + term
    for factor, mode in factors:
        if factor is not None and mode is FactorMode.RUNNING_SUM:
            I = I * factor
    return I


EAGER_KERNELS = ChainKernels(_subpixel_geometry, _scattering, _evaluate)
