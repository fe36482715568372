"""What becomes of one mutant: run in a fork that has imported everything but the port."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from parity_bridge.bridge.locate import LocateQuestion, is_enough, locate_at, record_of
from parity_bridge.bridge.watched_port import WatchedPort
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.experiment.behaviours import REFERENCE
from parity_bridge.locate.experiments.choose import ChosenExperiment
from parity_bridge.locate.figures.build import figures_of
from parity_bridge.locate.record import LocatedExperiment

if TYPE_CHECKING:
    from mutant_target import Copy, Target
    from mutations import Mutation
    from numpy.typing import NDArray

    from parity_bridge.locate.located import SourceLine

#: ``fails``: it raised or never ended, which needs no tool. ``equal``: no bit of any image changed.
#: ``agrees``: bits changed, and the comparison holds it for noise.
Outcome = Literal["fails", "equal", "agrees", "differs"]


@dataclass(frozen=True)
class Result:
    """A line of the result file."""

    name: str
    kind: str
    file: str
    lines: tuple[int, int]
    function: str
    old: str
    new: str
    is_held_out: bool
    outcome: Outcome
    #: CPU time; the machine may be busy with other things.
    seconds: float
    #: Largest change of any intensity, relative to the largest of its image.
    change: float = 0.0
    #: The experiment that said most.
    experiment: str = ""
    verdict: str = ""
    first_missing: str = ""
    stage: str = ""
    last_agreeing: str = ""
    named: tuple[str, int] | None = None
    interval: tuple[tuple[str, int], ...] = ()
    finding: str = ""
    #: Of each experiment at which it was watched: name, figure, and lines.
    watched: tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...] = ()
    #: Of a mutant that fails, or of a failure of ours.
    message: str = ""
    #: Whether it was the tool that failed.
    is_ours: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)


@dataclass(frozen=True)
class Bench:
    """What every mutant of a port is run at and held against."""

    target: Target
    experiments: Sequence[ChosenExperiment]
    #: The intensities of the unchanged port, by the name of the experiment.
    clean: Mapping[str, NDArray[np.float64]]
    #: Whether behaviours and slips are looked for first, as the command does.
    explains: bool

    @property
    def port(self) -> WatchedPort:
        """The port, which records a pixel even where a value of it is not finite."""
        return WatchedPort(EngineChoice(self.target.engine, check_finite=False))


def run_mutant(bench: Bench, copy: Copy, mutation: Mutation) -> Result:
    """Run a mutant at the experiments and, where a bit changes, locate it; never raises."""
    begin = time.process_time()
    copy.install()
    changed, message = _changed_images(bench)
    found: dict[str, Any] = {"outcome": "fails" if message else "equal", "message": message}
    if changed:
        found = {**_locate_one(bench, changed), "change": max(changed.values())}
    return _result(mutation, time.process_time() - begin, **found)


def no_result(mutation: Mutation, seconds: float) -> Result:
    """Return the result of a mutant that never ended, or whose process died."""
    return _result(mutation, seconds, outcome="fails", message="it never ended, or died")


def _result(mutation: Mutation, seconds: float, **found: Any) -> Result:
    return Result(
        name=mutation.name, kind=mutation.kind, file=Path(mutation.file).name,
        lines=(mutation.line, mutation.end_line), function=mutation.function, old=mutation.old,
        new=mutation.new, is_held_out=mutation.is_held_out, seconds=round(seconds, 3), **found,
    )  # fmt: skip


def clean_images(bench: Bench) -> dict[str, NDArray[np.float64]]:
    """Return the intensities of every experiment, by its name."""
    return {one.name: _image(bench, one) for one in bench.experiments}


def _image(bench: Bench, one: ChosenExperiment) -> NDArray[np.float64]:
    engine = bench.port.engine()
    observed = engine.observe(one.parsed.experiment, one.pixels)
    return np.array([item.totals["intensity"] for item in observed])


def _changed_images(bench: Bench) -> tuple[dict[str, float], str]:
    """Return by how much each image changed, of those that did, and why another has none."""
    changed, message = {}, ""
    for one in bench.experiments:
        before = bench.clean[one.name]
        try:
            image = _image(bench, one)
        except Exception as error:  # noqa: BLE001 - whatever a mutant does
            message = f"{type(error).__name__}: {error}"[:300]
            continue
        if image.tobytes() != before.tobytes():
            with np.errstate(all="ignore"):
                change = np.abs(image - before).max() / np.abs(before).max()
            changed[one.name] = float(np.nan_to_num(change, nan=np.inf))
    return changed, message


def _locate_one(bench: Bench, changed: Mapping[str, float]) -> dict[str, Any]:
    """Locate at the experiments that changed, as ``locate`` does; return the best of them."""
    found: list[LocatedExperiment] = []
    try:
        for one in bench.experiments:
            if one.name in changed and not is_enough(found):
                found.append(locate_at(bench.port, one, explains=bench.explains))
    except Exception as error:  # noqa: BLE001 - counted; it must not end the benchmark
        text = f"{type(error).__name__}: {error}"[:300]
        return {"outcome": "differs", "message": text, "is_ours": True}
    return _best_of(bench, found)


def _best_of(bench: Bench, found: Sequence[LocatedExperiment]) -> dict[str, Any]:
    record = record_of(LocateQuestion("", bench.port), found)
    best = record.best
    if best is None or best.located is None:
        return {"outcome": "agrees"}
    located, named = best.located, record.named
    chosen = next(one for one in bench.experiments if one.name == best.name)
    return {
        "outcome": "differs",
        "experiment": best.name,
        "verdict": record.verdict,
        "first_missing": located.first_missing or "",
        "stage": _stage(chosen, located.first_missing),
        "last_agreeing": located.last_agreeing or "",
        "named": None if named is None else (Path(named.file).name, named.line),
        "interval": _places(record.interval),
        "finding": best.finding or "",
        "watched": tuple(
            (one.name, one.located.first_missing or "", _places(one.located.interval))
            for one in found
            if one.located is not None
        ),
    }


def _places(lines: Sequence[SourceLine]) -> tuple[tuple[str, int], ...]:
    return tuple((Path(line.file).name, line.line) for line in lines)


def _stage(chosen: ChosenExperiment, figure: str | None) -> str:
    figures = figures_of(chosen.parsed.experiment, chosen.pixels, REFERENCE)
    return next((one.stage for one in figures if one.name == figure), "")
