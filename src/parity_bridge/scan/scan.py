"""A whole scan: planned, computed tile by tile or resumed, and added up."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from parity_bridge.comparison.tolerances import Tolerance, Tolerances
from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.errors import ShapeError, UsageError
from parity_bridge.experiment.regions import Region
from parity_bridge.images.image_file import ValueType
from parity_bridge.records.environment import libc, package_versions
from parity_bridge.records.folder import make_folder
from parity_bridge.scan import store
from parity_bridge.scan.executor import WorkerPool, reduce_all, run_all
from parity_bridge.scan.job import ScanJob, is_of_job, run_task, states_after
from parity_bridge.scan.maps import Geometry
from parity_bridge.scan.plan import SideStates, TilePlan, TileTask, is_settled, plan_tiles
from parity_bridge.scan.progress import Advance
from parity_bridge.scan.resolution import derived_geometry, shell_edges
from parity_bridge.scan.sides import EngineSide, ScanSide
from parity_bridge.scan.statistics import SHELL_COUNT, Statistics, merge_statistics
from parity_bridge.scan.store import StoreLayout
from parity_bridge.scan.store_records import LARGEST_TILE, ScanInputs, Span, TileRecord
from parity_bridge.scan.tile_comparison import SENSITIVE_ULPS, ComparisonRules

#: Pixels of a tile along either axis by default.
DEFAULT_TILE = 1024


@dataclass(frozen=True)
class PreparedScan:
    """Two sides, the region and how it is divided: ready to be run."""

    job: ScanJob
    plan: TilePlan
    inputs: ScanInputs

    @property
    def layout(self) -> StoreLayout:
        """Where the maps lie."""
        return self.job.layout


@dataclass(frozen=True)
class ScanResult:
    """A scan that was run to its end."""

    scan: PreparedScan
    statistics: Statistics
    #: Tiles and bands in which it was computed.
    tiles: int
    #: Whether rows of tiles had to be computed one after the other.
    in_order: bool
    runtime_c_ms: float
    runtime_py_ms: float
    #: Of this run alone, s; tiles of an earlier run do not count.
    seconds: float


def prepare_scan(
    reference: ScanSide,
    other: ScanSide,
    folder: Path,
    tolerances: Tolerances,
    *,
    tile: int | None = None,
    resume: bool = False,
    geometry_side: EngineSide | None = None,
) -> PreparedScan:
    """Plan a scan into ``folder``, and begin it there or check that it may go on.

    ``geometry_side`` states where pixels lie if neither side is an engine.

    Raises ShapeError where the two sides have different detectors, UsageError where there is no
    pixel to compare, FileError where the folder cannot be written or holds another scan.
    """
    region = region_of(reference, other)
    begun = resume and (folder / store.INPUTS_FILE).exists()
    f_cell = reference.has_f_cell, other.has_f_cell
    if begun and tile is None:
        tile = store.stored_tile(StoreLayout(folder, region, (0, 0), f_cell))[1]
    planned = plan_tiles((reference, other), region, _tile_size(tile, region))
    layout = StoreLayout(folder, region, planned.tile, f_cell, wider_image_dtype(reference, other))
    identities = reference.identity(), other.identity()
    intensity = tolerances.of("final_output", "image") or Tolerance()
    mean = tolerances.of("f_cell_stats", "mean_f_cell") or Tolerance()
    inputs = ScanInputs(
        reference=identities[0],
        other=identities[1],
        region=Span.of(region),
        tile=planned.tile,
        intensity_tolerance=intensity,
        f_cell_tolerance=mean,
        versions={**package_versions(), "libc": libc()},
        libm_fingerprint=_fingerprint(reference, other),
    )
    if begun:
        store.check_same_inputs(folder, inputs)
        store.check_store(layout)
        store.remove_partial_files(layout)
    else:
        make_folder(folder)
        store.create_store(layout, inputs)
    geometry = _engine_geometry(reference, other, geometry_side)
    rules = ComparisonRules(
        tolerances.case,
        intensity,
        mean,
        geometry,
        () if geometry is None else shell_edges(geometry, region, SHELL_COUNT),
        SENSITIVE_ULPS * float(np.finfo(_dtype(other)).eps),
    )
    job = ScanJob(reference, other, identities, layout, rules, inputs.libm_fingerprint)
    return PreparedScan(job, planned, inputs)


def run_scan(scan: PreparedScan, worker_pool: WorkerPool, advance: Advance) -> ScanResult:
    """Compute every tile that is not finished, and add all up.

    Raises EngineError, UsageError and FileError as tiles do; finished tiles stay.
    """
    begin = time.monotonic()
    records: dict[str, TileRecord] = {}
    in_order = scan.plan.settled_states is None
    row, states = _run_bands(scan, worker_pool, advance, records)
    left = list(_unfinished_tasks(scan, scan.plan.tiles(row, states), advance, records))
    run_all(
        worker_pool, partial(run_task, scan.job), left, partial(_collect_record, records, advance)
    )
    ordered = sorted(records.values(), key=lambda record: (record.region.slow, record.region.fast))
    return ScanResult(
        scan,
        reduce_all(worker_pool, merge_statistics, [record.statistics for record in ordered]),
        len(ordered),
        in_order,
        sum(record.runtime_c_ms for record in ordered),
        sum(record.runtime_py_ms for record in ordered),
        time.monotonic() - begin,
    )


def wider_image_dtype(*sides: ScanSide) -> ValueType:
    """Return the type in which the images of the sides are compared: the wider of theirs."""
    return "float64" if any(side.image_dtype == "float64" for side in sides) else "float32"


def _fingerprint(*sides: ScanSide) -> str | None:
    """Return that of the C library, on which the bits of engines depend; None without an engine."""
    return libm_fingerprint() if any(isinstance(side, EngineSide) for side in sides) else None


def region_of(reference: ScanSide, other: ScanSide) -> Region:
    """Return the pixels that a scan compares: those that one of its engines computes.

    Raises ShapeError for detectors of different sizes, UsageError for a region without a pixel.
    """
    if reference.pixels != other.pixels:
        ours, theirs = (f"{slow} slow x {fast} fast" for slow, fast in _sizes(reference, other))
        raise ShapeError(
            f"the reference has {ours} pixels, the other side {theirs}; compare detectors of one "
            "size"
        )
    sides = (reference, other)
    engines = [side for side in sides if isinstance(side, EngineSide)]
    regions = [side.roi for side in engines or sides]
    regions = [region for region in regions if region.slow and region.fast]
    if not regions:
        raise UsageError("-roi holds no pixel of the detector; there is nothing to compare")
    return Region(
        _span([region.slow for region in regions]), _span([region.fast for region in regions])
    )


def _sizes(*sides: ScanSide) -> list[tuple[int, int]]:
    return [side.pixels for side in sides]


def _span(ranges: list[range]) -> range:
    return range(min(r.start for r in ranges), max(r.stop for r in ranges))


def _tile_size(tile: int | None, region: Region) -> int:
    """Return the pixels of a tile along either axis: many, but a small region has several tiles."""
    if tile is not None:
        if not 1 <= tile <= LARGEST_TILE:
            raise UsageError(f"--tile {tile}: give 1 to {LARGEST_TILE} pixels")
        return tile
    # Every tile has some 27 chunks to be written, which costs more than the pixels of a small one.
    return min(DEFAULT_TILE, max(128, -(-max(region.shape) // 2)))


def _dtype(side: ScanSide) -> str:
    return side.choice.dtype if isinstance(side, EngineSide) else "float32"


def _engine_geometry(*sides: ScanSide | None) -> Geometry | None:
    """Return where pixels lie, by the first side that is an engine."""
    for side in sides:
        if isinstance(side, EngineSide):
            return derived_geometry(side.experiment, side.derived)
    return None


def _run_bands(
    scan: PreparedScan, worker_pool: WorkerPool, advance: Advance, records: dict[str, TileRecord]
) -> tuple[int, SideStates]:
    """Compute rows of tiles in order while it matters; return the next row and its states."""
    planned, job = scan.plan, scan.job
    if planned.settled_states is not None:
        return 0, planned.settled_states
    row, states = 0, planned.start
    while row < planned.rows and not is_settled(job.sides, states):
        task = planned.band(row, states)
        for _ in _unfinished_tasks(scan, [task], advance, records):
            compute = partial(run_task, job, threads=worker_pool.threads)
            run_all(worker_pool, compute, [task], partial(_collect_record, records, advance))
        states = states_after(records[task.name])
        row += 1
    return row, states


def _collect_record(
    records: dict[str, TileRecord], advance: Advance, task: TileTask, record: TileRecord
) -> None:
    records[task.name] = record
    advance(record.statistics.pixels, False)


def _unfinished_tasks(
    scan: PreparedScan, tasks: Iterable[TileTask], advance: Advance, records: dict[str, TileRecord]
) -> Iterable[TileTask]:
    """Yield the ``tasks`` that no earlier run has finished; collect the records of the others."""
    for task in tasks:
        record = store.finished_tile(scan.layout, task.name, task.region)
        if record is None or not is_of_job(record, scan.job):
            yield task
        else:
            records[task.name] = record
            advance(record.statistics.pixels, True)
