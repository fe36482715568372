"""What the headers of -mask and -img say in the literal model, before any flag (contract §8)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from tests.experiment.flags.c_numbers import atof, atoi
from tests.experiment.flags.literal_effects import Said

_NUMBERS = {
    "PIXEL_SIZE": "detector.pixel_size",
    "DISTANCE": "detector.distance",
    "CLOSE_DISTANCE": "detector.close_distance",
    "WAVELENGTH": "beam.wavelength",
    "BEAM_CENTER_X": "detector.x_beam",
    "BEAM_CENTER_Y": "detector.y_beam",
    "ORGX": "detector.org_x",
    "ORGY": "detector.org_y",
    "PHI": "sampling.phi",
    "OSC_RANGE": "sampling.oscillation.range",
}


def read_headers(words: Sequence[str], said: Said) -> None:
    """Take what the last -mask and then the last -img of the line say."""
    mask, image = _last_name("-mask", words), _last_name("-img", words)
    if mask is not None and (header := _header(mask)) is not None:
        _take(header, said)
        said.put("detector.mask", Path(mask))
        if _value(header, "BEAM_CENTER_Y") is not None:
            _turn_beam_centre(said)
    if image is not None and (header := _header(image)) is not None:
        _take(header, said)


def _turn_beam_centre(said: Said) -> None:
    centre = {
        "y_beam": said.fields["detector.y_beam"],
        "pixel_size": said.fields.get("detector.pixel_size", 0.1),
        "pixels_slow": said.fields["detector.pixels_slow"],
    }
    said.put("detector.y_beam", None)
    said.put("detector.mask_beam_centre", centre)


def _last_name(part: str, words: Sequence[str]) -> str | None:
    name = None
    for word, following in pairwise(words):
        if word.startswith("-") and part in word:
            name = following
    return name


def _header(name: str) -> str | None:
    """Return the header of an image; None where there is none, which the original passes over."""
    try:
        content = Path(name).read_bytes().decode("latin-1")
    except OSError:
        return None
    size = _value(content[:512], "HEADER_BYTES")
    if not content.startswith("{\n") or size is None:
        return None
    return content[: atoi(size)]


def _take(header: str, said: Said) -> None:
    for keyword, name in (("SIZE1", "pixels_fast"), ("SIZE2", "pixels_slow")):
        if (value := _value(header, keyword)) is not None:
            said.put(f"detector.{name}", atoi(value))
    for keyword, name in _NUMBERS.items():
        if (value := _value(header, keyword)) is not None:
            said.put(name, atof(value))


def _value(header: str, keyword: str) -> str | None:
    """Return what follows the first = after the last place of ``keyword``.

    Without any = the original reads what lies in memory, nothing as a rule.
    """
    place = header.rfind(keyword)
    return header[place:].partition("=")[2] if place >= 0 else None
