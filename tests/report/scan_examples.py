"""Scans written by hand: spots, a masked strip, a NaN and some lookups that differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity_bridge.comparison.tolerances import Tolerance
from parity_bridge.experiment.regions import Region
from parity_bridge.report.scan.page import page
from parity_bridge.scan.maps import Geometry, RegionMaps, ScanMaps
from parity_bridge.scan.summary import (
    FieldCount,
    Peaks,
    ScanSummary,
    Shell,
    SideSummary,
    ThresholdCheck,
    UlpBin,
    WorstPixel,
)

#: Not square, and not from 0.
REGION = Region(range(30, 280), range(100, 440))
DETECTOR = (400, 500)
#: Differs in Tap 4; no pixel around it differs.
ALONE = (60, 130)
#: NaN on the other side.
NAN = (200, 150)
#: The pixels that differ most lie about it.
SPOT = (150, 300)
#: Masked, along slow.
STRIP = slice(130, 134)

#: MOSFLM's axes, the beam in the middle of the detector.
GEOMETRY = Geometry(
    pix0=(0.1, 0.02, -0.025),
    fast=(0.0, 0.0, 1.0),
    slow=(0.0, -1.0, 0.0),
    beam=(1.0, 0.0, 0.0),
    pixel_size=1e-4,
    wavelength=0.9795,
)
FINDING = "**pytorch rounds h differently.**\n\n- ruled out: <b>&omega;</b>, </script> and $names\n"
LINKS = {"summary.json": "summary.json", "memo <1>": "a b/memo#1.md"}

MAPS = ("reference", "other", "difference", "mismatch", "f_cell", "out_of_bounds")

_HALF = 24


@dataclass(frozen=True)
class ScanExample:
    """The record and the maps from which pictures and page are drawn."""

    summary: ScanSummary
    views: ScanMaps


def scan_example(
    factor: int = 1,
    *,
    taps: bool = True,
    equal: bool = False,
    geometry: Geometry | None = GEOMETRY,
    **changed: Any,
) -> ScanExample:
    """Return two images, with Tap 4 or without; ``changed`` are fields of the summary."""
    whole = _full(REGION, taps=taps, equal=equal)
    worst = () if equal else _worst(whole)
    details = tuple(_cut(whole, each.pixel_coords) for each in worst)
    summary = _summary(whole, worst).model_copy(update=changed)
    return ScanExample(summary, ScanMaps(reduced(whole, factor), details, geometry))


def example_page(it: ScanExample) -> str:
    """Return the page of an example."""
    return page(it.summary, it.views, FINDING, LINKS)


@cache
def large(pixels: int, *, differing: bool = True) -> ScanExample:
    """Return so many pixels along either axis; all of them differ, which is the most work."""
    region = Region(range(pixels), range(pixels))
    whole = _full(region, taps=True, equal=False)
    noise = np.random.default_rng(2).normal(1, 1e-3 if differing else 0, region.shape)
    other = (whole.other * noise).astype(np.float32)
    maps = replace(whole, other=other, difference=other - whole.reference)
    worst = _worst(maps)
    views = ScanMaps(maps, tuple(_cut(maps, each.pixel_coords) for each in worst), GEOMETRY)
    return ScanExample(_summary(maps, worst), views)


def reduced(maps: RegionMaps, factor: int) -> RegionMaps:
    """Return maps of full size reduced as ``RegionMaps`` says."""
    if factor == 1:
        return maps
    with np.errstate(invalid="ignore"):
        far = _blocks(np.nan_to_num(np.abs(maps.difference), nan=np.inf), factor).argmax(axis=-1)
    difference = np.take_along_axis(_blocks(maps.difference, factor), far[..., None], -1)[..., 0]
    mismatch = None if maps.mismatch is None else _blocks(maps.mismatch, factor)
    return RegionMaps(
        region=maps.region,
        factor=factor,
        reference=_blocks(maps.reference, factor).max(axis=-1),
        other=_blocks(maps.other, factor).max(axis=-1),
        difference=difference,
        mismatch=None if mismatch is None else mismatch.sum(axis=-1, dtype=np.int32),
        f_cell=None if maps.f_cell is None else _mean(_blocks(maps.f_cell, factor)),
        out_of_bounds=(
            None if maps.out_of_bounds is None else _mean(_blocks(maps.out_of_bounds, factor))
        ),
    )


def _full(region: Region, *, taps: bool, equal: bool) -> RegionMaps:
    rng = np.random.default_rng(1)
    slow, fast = np.meshgrid(region.slow, region.fast, indexing="ij")
    image = rng.gamma(4.0, 0.5, region.shape)
    for at in (SPOT, *rng.uniform((0, 0), (region.slow.stop, region.fast.stop), (60, 2))):
        squared_distance = (slow - at[0]) ** 2 + (fast - at[1]) ** 2
        image += rng.exponential(3e3) * np.exp(-squared_distance / 4.5)
    image[STRIP] = 0.0
    reference = image.astype(np.float32)
    mismatch = np.zeros(region.shape, np.int32)
    other = reference.copy()
    if not equal:
        near = (slow - SPOT[0]) ** 2 + (fast - SPOT[1]) ** 2 <= 36
        mismatch[near] = 1
        other[near] *= np.float32(1.05)
        mismatch[_index(region, ALONE)] = 1
        some = rng.random(region.shape) < 0.1
        other[some] = np.nextafter(other[some], np.float32(0))
        other[_index(region, NAN)] = np.nan
    f_cell = (200 + 150 * np.sin(slow / 9) * np.cos(fast / 7)).round(-1).astype(np.float32)
    f_cell[STRIP] = np.nan
    outside = np.clip((slow - region.slow.stop + 60) / 40, 0, 1).round(2).astype(np.float32)
    outside[STRIP] = np.nan
    with np.errstate(invalid="ignore"):
        difference = other - reference
    return RegionMaps(
        region=region,
        factor=1,
        reference=reference,
        other=other,
        difference=difference,
        mismatch=mismatch if taps else None,
        f_cell=f_cell if taps else None,
        out_of_bounds=outside if taps else None,
    )


def _index(region: Region, pixel: tuple[int, int]) -> tuple[int, int]:
    return pixel[0] - region.slow.start, pixel[1] - region.fast.start


def _blocks(plane: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return (rows, columns, pixels of a block); blocks at the ends repeat their last pixels."""
    rows, columns = (-(-size // factor) for size in plane.shape)
    missing = (rows * factor - plane.shape[0], columns * factor - plane.shape[1])
    mode: Any = "edge" if plane.dtype.kind == "f" else "constant"
    full = np.pad(plane, ((0, missing[0]), (0, missing[1])), mode)
    split = full.reshape(rows, factor, columns, factor).swapaxes(1, 2)
    return split.reshape(rows, columns, factor * factor)


def _mean(blocks: NDArray[Any]) -> NDArray[np.float32]:
    known = np.isfinite(blocks)
    total = np.where(known, blocks, 0).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        mean: NDArray[np.float32] = (total / known.sum(axis=-1)).astype(np.float32)
    return mean


def _cut(maps: RegionMaps, pixel: tuple[int, int]) -> RegionMaps:
    """Return maps of full size about a pixel, as far as there are pixels."""
    ends = zip(pixel, (maps.region.slow, maps.region.fast), strict=True)
    slow, fast = (
        range(max(at - _HALF, axis.start), min(at + _HALF, axis.stop)) for at, axis in ends
    )
    corner = _index(maps.region, (slow.start, fast.start))
    rows = slice(corner[0], corner[0] + len(slow))
    columns = slice(corner[1], corner[1] + len(fast))
    planes: dict[str, Any] = {
        name: None if plane is None else plane[rows, columns]
        for name, plane in vars(maps).items()
        if name not in ("region", "factor")
    }
    return RegionMaps(Region(slow, fast), 1, **planes)


def _worst(maps: RegionMaps) -> tuple[WorstPixel, ...]:
    size = np.nan_to_num(np.abs(maps.difference), nan=-1.0, posinf=-1.0)
    order = np.argsort(-size, axis=None, kind="stable")[:11]
    found = [tuple(map(int, np.unravel_index(each, size.shape))) for each in order]
    if maps.region == REGION and maps.mismatch is not None:
        found.append(_index(REGION, ALONE))
    return tuple(_worst_pixel(maps, row, column) for row, column in found)


def _worst_pixel(maps: RegionMaps, row: int, column: int) -> WorstPixel:
    ours, theirs = maps.reference[row, column], maps.other[row, column]
    is_mismatch = maps.mismatch is not None and maps.mismatch[row, column] > 0
    return WorstPixel(
        pixel_coords=(maps.region.slow[row], maps.region.fast[column]),
        reference=float(ours),
        other=float(theirs),
        abs_diff=abs(float(theirs) - float(ours)),
        ulps=abs(int(ours.view(np.int32)) - int(theirs.view(np.int32))),
        fields=("h_max", "mean_f_cell") if is_mismatch else (),
        resolution=2.5,
    )


def _summary(maps: RegionMaps, worst: tuple[WorstPixel, ...]) -> ScanSummary:
    with np.errstate(invalid="ignore"):
        differing = int((maps.difference != 0).sum())
    taps = maps.mismatch is not None
    mismatches = int(maps.mismatch.sum()) if maps.mismatch is not None else 0
    pixels = maps.reference.size
    return ScanSummary(
        verdict="values differ" if differing else "parity",
        exit_status=3 if differing else 0,
        reference=_side("c"),
        other=_side("pytorch", nonfinite=int(np.isnan(maps.other).sum())),
        detector=max(DETECTOR, (maps.region.slow.stop, maps.region.fast.stop)),
        slow=(maps.region.slow.start, maps.region.slow.stop),
        fast=(maps.region.fast.start, maps.region.fast.stop),
        oversample=2,
        pixels=pixels,
        correlation=0.9999812345678901 if differing else 1.0,
        mse=2.25 if differing else 0.0,
        rmse=1.5 if differing else 0.0,
        max_abs_diff=max((each.abs_diff for each in worst), default=0.0),
        max_rel_diff=0.05 if differing else 0.0,
        c_sum=1.25e6,
        py_sum=1.2501e6,
        sum_ratio=1.00008,
        mean_peak_distance=0.12 if differing else 0.0,
        max_peak_distance=1.0 if differing else 0.0,
        runtime_c_ms=812.5,
        runtime_py_ms=2403.25,
        peaks=Peaks(reference=61, other=61, matched=60 if differing else 61),
        differing_intensity=differing,
        beyond_tolerance_intensity=differing // 3,
        intensity_tolerance=Tolerance(rtol=3e-5),
        f_cell=_field_counts(mismatches) if taps else None,
        differing_f_cell=mismatches if taps else None,
        rounding_sensitive=mismatches // 2 if taps else None,
        differing_index=mismatches if taps else None,
        sensitive_within=1e-12 if taps else None,
        ulps=(
            UlpBin(low=0, high=0, pixels=pixels - differing),
            UlpBin(low=1, high=1, pixels=differing - differing // 3),
            UlpBin(low=2, high=3, pixels=0),
            UlpBin(low=4, high=1023, pixels=differing // 3),
            UlpBin(low=1024, high=2**31, pixels=min(1, differing)),
        ),
        shells=_shells(differing, pixels, mismatches),
        worst=worst,
        thresholds=(
            ThresholdCheck(name="corr_min", limit=0.99, measured=0.9999812345678901, met=True),
            ThresholdCheck(name="max_abs_max", limit=1.0, measured=87.5, met=False),
            ThresholdCheck(name="max_rel_max", limit=1.0, measured=None, met=False),
        ),
        in_order=False,
        tile=256,
        tiles=4,
        executor="2 threads",
    )


def _side(name: str, nonfinite: int = 0) -> SideSummary:
    return SideSummary(
        name=name,
        kind="engine",
        dtype="float64",
        device="cpu",
        nanobragg_flags="-cell 100 100 100 90 90 90 -default_F 100 -N 5",
        sha256="5f" * 32,
        nonfinite=nonfinite,
    )


def _field_counts(mismatches: int) -> tuple[FieldCount, ...]:
    return (
        FieldCount(field="total_lookups", differing=0, beyond_tolerance=0),
        FieldCount(field="mean_f_cell", differing=mismatches, beyond_tolerance=mismatches // 2),
        FieldCount(field="h_max", differing=mismatches, beyond_tolerance=mismatches),
    )


def _shells(differing: int, pixels: int, mismatches: int) -> tuple[Shell, ...]:
    edges = [None, *(float((12 / (k + 1)) ** 0.5) for k in range(12))]
    share = [(k + 1) / 78 for k in range(12)]
    found = [
        Shell(
            d_max=high,
            d_min=low,
            pixels=int(pixels * part),
            differing_f_cell=mismatches if k == 5 else 0,
            differing_intensity=int(differing * part),
            c_mean=30.0 * np.exp(-k / 4).item(),
            rms_diff=0.003 * k if differing else 0.0,
            max_abs_diff=0.05 * k if differing else 0.0,
        )
        for k, (high, low, part) in enumerate(zip(edges, edges[1:], share, strict=False))
        if low is not None
    ]
    nothing = {"c_mean": None, "rms_diff": None, "max_abs_diff": None}
    none = {"pixels": 0, "differing_intensity": 0, "differing_f_cell": 0}
    return (*found[:-1], found[-1].model_copy(update={**nothing, **none}))
