"""``scan``: two sides over a whole region, in one report folder that grows and can be taken up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from parity_bridge.bridge.question import ScanRequest
from parity_bridge.bridge.scan_sides import Sides, sides_of
from parity_bridge.bridge.worst_pixels import tap_worst
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.engines.engine import engine_class, tolerance_case
from parity_bridge.errors import BridgeError, FileError
from parity_bridge.files.atomic_write import copy_file, write_bytes, write_text
from parity_bridge.files.termination import Terminated, exit_at_next_interrupt
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.environment import write_environment
from parity_bridge.records.folder import check_not_existing, make_folder, remove_folder
from parity_bridge.records.journal import COMMANDS_FILE, log_command, log_failure
from parity_bridge.records.metadata import RunContext
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.rendering import TOLERANCES
from parity_bridge.report.scan.figures import figures
from parity_bridge.report.scan.memo import finding_text, memo
from parity_bridge.report.scan.page import page
from parity_bridge.report.view import PairAnswer
from parity_bridge.scan import store
from parity_bridge.scan.executor import WorkerPool, dask_pool, thread_pool
from parity_bridge.scan.pooling import match_scan_peaks, scan_maps
from parity_bridge.scan.progress import progress
from parity_bridge.scan.scan import PreparedScan, prepare_scan, run_scan
from parity_bridge.scan.summarize import summarize
from parity_bridge.scan.summary import ScanSummary
from parity_bridge.scan.thresholds import Thresholds, merge_thresholds, read_thresholds

FOLDER = "scan"
SUMMARY = "summary.json"
MEMO = "scan_comparison.md"
PAGE = "scan.html"
FIGURES = "figures"

_REMEDY = "mend what is named above, then give the command again with --resume"


@dataclass(frozen=True)
class ScanOutcome:
    """Where the report lies and what it says."""

    folder: Path
    summary: ScanSummary
    #: The taps of the worst pixels, or why there are none.
    worst: PairAnswer | None
    not_tapped: str


def scan(request: ScanRequest, on_note: Callable[[str], None]) -> ScanOutcome:
    """Compare, tile by tile, and report; ``on_note`` hears what is to be said on the way.

    What is finished when something goes wrong stays for ``--resume``. Raises BridgeError.
    """
    with crew_of(request) as crew:
        return scan_into(request.out_dir / request.stamp, request, crew, on_note)


@contextmanager
def crew_of(request: ScanRequest) -> Iterator[WorkerPool]:
    """Who computes the tiles; raises UsageError where a cluster does not answer."""
    with thread_pool(request.threads) if request.dask is None else dask_pool(request.dask) as crew:
        yield crew


def scan_into(
    target: Path, request: ScanRequest, crew: WorkerPool, on_note: Callable[[str], None]
) -> ScanOutcome:
    """``scan`` into the folder ``target``; raises as it does."""
    folder = target / FOLDER
    _check_target(target, request, on_note)
    thresholds = _thresholds(request)
    sides = sides_of(request, on_note)
    tolerances = tolerances_for(*_case(request), request.tolerances, _own_case(request))
    prepared = prepare_scan(
        sides.reference,
        sides.other,
        folder.absolute(),
        tolerances,
        tile=request.tile,
        resume=request.resume,
        geometry_side=sides.geometry,
    )
    _begin(target, request)
    with _failures_noted(target, request):
        return _finish(target, request, crew, sides, prepared, thresholds, on_note)


def _check_target(target: Path, request: ScanRequest, on_note: Callable[[str], None]) -> None:
    begun = (target / FOLDER / store.INPUTS_FILE).exists()
    if request.resume:
        if not begun:
            _clear_beginnings(target)
            on_note(f"{target} holds no scan yet; it is begun")
        return
    if begun:
        raise FileError(
            f"{target} holds a scan already, which is never overwritten; go on with it with "
            "--resume, or give another --stamp"
        )
    check_not_existing(target)


def _clear_beginnings(target: Path) -> None:
    """Remove what a scan left that was killed before it had said what it is of.

    Raises FileError where anything else is there.
    """
    if target.exists() and not {path.name for path in target.iterdir()} <= {
        FOLDER,
        "env",
        COMMANDS_FILE,
    }:
        raise FileError(f"{target} holds another report; give another --stamp")
    folder = target / FOLDER
    if folder.exists() and {path.name for path in folder.iterdir()} <= {
        store.MAPS_FOLDER,
        store.TILES_FOLDER,
    }:
        remove_folder(folder)
    check_not_existing(folder)


def _thresholds(request: ScanRequest) -> Thresholds:
    file = None if request.threshold_file is None else read_thresholds(request.threshold_file)
    return merge_thresholds(file, request.thresholds)


def _case(request: ScanRequest) -> tuple[str, str]:
    """dtype and device by which the tolerances go; an image of another making is float32."""
    if isinstance(request.other, EngineChoice):
        return request.other.dtype, request.other.device
    return "float32", "cpu"


def _own_case(request: ScanRequest) -> str | None:
    """The case of tolerances that an engine asks for, the other one first."""
    named = [side for side in (request.other, request.reference) if isinstance(side, EngineChoice)]
    return tolerance_case(*(engine_class(choice.name) for choice in named))


def _begin(target: Path, request: ScanRequest) -> None:
    # It says that everything is there.
    (target / FOLDER / SUMMARY).unlink(missing_ok=True)
    log_command(target, request.command)
    write_environment(target)
    if request.tolerances is not None:
        copy_file(request.tolerances, target / TOLERANCES, "tolerance file")


@contextmanager
def _failures_noted(target: Path, request: ScanRequest) -> Iterator[None]:
    """What went wrong is written down, where that can still be done."""
    try:
        yield
    except BridgeError as error:
        with suppress(FileError):
            log_failure(
                target, RunContext(request.command, utc_now(), request.stamp), error, _REMEDY
            )
        raise


def _finish(
    target: Path,
    request: ScanRequest,
    crew: WorkerPool,
    sides: Sides,
    prepared: PreparedScan,
    thresholds: Thresholds,
    on_note: Callable[[str], None],
) -> ScanOutcome:
    region = prepared.plan.region
    pixels = len(region.slow) * len(region.fast)
    try:
        with progress(pixels, "scan", quiet=request.quiet) as advance:
            scanned = run_scan(prepared, crew, advance)
    except (KeyboardInterrupt, Terminated):
        count = len(list((target / FOLDER / store.TILES_FOLDER).glob("*.json")))
        on_note(
            f"stopped with {count} tiles finished; go on with --resume --stamp {request.stamp} "
            "(those under way are waited for, unless you press Ctrl-C again)"
        )
        exit_at_next_interrupt()
        raise
    if scanned.in_order:
        on_note("the order of pixels matters here; they were computed in that of a run, slow-major")
    equal = scanned.statistics.differing_intensity == 0
    summary = summarize(scanned, match_scan_peaks(prepared.layout, equal=equal), thresholds, crew)
    worst, not_tapped = tap_worst(target / FOLDER / "worst", request, sides, summary)
    _write(target / FOLDER, request, prepared, summary, worst, not_tapped)
    return ScanOutcome(target, summary, worst, not_tapped)


def _write(
    folder: Path,
    request: ScanRequest,
    prepared: PreparedScan,
    summary: ScanSummary,
    worst: PairAnswer | None,
    not_tapped: str,
) -> None:
    """Pictures, page and memo, and the summary last: where it is, everything is."""
    coordinates = [pixel.pixel_coords for pixel in summary.worst]
    shown = scan_maps(prepared.layout, coordinates, prepared.job.rules.geometry)
    make_folder(folder / FIGURES)
    drawn = []
    for name, picture in figures(summary, shown):
        write_bytes(folder / FIGURES / name, picture)
        drawn.append(f"{FIGURES}/{name}")
    links: dict[str, str] = {"memo": MEMO, "summary": SUMMARY}
    if worst is not None:
        links["taps of the worst pixels"] = "worst/f_cell_comparison.md"
    why = finding_text(summary, worst, not_tapped)
    write_text(folder / PAGE, page(summary, shown, why, links))
    write_text(folder / MEMO, memo(summary, drawn, worst, not_tapped, request.command))
    write_text(folder / SUMMARY, as_json(summary))
