"""Which flag each keyword of an SMV header stands for.

The contract names no keywords; this list is ours. A header acts as its flags would, typed one after
the other in this order.
"""

from __future__ import annotations

from collections.abc import Mapping

from parity_bridge.experiment.flags.table import FLAG_BY_NAME

#: Keyword -> flag, in the order in which the flags act.
FLAG_OF: Mapping[str, str] = {
    "SIZE1": "-detpixels_f",
    "SIZE2": "-detpixels_s",
    "PIXEL_SIZE": "-pixel",
    "DISTANCE": "-distance",
    "CLOSE_DISTANCE": "-close_distance",
    "WAVELENGTH": "-lambda",
    "BEAM_CENTER_X": "-Xbeam",
    "BEAM_CENTER_Y": "-Ybeam",
    "ORGX": "-ORGX",
    "XDS_ORGX": "-ORGX",
    "ORGY": "-ORGY",
    "XDS_ORGY": "-ORGY",
    "PHI": "-phi",
    "OSC_START": "-phi",
    "OSC_RANGE": "-osc",
    "TWOTHETA": "-twotheta",
}

#: Keyword -> the one field of an Experiment that its flag sets.
FIELD_OF: Mapping[str, str] = {key: FLAG_BY_NAME[name].fields[0] for key, name in FLAG_OF.items()}


def header_note(typed: str, header: Mapping[str, float]) -> str:
    """What the flag ``typed`` took from the header of its image."""
    values = ", ".join(f"{keyword} {value!r}" for keyword, value in header.items())
    return f"{typed}: {values} taken from its header"
