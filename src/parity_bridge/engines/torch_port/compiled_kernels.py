"""The steps of the chain compiled by torch: fused loops, with torch's own transcendentals."""

from __future__ import annotations

from functools import lru_cache

import torch

from parity_bridge.engines.torch_port.chain import EAGER
from parity_bridge.engines.torch_port.evaluation import Steps


@lru_cache(maxsize=1)
def compiled_steps() -> Steps:
    """The steps, compiled when they are first called."""
    return Steps(
        look=torch.compile(EAGER.look),
        aim=torch.compile(EAGER.aim),
        evaluate=torch.compile(EAGER.evaluate),
    )
