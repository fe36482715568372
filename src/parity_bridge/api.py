"""The interface for programs: experiments, engines, and what comparing them gives.

    from parity_bridge.api import Experiment, compare, engine, explain, locate, scan

Nothing is printed, and only ``scan`` and ``locate`` write anything: the report, into a folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from parity_bridge.bridge import integer_images
from parity_bridge.bridge.chosen_engine import (
    ChosenEngine,
    as_chosen,
    choose_engine,
    pixel_question,
)
from parity_bridge.bridge.compare import compare as compare_sides
from parity_bridge.bridge.engine_runs import ignore_note
from parity_bridge.bridge.python_arguments import (
    checked_experiment,
    checked_path,
    checked_pixels,
    checked_scan_settings,
    checked_tolerances,
    flag_words,
)
from parity_bridge.bridge.python_words import in_python_words
from parity_bridge.bridge.question import EngineSource, Question, Source
from parity_bridge.bridge.reproduction import scan_command
from parity_bridge.errors import UsageError
from parity_bridge.experiment import model
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, read_experiment
from parity_bridge.report.parity import Parity

if TYPE_CHECKING:
    from parity_bridge.bridge.scan import ScanAnswer
    from parity_bridge.engines.protocol import Engine
    from parity_bridge.explain.explanation import Finding
    from parity_bridge.locate.record import LocateRecord

__all__ = [
    "ChosenEngine",
    "Experiment",
    "Parity",
    "compare",
    "engine",
    "explain",
    "integer_image",
    "locate",
    "noise_image",
    "pgm_image",
    "scan",
]

engine = in_python_words()(choose_engine)
integer_image = in_python_words()(integer_images.integer_image)
noise_image = in_python_words()(integer_images.noise_image)
pgm_image = in_python_words()(integer_images.pgm_image)


class Experiment(model.Experiment):
    """What is simulated; equal to any ``experiment.model.Experiment`` with the same fields."""

    @classmethod
    def from_nanobragg(cls, flags: str | Sequence[str], *, as_original: bool = False) -> Self:
        """Read a nanoBragg command line: a string, split as a shell does, or words.

        ``as_original`` passes over words that mean nothing, as the original program does. The
        notes of its reader are dropped. Raises UsageError for anything else, and as
        ``nanobragg_flags.parse_flags``.
        """
        read = read_experiment(flag_words(flags), as_original=as_original)
        fields = {name: getattr(read, name) for name in type(read).model_fields}
        return cls(**fields).with_typed(read.typed)


@in_python_words()
def compare(
    experiment: model.Experiment | str | Sequence[str],
    pixels: Sequence[tuple[int, int]],
    reference: str | Engine | ChosenEngine = "c",
    other: str | Engine | ChosenEngine = "torch",
    *,
    taps: Sequence[str] | str = ("all",),
    tolerances: Path | str | None = None,
) -> Parity:
    """Run both engines at ``pixels`` (slow, fast) and compare ``taps`` (names of docs/taps.md).

    ``experiment`` may be nanoBragg flags, a string or words; ``tolerances`` is a TOML file that
    replaces some of the shipped ones. Raises UsageError for an argument of a wrong type and where
    there is nothing to compare, both are one engine or the experiment makes no sense, EngineError
    where an engine fails, FileError for a file that cannot be read.
    """
    question = pixel_question(
        experiment,
        pixels,
        as_chosen(reference),
        as_chosen(other),
        taps=taps,
        tolerances=tolerances,
    )
    return Parity(question, compare_sides(question).against[0])


@in_python_words()
def explain(parity: Parity) -> Finding | None:
    """Find why the two engines disagree; None where they agree. See docs/explain.md.

    Raises UsageError for anything but what ``compare`` returned.
    """
    if not isinstance(parity, Parity):
        raise UsageError(f"explain takes what compare returned, not a {type(parity).__name__}")
    return parity.finding


@in_python_words()
def locate(
    port: str | None = None,
    experiment: model.Experiment | str | Sequence[str] | None = None,
    pixels: Sequence[tuple[int, int]] = (),
    *,
    call: str | None = None,
    watch: Sequence[str] = (),
    dtype: str = "float64",
    device: str = "cpu",
    folder: str | Path | None = None,
) -> LocateRecord:
    """Find the line of a port's own source where it leaves the C core. See docs/locate.md.

    The port is an engine, by its name or as ``package.module:Class``, or a function from an
    experiment to its image, ``call="module:function"``. ``watch`` names packages to watch in the
    place of the port's own; ``experiment`` comes before those that are chosen, at ``pixels`` (slow,
    fast) and others. With ``folder`` a report is written there.
    Raises UsageError for an argument of a wrong type, unless one port is given and where the port
    refuses the experiment or every other, EngineError where it fails, and FileError.
    """
    # Seldom needed, and slow to import.
    from parity_bridge.bridge.chosen_pixels import given_experiment  # noqa: PLC0415
    from parity_bridge.bridge.locate import LocateQuestion, locate_command  # noqa: PLC0415
    from parity_bridge.bridge.watched_port import watched_port  # noqa: PLC0415
    from parity_bridge.report.locate.writing import locate_into  # noqa: PLC0415

    watched = watched_port(port, call, watch, dtype=dtype, device=device)
    given = None
    if experiment is not None:
        parsed = ParsedFlags(checked_experiment(experiment), ())
        given = given_experiment(parsed, checked_pixels(pixels) if len(pixels) else ())
    question = LocateQuestion(locate_command(watched, given), watched, given)
    return locate_into(None if folder is None else _report_folder(folder), question)


@in_python_words()
def scan(
    experiment: model.Experiment | str | Sequence[str],
    folder: str | Path,
    reference: str | ChosenEngine | Path = "c",
    other: str | ChosenEngine | Path = "torch",
    *,
    tolerances: Path | str | None = None,
    **settings: Any,
) -> ScanAnswer:
    """Compare two engines, or the images in two files, at every pixel of the detector or ``-roi``.

    The report lies in ``folder``; ``settings`` are ``resume``, ``tile``, ``threads``, ``dask``,
    ``thresholds`` and ``threshold_file`` of ``ScanSettings``. Raises UsageError for an argument of
    a wrong type and for a setting that does not exist, and as ``bridge.scan.scan`` does.
    """
    # Seldom needed, and slow to import.
    from parity_bridge.bridge.scan import scan as scan_region  # noqa: PLC0415
    from parity_bridge.bridge.scan_settings import ScanSettings  # noqa: PLC0415
    from parity_bridge.records.folder import sole_process  # noqa: PLC0415
    from parity_bridge.report.scan.writing import write_scan  # noqa: PLC0415
    from parity_bridge.scan.thresholds import LIMITED_QUANTITY  # noqa: PLC0415

    folder = _report_folder(folder)
    settings = checked_scan_settings(settings, LIMITED_QUANTITY)
    question = _scan_question(experiment, (reference, other), checked_tolerances(tolerances))
    question = replace(question, command=scan_command(question, folder))
    settled = ScanSettings(folder, folder.name, quiet=True, **settings)
    with sole_process(folder):
        answer = scan_region(question, settled, ignore_note)
        write_scan(answer)
    return answer


def _report_folder(folder: object) -> Path:
    """Return the folder of a report; raises UsageError for one that has no name."""
    path = checked_path(folder, "folder", "a new folder for the report")
    if path.name in ("", ".."):
        raise UsageError(f"folder {str(folder)!r} has no name; give a new folder for the report")
    return path


def _scan_question(
    experiment: object, sides: Sequence[object], tolerances: Path | None
) -> Question:
    """Ask for two engines or images over the region of ``experiment``."""
    given = ParsedFlags(checked_experiment(experiment), ())
    sources = tuple(_scan_source(side, given) for side in sides)
    are_images = all(isinstance(source, Path) for source in sources)
    return Question(
        command="",
        reference=sources[0],
        others=sources[1:],
        tolerances=tolerances,
        detector=given if are_images else None,
        detector_given=True,
    )


def _scan_source(which: Any, given: ParsedFlags) -> Source:
    """Return an engine or the path of an image as a side of a scan; raises UsageError."""
    if isinstance(which, Path):
        return which
    if isinstance(which, str) and Path(which).is_file():
        raise UsageError(
            f"{which!r} names an engine but is a file; for an image give Path({which!r})"
        )
    chosen = as_chosen(which)
    if not chosen.is_named:
        raise UsageError(
            "a scan creates its engines anew in every worker; name one as package.module:Class"
        )
    return EngineSource(chosen.choice, given)
