"""The values of an Experiment that gradients can flow to, as tensors in the units of the flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from parity_bridge.experiment.model import Experiment


@dataclass(frozen=True)
class Parameters:
    """Tensors of shape (), float64; ``None`` where nothing was given or an angle is exactly 0.

    Replace any of them (``dataclasses.replace``) by a tensor that requires a gradient. An angle
    given as a tensor always rotates, even by 0, which can turn the sign of a zero.
    """

    #: a, b, c in Å; alpha, beta, gamma in degrees; None where not given or the matrix is used.
    cell: tuple[Tensor | None, ...]
    #: Nine numbers, row by row; None where the cell is used.
    matrix: tuple[Tensor, ...] | None
    misset: tuple[Tensor | None, Tensor | None, Tensor | None]  # degrees
    mosaic_spread: Tensor | None  # degrees
    phi: Tensor | None  # degrees
    wavelength: Tensor  # Å
    distance: Tensor  # mm
    close_distance: Tensor | None  # mm
    rotations: tuple[Tensor | None, Tensor | None, Tensor | None]  # degrees
    twotheta: Tensor  # degrees

    @classmethod
    def of(cls, experiment: Experiment, device: torch.device | str = "cpu") -> Self:
        """Return the values of ``experiment`` on ``device``."""

        def tensor(value: float) -> Tensor:
            return torch.tensor(value, dtype=torch.float64, device=device)

        def given(value: float | None) -> Tensor | None:
            return None if value is None else tensor(value)

        def angle(value: float) -> Tensor | None:
            return None if value == 0.0 else tensor(value)

        crystal, detector = experiment.crystal, experiment.detector
        cell, matrix = crystal.cell, crystal.matrix
        rx, ry, rz = crystal.misset
        dx, dy, dz = detector.rotations
        edges = ("a", "b", "c", "alpha", "beta", "gamma")
        return cls(
            cell=tuple(given(getattr(cell, edge, None)) for edge in edges),
            matrix=None if matrix is None else tuple(tensor(number) for number in matrix),
            misset=(angle(rx), angle(ry), angle(rz)),
            mosaic_spread=given(crystal.mosaic_spread),
            phi=angle(experiment.sampling.phi),
            wavelength=tensor(experiment.beam.wavelength),
            distance=tensor(detector.distance),
            close_distance=given(detector.close_distance),
            rotations=(angle(dx), angle(dy), angle(dz)),
            twotheta=tensor(detector.twotheta),
        )
