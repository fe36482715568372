"""The summary of a scan from its statistics: metrics, verdict, thresholds."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Any

from parity_bridge.errors import UsageError
from parity_bridge.experiment.nanobragg_flags import to_flags
from parity_bridge.scan.executor import WorkerPool
from parity_bridge.scan.peaks import PeakMatch
from parity_bridge.scan.scan import ScanResult
from parity_bridge.scan.sides import EngineSide, ImageSide, ScanSide, SideIdentity
from parity_bridge.scan.statistics import ShellSums, Statistics, ulp_bins
from parity_bridge.scan.summary import (
    Peaks,
    ScanSummary,
    Shell,
    SideSummary,
    ThresholdCheck,
    Verdict,
)
from parity_bridge.scan.thresholds import LimitedQuantity, Thresholds, check_thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Exit status of each verdict.
EXIT_STATUS: dict[Verdict, int] = {
    "parity": 0,
    "thresholds met": 0,
    "values differ": 3,
    "thresholds missed": 3,
}


def summarize(
    scanned: ScanResult, peaks: PeakMatch, thresholds: Thresholds, worker_pool: WorkerPool
) -> ScanSummary:
    """Return the summary of a scan that was run to its end.

    Raises UsageError where no pixel is finite in both images.
    """
    scan, statistics = scanned.scan, scanned.statistics
    if not statistics.moments.count:
        raise UsageError(
            "no pixel is finite in both images; there is nothing to compare; compute one with "
            "`frame` or `trace`"
        )
    metrics = _metrics(statistics)
    equal = statistics.differing_intensity == 0
    checked = check_thresholds(
        thresholds, _limited_quantities(statistics, metrics), images_equal=equal
    )
    verdict = _verdict(statistics, checked)
    job, region = scan.job, scan.plan.region
    has_f_cell = statistics.f_cell is not None
    return ScanSummary(
        verdict=verdict,
        exit_status=EXIT_STATUS[verdict],
        reference=_side_summary(job.reference, job.identities[0], statistics.nonfinite_c),
        other=_side_summary(job.other, job.identities[1], statistics.nonfinite_py),
        detector=job.reference.pixels,
        slow=(region.slow.start, region.slow.stop),
        fast=(region.fast.start, region.fast.stop),
        oversample=_oversample(job.reference, job.other),
        pixels=statistics.pixels,
        **metrics,
        mean_peak_distance=peaks.mean_distance,
        max_peak_distance=peaks.max_distance,
        runtime_c_ms=scanned.runtime_c_ms,
        runtime_py_ms=scanned.runtime_py_ms,
        peaks=Peaks(reference=peaks.reference, other=peaks.other, matched=peaks.matched),
        compared_as=scan.layout.image_dtype,
        rounded=any(isinstance(side, ImageSide) and side.file.is_rounded for side in job.sides),
        differing_intensity=statistics.differing_intensity,
        beyond_tolerance_intensity=statistics.beyond_tolerance_intensity,
        intensity_tolerance=job.rules.intensity,
        tolerances=job.rules.case,
        f_cell=statistics.f_cell,
        lookups=statistics.lookups,
        differing_f_cell=statistics.differing_f_cell,
        differing_index=statistics.differing_index,
        rounding_sensitive=statistics.rounding_sensitive,
        sensitive_within=job.rules.sensitive_within if has_f_cell else None,
        ulps=ulp_bins(statistics.ulps),
        shells=_shell_summaries(statistics.shells, job.rules.shells),
        worst=statistics.worst,
        thresholds=checked,
        in_order=scanned.in_order,
        tile=scan.plan.tile[1],
        tiles=scanned.tiles,
        executor=worker_pool.description,
        versions=scan.inputs.versions,
    )


def _metrics(statistics: Statistics) -> dict[str, Any]:
    """Return the metrics over all pixels finite in both images."""
    moments = statistics.moments
    mse = moments.squared_difference / moments.count
    return {
        "correlation": moments.correlation,
        "mse": mse,
        "rmse": math.sqrt(mse),
        "max_abs_diff": statistics.max_abs_diff,
        "max_rel_diff": statistics.max_rel_diff,
        "c_sum": moments.sum_c,
        "py_sum": moments.sum_py,
        "sum_ratio": moments.sum_py / moments.sum_c if moments.sum_c else None,
    }


def _limited_quantities(
    statistics: Statistics, metrics: dict[str, Any]
) -> dict[LimitedQuantity, float | None]:
    """Return what thresholds limit; a pixel finite on one side only differs by infinity."""
    one_sided = statistics.one_sided > 0
    return {
        "correlation": metrics["correlation"],
        "sum_ratio": metrics["sum_ratio"],
        "max_abs_diff": math.inf if one_sided else metrics["max_abs_diff"],
        "max_rel_diff": math.inf if one_sided else metrics["max_rel_diff"],
    }


def _verdict(statistics: Statistics, checked: Sequence[ThresholdCheck]) -> Verdict:
    """Decide by the thresholds if any was set, else by the tolerances."""
    if checked:
        return "thresholds met" if all(item.met for item in checked) else "thresholds missed"
    differs = statistics.beyond_tolerance_intensity or statistics.differing_f_cell
    return "values differ" if differs else "parity"


def _side_summary(side: ScanSide, identity: SideIdentity, nonfinite: int) -> SideSummary:
    if isinstance(side, ImageSide):
        return SideSummary(
            name=str(side.path),
            kind="image",
            dtype=identity.dtype,
            sha256=identity.files["image"],
            note=side.file.note,
            nonfinite=nonfinite,
            has_f_cell=False,
        )
    if not isinstance(side, EngineSide):
        raise TypeError(f"{side!r} is neither an engine nor an image")
    return SideSummary(
        name=identity.implementation or identity.name,
        kind="engine",
        dtype=identity.dtype,
        device=identity.device,
        behaviours=side.choice.behaviours,
        nanobragg_flags=shlex.join(to_flags(side.experiment)),
        build=identity.build,
        files=identity.files,
        nonfinite=nonfinite,
        has_f_cell=side.has_f_cell,
    )


def _oversample(*sides: ScanSide) -> int | None:
    return next((side.scanner.oversample for side in sides if isinstance(side, EngineSide)), None)


def _shell_summaries(sums: Sequence[ShellSums], edges: Sequence[float]) -> tuple[Shell, ...]:
    ends = zip(edges[:-1], edges[1:], sums, strict=True) if sums else ()
    return tuple(
        Shell(
            d_max=1.0 / low if low else None,
            d_min=1.0 / high,
            pixels=sums_of_shell.pixels,
            differing_f_cell=sums_of_shell.differing_f_cell,
            differing_intensity=sums_of_shell.differing_intensity,
            c_mean=sums_of_shell.sum_c / sums_of_shell.finite if sums_of_shell.finite else None,
            rms_diff=math.sqrt(sums_of_shell.squared_difference / sums_of_shell.finite)
            if sums_of_shell.finite
            else None,
            max_abs_diff=sums_of_shell.max_abs_diff if sums_of_shell.finite else None,
        )
        for low, high, sums_of_shell in ends
    )
