"""What the header of an SMV image sets, keyword by keyword (contract §8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from parity_bridge.experiment.flags.flag import Value
from parity_bridge.experiment.model import Detector, MaskBeamCentre
from parity_bridge.experiment.smv_header import GEOMETRY

#: Keyword -> the one field of an Experiment that it sets.
FIELD_OF: Mapping[str, str] = {value.keyword: value.field for value in GEOMETRY}

#: The field that BEAM_CENTER_Y of a mask sets in place of its own.
MASK_BEAM_CENTRE = "detector.mask_beam_centre"

_Y_BEAM = "BEAM_CENTER_Y"


def header_fields(
    header: Mapping[str, float], *, is_mask: bool
) -> Iterator[tuple[str, str, Value]]:
    """Yield keyword, field and value of all that ``header`` sets; a mask differs in its Ybeam."""
    for keyword, field in FIELD_OF.items():
        if keyword not in header:
            continue
        if keyword == _Y_BEAM and is_mask:
            yield keyword, MASK_BEAM_CENTRE, mask_beam_centre(header)
        else:
            yield keyword, field, header[keyword]
        if keyword == _Y_BEAM and not is_mask:
            yield keyword, MASK_BEAM_CENTRE, None


def mask_beam_centre(header: Mapping[str, float]) -> MaskBeamCentre | None:
    """Return the beam centre along slow of the mask with ``header``, from the far edge."""
    if _Y_BEAM not in header:
        return None
    pixel_size = header.get("PIXEL_SIZE", Detector.model_fields["pixel_size"].default)
    return MaskBeamCentre(
        y_beam=header[_Y_BEAM], pixel_size=pixel_size, pixels_slow=int(header["SIZE2"])
    )
