"""Detector geometry, sensor and region of interest, contract §2, §4 and §8."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from parity_bridge.engines.torch_port import units
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.sweep import THICKNESS_SWEEP, SampledRange, sample_sweep
from parity_bridge.engines.torch_port.vec3 import (
    Angles,
    Vec3,
    cross,
    dot,
    is_direction,
    norm,
    rotate,
    rotate_axis,
    unit,
)
from parity_bridge.errors import UsageError
from parity_bridge.experiment import model as raw

BAD_DETECTOR = (
    "the detector has no pixel, or more subpixels along an axis than 2147483647; "
    "check -detpixels, -detsize, -pixel and -oversample"
)
BAD_GEOMETRY = (
    "the detector geometry does not give a plane at finite numbers; check the detector vectors, "
    "-distance, -close_distance and the detector rotations"
)

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
MINUS_X, MINUS_Y, MINUS_Z = (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)

#: The table of contract §2: beam, fast, slow, odet, 2θ axis, polarization, spindle.
CONVENTION_AXES = {
    "custom": (X, Z, MINUS_Y, X, Y, Z, Z),
    "adxv": (Z, X, MINUS_Y, Z, MINUS_X, X, X),
    "mosflm": (X, Z, MINUS_Y, X, MINUS_Z, Z, Z),
    "xds": (Z, X, Y, Z, X, X, X),
    "dials": (Z, X, Y, Z, Y, Y, Y),
    "denzo": (X, Z, MINUS_Y, X, MINUS_Z, Z, Z),
}
PIVOTS = {"mosflm": "beam", "denzo": "beam", "adxv": "beam", "xds": "sample", "dials": "sample"}


class Centre(NamedTuple):
    """What the flags say about the beam centre, before any rotation, m."""

    Fbeam: float
    Sbeam: float
    Fclose: float
    Sclose: float


@dataclass(frozen=True)
class Detector:
    """Detector as derived; twin of ``pb_detector``. Lengths in metres."""

    pivot: str
    pixels: tuple[int, int]  # fast, slow
    detsize: tuple[float, float]  # fast, slow
    pixel_size: float
    subpixel_size: float
    beam: Vec3
    fast: Vec3
    slow: Vec3
    odet: Vec3
    polar: Vec3
    spindle: Vec3
    twotheta_axis: Vec3
    pix0: Vec3
    distance: Tensor
    close_distance: Tensor
    Fbeam: Tensor
    Sbeam: Tensor
    Fclose: Tensor
    Sclose: Tensor
    curved: bool
    point_pixel: bool
    roi: tuple[int, int, int, int]  # fast min, fast max, slow min, slow max, inclusive
    thick: SampledRange  # layers of the sensor, m
    mu: float  # attenuation, 1/m; -1 where nothing was given
    parallax: bool = True  # False: the captured fraction is that of a ray along odet


def derive_detector(detector: raw.Detector, sampling: raw.Sampling, values: Parameters) -> Detector:
    """Derive the geometry; ``subpixel_size`` is 0 until the oversampling is known.

    Raise UsageError for a detector without a pixel, with too many layers, or whose vectors span no
    plane of finite numbers.
    """
    pixel = units.metres(detector.pixel_size)
    detsize_f, fpixels = _count_pixels(detector.pixels_fast, pixel, detector.detsize_fast)
    detsize_s, spixels = _count_pixels(detector.pixels_slow, pixel, detector.detsize_slow)
    thick, mu = _derive_sensor(detector)
    centre = _beam_centre(detector, pixel, detsize_f, detsize_s)
    beam, fast, slow, odet, twotheta, polar, spindle = _chosen_axes(detector, values.distance)
    zero = torch.zeros_like(values.distance)
    unplaced = Detector(
        pivot=PIVOTS.get(detector.convention, detector.pivot),
        pixels=(fpixels, spixels),
        detsize=(detsize_f, detsize_s),
        pixel_size=pixel,
        subpixel_size=0.0,
        beam=beam,
        fast=fast,
        slow=slow,
        odet=odet,
        polar=polar,
        spindle=spindle,
        twotheta_axis=twotheta,
        pix0=Vec3(zero, zero, zero),
        distance=zero,
        close_distance=zero,
        Fbeam=zero,
        Sbeam=zero,
        Fclose=zero,
        Sclose=zero,
        curved=detector.curved,
        point_pixel=detector.point_pixel,
        roi=sampling.roi or (0, fpixels, 0, spixels),
        thick=thick,
        mu=mu,
    )
    placed = _place_detector(unplaced, centre, values)
    if not _is_sound(placed):
        raise UsageError(BAD_GEOMETRY)
    return placed


def in_roi(detector: Detector, slow: Tensor, fast: Tensor) -> Tensor:
    """Return whether pixels lie inside the region of interest, bool."""
    fast_min, fast_max, slow_min, slow_max = detector.roi
    return (fast >= fast_min) & (fast <= fast_max) & (slow >= slow_min) & (slow <= slow_max)


def _derive_sensor(detector: raw.Detector) -> tuple[SampledRange, float]:
    """Derive layers and attenuation; thickness has no flag for its step, and 0 counts as given."""
    thick = sample_sweep(detector.thickness * 1e-6, None, detector.thickness_steps, THICKNESS_SWEEP)
    depth = detector.attenuation_depth
    mu = -1.0
    if depth is not None:
        depth_in_metres = depth * 1e-6
        mu = _safe_reciprocal(depth_in_metres) if depth > 0.0 else 0.0
    if thick.range > 0.0 and mu <= 0.0:
        mu = _safe_reciprocal(thick.range)
    return thick, mu


def _safe_reciprocal(length: float) -> float:
    """Return 1/length; infinity where the length has underflowed to 0."""
    return 1.0 / length if length else math.inf


def _count_pixels(count: int | None, pixel: float, detsize_mm: float) -> tuple[float, int]:
    """Return size (m) and pixel count along one axis; a given count decides the size."""
    detsize = units.metres(detsize_mm) if count is None else pixel * count
    exact_count = detsize / pixel - 0.5 if pixel else math.inf
    if not 0.0 < exact_count <= units.INT32_MAX:
        raise UsageError(BAD_DETECTOR)
    return detsize, math.ceil(exact_count)


def _beam_centre(
    detector: raw.Detector, pixel: float, detsize_f: float, detsize_s: float
) -> Centre:
    Fclose = detsize_f / 2.0 if detector.org_x is None else (detector.org_x - 0.5) * pixel
    Sclose = detsize_s / 2.0 if detector.org_y is None else (detector.org_y - 0.5) * pixel
    x_close = Fclose if detector.x_close is None else units.metres(detector.x_close)
    y_close = Sclose if detector.y_close is None else units.metres(detector.y_close)
    x, y = {
        "mosflm": ((detsize_s + pixel) / 2.0, (detsize_f + pixel) / 2.0),
        "denzo": ((detsize_s + pixel) / 2.0, (detsize_f + pixel) / 2.0),
        "adxv": ((detsize_f + pixel) / 2.0, (detsize_s - pixel) / 2.0),
    }.get(detector.convention, (x_close, y_close))
    x = x if detector.x_beam is None else units.metres(detector.x_beam)
    y = _beam_y(detector, y)
    match detector.convention:
        case "mosflm":
            return Centre(y + 0.5 * pixel, x + 0.5 * pixel, Fclose, Sclose)
        case "denzo":
            return Centre(y, x, Fclose, Sclose)
        case "adxv":
            return Centre(x, detsize_s - y, Fclose, Sclose)
        case "custom":
            return Centre(x, y, x, y)
        case _:
            return Centre(x, y, Fclose, Sclose)


def _beam_y(detector: raw.Detector, fallback: float) -> float:
    mask = detector.mask_beam_centre
    if mask is not None:
        return units.metres(mask.pixel_size) * mask.pixels_slow - units.metres(mask.y_beam)
    return fallback if detector.y_beam is None else units.metres(detector.y_beam)


def _chosen_axes(detector: raw.Detector, like: Tensor) -> list[Vec3]:
    """Return beam, fast, slow, odet, 2θ axis, polarization, spindle, tensors like ``like``."""
    beam, fast, slow, odet, twotheta, polar, spindle = (
        _vector_like(axis, like) for axis in _axes_as_given(detector)
    )
    beam, fast, slow, polar, spindle = (unit(v) for v in (beam, fast, slow, polar, spindle))
    skewed = norm(odet) != 1.0
    normal = unit(cross(fast, slow))
    odet = Vec3(*(torch.where(skewed, n, o) for n, o in zip(normal, odet, strict=True)))
    return [beam, fast, slow, odet, twotheta, polar, spindle]


def _axes_as_given(detector: raw.Detector) -> Sequence[Sequence[float]]:
    defaults = CONVENTION_AXES[detector.convention]
    if detector.convention != "custom":
        return defaults
    v = detector.vectors
    given = (v.beam, v.fast, v.slow, v.odet, v.twotheta, v.polarization, v.spindle)
    return [axis or default for axis, default in zip(given, defaults, strict=True)]


def _vector_like(components: Sequence[float], like: Tensor) -> Vec3:
    return Vec3(*(torch.full_like(like, component) for component in components))


def _corner(
    f: Tensor | float, fast: Vec3, s: Tensor | float, slow: Vec3, o: Tensor, out: Vec3
) -> Vec3:
    """Return -f*fast - s*slow + o*out, component by component."""
    return Vec3(
        *(-f * u - s * v + o * w for u, v, w in zip(fast, slow, out, strict=True)),
    )


def _rotated_with_detector(v: Vec3, angles: Angles, axis: Vec3, twotheta: Tensor) -> Vec3:
    return rotate_axis(rotate(v, angles), axis, twotheta)


def _place_detector(d: Detector, centre: Centre, values: Parameters) -> Detector:
    """Carry out steps 1 to 5 of contract §2."""
    rx, ry, rz = (None if r is None else units.radians(r) for r in values.rotations)
    angles, twotheta = (rx, ry, rz), units.radians(values.twotheta)
    ratio = dot(d.beam, rotate(d.odet, angles))
    ratio = torch.where(ratio == 0.0, sys.float_info.min, ratio)
    if values.close_distance is None:
        close_distance = (ratio * units.metres(values.distance)).abs()
    else:
        close_distance = units.metres(values.close_distance)
    distance = close_distance / ratio

    fast, slow, odet = (
        _rotated_with_detector(v, angles, d.twotheta_axis, twotheta)
        for v in (d.fast, d.slow, d.odet)
    )
    if d.pivot == "sample":
        flat = _corner(centre.Fclose, d.fast, centre.Sclose, d.slow, close_distance, d.odet)
        pix0 = _rotated_with_detector(flat, angles, d.twotheta_axis, twotheta)
    else:
        pix0 = _corner(centre.Fbeam, fast, centre.Sbeam, slow, distance, d.beam)

    close_distance = dot(pix0, odet)
    along_beam = close_distance / ratio
    v = Vec3(*(along_beam * b - p for b, p in zip(d.beam, pix0, strict=True)))
    return replace(
        d,
        fast=fast,
        slow=slow,
        odet=odet,
        pix0=pix0,
        close_distance=close_distance,
        distance=close_distance / ratio,
        Fclose=-dot(pix0, fast),
        Sclose=-dot(pix0, slow),
        Fbeam=dot(fast, v),
        Sbeam=dot(slow, v),
    )


def _is_sound(d: Detector) -> bool:
    """Return whether fast and slow span a plane; they need not be at right angles."""
    vectors = (d.pix0, d.fast, d.slow, d.odet, d.beam, d.polar, d.spindle)
    lengths = (d.Fbeam, d.Sbeam, d.distance, d.close_distance)
    finite = torch.stack([*(x for v in vectors for x in v), *lengths]).isfinite().all()
    directed = is_direction(d.beam) & is_direction(d.polar) & is_direction(d.spindle)
    return bool(finite & directed & (norm(cross(d.fast, d.slow)) > 1e-9))
