"""What a scan compares: engines told by flags, or images, and the detector that both have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from parity_bridge.bridge.question import ScanRequest
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.errors import UsageError
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import ParsedFlags, parse_flags
from parity_bridge.experiment.smv import read_mask
from parity_bridge.scan.sides import EngineSide, ImageSide, ScanSide


@dataclass(frozen=True)
class Sides:
    """Both sides, and what an engine that only says where pixels lie is told."""

    reference: ScanSide
    other: ScanSide
    #: For two images of which flags tell the geometry.
    geometry: EngineSide | None = None

    @property
    def engines(self) -> list[EngineSide]:
        """Those of the two that are engines."""
        return [side for side in (self.reference, self.other) if isinstance(side, EngineSide)]


def sides_of(request: ScanRequest, on_note: Callable[[str], None]) -> Sides:
    """The two sides that ``request`` names; ``on_note`` hears what the flags' reader says.

    Raises UsageError and FileError as the readers of flags and images do.
    """
    named = request.reference, request.other
    parsed = {
        choice.name: parse_flags([*request.flags, *request.engine_flags.get(choice.name, ())])
        for choice in named
        if isinstance(choice, EngineChoice)
    }
    for note in dict.fromkeys(note for flags in parsed.values() for note in flags.notes):
        on_note(note)
    engines = {
        choice.name: _engine(choice, parsed) for choice in named if isinstance(choice, EngineChoice)
    }
    of_images = None
    if not engines and (request.flags_given or any(_is_bare(image) for image in named)):
        of_images = _engine(EngineChoice("c"), {"c": parse_flags(request.flags)})
    like = next(iter(engines.values()), of_images)
    sides = [
        engines[side.name] if isinstance(side, EngineChoice) else _image(side, like)
        for side in named
    ]
    return Sides(sides[0], sides[1], of_images if request.flags_given else None)


def _engine(choice: EngineChoice, parsed: Mapping[str, ParsedFlags]) -> EngineSide:
    experiment = parsed[choice.name].experiment
    side = EngineSide(choice, _absolute(experiment))
    _check_mask(side)
    return side


def _image(path: Path, like: EngineSide | None) -> ImageSide:
    """An image; size, mask and region of interest are those of the flags, where any are given."""
    if like is None:
        return ImageSide(path.absolute(), None)
    return ImageSide(path.absolute(), like.pixels, like.experiment.detector.mask, like.roi)


def _is_bare(image: EngineChoice | Path) -> bool:
    """Whether a file holds nothing but numbers, so that flags must say how many."""
    return isinstance(image, Path) and image.suffix == ".bin"


def _absolute(experiment: Experiment) -> Experiment:
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
