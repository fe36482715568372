"""The sum of pixels, layer by layer, and what makes photons of it, contract §6."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.chain_state import Chain
from parity_bridge.engines.torch_port.factor_accumulator import FactorAccumulator

if TYPE_CHECKING:
    from torch import Tensor


class ScaledSum(NamedTuple):
    """The sum on its way to photons; a factor that does not scale it leaves it as it was."""

    fluence_scaled: Tensor
    normalized: Tensor  # over the steps
    after_capture: Tensor
    after_polar: Tensor
    intensity: Tensor


def begin_layer(chain: Chain) -> None:
    """Reset the captured fraction, and remember the sum before the layer."""
    chain.capture = chain.uncaptured()
    chain.I_before_layer = chain.I


def end_layer(chain: Chain, layer: int) -> None:
    """Store the captured fraction of the layer, or scale what the layer added by it."""
    capture = chain.capture.result
    layers = chain.setup.behaviours.layers
    if layer == 0 or layers != "first":
        chain.layer_capture = capture
    if layers == "each" and chain.capture.mode.scales_the_sum:
        chain.I = chain.I_before_layer + (chain.I - chain.I_before_layer) * capture


def scale_to_photons(chain: Chain) -> ScaledSum:
    """Scale the sum to photons, factor by factor."""
    setup = chain.setup
    scaled = units.R_E_SQR * setup.beam.fluence * chain.I
    normalized = scaled / setup.steps if setup.behaviours.divide_by_steps else scaled
    background = units.R_E_SQR * setup.beam.fluence * setup.beam.I_bg
    if setup.behaviours.background == "undivided":
        normalized = normalized + background
    captures = chain.capture.mode.scales_the_sum and setup.behaviours.layers != "each"
    after_capture = normalized * chain.layer_capture if captures else normalized
    after_polar = _scale_by_factor(after_capture, chain.polar)
    intensity = _scale_by_factor(after_polar, chain.omega)
    if setup.behaviours.background == "added_last":
        intensity = intensity + background
    return ScaledSum(scaled, normalized, after_capture, after_polar, intensity)


def _scale_by_factor(value: Tensor, factor: FactorAccumulator) -> Tensor:
    return value * factor.result if factor.mode.scales_the_sum else value
