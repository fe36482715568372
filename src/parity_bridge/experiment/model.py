"""What is simulated: one frozen, validated Experiment.

Convention
----------
Values are raw: the numbers and units a person writes on a nanoBragg command line (mm, Å, degrees,
µm), ``None`` where nothing was given. Nothing is derived here. Each engine converts the units
(contract §1) and derives geometry (§2) and cell (§3) itself, so that the derivations are compared
too. Fast comes before slow in the names of detector quantities; pixels are (slow, fast).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Vector = tuple[Finite, Finite, Finite]
Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]

#: The contract's default fluence, photons/m² (§1).
DEFAULT_FLUENCE = 125932015286227086360700780544.0

#: The contract's default seed of the mosaic domains (§4).
DEFAULT_MOSAIC_SEED = 12345678

#: Rows of a tapped pixel grow with the square of this; a larger value is a typing error.
MAX_OVERSAMPLE = 64

#: Most steps of one sweep, and most mosaic domains.
MAX_STEPS = 1_000_000

Steps = Annotated[int, Field(ge=1, le=MAX_STEPS)]


class _FrozenModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Sweep(_FrozenModel):
    """A sampled range as given; a value of ``None`` follows from the others (contract §4)."""

    range: NonNegative | None = None
    step: Positive | None = None
    steps: Steps | None = None


class Cell(_FrozenModel):
    """Unit cell as given: lengths in Å, angles in degrees (contract §3).

    A missing ``b`` or ``c`` is ``a``; a missing angle is exactly π/2 radians. Values are missing
    from the end only, as on a command line.
    """

    a: Positive
    b: Positive | None = None
    c: Positive | None = None
    alpha: Positive | None = None
    beta: Positive | None = None
    gamma: Positive | None = None

    @model_validator(mode="after")
    def _no_gaps(self) -> Self:
        given = [getattr(self, name) is not None for name in type(self).model_fields]
        if given != sorted(given, reverse=True):
            raise ValueError("the cell has a gap: give its values in order, a first, without a gap")
        return self

    @model_validator(mode="after")
    def _check_angles(self) -> Self:
        alpha, beta, gamma = (
            90.0 if angle is None else angle for angle in (self.alpha, self.beta, self.gamma)
        )
        largest = max(alpha, beta, gamma)
        total = alpha + beta + gamma
        if largest >= 180 or total >= 360 or 2 * largest >= total:
            raise ValueError(
                f"no unit cell has the angles {alpha:g} {beta:g} {gamma:g}: each must be below "
                "180°, below the sum of the other two, and all three must add up to less than 360°"
            )
        return self


class Crystal(_FrozenModel):
    """Cell or orientation matrix, orientation, size and shape of the crystal (contract §3, §6)."""

    cell: Cell | None = None
    #: MOSFLM orientation matrix, row by row: the x, y, z rows of the columns a*, b*, c*.
    matrix: tuple[Finite, ...] | None = Field(default=None, min_length=9, max_length=9)
    #: The file that the matrix was read from; its numbers count.
    matrix_file: Path | None = None
    #: Rotations about x, y, z, degrees.
    misset: Vector = (0.0, 0.0, 0.0)
    #: Seed of a random orientation, which takes the place of ``misset`` (contract §8).
    random_misset_seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    #: Unit cells along a, b, c.
    cells: tuple[Int32, Int32, Int32] = (1, 1, 1)
    #: Crystal size along x, y, z, mm; 0 leaves the number of cells as given.
    sample_size: tuple[NonNegative, NonNegative, NonNegative] = (0.0, 0.0, 0.0)
    shape: Literal["parallelepiped", "round", "gauss", "tophat"] = "parallelepiped"
    fudge: Positive = 1.0
    #: Thickness of the water around the crystal, µm.
    water: NonNegative = 0.0
    #: Largest misorientation of a mosaic domain, degrees; ``None`` is a single domain (§4).
    mosaic_spread: NonNegative | None = None
    mosaic_domains: Steps | None = None
    mosaic_seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = DEFAULT_MOSAIC_SEED

    @model_validator(mode="after")
    def _check_one_orientation(self) -> Self:
        if self.random_misset_seed is not None and any(self.misset):
            raise ValueError("a random orientation takes the place of misset angles; give one")
        return self

    @model_validator(mode="after")
    def _check_cell_or_matrix(self) -> Self:
        if (self.cell is None) == (self.matrix is None):
            raise ValueError("give the unit cell with -cell or with -mat FILE, exactly one of them")
        if self.matrix is not None and not any(self.matrix):
            raise ValueError(
                "-mat: the orientation matrix is all zeros; give a*, b*, c* times the wavelength"
            )
        return self


class Beam(_FrozenModel):
    """The X-ray beam and its sources (contract §1, §4)."""

    #: Å.
    wavelength: Positive = 1.0
    #: Kahn polarization factor.
    polarization: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] = 0.0
    #: False switches the polarization factor off altogether (``-nopolar``).
    polarized: bool = True
    #: Photons/m²; replaced by flux, exposure and beam size where a flux is given.
    fluence: NonNegative = DEFAULT_FLUENCE
    #: Photons/s.
    flux: NonNegative = 0.0
    #: Seconds.
    exposure: NonNegative = 1.0
    #: mm.
    beam_size: Positive = 0.1
    #: Horizontal and vertical divergence, mrad.
    horizontal_divergence: Sweep = Sweep()
    vertical_divergence: Sweep = Sweep()
    #: False keeps the corners of the divergence grid (``-square_div``).
    round_divergence: bool = True
    #: Full spread of the wavelength, percent.
    dispersion: NonNegative = 0.0
    dispersion_steps: Steps | None = None
    #: Text file of sources, ``X Y Z weight wavelength`` a line; replaces all of the above.
    source_file: Path | None = None


class DetectorVectors(_FrozenModel):
    """Axes of the custom convention; ``None`` takes the convention's default (contract §2)."""

    fast: Vector | None = None
    slow: Vector | None = None
    odet: Vector | None = None
    beam: Vector | None = None
    polarization: Vector | None = None
    spindle: Vector | None = None
    twotheta: Vector | None = None

    @model_validator(mode="after")
    def _not_zero(self) -> Self:
        for name in type(self).model_fields:
            vector = getattr(self, name)
            if vector is not None and not 0.0 < math.hypot(*vector) < math.inf:
                raise ValueError(f"the {name} vector {vector} has no direction; give a finite one")
        return self


