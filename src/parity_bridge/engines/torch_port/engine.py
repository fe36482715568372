"""The engine ``torch``: experiment in, observations out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import torch

from parity_bridge import structure_factors
from parity_bridge.engines.engine import check_pixels
from parity_bridge.engines.torch_port.f_cell import f_cell_stats
from parity_bridge.engines.torch_port.observe import observations
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.pixel import pixel
from parity_bridge.engines.torch_port.setup import derive
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.errors import EngineError, UsageError

if TYPE_CHECKING:
    from parity_bridge.experiment import Experiment
    from parity_bridge.taps.observation import Observation

DTYPES = {"float64": torch.float64, "float32": torch.float32}


class TorchPort:
    """The port: geometry derived in float64, pixels computed in ``dtype`` on ``device``."""

    name: ClassVar[str] = "torch"
    implementation: ClassVar[str] = "pytorch"
    trace_prefix: ClassVar[str] = "TRACE_PY"
    folder: ClassVar[str] = "py_taps"

    def __init__(self, *, dtype: str = "float64", device: str = "cpu") -> None:
        """Raise UsageError for a dtype or device that is not there."""
        if dtype not in DTYPES:
            raise UsageError(f"--dtype {dtype}: choose {' or '.join(DTYPES)}")
        self.dtype = DTYPES[dtype]
        self.device = _usable_device(device)

    def observe(
        self, experiment: Experiment, pixels: Sequence[tuple[int, int]]
    ) -> list[Observation]:
        """Compute ``pixels`` (slow, fast) in one batch; see ``Engine.observe``."""
        factors = structure_factors.load(experiment.structure_factors)
        setup = derive(experiment, Parameters.of(experiment, self.device))
        pixels_fast, pixels_slow = setup.detector.pixels
        check_pixels(pixels, pixels_slow, pixels_fast)
        slow, fast = torch.tensor(pixels, dtype=torch.int64, device=self.device).unbind(-1)
        try:
            with torch.no_grad():
                table = Table.of(factors, self.dtype, self.device)
                totals, evaluations = pixel(setup.to(self.dtype), table, slow, fast)
                stats = f_cell_stats(evaluations)
        except RuntimeError as error:
            raise EngineError(f"the PyTorch port failed: {error}") from error
        return observations(
            pixels,
            setup,
            totals,
            evaluations,
            stats,
            factors.provenance,
            has_table=factors.grid is not None,
        )

    def build(self) -> Mapping[str, str]:
        """What the port was built on, dtype, device and versions apart."""
        return {
            "engine": "parity_bridge PyTorch port",
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "threads": str(torch.get_num_threads()),
        }


def _usable_device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, dtype=torch.float64, device=device).cpu()
    except Exception as error:  # every backend of torch fails in its own way
        usable = "cpu or cuda" if torch.cuda.is_available() else "cpu"
        raise UsageError(f"--device {name} cannot be used here; choose {usable}") from error
    return device
