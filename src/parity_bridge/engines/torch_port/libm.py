"""Functions and a quotient that give the C library's bits for float64 on the CPU.

``torch.sin``, ``exp``, ``atan2`` and even ``sqrt`` are vectorised there and differ from the C
library in the last place for one value in a hundred to a thousand, enough to move a fractional
Miller index. Their complex relatives ``polar``, ``exp``, ``log`` and ``sqrt`` call the C library
element by element and carry gradients. Where no gradients are needed, numpy's sine and square root
are much faster. ``tests/engines/torch_port/test_torch_libm.py`` checks the bits of all of them.
Float32, other devices and compiled code use torch's own functions.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor


def quotient(numerator: float, denominator: Tensor) -> Tensor:
    """Return ``numerator / denominator``, rounded once, shape as ``denominator``.

    The operator ``/`` multiplies a number by the reciprocal of a tensor, which rounds twice.
    """
    return torch.full_like(denominator, numerator) / denominator


def sine(x: Tensor) -> Tensor:
    """Return the sine of ``x`` (radians), shape as ``x``."""
    if not _is_exact(x):
        return x.sin()
    if _may_leave_the_graph(x) and numpy_sine_is_exact():
        return _by_numpy(np.sin, x)
    return sincos(x)[0]


def sincos(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return sine and cosine of ``x`` (radians), shapes as ``x``."""
    if not _is_exact(x):
        return x.sin(), x.cos()
    cosine, sine = torch.view_as_real(torch.polar(_one_like(x), x)).unbind(-1)
    return sine, cosine


def exp(x: Tensor) -> Tensor:
    """Return e to the power ``x``, shape as ``x``."""
    if not _is_exact(x):
        return x.exp()
    return torch.exp(torch.complex(x, torch.zeros_like(x))).real


def sqrt(x: Tensor) -> Tensor:
    """Return the square root of ``x`` >= 0, shape as ``x``."""
    if not _is_exact(x):
        return x.sqrt()
    if _may_leave_the_graph(x):  # numpy's is correctly rounded
        return _by_numpy(np.sqrt, x)
    return torch.sqrt(torch.complex(x, torch.zeros_like(x))).real


def atan2(y: Tensor, x: Tensor) -> Tensor:
    """Return the angle of the point (x, y), radians; 0 with a gradient of 0 at the origin."""
    at_origin = (x == 0) & (y == 0)
    x = torch.where(at_origin, torch.ones_like(x), x)
    if not _is_exact(x):
        return torch.atan2(y, x)
    return torch.log(torch.complex(x, y)).imag


def has_no_zero(x: Tensor) -> bool:
    """Return whether no number of ``x`` is 0; False too where finding out would cost much."""
    return _is_exact(x) and _may_leave_the_graph(x) and bool(x.numpy().all())


@cache
def numpy_sine_is_exact() -> bool:
    """Return whether numpy's sine has the C library's bits; in some releases it is vectorised."""
    x = np.outer(np.geomspace(1e-9, 1e9, 19), np.linspace(-1.0, 1.0, 401)).reshape(-1)
    return np.array_equal(np.sin(x), list(map(math.sin, x.tolist())))


def _is_exact(x: Tensor) -> bool:
    """Return whether the C library's bits can be computed for ``x``."""
    if torch.compiler.is_compiling():
        return False
    return x.dtype == torch.float64 and x.device.type == "cpu"


def _may_leave_the_graph(x: Tensor) -> bool:
    """Return whether ``x`` holds plain numbers that need no gradients."""
    return type(x) is Tensor and not torch.is_grad_enabled()


def _by_numpy(function: np.ufunc, x: Tensor) -> Tensor:
    """Apply a function of numpy to numbers on the CPU; outside its domain it gives NaN."""
    result = torch.empty_like(x)
    with np.errstate(invalid="ignore"):
        function(x.numpy(), out=result.numpy())
    return result


def _one_like(x: Tensor) -> Tensor:
    return x.new_ones(()).expand_as(x)
