"""Where a subpixel lies, the ray to it, and its solid angle and captured fraction, contract §6."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from parity_bridge.engines.torch_port.chain_state import Chain, Place
from parity_bridge.engines.torch_port.detector import Detector
from parity_bridge.engines.torch_port.libm import exp, quotient
from parity_bridge.engines.torch_port.setup import FactorMode, Setup
from parity_bridge.engines.torch_port.vec3 import Vec3, dot, norm, rotate_axis, scale

if TYPE_CHECKING:
    from torch import Tensor


class SubpixelGeometry(NamedTuple):
    """Where a subpixel lies, and the ray to it."""

    position: Vec3  # m
    airpath: Tensor  # m
    diffracted: Vec3  # unit vector from the sample


def subpixel_position(detector: Detector, depth: Tensor, slow: Tensor, fast: Tensor) -> Vec3:
    """Return the laboratory position of the centre of a subpixel, m.

    ``slow`` and ``fast`` count subpixels over the detector, float64 of shapes that broadcast;
    ``depth`` () is the depth of the layer below the front of the sensor, m.
    """
    sub = detector.subpixel_size
    F = sub * fast + sub / 2.0
    S = sub * slow + sub / 2.0
    f, s, o, pix0 = detector.fast, detector.slow, detector.odet, detector.pix0
    position = Vec3(
        F * f.x + S * s.x + depth * o.x + pix0.x,
        F * f.y + S * s.y + depth * o.y + pix0.y,
        F * f.z + S * s.z + depth * o.z + pix0.z,
    )
    return _on_the_sphere(detector, position) if detector.curved else position


def solid_angle(detector: Detector, airpath: Tensor) -> Tensor:
    """Return the solid angle, sr, of a whole pixel at the distance ``airpath`` (m)."""
    if detector.point_pixel:
        return quotient(1.0, airpath) / airpath
    pixel = detector.pixel_size
    return quotient(pixel * pixel, airpath) / airpath * detector.close_distance / airpath


def captured_fraction(detector: Detector, layer: int, diffracted: Vec3) -> Tensor:
    """Return the fraction of photons that a layer captures along the diffracted ray."""
    t, step, mu = float(layer), detector.thick.step, detector.mu
    p = dot(diffracted, detector.odet) if detector.parallax else torch.ones_like(diffracted.x)
    return exp(quotient(-t * step * mu, p)) - exp(quotient(-(t + 1.0) * step * mu, p))


def subpixel_geometry(setup: Setup, depth: Tensor, slow: Tensor, fast: Tensor) -> SubpixelGeometry:
    """Compute where subpixels lie; ``slow`` and ``fast`` as for ``subpixel_position``."""
    position = subpixel_position(setup.detector, depth, slow, fast)
    airpath = norm(position)
    x, y, z = position
    return SubpixelGeometry(position, airpath, Vec3(x / airpath, y / airpath, z / airpath))


def update_omega(chain: Chain, geometry: SubpixelGeometry, place: Place) -> None:
    """Put the solid angle in force where the pixel needs a new value."""
    first = (place.layer, place.sub_slow, place.sub_fast) == (0, 0, 0)
    if first or chain.omega.mode is not FactorMode.FIRST:
        chain.omega.update(solid_angle(chain.setup.detector, geometry.airpath).to(chain.dtype))


def update_capture(chain: Chain, geometry: SubpixelGeometry, place: Place) -> None:
    """Put the captured fraction in force where the layer needs a new value."""
    detector, capture = chain.setup.detector, chain.capture
    keeps_first = capture.mode is FactorMode.FIRST
    if keeps_first and detector.thick.range == 0.0:
        return
    first = (place.sub_slow, place.sub_fast) == (0, 0)
    computed = captured_fraction(detector, place.layer, geometry.diffracted).to(chain.dtype)
    # Deep in a sensor a fraction can underflow to 0; a first value of 0 is computed again.
    capture.update(computed, capture.value == 0.0 if keeps_first and not first else None)


def _on_the_sphere(d: Detector, flat: Vec3) -> Vec3:
    """Wrap a flat position around the sample."""
    u = scale(d.beam, d.distance)
    u = rotate_axis(u, d.slow, flat.y / d.distance)
    return rotate_axis(u, d.fast, flat.z / d.distance)
