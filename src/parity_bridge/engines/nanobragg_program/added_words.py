"""What follows the user's own words: flags for what a run changes, for its output, and no more."""

from __future__ import annotations

import os
from collections.abc import Sequence

from parity_bridge.experiment.model import Experiment

#: No pictures and no noise: only the printout and the float image are needed.
QUIET = ("-intfile", os.devnull, "-nonoise", "-nopgm", "-noprogress")

#: A word that contains this makes a program print pixels, with ``_pixel`` only one of them.
_PRINTOUT = "-printout"
_ALL_PIXELS = ("-1", "-1")
_NO_PIXEL = (str(2**31 - 1),) * 2

#: What the header of a mask may say, but for what is stated anyway.
_HEADER_FLAGS = ("-pixel", "-distance", "-close_distance", "-lambda", "-Xbeam", "-Ybeam", "-ORGX",
                 "-ORGY", "-phi", "-osc")  # fmt: skip


def output_words(image: str, *, printout: bool) -> list[str]:
    """Return the words for a float image in the file ``image``, no others, and a printout."""
    return ["-floatfile", image, *QUIET, *([_PRINTOUT] if printout else [])]


def printing_words(typed: Sequence[str], *, printout: bool) -> list[str]:
    """Return the words that print every pixel or none where ``typed`` asks for a printout."""
    if not any(word.startswith("-") and _PRINTOUT in word for word in typed):
        return []
    return [f"{_PRINTOUT}_pixel", *(_ALL_PIXELS if printout else _NO_PIXEL)]


def changing_words(
    experiment: Experiment, changed: Experiment, *, restates_header: bool
) -> list[str]:
    """Return the flags that make ``experiment`` the ``changed`` one; values that it lacks stay.

    With ``restates_header``, also flags for all that the header of a mask may have said.
    """
    before, after = _values(experiment), _values(changed)
    always = _HEADER_FLAGS if restates_header else ()
    words = [
        word
        for flag, values in after.items()
        if (values != before[flag] or flag in always) and None not in values
        for word in (flag, *map(_word, values))
    ]
    detector = changed.detector
    # In custom geometry a beam centre sets the pivot too.
    if detector.convention == "custom" and (detector != experiment.detector or restates_header):
        words += ["-pivot", detector.pivot]
    return words


def _values(experiment: Experiment) -> dict[str, tuple[object, ...]]:
    """Return what runs may change, flag by flag."""
    detector, sampling, beam = experiment.detector, experiment.sampling, experiment.beam
    return {
        "-pixel": (detector.pixel_size,),
        "-detpixels_x": (detector.pixels_fast,),
        "-detpixels_y": (detector.pixels_slow,),
        "-distance": (detector.distance,),
        "-close_distance": (detector.close_distance,),
        "-lambda": (beam.wavelength,),
        "-Xbeam": (detector.x_beam,),
        "-Ybeam": (detector.y_beam,),
        "-ORGX": (detector.org_x,),
        "-ORGY": (detector.org_y,),
        "-phi": (sampling.phi,),
        "-osc": (sampling.oscillation.range,),
        "-phisteps": (sampling.oscillation.steps,),
        "-sourcefile": (beam.source_file,),
        "-oversample": (sampling.oversample,),
        "-roi": sampling.roi or (None,),
    }


def _word(value: object) -> str:
    return repr(value) if isinstance(value, float | int) else str(value)
