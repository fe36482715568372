"""Metadata beside every record: the experiment, the engine and the versions behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import RunState
from parity_bridge.files.schema import Schema
from parity_bridge.records.pixel_commands import commands_by_pixel


def state_assumed(state: RunState, *, in_frame: bool) -> str:
    """Describe the state in which a pixel began.

    The reference carries state from pixel to pixel (contract §5, §6).
    """
    where = "a run over the frame up to this pixel" if in_frame else "the start of a run"
    interpolation = "on" if state.interpolation_on else "off"
    ahead = "" if state.swept else ", no spindle sweep made yet: phi 0 finds the crystal unrotated"
    axis = " ".join(repr(number) for number in state.polar_axis)
    return (
        f"{where}: interpolation {interpolation}, polarization axis {axis}{ahead} (contract §5, §6)"
    )


@dataclass(frozen=True)
class RunContext:
    """The command given, its time, and the name of its report where it has one."""

    command: str
    timestamp: str
    stamp: str | None = None

    def command_at(self, pixel: tuple[int, int]) -> str:
        """Return the command that computes ``pixel`` alone; the given one where it names none."""
        return self._commands.get(pixel, self.command)

    @cached_property
    def _commands(self) -> dict[tuple[int, int], str]:
        return commands_by_pixel(self.command)


class Metadata(Schema):
    """Everything needed to compute one record again."""

    schema_version: Literal[1] = 1
    implementation: str
    engine: str
    dtype: str
    device: str
    pixel_coords: tuple[int, int]  # slow, fast
    tag: str | None
    command: str  # of the pixel alone; commands.txt has the one that was given
    stamp: str | None  # name of the report
    nanobragg_flags: str
    experiment: Experiment
    behaviours: Behaviours = REFERENCE
    #: The taps that the engine records, by tap_id; None: all. ``untold``: fields of these taps that
    #: it does not record. ``tolerances``: the case of tolerances that it asks for; None: the case
    #: of its dtype and device.
    taps: tuple[str, ...] | None = None
    untold: tuple[str, ...] = ()
    tolerances: str | None = None
    #: Whether the pixel began in the state that a run over the whole frame carries to it.
    in_frame: bool = False
    state_assumed: str
    notes: tuple[str, ...]
    build: dict[str, str]
    versions: dict[str, str | None]
    #: Of the C library's functions (``engines.c_core.fingerprint``); None: records written before
    #: it was recorded.
    libm_fingerprint: str | None = None
    timestamp_utc: str
