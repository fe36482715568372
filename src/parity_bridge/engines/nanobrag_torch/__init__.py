"""The engine ``nanobrag_torch``: the public PyTorch port of that name, where it is installed."""

from __future__ import annotations

from parity_bridge.engines.nanobrag_torch.engine import NanobragTorch

__all__ = ["NanobragTorch"]
