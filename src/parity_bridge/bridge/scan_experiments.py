"""Many experiments scanned one after the other, each into a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from parity_bridge.bridge.engine_runs import OnNote
from parity_bridge.bridge.question import Question
from parity_bridge.bridge.scan import ScanAnswer, scan_with, worker_pool_of
from parity_bridge.bridge.scan_settings import ScanSettings
from parity_bridge.errors import BridgeError
from parity_bridge.records.folder import check_is_new, sole_process
from parity_bridge.records.journal import log_command
from parity_bridge.scan.executor import WorkerPool
from parity_bridge.scan.experiments import NamedExperiment
from parity_bridge.scan.summary import ScanSummary


@dataclass(frozen=True)
class ExperimentScan:
    """One experiment of many: its summary, or why there is none."""

    experiment: NamedExperiment
    summary: ScanSummary | None
    error: BridgeError | None = None
    #: What the report is written from; None once that is done.
    answer: ScanAnswer | None = None

    @property
    def exit_status(self) -> int:
        """Of the error, or of the verdict."""
        if self.error is not None:
            return self.error.exit_status
        return 0 if self.summary is None else self.summary.exit_status


def scan_experiments(
    experiments: Sequence[NamedExperiment],
    ask: Callable[[NamedExperiment], Question],
    settings: ScanSettings,
    command: str,
    on_note: OnNote,
) -> Iterator[ExperimentScan]:
    """Scan each of ``experiments`` with the question that ``ask`` makes of it.

    One that fails does not stop the others. Raises FileError where the folder of all of them cannot
    be made or, without ``resume``, is there already.
    """
    with sole_process(settings.folder):
        if not settings.resume:
            check_is_new(settings.folder)
        log_command(settings.folder, command)
        with worker_pool_of(settings) as workers:
            for experiment in experiments:
                yield _scan_one(workers, experiment, ask, settings, on_note)


def _scan_one(
    workers: WorkerPool,
    experiment: NamedExperiment,
    ask: Callable[[NamedExperiment], Question],
    settings: ScanSettings,
    on_note: OnNote,
) -> ExperimentScan:
    def note(text: str) -> None:
        on_note(f"{experiment.name}: {text}")

    folder = settings.folder / experiment.name
    # An experiment that an earlier run never came to is begun.
    own = replace(settings, folder=folder, resume=settings.resume and folder.exists())
    try:
        answer = scan_with(workers, ask(experiment), own, note)
    except BridgeError as error:
        note(str(error))
        return ExperimentScan(experiment, None, error)
    return ExperimentScan(experiment, answer.summary, answer=answer)
