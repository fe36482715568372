"""Sources of a divergent beam."""

from __future__ import annotations

from typing import Any

import torch


def auto_select_divergence(**given: Any) -> tuple[Any, Any]:
    h = {name: value for name, value in given.items() if name.startswith("h")}
    return h, {name: value for name, value in given.items() if name.startswith("v")}


def auto_select_dispersion(**given: Any) -> Any:
    return given


def generate_sources_from_divergence_dispersion(**given: Any) -> Any:
    generate_sources_from_divergence_dispersion.given = given  # type: ignore[attr-defined]
    return torch.zeros(3, 3), torch.ones(3), torch.ones(3)
