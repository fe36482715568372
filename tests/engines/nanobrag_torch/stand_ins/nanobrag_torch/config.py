"""What the port is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class CrystalConfig:
    cell_a: float = 100.0
    cell_b: float = 100.0
    cell_c: float = 100.0
    cell_alpha: float = 90.0
    cell_beta: float = 90.0
    cell_gamma: float = 90.0
    misset_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    N_cells: tuple[int, int, int] = (1, 1, 1)
    default_F: float = 0.0


@dataclass
class DetectorConfig:
    distance_mm: float = 100.0
    pixel_size_mm: float = 0.1
    spixels: int = 1024
    fpixels: int = 1024
    beam_center_s: float = 51.2
    beam_center_f: float = 51.2
    oversample: int = 1


@dataclass
class BeamConfig:
    wavelength_A: float = 1.0
    polarization_factor: float = 0.0
    nopolar: bool = False
    fluence: float = 1.0
