"""The detector."""

from __future__ import annotations

from typing import Any


class Detector:
    def __init__(self, config: Any, device: Any = None, dtype: Any = None) -> None:
        self.config = config
