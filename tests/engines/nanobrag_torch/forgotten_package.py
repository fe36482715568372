"""Forgetting of the package ``nanobrag_torch``, so that another one can be found."""

from __future__ import annotations

import sys

from parity_bridge.engines.nanobrag_torch.package import PACKAGE, load_package


def forget_package() -> None:
    """Forget the package and what was found in it."""
    load_package.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
