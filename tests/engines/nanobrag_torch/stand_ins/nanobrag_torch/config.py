"""What the port is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

DetectorConvention = Enum("DetectorConvention", "MOSFLM XDS DIALS ADXV DENZO CUSTOM")
DetectorPivot = Enum("DetectorPivot", "BEAM SAMPLE")
CrystalShape = Enum("CrystalShape", "SQUARE ROUND GAUSS TOPHAT")

Vector = tuple[float, float, float]


@dataclass
class CrystalConfig:
    cell_a: float = 100.0
    cell_b: float = 100.0
    cell_c: float = 100.0
    cell_alpha: float = 90.0
    cell_beta: float = 90.0
    cell_gamma: float = 90.0
    mosflm_a_star: Any = None
    mosflm_b_star: Any = None
    mosflm_c_star: Any = None
    misset_deg: Vector = (0.0, 0.0, 0.0)
    misset_random: bool = False
    misset_seed: int | None = None
    phi_start_deg: float = 0.0
    osc_range_deg: float = 0.0
    phi_steps: int = 1
    spindle_axis: Vector = (0.0, 0.0, 1.0)
    mosaic_spread_deg: float = 0.0
    mosaic_domains: int = 1
    mosaic_seed: int | None = None
    N_cells: tuple[int, int, int] = (1, 1, 1)
    default_F: float = 0.0
    shape: CrystalShape = CrystalShape.SQUARE
    fudge: float = 1.0


@dataclass
class DetectorConfig:
    distance_mm: float = 100.0
    close_distance_mm: float | None = None
    pixel_size_mm: float = 0.1
    spixels: int = 1024
    fpixels: int = 1024
    beam_center_s: float | None = None
    beam_center_f: float | None = None
    beam_center_source: str = "auto"
    detector_rotx_deg: float = 0.0
    detector_roty_deg: float = 0.0
    detector_rotz_deg: float = 0.0
    detector_twotheta_deg: float = 0.0
    twotheta_axis: Any = (0.0, 0.0, -1.0)
    detector_convention: DetectorConvention = DetectorConvention.MOSFLM
    detector_pivot: DetectorPivot = DetectorPivot.BEAM
    oversample: int = -1
    oversample_omega: bool = False
    oversample_polar: bool = False
    oversample_thick: bool = False
    curved_detector: bool = False
    point_pixel: bool = False
    custom_fdet_vector: Vector | None = None
    custom_sdet_vector: Vector | None = None
    custom_odet_vector: Vector | None = None
    custom_beam_vector: Vector | None = None
    detector_abs_um: float | None = None
    detector_thick_um: float = 0.0
    detector_thicksteps: int = 1
    roi_xmin: int | None = None
    roi_xmax: int | None = None
    roi_ymin: int | None = None
    roi_ymax: int | None = None
    mask_array: Any = None


@dataclass
class BeamConfig:
    wavelength_A: float = 1.0
    source_directions: Any = None
    source_weights: Any = None
    source_wavelengths: Any = None
    polarization_factor: float = 0.0
    nopolar: bool = False
    polarization_axis: Vector = (0.0, 0.0, 1.0)
    flux: float = 0.0
    exposure: float = 0.0
    beamsize_mm: float = 0.0
    fluence: float = 1.0
    dmin: float = 0.0
    water_size_um: float = 0.0
