"""Caches of structure factors."""

from __future__ import annotations

from typing import Any


def read_fdump(file: str, device: Any = None, dtype: Any = None) -> Any:
    return f"grid of {file}", {"h_min": 0}