class MaskBeamCentre(_FrozenModel):
    """The beam centre along slow in the header of a mask, from the far edge (contract §8)."""

    #: mm, along slow: BEAM_CENTER_Y.
    y_beam: Finite
    #: mm: PIXEL_SIZE, or the size in force where the header has none.
    pixel_size: Positive
    #: SIZE2.
    pixels_slow: Annotated[int, Field(gt=0, le=2**31 - 1)]


class Detector(_FrozenModel):
    """Where the detector stands and how it is divided (contract §2). Lengths in mm."""

    convention: Literal["mosflm", "denzo", "adxv", "xds", "dials", "custom"] = "mosflm"
    vectors: DetectorVectors = DetectorVectors()
    #: Used by the custom convention only; the others have a pivot of their own.
    pivot: Literal["sample", "beam"] = "beam"
    distance: Positive = 100.0
    close_distance: Positive | None = None
    pixel_size: Positive = 0.1
    pixels_fast: Annotated[int, Field(gt=0, le=2**31 - 1)] | None = None
    pixels_slow: Annotated[int, Field(gt=0, le=2**31 - 1)] | None = None
    detsize_fast: Positive = 102.4
    detsize_slow: Positive = 102.4
    x_beam: Finite | None = None
    y_beam: Finite | None = None
    #: Takes the place of ``y_beam``: Ybeam = pixel_size*pixels_slow - y_beam, in metres.
    mask_beam_centre: MaskBeamCentre | None = None
    x_close: Finite | None = None
    y_close: Finite | None = None
    #: XDS origin, pixels counted from 1.
    org_x: Finite | None = None
    org_y: Finite | None = None
    #: Rotations about x, y, z, degrees.
    rotations: Vector = (0.0, 0.0, 0.0)
    twotheta: Finite = 0.0
    curved: bool = False
    point_pixel: bool = False
    #: Sensor thickness, µm, and the number of layers it is divided into.
    thickness: NonNegative = 0.0
    thickness_steps: Steps | None = None
    #: Attenuation depth of the sensor, µm; ``None`` where none was given, 0 no attenuation.
    attenuation_depth: NonNegative | None = None
    #: SMV image whose zero pixels are skipped.
    mask: Path | None = None


