"""Value-by-value comparison of two implementations of nanoBragg's diffraction simulation.

The reference is a C core (``parity_bridge.engines.c_core``); the other engine is a PyTorch port
(``parity_bridge.engines.torch_port``). The command line is ``python -m parity_bridge``.
"""

from __future__ import annotations

__version__ = "0.1.0"
