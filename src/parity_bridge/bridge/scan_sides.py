"""What a scan compares: engines with their experiments, or images with their detector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parity_bridge.bridge.engine_runs import OnNote
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import ParsedFlags
from parity_bridge.experiment.smv import read_mask
from parity_bridge.scan.sides import EngineSide, ImageSide, ScanSide


@dataclass(frozen=True)
class ScanSides:
    """Both sides, and the engine that only computes where pixels lie."""

    reference: ScanSide
    other: ScanSide
    #: For two images of which flags tell the geometry.
    geometry: EngineSide | None = None


def scan_sides_of(question: Question, on_note: OnNote) -> ScanSides:
    """Return the two sides of ``question``; notes go to ``on_note``.

    Raises UsageError and FileError as the engines and the readers of images do.
    """
    sources = question.sources
    given = [source.given for source in sources if isinstance(source, EngineSource)]
    for note in dict.fromkeys(note for parsed in given if parsed for note in parsed.notes):
        on_note(note)
    engines = {
        place: _engine_side(source.choice, source.given)
        for place, source in enumerate(sources)
        if isinstance(source, EngineSource)
    }
    detector = None
    if not engines and question.detector is not None:
        detector = _engine_side(EngineChoice("c"), question.detector)
    like = next(iter(engines.values()), detector)
    reference, other = (
        _image_side(source, like) if isinstance(source, Path) else engines[place]
        for place, source in enumerate(sources)
    )
    return ScanSides(reference, other, detector if question.detector_given else None)


def _engine_side(choice: EngineChoice, given: ParsedFlags | None) -> EngineSide:
    if given is None:
        raise ValueError("an engine is run when it is known what it is given")
    side = EngineSide(choice, _with_absolute_paths(given.experiment))
    _check_mask(side)
    return side


def _image_side(path: Path, like: EngineSide | None) -> ImageSide:
    """Return an image side, with the size, mask and region of interest of ``like``."""
    if like is None:
        return ImageSide(path.absolute(), None)
    return ImageSide(path.absolute(), like.pixels, like.experiment.detector.mask, like.roi)


def _with_absolute_paths(experiment: Experiment) -> Experiment:
    """With files named so that a worker elsewhere finds them."""
    factors, beam, detector = (
        experiment.structure_factors,
        experiment.beam,
        experiment.detector,
    )

    def whole(path: Path | None) -> Path | None:
        return None if path is None else path.absolute()

    return experiment.model_copy(
        update={
            "structure_factors": factors.model_copy(
                update={"hkl": whole(factors.hkl), "dump": whole(factors.dump)}
            ),
            "beam": beam.model_copy(update={"source_file": whole(beam.source_file)}),
            "detector": detector.model_copy(update={"mask": whole(detector.mask)}),
        }
    )


def _check_mask(side: EngineSide) -> None:
    """Raise UsageError for a mask that leaves nothing: comparing nothing is never a pass."""
    file = side.experiment.detector.mask
    if file is None:
        return
    part = read_mask(file)[side.roi.slices]
    if part.size and not part.any():
        raise UsageError(f"-mask {file} leaves no pixel to compute; there is nothing to compare")
