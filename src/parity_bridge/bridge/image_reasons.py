"""Why a scanned image differs: its values first, then what the C core computes under hypotheses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from parity_bridge.bridge.frame import metadata_path
from parity_bridge.bridge.question import EngineSource, Question
from parity_bridge.bridge.scan_sides import ScanSides
from parity_bridge.bridge.worst_pixels import MOST_EVALUATIONS, WorstPixels, affordable_pixels
from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.comparison.tolerances import Tolerances
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.capabilities import recorded_taps
from parity_bridge.errors import BridgeError
from parity_bridge.experiment.flags.output_words import OutputWords
from parity_bridge.experiment.nanobragg_flags import ParsedFlags
from parity_bridge.experiment.regions import Region
from parity_bridge.experiment.smv import read_mask
from parity_bridge.explain.images.arrangements import LAYOUT_NAMES
from parity_bridge.explain.images.explain_image import UNEXPLAINED, explain_values
from parity_bridge.explain.images.explain_integers import explain_integers
from parity_bridge.explain.images.explain_intensities import explain_intensities
from parity_bridge.explain.images.framed_values import only_value
from parity_bridge.explain.images.intensity_search import IntensityCase
from parity_bridge.explain.images.value_reason import ImageCase
from parity_bridge.records.frame_metadata import FrameMetadata
from parity_bridge.records.pixel_records import read_model
from parity_bridge.scan.scan import PreparedScan
from parity_bridge.scan.sides import EngineSide, ImageSide, ScanSide
from parity_bridge.scan.store import IMAGE, SIDE_GROUPS, read_map
from parity_bridge.scan.summary import ScanSummary

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What is done to values that a behaviour or slip may do as well.
_HAVE_CAUSES = {"scaled", "offset", *LAYOUT_NAMES}
#: Whole numbers up to this may be counts; a float32 beyond it has no fraction.
_LARGEST_COUNT = 2**24
#: Most pixels of a region whose images are held in memory at once.
_MOST_PIXELS = 2**24


@dataclass(frozen=True)
class ImageScan:
    """A finished scan, for the search for a reason."""

    question: Question
    sides: ScanSides
    prepared: PreparedScan
    summary: ScanSummary
    tolerances: Tolerances
    threads: int


def image_reason(scan: ImageScan, worst: WorstPixels) -> ImageReason | None:
    """Return why the images differ; None where they agree, or where taps say as much or more.

    Raises FileError where an image or the maps cannot be read.
    """
    if not scan.summary.beyond_tolerance_intensity or _is_explained(worst):
        return None
    if scan.summary.pixels > _MOST_PIXELS:
        reason = _unexplained(scan, f"a region of more than {_MOST_PIXELS} pixels is not searched")
    else:
        # Squares of float64 may be infinite.
        with np.errstate(over="ignore", invalid="ignore"):
            reason = _searched_reason(scan)
    has_taps = worst.answer is not None
    return None if has_taps and not reason.is_sufficient else reason


def _is_explained(worst: WorstPixels) -> bool:
    """Return whether the taps of the worst pixels gave the reason."""
    if worst.answer is None:
        return False
    finding = worst.answer.against[0].finding
    return finding is not None and finding.is_sufficient


def _unexplained(scan: ImageScan, why: str) -> ImageReason:
    name = scan.summary.other.name
    return ImageReason(kind="unexplained", clause=f"nothing tried explains {name}: {why}")


def _searched_reason(scan: ImageScan) -> ImageReason:
    case, given = _image_case(scan), _given(scan.question)
    experiment = None if given is None else given.experiment
    seeds = _seeds(scan.question)
    by_values = explain_values(case, scan.summary.other.name, experiment, seeds)
    if by_values is not None and not _may_be_hypotheses(by_values):
        return by_values
    return _by_hypotheses(scan, case, by_values or _unexplained(scan, UNEXPLAINED))


def _may_be_hypotheses(reason: ImageReason) -> bool:
    """Return whether a behaviour or slip may say more.

    A mere factor or offset has a cause, and so may another layout of the same figures.
    """
    return all(set(names) <= _HAVE_CAUSES for names in reason.names)


def _by_hypotheses(scan: ImageScan, case: ImageCase, by_values: ImageReason) -> ImageReason:
    """Return what the C core under hypotheses shows; ``by_values`` where that shows nothing."""
    side = scan.sides.reference
    is_counts = _is_counts(case)
    if (
        not _is_of_core(side)
        or _has_other_taps(scan.sides.other)
        or (is_counts and (by_values.is_sufficient or only_value(case) is not None))
    ):
        return by_values
    pixels = affordable_pixels(side, [pixel.pixel_coords for pixel in scan.summary.worst])
    if not pixels:
        return _not_tried(by_values, f"a pixel has more than {MOST_EVALUATIONS} evaluations")
    intensities, name = _intensity_case(scan, side, case, pixels), scan.summary.other.name
    try:
        if is_counts:
            found = explain_integers(intensities, case, name)
        else:
            found = explain_intensities(intensities, name)
    except BridgeError as error:
        return _not_tried(by_values, str(error))
    return _without_cause(by_values) if found is None else _joined(by_values, found)


def _is_counts(case: ImageCase) -> bool:
    """Return whether the image holds whole numbers, such as an integer image or noise has."""
    image = np.asarray(case.image[case.region.slices])
    return np.array_equal(image, np.rint(image)) and image.max(initial=0) <= _LARGEST_COUNT


def _without_cause(by_values: ImageReason) -> ImageReason:
    """Return ``by_values`` with the remark that no hypothesis gives the image."""
    failed = "no behaviour of contract §7 or known slip, alone or together, gives every pixel"
    if by_values.is_sufficient:
        evidence = (*by_values.evidence, f"As for a cause, {failed}.")
        return by_values.model_copy(update={"evidence": evidence})
    return by_values.model_copy(update={"clause": f"{by_values.clause}; {failed}"})


def _joined(by_values: ImageReason, found: ImageReason) -> ImageReason:
    """Return the hypotheses with what the image is in numbers.

    Where that is another layout of the reference's pixels, the image may be either.
    """
    if any(LAYOUT_NAMES & set(names) for names in by_values.names):
        return _either(by_values, found)
    also = (f"In numbers: {by_values.clause}.",) if by_values.is_sufficient else ()
    return found.model_copy(update={"evidence": (*found.evidence, *also)})


def _either(by_values: ImageReason, found: ImageReason) -> ImageReason:
    """Return both: another layout of the reference's pixels, which hypotheses give as well."""
    names = " and ".join(f"`{name}`" for name in found.names[0])
    clause = f"{by_values.clause}; these pixels cannot tell that from {names}"
    return by_values.model_copy(
        update={
            "clause": clause,
            "names": (*by_values.names, *found.names),
            "evidence": (*by_values.evidence, f"{found.clause}."),
        }
    )


