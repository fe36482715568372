"""One tile from beginning to end, in any thread or process: computed, compared, stored."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from parity_bridge.engines.c_core.fingerprint import libm_differs, libm_fingerprint
from parity_bridge.errors import EngineError
from parity_bridge.experiment.regions import F_CELL_PLANES, Region, RunState
from parity_bridge.scan.plan import TileTask
from parity_bridge.scan.sides import EngineSide, ScanSide, SideIdentity, SideTile
from parity_bridge.scan.statistics import SHELL_COUNT, ULP_BINS, Statistics
from parity_bridge.scan.store import StoreLayout, write_tile
from parity_bridge.scan.store_records import Span, StoredState, TileRecord
from parity_bridge.scan.summary import WorstPixel
from parity_bridge.scan.tile_comparison import ComparisonRules, Margins, compare_tiles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ScanJob:
    """All that the tiles of a scan share; it can be sent to another process."""

    reference: ScanSide
    other: ScanSide
    #: Of the two sides in the process that began the scan.
    identities: tuple[SideIdentity, SideIdentity]
    layout: StoreLayout
    rules: ComparisonRules
    #: Of the C library in the process that began the scan; None: it does not matter.
    libm_fingerprint: str | None = None

    @property
    def sides(self) -> tuple[ScanSide, ScanSide]:
        """The reference and the other."""
        return self.reference, self.other


def run_task(job: ScanJob, task: TileTask, threads: int = 1) -> TileRecord:
    """Compute, compare and store the tile or band of ``task``.

    Raises EngineError, UsageError and FileError as the sides and the store do.
    """
    _check_same_engines(job)
    tiles, times = [], []
    for side, state in zip(job.sides, task.states, strict=True):
        begin = time.perf_counter()
        tiles.append(_widened(side.tile(task.region, state, threads), job.layout))
        times.append((time.perf_counter() - begin) * 1e3)
    reference, other = tiles
    mismatch, statistics = compare_tiles(
        task.region, reference, other, job.rules, _rounding_margins(job.reference, task)
    )
    record = TileRecord(
        region=Span.of(task.region),
        statistics=statistics,
        states=(_stored_state(reference), _stored_state(other)),
        runtime_c_ms=times[0],
        runtime_py_ms=times[1],
    )
    write_tile(job.layout, task.name, (reference, other), mismatch, record)
    return record


def _widened(tile: SideTile, layout: StoreLayout) -> SideTile:
    """Return ``tile`` with its image in the type in which both are compared and stored."""
    return replace(tile, image=tile.image.astype(layout.image_dtype, copy=False))


def is_of_job(record: TileRecord, job: ScanJob) -> bool:
    """Return whether a record that was read back can be one of the job's own tiles.

    Its lists must have the job's lengths and names, and its counts and pixels lie in its region.
    """
    region, statistics = record.region.region, record.statistics
    has_states = tuple(state is not None for state in record.states)
    return (
        _field_names(statistics) == (tuple(F_CELL_PLANES) if all(job.layout.f_cell) else None)
        and len(statistics.ulps) == ULP_BINS[job.layout.image_dtype]
        and len(statistics.shells) == (0 if job.rules.geometry is None else SHELL_COUNT)
        and has_states == tuple(isinstance(side, EngineSide) for side in job.sides)
        and statistics.pixels == math.prod(region.shape)
        and max(_pixel_counts(statistics)) <= statistics.pixels
        and all(_is_in(region, pixel) for pixel in statistics.worst)
    )


def states_after(record: TileRecord) -> tuple[RunState | None, ...]:
    """Return the state of each side after the tile."""
    return tuple(
        None if state is None else RunState(**state.model_dump()) for state in record.states
    )


def _rounding_margins(side: ScanSide, task: TileTask) -> Margins | None:
    """Return a function that computes the distances of the reference's indices from a half."""
    if not isinstance(side, EngineSide):
        return None
    state = task.states[0]

    def compute_margins() -> NDArray[np.float64]:
        return side.scanner.margins(task.region, side.start() if state is None else state)

    return compute_margins


def _field_names(statistics: Statistics) -> tuple[str, ...] | None:
    return None if statistics.f_cell is None else tuple(item.field for item in statistics.f_cell)


def _pixel_counts(statistics: Statistics) -> Iterator[int]:
    """Yield every count that is of pixels."""
    yield from (statistics.moments.count, statistics.nonfinite_c, statistics.nonfinite_py)
    yield from (statistics.one_sided, statistics.differing_intensity, *statistics.ulps)
    yield statistics.beyond_tolerance_intensity
    yield from (
        count or 0
        for count in (
            statistics.differing_f_cell,
            statistics.differing_index,
            statistics.rounding_sensitive,
        )
    )
    for field in statistics.f_cell or ():
        yield from (field.differing, field.beyond_tolerance)
    for shell in statistics.shells:
        yield from (shell.pixels, shell.differing_f_cell, shell.differing_intensity, shell.finite)


def _is_in(region: Region, pixel: WorstPixel) -> bool:
    """Return whether a worst pixel lies in ``region`` and names fields of Tap 4 only."""
    slow, fast = pixel.pixel_coords
    return slow in region.slow and fast in region.fast and set(pixel.fields) <= set(F_CELL_PLANES)


def _stored_state(tile: SideTile) -> StoredState | None:
    if tile.state is None:
        return None
    state = tile.state
    return StoredState(
        interpolation_on=state.interpolation_on, swept=state.swept, polar_axis=state.polar_axis
    )


def _check_same_engines(job: ScanJob) -> None:
    """Raise EngineError where this process has another build or C library than the scan's."""
    if libm_differs(job.libm_fingerprint, libm_fingerprint()):
        raise EngineError(
            f"a worker has another libm variant than the scan was begun with (fingerprint "
            f"{libm_fingerprint()}, not {job.libm_fingerprint}): the C library has other last bits "
            "of sin, exp and the like on its processor; give all workers processors of one kind, "
            "then go on with --resume"
        )
    for side, identity in zip(job.sides, job.identities, strict=True):
        if isinstance(side, EngineSide):
            _check_same_engine(side, identity.model_dump_json())


@lru_cache(maxsize=8)
def _check_same_engine(side: EngineSide, begun: str) -> None:
    """Check a side once for each scan in each process."""
    expected, current = SideIdentity.model_validate_json(begun), side.identity()
    for what, ours, theirs in (
        ("engine", expected.build, current.build),
        ("content of a file", expected.files, current.files),
    ):
        for name, value in ours.items():
            if theirs.get(name) != value:
                raise EngineError(
                    f"a worker has another {what} for {side.choice.name!r} than the scan was begun "
                    f"with ({name} {theirs.get(name)}, not {value}); give all workers the same, "
                    "then go on with --resume"
                )
