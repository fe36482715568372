"""Constants and unit conversions, contract §1."""

from __future__ import annotations

import math
from typing import TypeVar

from torch import Tensor

Scalar = TypeVar("Scalar", float, Tensor)

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

RTD = 180.0 * (1.0 / math.pi)
R_E_SQR = 7.94079248018965e-30  # m², classical electron radius squared
AVOGADRO = 6.02214179e23


def radians(degrees: Scalar) -> Scalar:
    """Convert degrees to radians."""
    return degrees / RTD


def metres(mm: Scalar) -> Scalar:
    """Convert millimetres to metres."""
    return mm / 1000.0
