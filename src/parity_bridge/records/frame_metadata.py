"""Metadata beside a rendered frame: everything needed to compute it again."""

from __future__ import annotations

from typing import Literal

from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import RunState
from parity_bridge.files.schema import Schema


class IntegerFile(Schema):
    """What was done to the photons of a frame that is stored as integers (contract §9, §10)."""

    #: What they were multiplied by; 1 for noise.
    scale: float
    #: What was added to every pixel.
    adc: float
    #: Seed of the noise; None: there is none, nor the next two.
    seed: int | None = None
    #: Counted by the noise, before ``adc`` was added.
    photons: float | None = None
    #: Pixels beyond 65535.
    overloads: int | None = None
    #: Statistics of the photons over the region of interest.
    mean: float
    rms: float
    rmsd: float


class GradientPlane(Schema):
    """One plane of a gradient image: photons per unit of a parameter."""

    parameter: str
    what: str
    unit: str


class GradientFile(Schema):
    """The derivatives that a file holds, in the order of its planes."""

    planes: tuple[GradientPlane, ...]
    #: Of the little-endian float64 planes, parameter by parameter, slow-major.
    sha256: str


class FrameMetadata(Schema):
    """Engine, experiment, behaviours and state of a frame, and the sum of its pixels."""

    schema_version: Literal[1] = 1
    implementation: str
    engine: str
    dtype: str
    device: str
    settings: dict[str, str | bool]
    command: str
    experiment: Experiment
    behaviours: Behaviours
    #: The state after the last pixel; the frame began in the state of the start of a run.
    state_after: RunState
    #: Whether the order of pixels matters: a pixel may change the state in which the run began.
    in_order: bool
    shape: tuple[int, int]  # slow, fast
    sum: float  # photons, added up in float64
    max: float
    #: Of the little-endian float32 pixels, slow-major.
    sha256: str
    #: Neither of the two: the file holds the float32 pixels.
    integer_file: IntegerFile | None = None
    gradient_file: GradientFile | None = None
    notes: tuple[str, ...]
    build: dict[str, str]
    versions: dict[str, str | None]
    #: Of the C library's functions (``engines.c_core.fingerprint``); None: a frame rendered before
    #: it was recorded.
    libm_fingerprint: str | None = None
    timestamp_utc: str
