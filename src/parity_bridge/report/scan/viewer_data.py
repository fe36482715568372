"""The data of the page's viewer: the values of its maps in little room, and how to show them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from parity_bridge.report.scan.markup import encodable
from parity_bridge.report.scan.scales import (
    EQUAL,
    FIRST,
    LEAST_COLOUR,
    NO_VALUE,
    NOT_FINITE,
    OUT_OF_BOUNDS_SCALE,
    SYMMETRIC_NOT_FINITE,
    ZERO,
    Scale,
    difference_scale,
    f_cell_scale,
    image_scale,
    mismatch_scale,
)
from parity_bridge.report.scan.wording import (
    NO_LOOKUP_WORDS,
    NOT_FINITE_WORDS,
    WITHIN_TOLERANCE_WORDS,
    ZERO_WORDS,
)
from parity_bridge.report.wording import plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.scan.maps import Geometry, RegionMaps, ScanMaps
    from parity_bridge.scan.summary import ScanSummary, SideSummary

#: The maps, by their fields of ``RegionMaps``.
_PLANES = ("reference", "other", "difference", "mismatch", "f_cell", "out_of_bounds")


class Plane(NamedTuple):
    """A map of a tile in the page."""

    tile: int
    name: str
    identifier: str
    element: str


def viewer_planes(tiles: Sequence[RegionMaps]) -> Iterator[Plane]:
    """Yield the values of all maps of ``tiles``, each in an element of its own."""
    for tile, maps in enumerate(tiles):
        for name in _PLANES:
            values = getattr(maps, name)
            if values is None:
                continue
            bits = _little_endian_bits(values)
            if name == "other":
                # Nothing but zeros is left where the images have the same bits.
                bits = bits ^ _little_endian_bits(maps.reference)
            identifier = f"plane-{tile}-{name}"
            text = _compressed_text(bits)
            element = f'<script type="text/plain" id="{identifier}">{text}</script>'
            yield Plane(tile, name, identifier, element)


def viewer_json(
    summary: ScanSummary, views: ScanMaps, tiles: Sequence[RegionMaps], planes: Sequence[Plane]
) -> str:
    """Return all that the viewer needs beside the values, as JSON for a script element."""
    data = {
        "maps": list(_map_descriptions(summary, views.whole)),
        "first": "difference" if summary.differing_intensity else "reference",
        "least_colour": LEAST_COLOUR,
        "geometry": _finite_geometry(views.geometry),
        "worst": [pixel.pixel_coords for pixel in summary.worst],
        "tiles": [
            {
                "slow": (maps.region.slow.start, maps.region.slow.stop),
                "fast": (maps.region.fast.start, maps.region.fast.stop),
                "factor": maps.factor,
                "rows": maps.reference.shape[0],
                "columns": maps.reference.shape[1],
                "planes": {each.name: each.identifier for each in planes if each.tile == tile},
            }
            for tile, maps in enumerate(tiles)
        ],
    }
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    # A script element must not be ended by what it holds.
    return text.replace("<", "\\u003c")


def _little_endian_bits(values: NDArray[Any]) -> NDArray[np.uint32]:
    """Return the bits of float32 or int32, little-endian."""
    dtype = "<i4" if values.dtype.kind in "iu" else "<f4"
    return np.ascontiguousarray(values, dtype).view("<u4")


def _compressed_text(bits: NDArray[np.uint32]) -> str:
    """Return all first bytes, all second ones and so on, which compress better; zlib, base64."""
    shuffled = bits.reshape(-1, 1).view(np.uint8).T.tobytes()
    return base64.b64encode(zlib.compress(shuffled, 1)).decode("ascii")


def _finite_geometry(geometry: Geometry | None) -> dict[str, Any] | None:
    """Return where pixels lie; None also where a number of it is not finite, as JSON has none."""
    if geometry is None:
        return None
    fields = vars(geometry)
    numbers = np.hstack([value for value in fields.values() if value is not None])
    return fields if np.isfinite(numbers).all() else None


def _map_descriptions(summary: ScanSummary, maps: RegionMaps) -> Iterator[dict[str, Any]]:
    """Yield each map as the viewer offers it."""
    block = f"{maps.factor} × {maps.factor} block" if maps.factor > 1 else ""
    largest = f", largest of each {block}" if block else ""
    sides = {"reference": summary.reference, "other": summary.other}
    scale = image_scale(maps)
    for key, side in sides.items():
        count = f"{NOT_FINITE_WORDS}: {plural(side.nonfinite, 'pixel')}"
        legend = [(ZERO, ZERO_WORDS), *([(NOT_FINITE, count)] if side.nonfinite else [])]
        title = f"{side.name}, intensity, photons{largest}"
        yield _map_description(key, key, title, "photons, logarithmic", scale, "sequential", legend)
    names = f"{summary.other.name} − {summary.reference.name}"  # noqa: RUF001 - a minus
    legend = [(EQUAL, "equal"), (SYMMETRIC_NOT_FINITE, f"{NOT_FINITE_WORDS} on a side")]
    title = f"{names}, photons" + (f", largest in size of each {block}" if block else "")
    unit = "photons, logarithmic to either side of 0"
    scale = difference_scale(maps)
    yield _map_description("difference", "difference", title, unit, scale, "diverging", legend)
    if maps.mismatch is not None:
        yield _mismatch_description(maps, block)
    if maps.f_cell is not None and maps.out_of_bounds is not None:
        yield from _lookup_descriptions(summary.lookup_side, maps.f_cell, block)


def _mismatch_description(maps: RegionMaps, block: str) -> dict[str, Any]:
    title = "pixels that differ in Tap 4 beyond tolerance" + (
        f", counted in each {block}" if block else ""
    )
    legend = [(ZERO, WITHIN_TOLERANCE_WORDS), *([] if block else [(FIRST, "differs")])]
    scale = mismatch_scale(maps)
    description = _map_description(
        "mismatch", "Tap 4", title, "pixels, logarithmic", scale, "counts", legend
    )
    return description if block else {**description, "ticks": []}


def _lookup_descriptions(
    side: SideSummary, f_cell: NDArray[np.float32], block: str
) -> Iterator[dict[str, Any]]:
    legend = [(ZERO, "0"), (NO_VALUE, NO_LOOKUP_WORDS)]
    of_block = f" of each {block}" if block else ""
    title = f"{side.name}, mean F of the lookups{of_block}, electrons"
    unit = "electrons, by the square root"
    scale = f_cell_scale(f_cell)
    yield _map_description("f_cell", "F_cell", title, unit, scale, "sequential", legend)
    title = f"{side.name}, fraction of the lookups{of_block} outside the table's box"
    scale = OUT_OF_BOUNDS_SCALE
    yield _map_description(
        "out_of_bounds", "out of bounds", title, "fraction", scale, "sequential", legend
    )


def _map_description(
    key: str,
    label: str,
    title: str,
    unit: str,
    scale: Scale,
    ramp: str,
    swatches: Sequence[tuple[int, str]],
) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "title": encodable(title),
        "unit": unit,
        "scale": vars(scale),
        "ticks": scale.ticks(),
        "ramp": ramp,
        "swatches": swatches,
    }
