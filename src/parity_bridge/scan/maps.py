"""Maps of a scan reduced to a screen, and details at full size: what pictures are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.experiment.regions import Region

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Geometry:
    """Where pixels lie, for their resolution: vectors in metres, wavelength in Å."""

    pix0: tuple[float, float, float]
    fast: tuple[float, float, float]
    slow: tuple[float, float, float]
    beam: tuple[float, float, float]
    pixel_size: float
    wavelength: float
    #: On a sphere about the sample: pixels lie at this distance, m; None: flat.
    sphere_radius: float | None = None


@dataclass(frozen=True)
class RegionMaps:
    """Maps over ``region``: a value per block of ``factor`` x ``factor`` pixels, fewer at the ends.

    All are of shape (rows, columns) = ceil(region.shape / factor). The maps of Tap 4 are None where
    a side has none.
    """

    region: Region
    factor: int
    reference: NDArray[np.float32]  # photons, the largest of the block
    other: NDArray[np.float32]
    #: other - reference, photons: the difference of the block that is largest in size.
    difference: NDArray[np.float32]
    #: Pixels that differ in Tap 4 beyond its tolerance.
    mismatch: NDArray[np.int32] | None
    #: Mean F of the lookups of the first side that records them, electrons; NaN without a lookup.
    f_cell: NDArray[np.float32] | None
    #: Fraction of the reference's lookups that fell outside the table's box; NaN without a lookup.
    out_of_bounds: NDArray[np.float32] | None

    def __repr__(self) -> str:
        """Name the region and the size of a block; the arrays would fill screens."""
        shape = " x ".join(map(str, self.region.shape))
        return f"<RegionMaps of {shape} pixels in blocks of {self.factor}>"


@dataclass(frozen=True)
class ScanMaps:
    """Everything that pictures show of a scan."""

    whole: RegionMaps
    #: Full size (factor 1), around the worst pixels, in the order of ``summary.worst``.
    details: tuple[RegionMaps, ...]
    #: None where neither side states where its pixels lie.
    geometry: Geometry | None

    def __repr__(self) -> str:
        """Name the region and count the details; the arrays would fill many screens."""
        shape = " x ".join(map(str, self.whole.region.shape))
        return f"<ScanMaps of {shape} pixels, {len(self.details)} details>"