class Sampling(_FrozenModel):
    """How finely the pixel is sampled and what is left out (contract §4, §6)."""

    #: Subpixels along each axis; ``None`` lets the engine choose as the contract says (§3).
    oversample: Annotated[int, Field(ge=1, le=MAX_OVERSAMPLE)] | None = None
    oversample_polar: bool = False
    oversample_omega: bool = False
    oversample_thick: bool = False
    #: Spindle angle at the start of the sweep, degrees.
    phi: Finite = 0.0
    #: Rotation about the spindle, degrees.
    oscillation: Sweep = Sweep()
    #: Resolution cut, Å; 0 keeps everything.
    dmin: NonNegative = 0.0
    #: ``None`` interpolates by the contract's own rule (§5).
    interpolate: bool | None = None
    #: fast_min, fast_max, slow_min, slow_max, inclusive at both ends.
    roi: tuple[Int32, Int32, Int32, Int32] | None = None

    @model_validator(mode="after")
    def _region_in_order(self) -> Self:
        if self.roi is not None:
            fast_min, fast_max, slow_min, slow_max = self.roi
            if fast_min > fast_max or slow_min > slow_max:
                raise ValueError(
                    f"-roi {fast_min} {fast_max} {slow_min} {slow_max} holds no pixel; "
                    "write fast_min fast_max slow_min slow_max"
                )
        return self


class StructureFactorSource(_FrozenModel):
    """Which structure factors are read; with neither file every lookup gives ``default_F``."""

    #: Text table, one ``h k l F`` a line.
    hkl: Path | None = None
    #: Binary cache (``Fdump.bin``), read where no text table is named.
    dump: Path | None = None
    #: Electrons.
    default_F: Finite = 0.0


class Experiment(_FrozenModel):
    """Everything an engine needs to know; equal experiments give equal records."""

    crystal: Crystal
    beam: Beam = Beam()
    detector: Detector = Detector()
    sampling: Sampling = Sampling()
    structure_factors: StructureFactorSource = StructureFactorSource()
    #: The words of the command line that was read; no part of what is compared.
    _typed: tuple[str, ...] = PrivateAttr(default=())

    @property
    def typed(self) -> tuple[str, ...]:
        """The command line that this was read from; empty where there is none.

        A copy with other fields keeps it, so that an engine that uses it reads it anew and checks.
        """
        return self._typed

    def with_typed(self, words: Sequence[str]) -> Self:
        """Return an equal experiment that was read from the command line ``words``."""
        copy = self.model_copy()
        copy._typed = tuple(words)  # noqa: SLF001 - of this class
        return copy

    def without_files(self) -> Self:
        """Return this experiment without the names of its files, to compare all but their paths."""
        factors = self.structure_factors.model_copy(update={"hkl": None, "dump": None})
        beam = self.beam.model_copy(update={"source_file": None})
        detector = self.detector.model_copy(update={"mask": None})
        crystal = self.crystal.model_copy(update={"matrix_file": None})
        return self.model_copy(
            update={
                "structure_factors": factors,
                "beam": beam,
                "detector": detector,
                "crystal": crystal,
            }
        )

    def __eq__(self, other: object) -> bool:
        """Compare the fields, not the classes: ``parity_bridge.api`` has a class of its own."""
        return isinstance(other, Experiment) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Hash the fields, as equality compares them."""
        return hash(tuple(self.__dict__.values()))
