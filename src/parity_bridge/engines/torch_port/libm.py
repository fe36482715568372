"""Functions and a quotient that give the C library's bits for float64 on the CPU.

``torch.sin``, ``exp``, ``atan2`` and even ``sqrt`` are vectorised there and differ from the C
library in the last place for one value in a hundred to a thousand, enough to move a fractional
Miller index. Their complex relatives ``polar``, ``exp``, ``log`` and ``sqrt`` call the C library
element by element, run on every device and carry gradients; ``tests/test_torch_libm.py`` holds them
to it.
"""

from __future__ import annotations

import torch
from torch import Tensor


def quotient(numerator: float, denominator: Tensor) -> Tensor:
    """``numerator / denominator``, rounded once, shape as ``denominator``.

    The operator of that name multiplies by the reciprocal, which rounds twice.
    """
    return torch.full_like(denominator, numerator) / denominator


def sincos(x: Tensor) -> tuple[Tensor, Tensor]:
    """Sine and cosine of ``x`` (radians), shapes as ``x``."""
    cosine, sine = torch.view_as_real(torch.polar(torch.ones_like(x), x)).unbind(-1)
    return sine, cosine


def exp(x: Tensor) -> Tensor:
    """e to the power ``x``, shape as ``x``."""
    return torch.exp(torch.complex(x, torch.zeros_like(x))).real


def sqrt(x: Tensor) -> Tensor:
    """Square root of ``x`` >= 0, shape as ``x``."""
    return torch.sqrt(torch.complex(x, torch.zeros_like(x))).real


def atan2(y: Tensor, x: Tensor) -> Tensor:
    """Angle of the point (x, y), radians; 0 with a gradient of 0 at the origin."""
    at_origin = (x == 0) & (y == 0)
    return torch.log(torch.complex(torch.where(at_origin, torch.ones_like(x), x), y)).imag
