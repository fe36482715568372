"""The PyTorch port as an engine: batched over pixels, differentiable, on any device.

Each physical factor has a twin of the same name in ``csrc/``, with the same public functions in the
same order.
Vectors are ``Vec3`` tuples of tensors, so that every sum is written out as the contract writes it.
"""

from __future__ import annotations

from parity_bridge.engines.torch_port.engine import TorchPort

__all__ = ["TorchPort"]
