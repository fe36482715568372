"""What stands beside every record: the experiment, the engine and the versions that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from parity_bridge.experiment import Experiment
from parity_bridge.taps.f_cell import Schema

#: The reference carries state from pixel to pixel (contract §5); a tapped pixel starts afresh.
STATE_ASSUMED = (
    "the start of a run: interpolation not yet switched off, polarization axis normalised once "
    "(contract §5, §6)"
)


@dataclass(frozen=True)
class Occasion:
    """The command that asked, when, and the name of its report where it has one."""

    command: str
    timestamp: str
    stamp: str | None = None


class Metadata(Schema):
    """Everything needed to make one record again."""

    schema_version: Literal[1] = 1
    implementation: str
    engine: str
    dtype: str
    device: str
    pixel_coords: tuple[int, int]  # slow, fast
    tag: str | None
    command: str
    stamp: str | None  # name of the report
    nanobragg_flags: str
    experiment: Experiment
    state_assumed: str = STATE_ASSUMED
    notes: tuple[str, ...]
    build: dict[str, str]
    versions: dict[str, str | None]
    timestamp_utc: str
