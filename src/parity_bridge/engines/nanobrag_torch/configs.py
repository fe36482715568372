"""The configuration of the port: an experiment whose detector is a single pixel.

The port computes whole detectors. A detector of one pixel, its beam centre moved by the pixel's
number, lies where the pixel lies and takes no longer to compute.
"""

from __future__ import annotations

import math
from typing import Any

from parity_bridge.engines.nanobrag_torch.package import Package
from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import Beam, Crystal, Detector, Experiment, Sampling

_ONLY = "the engine nanobrag_torch takes a cell, misset, N, wavelength, distance and beam centre"


def check_plain(experiment: Experiment) -> None:
    """Raise UsageError for flags that are not passed on, so that none is ignored silently."""
    crystal, beam = experiment.crystal, experiment.beam
    detector, sampling = experiment.detector, experiment.sampling
    plain = Experiment(
        crystal=Crystal(cell=crystal.cell, misset=crystal.misset, cells=crystal.cells)
        if crystal.cell is not None
        else crystal,
        beam=Beam(
            wavelength=beam.wavelength,
            polarization=beam.polarization,
            polarized=beam.polarized,
            fluence=beam.fluence,
        ),
        detector=Detector(
            distance=detector.distance,
            pixel_size=detector.pixel_size,
            pixels_fast=detector.pixels_fast,
            pixels_slow=detector.pixels_slow,
            detsize_fast=detector.detsize_fast,
            detsize_slow=detector.detsize_slow,
            x_beam=detector.x_beam,
            y_beam=detector.y_beam,
            pivot=detector.pivot,
        ),
        sampling=Sampling(oversample=sampling.oversample),
        structure_factors=experiment.structure_factors.model_copy(update={"dump": None}),
    )
    if crystal.random_misset_seed is not None:
        raise UsageError(f"{_ONLY}, no -misset random; give three angles")
    if detector.mask_beam_centre is not None:
        raise UsageError(f"{_ONLY}, no -mask; leave it out")
    if crystal.cell is None or plain != experiment:
        raise UsageError(f"{_ONLY} in MOSFLM geometry; leave the other flags out")
    if sampling.oversample is None:
        raise UsageError(f"{_ONLY}, and the oversampling must be said; give -oversample")


def pixels_of(detector: Detector) -> tuple[int, int]:
    """Return the pixels along slow and fast (contract §2)."""
    counts = []
    for count, size in (
        (detector.pixels_slow, detector.detsize_slow),
        (detector.pixels_fast, detector.detsize_fast),
    ):
        counts.append(count or math.ceil(size / detector.pixel_size - 0.5))
    return counts[0], counts[1]


def crystal_config(package: Package, experiment: Experiment) -> Any:
    """Configure cell, orientation and size; lengths in Å, angles in degrees."""
    cell = experiment.crystal.cell
    if cell is None:
        raise UsageError(f"{_ONLY}; give -cell")
    b, c = cell.b or cell.a, cell.c or cell.a
    angles = (90.0 if angle is None else angle for angle in (cell.alpha, cell.beta, cell.gamma))
    alpha, beta, gamma = angles
    return package.config(
        "CrystalConfig",
        cell_a=cell.a, cell_b=b, cell_c=c, cell_alpha=alpha, cell_beta=beta, cell_gamma=gamma,
        misset_deg=experiment.crystal.misset,
        N_cells=experiment.crystal.cells,
        default_F=experiment.structure_factors.default_F,
    )  # fmt: skip


def detector_config(package: Package, experiment: Experiment, pixel: tuple[int, int]) -> Any:
    """Configure a detector of the one pixel (slow, fast); lengths in mm."""
    detector = experiment.detector
    size = detector.pixel_size
    # MOSFLM: the beam centre X lies along slow, Y along fast, by default in the middle (§2).
    slow_size, fast_size = (
        whole if count is None else count * size
        for count, whole in (
            (detector.pixels_slow, detector.detsize_slow),
            (detector.pixels_fast, detector.detsize_fast),
        )
    )
    x = (slow_size + size) / 2 if detector.x_beam is None else detector.x_beam
    y = (fast_size + size) / 2 if detector.y_beam is None else detector.y_beam
    return package.config(
        "DetectorConfig",
        distance_mm=detector.distance,
        pixel_size_mm=size,
        spixels=1,
        fpixels=1,
        beam_center_s=x - pixel[0] * size,
        beam_center_f=y - pixel[1] * size,
        oversample=experiment.sampling.oversample,
    )


def beam_config(package: Package, experiment: Experiment) -> Any:
    """Configure wavelength (Å), polarization and fluence (photons/m²)."""
    beam = experiment.beam
    return package.config(
        "BeamConfig",
        wavelength_A=beam.wavelength,
        polarization_factor=beam.polarization,
        nopolar=not beam.polarized,
        fluence=beam.fluence,
    )
