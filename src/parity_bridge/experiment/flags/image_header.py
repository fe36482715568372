"""What the header of an SMV image sets: flags and fields, keyword by keyword."""

from __future__ import annotations

from collections.abc import Mapping

from parity_bridge.experiment.flags.table import FLAG_BY_NAME
from parity_bridge.experiment.smv_header import GEOMETRY

#: Keyword -> flag, in the order in which the flags act.
FLAG_OF: Mapping[str, str] = {
    keyword: value.flag for value in GEOMETRY for keyword in value.keywords
}

#: Keyword -> the one field of an Experiment that its flag sets.
FIELD_OF: Mapping[str, str] = {key: FLAG_BY_NAME[name].fields[0] for key, name in FLAG_OF.items()}


def header_note(typed: str, header: Mapping[str, float]) -> str:
    """Say what the flag ``typed`` took from the header of its image."""
    values = ", ".join(f"{keyword} {value!r}" for keyword, value in header.items())
    return f"{typed}: {values} taken from its header"
