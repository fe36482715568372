"""The record of ``locate``: the experiments that were run, and what was found at each."""

from __future__ import annotations

from typing import Literal

from parity_bridge.files.schema import SCHEMA_VERSION, Schema, Version
from parity_bridge.locate.located import Located, SourceLine
from parity_bridge.taps.schema import Pixel

#: The most telling first; the number of lines decides between intervals.
_ORDER = ("line", "interval", "nothing observed", "agrees")

#: Exit status of ``locate`` where the port differs.
_DIFFERS = 3


class LocatedExperiment(Schema):
    """One experiment: whether the port agrees with the reference there and, if not, where not."""

    name: str
    #: What it is for, in a few words.
    purpose: str
    #: The nanoBragg command line; files that locate wrote lie in the folder of the record.
    flags: tuple[str, ...]
    pixels: tuple[Pixel, ...]
    #: Whether every compared figure agrees, or differs by no more than the inputs' noise.
    agrees: bool
    #: The sentence of ``explain``; None where the port agrees or could not be explained.
    finding: str | None
    #: What ``explain`` named, behaviours and slips; several sets where it cannot tell them apart.
    names: tuple[tuple[str, ...], ...]
    #: None where the port agrees.
    located: Located | None
    notes: tuple[str, ...]


class LocateRecord(Schema):
    """What ``locate`` found of a port, at one experiment after the other."""

    schema_version: Version = SCHEMA_VERSION
    #: The command that wrote the record.
    command: str
    #: The engine by its name, or ``module:function``.
    port: str
    dtype: str
    #: Packages whose source was watched; empty: that of the port.
    watch: tuple[str, ...]
    experiments: tuple[LocatedExperiment, ...]

    @property
    def best(self) -> LocatedExperiment | None:
        """The experiment that says most about the place; None where the port agrees everywhere."""
        differing = [one for one in self.experiments if one.located is not None]
        return min(differing, key=_vagueness, default=None)

    @property
    def named(self) -> SourceLine | None:
        """The line of the fault: named at one experiment and held at every other that differs."""
        found = [one.located for one in self.experiments if one.located is not None]
        named = [one.named for one in found if one.named is not None]
        if not named:
            return None
        line = named[0]
        kept = (one for one in found if one.interval)
        return line if all(_place(line) in map(_place, one.interval) for one in kept) else None

    @property
    def interval(self) -> tuple[SourceLine, ...]:
        """The lines that may hold the fault, nearest to it first.

        Lines that every experiment lists, where there are any; where one names a line that another
        excludes, the lines of all of them.
        """
        if self.named is not None:
            return (self.named,)
        best = self.best
        if best is None or best.located is None:
            return ()
        if best.located.named is None:
            return self._common_lines(best.located.interval)
        found = [one.located for one in self.experiments if one.located is not None]
        lines = {_place(line): line for one in found for line in one.interval}
        return tuple(lines.values())

    def _common_lines(self, lines: tuple[SourceLine, ...]) -> tuple[SourceLine, ...]:
        """Return those of ``lines`` that every interval holds; all of them where none is left."""
        found = [one.located for one in self.experiments if one.located is not None]
        places = [set(map(_place, one.interval)) for one in found if one.interval]
        common = tuple(line for line in lines if all(_place(line) in own for own in places))
        return common or lines

    @property
    def verdict(self) -> Literal["agrees", "line", "interval", "nothing observed"]:
        """What was found at all experiments together."""
        best = self.best
        if best is None or best.located is None:
            return "agrees"
        if self.named is not None:
            return "line"
        return "interval" if self.interval else best.located.verdict

    @property
    def exit_status(self) -> int:
        """0 where the port agrees at every experiment."""
        return 0 if self.best is None else _DIFFERS


def _place(line: SourceLine) -> tuple[str, int]:
    return line.file, line.line


def _vagueness(one: LocatedExperiment) -> tuple[int, int]:
    located = one.located
    if located is None:
        return len(_ORDER), 0
    return _ORDER.index(located.verdict), len(located.interval)
