"""Pixels and everything observed on the way, contract §5 and §6."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from parity_bridge.engines.torch_port.chain import EAGER_KERNELS, run_chain
from parity_bridge.engines.torch_port.chain_state import EVERYTHING, Chain
from parity_bridge.engines.torch_port.detector import in_roi
from parity_bridge.engines.torch_port.evaluation import Evaluation
from parity_bridge.engines.torch_port.photons import ScaledSum, scale_to_photons
from parity_bridge.engines.torch_port.run_state import BatchState
from parity_bridge.engines.torch_port.setup import Setup
from parity_bridge.engines.torch_port.structure_factors import Table


@dataclass(frozen=True)
class PixelTotals:
    """The end of the chain; twin of ``pb_pixel_totals``. Tensors of shape (pixels,)."""

    I: Tensor  # the sum, background included
    I_per_step: Tensor
    fluence_scaled: Tensor  # photons, as all that follows but the factors
    normalized: Tensor
    capture: Tensor
    after_capture: Tensor
    polar: Tensor
    after_polar: Tensor
    omega: Tensor  # sr
    intensity: Tensor
    image: Tensor  # the float32 an image holds
    in_roi: Tensor  # bool


def pixel(
    setup: Setup,
    table: Table,
    slow: Tensor,
    fast: Tensor,
    state: BatchState,
    visit: Callable[[Evaluation], None] | None = None,
) -> tuple[PixelTotals, list[Evaluation], BatchState]:
    """Compute pixels, each from ``state``, and return every evaluation, in order.

    ``slow`` and ``fast`` are int64 of shape (pixels,), inside the detector; ``state`` is the same
    for all of them or of that shape. Pixels are computed in the dtype of ``table``. The state
    returned is the state after each pixel. With ``visit`` each evaluation is handed to it and none
    is returned: a million of them take gigabytes, and seconds to free after Ctrl-C.
    """
    chain = Chain(setup, table, EVERYTHING, slow, fast, state)
    evaluations: list[Evaluation] = []
    for evaluation in run_chain(chain, EAGER_KERNELS):
        (visit or evaluations.append)(evaluation)
    scales = chain.capture.mode.scales_the_sum
    capture = chain.layer_capture if scales else chain.capture.value
    inside = in_roi(setup.detector, slow, fast)
    scaled = ScaledSum(*(value.expand_as(slow) for value in scale_to_photons(chain)))
    totals = PixelTotals(
        I=chain.I.expand_as(slow),
        I_per_step=(chain.I / setup.steps).expand_as(slow),
        capture=capture.expand_as(slow),
        polar=chain.polar.result.expand_as(slow),
        omega=chain.omega.result.expand_as(slow),
        image=torch.where(inside, (0.0 + scaled.intensity).to(torch.float32), 0.0),
        in_roi=inside,
        **scaled._asdict(),
    )
    return totals, evaluations, chain.state
