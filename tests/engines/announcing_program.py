"""The program, which says when an engine begins to compute pixels.

``python -m tests.engines.announcing_program COMMAND ...`` writes a line on standard error each
time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from parity_bridge.cli.program import main

BEGUN = "begun\n"


class AnnouncedCore:
    """The C core; ``begin`` is called before each of its functions that computes pixels."""

    def __init__(self, core: Any, begin: Callable[[], object]) -> None:
        self._core, self._begin = core, begin

    def __getattr__(self, name: str) -> Any:
        if name in ("pb_pixel", "pb_frame_pixels"):
            self._begin()
        return getattr(self._core, name)


def announce(begin: Callable[[], object]) -> None:
    """Call ``begin`` whenever an engine begins to compute pixels."""
    for name in ("frame", "pixels"):
        module: Any = import_module(f"parity_bridge.engines.c_core.{name}")
        module.lib = AnnouncedCore(module.lib, begin)
    if "torch" in sys.argv:  # importing it takes long
        for name in ("frame", "pixel"):
            port: Any = import_module(f"parity_bridge.engines.torch_port.{name}")
            port.run_chain = announced(port.run_chain, begin)


def announced(function: Callable[..., Any], begin: Callable[[], object]) -> Callable[..., Any]:
    """Return ``function``, before which ``begin`` is called."""

    def call(*arguments: Any) -> Any:
        begin()
        return function(*arguments)

    return call


if __name__ == "__main__":
    announce(lambda: os.write(2, BEGUN.encode()))
    sys.exit(main(sys.argv[1:]))
