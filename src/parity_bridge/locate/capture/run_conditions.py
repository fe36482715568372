"""What is the same for the watched run and the unwatched one, and what is off while watching."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np


@contextmanager
def random_state_restored() -> Iterator[None]:
    """Give two runs the same random numbers: restore the global generators afterwards."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - what a port may use
    torch = sys.modules.get("torch")
    tensors = None if torch is None else torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if tensors is not None:
            sys.modules["torch"].set_rng_state(tensors)
        elif (imported := sys.modules.get("torch")) is not None:
            imported.default_generator.manual_seed(imported.default_generator.initial_seed())


@contextmanager
def uncompiled() -> Iterator[bool]:
    """Let torch compile nothing; yield whether anything could have been compiled.

    ``torch._dynamo`` takes seconds to import, and is there once a program has compiled.
    """
    torch = sys.modules.get("torch")
    compiles = "torch._dynamo" in sys.modules
    with ExitStack() as undo:
        if torch is not None:
            scripting = torch.jit._state  # noqa: SLF001 - the switch that PYTORCH_JIT=0 turns
            if scripting._enabled.enabled:  # noqa: SLF001
                scripting.disable()
                undo.callback(scripting.enable)
        if compiles and torch is not None:
            undo.enter_context(torch.compiler.set_stance("force_eager"))
        yield compiles
