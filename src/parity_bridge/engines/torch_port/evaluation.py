"""What the steps of the chain hand to each other, contract §6. Tensors broadcast to (pixels,)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from parity_bridge.engines.torch_port.beam import Sources
    from parity_bridge.engines.torch_port.setup import Setup
    from parity_bridge.engines.torch_port.vec3 import Vec3


@dataclass(frozen=True)
class BatchState:
    """What a run carries from pixel to pixel, for each pixel; twin of ``pb_run_state``.

    A ``bool`` holds for all pixels. The axis is float64, of shape () where it is the same for all.
    """

    interpolation_on: Tensor | bool
    swept: Tensor | bool
    axis: Vec3


class RequestedOutputs(NamedTuple):
    """What is computed besides that on which the state of the run depends."""

    lookups: bool  # every lookup and its nearest index
    intensity: bool
    margin: bool = False  # how near the lookups come to rounding otherwise


EVERYTHING = RequestedOutputs(lookups=True, intensity=True)
STATE_ONLY = RequestedOutputs(lookups=False, intensity=False)


@dataclass(frozen=True)
class Place:
    """Where in the loops of a pixel an evaluation stands; twin of ``pb_place``."""

    layer: int = 0
    sub_slow: int = 0
    sub_fast: int = 0
    source: int = 0
    phi_step: int = 0
    domain: int = 0


class SubpixelGeometry(NamedTuple):
    """Where a subpixel lies and which way it looks."""

    position: Vec3  # m
    airpath: Tensor  # m
    diffracted: Vec3  # unit vector from the sample


class Scattering(NamedTuple):
    """What a source adds to that."""

    q: Vec3  # 1/m
    beyond_dmin: Tensor | None  # bool; None: no source is dropped


class PerLookupFactors(NamedTuple):
    """Factors that multiply terms or the running sum as they come; None: not this one."""

    weight: Tensor | None
    capture: Tensor | None
    polar: Tensor | None
    omega: Tensor | None


class EvaluationResult(NamedTuple):
    """The end of an evaluation."""

    hkl: Vec3
    hkl0: Vec3 | None  # whole numbers, float64
    F_latt_factors: Vec3 | None  # along a, b, c; None: the shape has none
    F_latt: Tensor | None
    has_lookup: Tensor | None  # bool: a structure factor was looked up; None: everywhere
    F_cell: Tensor  # electrons; means nothing where there was no lookup
    out_of_bounds: Tensor  # bool, as is the next one; False where there was no lookup
    default_f: Tensor
    interpolation_on: Tensor | bool
    I: Tensor


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of every pixel; twin of ``pb_evaluation``. Tensors broadcast to (pixels,)."""

    place: Place
    geometry: SubpixelGeometry
    scattering: Scattering
    result: EvaluationResult
    omega: Tensor  # sr, the value in force, as are capture and polar
    capture: Tensor
    polar: Tensor


class ScaledSum(NamedTuple):
    """The sum on its way to photons; a factor that does not scale it leaves it as it was."""

    fluence_scaled: Tensor
    normalized: Tensor  # over the steps
    after_capture: Tensor
    after_polar: Tensor
    intensity: Tensor


@dataclass(frozen=True)
class ChainKernels:
    """The parts of the chain that only compute, each of which can be compiled."""

    subpixel_geometry: Callable[[Setup, Tensor, Tensor, Tensor], SubpixelGeometry]
    scattering: Callable[[Setup, Sources, Vec3], Scattering]
    evaluate: Callable[..., EvaluationResult]
