"""The steps of the chain compiled by torch: fused loops, with torch's own transcendentals."""

from __future__ import annotations

from functools import lru_cache

import torch

from parity_bridge.engines.torch_port.chain import EAGER_KERNELS, ChainKernels


@lru_cache(maxsize=1)
def compiled_kernels() -> ChainKernels:
    """Return the steps; torch compiles each on its first call."""
    return ChainKernels(
        subpixel_geometry=torch.compile(EAGER_KERNELS.subpixel_geometry),
        scatter=torch.compile(EAGER_KERNELS.scatter),
        evaluate=torch.compile(EAGER_KERNELS.evaluate),
    )
