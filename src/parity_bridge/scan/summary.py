"""The result of a scan, ``summary.json``: the record that memo, figures and page show.

``c_`` stands for the reference and ``py_`` for the other side, whichever engines they are: users
know the metrics by these names. Intensities are photons, compared in float64 over all pixels
where both are finite.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.files.schema import SCHEMA_VERSION, Count, Number, Schema, Version
from parity_bridge.taps.schema import Pixel

Verdict = Literal["parity", "values differ", "thresholds met", "thresholds missed"]


class SideSummary(Schema):
    """One of the two sides of a scan."""

    #: Name in records (``c``, ``pytorch``), or the file of an image.
    name: str
    kind: Literal["engine", "image"]
    dtype: str
    device: str | None = None
    behaviours: tuple[str, ...] = ()
    #: nanoBragg flags of the experiment; None for an image.
    nanobragg_flags: str | None = None
    #: Of an image: sha256 of its file, and what is lost where float64 cannot hold its values.
    sha256: str | None = None
    note: str | None = None
    #: Of an engine: its build, and the sha256 of the files that it reads.
    build: dict[str, str] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    #: Pixels that are NaN or infinite.
    nonfinite: Count = 0
    #: Whether the side records Tap 4 for whole regions.
    has_f_cell: bool = True


class FieldCount(Schema):
    """Pixels that differ in one field of Tap 4."""

    field: str
    #: By their bits, or as whole numbers.
    differing: Count
    #: Those of them beyond the tolerance of the field; whole numbers have none.
    beyond_tolerance: Count


class UlpBin(Schema):
    """Pixels whose intensities differ by ``low`` to ``high`` units in the last place."""

    low: Count
    high: Count
    pixels: Count


class Shell(Schema):
    """The pixels of a resolution shell, from ``d_max`` down to ``d_min``, Å."""

    d_max: Number | None  # None: infinite, the direct beam
    d_min: Number
    pixels: Count
    differing_f_cell: Count
    differing_intensity: Count
    c_mean: Number | None  # photons, as are the next two; None without a pixel
    rms_diff: Number | None
    max_abs_diff: Number | None

    @property
    def relative_rms(self) -> float | None:
        """The rms difference in units of the mean intensity; None where either does not exist."""
        if self.rms_diff is None or not self.c_mean:
            return None
        return self.rms_diff / abs(self.c_mean)


class WorstPixel(Schema):
    """One of the pixels that differ most."""

    pixel_coords: Pixel
    reference: Number  # photons
    other: Number
    abs_diff: Number
    ulps: Count | None  # of ``compared_as``, at most 2**63 - 1; None where one is not finite
    #: Fields of Tap 4 that differ.
    fields: tuple[str, ...]
    resolution: Number | None  # Å; None at the direct beam


class Peaks(Schema):
    """The strongest local maxima of the reference, and the other side's nearest to each."""

    reference: Count
    other: Count
    matched: Count


class ThresholdCheck(Schema):
    """One threshold that was set, and whether it was met."""

    name: Literal["corr_min", "sum_ratio_min", "sum_ratio_max", "max_abs_max", "max_rel_max"]
    limit: Number
    #: None where the quantity does not exist.
    measured: Number | None
    met: bool


class ScanSummary(Schema):
    """A whole scan."""

    schema_version: Version = SCHEMA_VERSION
    verdict: Verdict
    exit_status: int
    reference: SideSummary
    other: SideSummary
    detector: tuple[Count, Count]  # pixels along slow and fast
    #: First and one past the last pixel of the region, along slow and along fast.
    slow: tuple[Count, Count]
    fast: tuple[Count, Count]
    oversample: int | None
    pixels: Count  # of the region

    correlation: Number | None  # Pearson's; None where an image does not vary
    mse: Number | None  # photons squared
    rmse: Number | None  # photons
    max_abs_diff: Number | None
    max_rel_diff: Number | None  # of the reference, where that is not 0
    c_sum: Number | None
    py_sum: Number | None
    sum_ratio: Number | None  # py_sum / c_sum
    mean_peak_distance: Number | None  # pixels
    max_peak_distance: Number | None
    runtime_c_ms: Number  # wall clock of all tiles of a side, added up
    runtime_py_ms: Number

    peaks: Peaks
    #: The wider of the types of both images, in which they are compared and stored.
    compared_as: Literal["float32", "float64"] = "float32"
    #: Whether an image is of a type that even float64 does not hold: equal values may then differ.
    rounded: bool = False
    #: Pixels whose intensities are not the same number, and those beyond the tolerance.
    differing_intensity: Count
    beyond_tolerance_intensity: Count
    intensity_tolerance: Tolerance
    #: The case whose tolerances were used, ``float32 on cpu`` say.
    tolerances: str = ""
    #: Field by field; None where a side has no Tap 4.
    f_cell: tuple[FieldCount, ...] | None
    #: Of the reference, over all pixels.
    lookups: Count | None = None
    #: Pixels that differ in any field of Tap 4 beyond its tolerance.
    differing_f_cell: Count | None
    #: Of the pixels that differ in a count or a bound of the indices, those with an index so close
    #: to a half that rounding may decide it.
    rounding_sensitive: Count | None
    differing_index: Count | None
    #: An index is rounding-sensitive within this distance of a half, times the index or 1.
    sensitive_within: Number | None
    ulps: tuple[UlpBin, ...]
    shells: tuple[Shell, ...]
    worst: tuple[WorstPixel, ...]
    thresholds: tuple[ThresholdCheck, ...] = ()
    #: Why the images differ, from their values; None where they agree or the taps say why.
    image_reason: ImageReason | None = None
    #: Whether the order of pixels mattered; they were then computed in the order of a run.
    in_order: bool
    tile: Count  # pixels along either axis
    tiles: Count
    executor: str  # "2 threads", "dask, tcp://..."
    #: Of packages and of the C library.
    versions: dict[str, str | None] = Field(default_factory=dict)

    @property
    def lookup_side(self) -> SideSummary:
        """The side whose lookups are shown: the reference, unless it records none."""
        return self.reference if self.reference.has_f_cell else self.other
