"""Source files."""

from __future__ import annotations

from typing import Any

import torch


def read_sourcefile(
    file: Any, wavelength: float, distance: float, beam: Any, dtype: Any, device: Any
) -> Any:
    return torch.zeros(2, 3, dtype=dtype), torch.ones(2), torch.full((2,), wavelength)
