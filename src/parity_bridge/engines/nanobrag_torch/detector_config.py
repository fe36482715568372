"""The port's configuration of the detector (contract §2); lengths in mm, angles in degrees.

What the port has a default for is left to the port where no flag says it, so that its defaults are
compared too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from parity_bridge.engines.nanobrag_torch.package import Package
from parity_bridge.engines.nanobrag_torch.sampled_steps import attenuation_depth, sensor_layers
from parity_bridge.experiment.regions import Region

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Detector, Experiment

_SAMPLE_PIVOT = ("xds", "dials")

_Centre = dict[str, float | None]


def pixels_of(detector: Detector) -> tuple[int, int]:
    """Return the pixels along slow and fast (contract §2)."""
    counts = []
    for count, size in (
        (detector.pixels_slow, detector.detsize_slow),
        (detector.pixels_fast, detector.detsize_fast),
    ):
        counts.append(count or math.ceil(size / detector.pixel_size - 0.5))
    return counts[0], counts[1]


def detector_config(package: Package, experiment: Experiment) -> Any:
    """Configure place, orientation, pixels, sensor and subpixels; no region and no mask."""
    detector, sampling = experiment.detector, experiment.sampling
    slow, fast = pixels_of(detector)
    rotx, roty, rotz = detector.rotations
    centre = _beam_centre(detector)
    given = any(value is not None for value in centre.values())
    return package.config(
        "DetectorConfig",
        distance_mm=detector.distance,
        close_distance_mm=detector.close_distance,
        pixel_size_mm=detector.pixel_size,
        spixels=slow,
        fpixels=fast,
        **centre,
        beam_center_source="explicit" if given else "auto",
        detector_rotx_deg=rotx,
        detector_roty_deg=roty,
        detector_rotz_deg=rotz,
        detector_twotheta_deg=detector.twotheta,
        detector_convention=package.classes["DetectorConvention"][detector.convention.upper()],
        detector_pivot=package.classes["DetectorPivot"][_pivot(detector).upper()],
        oversample=sampling.oversample or -1,
        oversample_omega=sampling.oversample_omega,
        oversample_polar=sampling.oversample_polar,
        oversample_thick=sampling.oversample_thick,
        curved_detector=detector.curved,
        point_pixel=detector.point_pixel,
        **_vectors(detector),
        detector_abs_um=attenuation_depth(detector),
        detector_thick_um=detector.thickness,
        detector_thicksteps=sensor_layers(detector),
    )


def roi_of(experiment: Experiment) -> tuple[tuple[int, int, int, int], Region]:
    """Return the region of interest in force, and the pixels of the detector inside it."""
    slow, fast = pixels_of(experiment.detector)
    roi = experiment.sampling.roi or (0, fast, 0, slow)
    return roi, Region.from_roi(roi, slow, fast)


def _pivot(detector: Detector) -> str:
    if detector.convention == "custom":
        return detector.pivot
    return "sample" if detector.convention in _SAMPLE_PIVOT else "beam"


def _vectors(detector: Detector) -> dict[str, Any]:
    """Return the vectors of custom geometry that are given."""
    if detector.convention != "custom":
        return {}
    given = {
        "custom_fdet_vector": detector.vectors.fast,
        "custom_sdet_vector": detector.vectors.slow,
        "custom_odet_vector": detector.vectors.odet,
        "custom_beam_vector": detector.vectors.beam,
        "twotheta_axis": detector.vectors.twotheta,
    }
    return {name: vector for name, vector in given.items() if vector is not None}


def _beam_centre(detector: Detector) -> _Centre:
    """Return the beam centre along slow and fast, mm; None where no flag says it.

    The port adds MOSFLM's half pixel itself.
    """
    x, y = detector.x_beam, _y_beam(detector)
    if _pivot(detector) == "sample" and detector.convention != "custom":
        # The pivot is the sample: the plane is placed by its close point.
        return _centre(_close(detector.org_y, detector), _close(detector.org_x, detector))
    match detector.convention:
        case "mosflm" | "denzo":
            return _centre(x, y)
        case "adxv":
            size = pixels_of(detector)[0] * detector.pixel_size
            return _centre(None if y is None else size - y, x)
        case _:
            return _centre(
                _first(y, detector.y_close, _close(detector.org_y, detector)),
                _first(x, detector.x_close, _close(detector.org_x, detector)),
            )


def _centre(slow: float | None, fast: float | None) -> _Centre:
    return {"beam_center_s": slow, "beam_center_f": fast}


def _close(origin: float | None, detector: Detector) -> float | None:
    """Return an XDS origin, which counts pixels from 1, in mm."""
    return None if origin is None else (origin - 0.5) * detector.pixel_size


def _y_beam(detector: Detector) -> float | None:
    mask = detector.mask_beam_centre
    if mask is None:
        return detector.y_beam
    return mask.pixel_size * mask.pixels_slow - mask.y_beam


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