def _is_of_core(side: ScanSide) -> TypeGuard[EngineSide]:
    """Return whether the reference can be run under hypotheses."""
    return isinstance(side, EngineSide) and side.choice.name == CCore.name


def _has_other_taps(side: ScanSide) -> bool:
    """Return whether a side records more than intensities: then its taps are to be explained."""
    return isinstance(side, EngineSide) and set(recorded_taps(side.engine)) != {"final_output"}


def _not_tried(reason: ImageReason, why: str) -> ImageReason:
    note = f"Behaviours and slips could not be tried: {why}."
    return reason.model_copy(update={"evidence": (*reason.evidence, note)})


def _intensity_case(
    scan: ImageScan, side: EngineSide, case: ImageCase, pixels: list[tuple[int, int]]
) -> IntensityCase:
    return IntensityCase(
        side.experiment,
        side.behaviours,
        np.asarray(case.image[case.region.slices]),
        case.region,
        tuple(pixels),
        scan.tolerances,
        case.computed,
        scan.threads,
    )


def _image_case(scan: ImageScan) -> ImageCase:
    region = scan.prepared.plan.region
    reference, other = (
        read_map(scan.prepared.layout, f"{side}/{IMAGE}", region) for side in SIDE_GROUPS
    )
    outputs = _outputs(scan.question)
    return ImageCase(
        reference,
        _whole_image(scan.sides.other, other, region),
        region,
        _computed(scan.sides, region),
        scan.summary.intensity_tolerance,
        (outputs.scale, outputs.pgm_scale),
        outputs.adc,
    )


def _whole_image(side: ScanSide, values: NDArray[Any], region: Region) -> NDArray[Any]:
    """Return the image of the whole detector; of an engine, 0 outside the region."""
    if isinstance(side, ImageSide):
        return side.file.read(Region.whole(*side.pixels))
    image = np.zeros(side.pixels, values.dtype)
    image[region.slices] = values
    return image


def _computed(sides: ScanSides, region: Region) -> NDArray[np.bool_] | None:
    """Return where no mask leaves pixels out; None: there is no mask."""
    masks = (
        side.mask if isinstance(side, ImageSide) else _mask_of(side)
        for side in (sides.reference, sides.other)
    )
    mask = next((path for path in masks if path is not None), None)
    return None if mask is None else read_mask(mask)[region.slices] != 0


def _mask_of(side: ScanSide) -> Path | None:
    return side.experiment.detector.mask if isinstance(side, EngineSide) else None


def _given(question: Question) -> ParsedFlags | None:
    """Return what the reference was given, or the detector of two images; None: nothing."""
    if isinstance(question.reference, EngineSource):
        return question.reference.given
    return question.detector if question.detector_given else None


def _outputs(question: Question) -> OutputWords:
    given = _given(question)
    return OutputWords() if given is None else given.outputs


def _seeds(question: Question) -> tuple[int, ...]:
    """Return seeds that a noise image may be of: ``-seed``, and that beside a frame of ours."""
    seeds = [_outputs(question).seed]
    source = question.others[0]
    if isinstance(source, Path) and metadata_path(source).is_file():
        try:
            metadata = read_model(metadata_path(source), FrameMetadata)
        except BridgeError:
            # Another program's file may have this name.
            metadata = None
        if metadata is not None and metadata.integer_file is not None:
            seeds.append(metadata.integer_file.seed)
    return tuple(dict.fromkeys(seed for seed in seeds if seed is not None))
