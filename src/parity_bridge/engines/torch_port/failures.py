"""Errors of torch, as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from parity_bridge.errors import EngineError

#: Where the errors of ``torch.compile`` come from.
_COMPILER = ("torch._dynamo", "torch._inductor")


@contextmanager
def torch_errors() -> Iterator[None]:
    """Compute without gradients, and raise any error of torch as an EngineError."""
    try:
        with torch.no_grad():
            yield
    except RuntimeError as error:
        what = str(error).strip().partition("\n")[0]
        if type(error).__module__.startswith(_COMPILER):
            raise EngineError(
                f"torch could not compile the port ({what}); it needs a C++ compiler, or run it "
                "without compilation"
            ) from error
        raise EngineError(f"the PyTorch port failed: {what}") from error
