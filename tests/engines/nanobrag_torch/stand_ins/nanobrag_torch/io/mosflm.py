"""Orientation matrices."""

from __future__ import annotations

from typing import Any


def reciprocal_to_real_cell(a: Any, b: Any, c: Any) -> tuple[float, ...]:
    return (1.0 / a[0], 1.0 / b[1], 1.0 / c[2], 90.0, 90.0, 90.0)
