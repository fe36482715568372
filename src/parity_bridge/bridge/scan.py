"""Two sides over a whole region, in one report folder that grows and can be resumed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parity_bridge.bridge.answer import PairAnswer
from parity_bridge.bridge.engine_runs import OnNote
from parity_bridge.bridge.image_reasons import ImageScan, image_reason
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.bridge.record_folder import TOLERANCES
from parity_bridge.bridge.scan_settings import ScanSettings
from parity_bridge.bridge.scan_sides import scan_sides_of
from parity_bridge.bridge.worst_pixels import WorstPixels, tap_worst_pixels
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.engines.capabilities import tolerance_case
from parity_bridge.engines.registry import engine_class
from parity_bridge.errors import FileError
from parity_bridge.files.atomic_write import copy_file
from parity_bridge.files.names import check_utf8
from parity_bridge.files.termination import Terminated, exit_at_next_interrupt
from parity_bridge.files.timestamps import utc_now
from parity_bridge.records.environment import write_environment
from parity_bridge.records.folder import (
    check_is_new,
    check_not_existing,
    remove_folder,
    sole_process,
)
from parity_bridge.records.journal import COMMANDS_FILE, failures_noted, log_command
from parity_bridge.records.metadata import RunContext
from parity_bridge.scan import store
from parity_bridge.scan.executor import WorkerPool, dask_pool, thread_pool
from parity_bridge.scan.maps import ScanMaps
from parity_bridge.scan.pooling import match_scan_peaks, scan_maps
from parity_bridge.scan.progress import progress
from parity_bridge.scan.scan import PreparedScan, prepare_scan, run_scan
from parity_bridge.scan.summarize import summarize
from parity_bridge.scan.summary import ScanSummary
from parity_bridge.scan.thresholds import Thresholds, merge_thresholds, read_thresholds

#: In the folder of the report: store, pictures and pages.
FOLDER = "scan"
#: In that folder, written last: where it exists, the report is complete.
SUMMARY = "summary.json"

REMEDY = "mend what is named above, then give the command again with --resume"


@dataclass(frozen=True)
class ScanAnswer:
    """What a scan found, and the folder of its report."""

    #: The folder of the report, and the command that asked for it.
    folder: Path
    context: RunContext
    summary: ScanSummary
    maps: ScanMaps
    worst_pixels: WorstPixels

    def __repr__(self) -> str:
        """State the verdict and the folder of the report; the maps would fill many screens."""
        summary = self.summary
        return f"<ScanAnswer {summary.verdict} at {summary.pixels} pixels, report in {self.folder}>"

    @property
    def worst(self) -> PairAnswer | None:
        """The taps of the worst pixels; None where there are none."""
        answer = self.worst_pixels.answer
        return None if answer is None else answer.against[0]

    @property
    def not_tapped(self) -> str:
        """Why there are none; empty where there are."""
        return self.worst_pixels.reason


def scan(question: Question, settings: ScanSettings, on_note: OnNote) -> ScanAnswer:
    """Compare tile by tile; notes go to ``on_note``.

    Finished tiles stay for ``resume`` when something fails. Raises BridgeError.
    """
    with worker_pool_of(settings) as workers:
        return scan_with(workers, question, settings, on_note)


@contextmanager
def worker_pool_of(settings: ScanSettings) -> Iterator[WorkerPool]:
    """Open the workers for the tiles; raises UsageError where a cluster does not answer."""
    pool = thread_pool(settings.threads) if settings.dask is None else dask_pool(settings.dask)
    with pool as workers:
        yield workers


def scan_with(
    workers: WorkerPool, question: Question, settings: ScanSettings, on_note: OnNote
) -> ScanAnswer:
    """Scan with ``workers`` that are open already; raises as ``scan``."""
    _check_names_are_utf8(question)
    with sole_process(settings.folder):
        return _scan_alone(workers, question, settings, on_note)


def _scan_alone(
    workers: WorkerPool, question: Question, settings: ScanSettings, on_note: OnNote
) -> ScanAnswer:
    _check_target(settings, on_note)
    thresholds = _chosen_thresholds(settings)
    sides = scan_sides_of(question, on_note)
    tolerances = tolerances_for(
        *_tolerance_target(question), question.tolerances, _own_case(question)
    )
    prepared = prepare_scan(
        sides.reference,
        sides.other,
        (settings.folder / FOLDER).absolute(),
        tolerances,
        tile=settings.tile,
        resume=settings.resume,
        geometry_side=sides.geometry,
    )
    _begin_report(settings.folder, question)
    context = RunContext(question.command, utc_now(), settings.stamp)
    with failures_noted(settings.folder, context, REMEDY):
        summary = _run_and_summarize(workers, settings, prepared, thresholds, on_note)
        worst = tap_worst_pixels(question, sides, summary)
        scanned = ImageScan(question, sides, prepared, summary, tolerances, settings.threads)
        reason = image_reason(scanned, worst)
        summary = summary.model_copy(update={"image_reason": reason})
        coordinates = [pixel.pixel_coords for pixel in summary.worst]
        maps = scan_maps(prepared.layout, coordinates, prepared.job.rules.geometry)
    return ScanAnswer(settings.folder, context, summary, maps, worst)


def _check_names_are_utf8(question: Question) -> None:
    """Raise UsageError for a name that records cannot hold; they state absolute paths."""
    check_utf8(str(Path.cwd()), "the working directory")
    for word in shlex.split(question.command):
        check_utf8(word, "the argument")


def _check_target(settings: ScanSettings, on_note: OnNote) -> None:
    target = settings.folder
    _check_no_links(target)
    begun = (target / FOLDER / store.INPUTS_FILE).exists()
    if settings.resume:
        if not begun:
            _clear_beginnings(target)
            on_note(f"{target} holds no scan yet; it is begun")
        return
    if begun:
        raise FileError(
            f"{target} holds a scan already, which is never overwritten; go on with it with "
            "--resume, or give another --stamp"
        )
    check_is_new(target)


def _clear_beginnings(target: Path) -> None:
    """Remove what is left of a scan that was killed before it had recorded its inputs.

    Raises FileError where anything else is there.
    """
    if target.exists() and not {path.name for path in target.iterdir()} <= {
        FOLDER,
        "env",
        COMMANDS_FILE,
    }:
        raise FileError(f"{target} holds another report; give another --stamp")
    folder = target / FOLDER
    unused = {store.MAPS_FOLDER, store.TILES_FOLDER}
    if folder.exists() and {path.name for path in folder.iterdir()} <= unused:
        remove_folder(folder)
    check_not_existing(folder)


def _check_no_links(target: Path) -> None:
    """Raise FileError for a link in a report that is gone on with: it may lead anywhere."""
    for folder in (target, target / FOLDER):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_symlink():
                raise FileError(
                    f"{path} is a link, and nothing is written through it; put the folder or file "
                    "itself in its place, or give another --stamp"
                )


def _chosen_thresholds(settings: ScanSettings) -> Thresholds:
    file = None if settings.threshold_file is None else read_thresholds(settings.threshold_file)
    return merge_thresholds(file, settings.thresholds)


def _tolerance_target(question: Question) -> tuple[str, str]:
    """Return the dtype and device that the tolerances go by; an image counts as float32."""
    other = question.others[0]
    if isinstance(other, EngineSource):
        return other.choice.dtype, other.choice.device
    return "float32", "cpu"


def _own_case(question: Question) -> str | None:
    """Return the case of tolerances that an engine asks for, the reference last."""
    engines = [source for source in question.sources[::-1] if isinstance(source, EngineSource)]
    return tolerance_case(*(engine_class(source.choice.name) for source in engines))


def _begin_report(target: Path, question: Question) -> None:
    # The summary says that the report is complete.
    (target / FOLDER / SUMMARY).unlink(missing_ok=True)
    log_command(target, question.command)
    write_environment(target)
    if question.tolerances is not None:
        copy_file(question.tolerances, target / TOLERANCES, "tolerance file")


def _run_and_summarize(
    workers: WorkerPool,
    settings: ScanSettings,
    prepared: PreparedScan,
    thresholds: Thresholds,
    on_note: OnNote,
) -> ScanSummary:
    region = prepared.plan.region
    pixels = len(region.slow) * len(region.fast)
    try:
        with progress(pixels, "scan", quiet=settings.quiet) as advance:
            scanned = run_scan(prepared, workers, advance)
    except (KeyboardInterrupt, Terminated):
        count = len(list((settings.folder / FOLDER / store.TILES_FOLDER).glob("*.json")))
        on_note(
            f"stopped with {count} tiles finished; go on with --resume --stamp {settings.stamp} "
            "(those under way are waited for, unless you press Ctrl-C again)"
        )
        exit_at_next_interrupt()
        raise
    if scanned.in_order:
        on_note("the order of pixels matters here; they were computed in that of a run, slow-major")
    equal = scanned.statistics.differing_intensity == 0
    return summarize(scanned, match_scan_peaks(prepared.layout, equal=equal), thresholds, workers)
