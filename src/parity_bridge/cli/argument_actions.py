"""What argparse does with the options that may be given several times."""

from __future__ import annotations

import argparse
from typing import Any

from parity_bridge.cli import options
from parity_bridge.engines.choice import Target


class _Targets(list[Target]):
    """The pixels that were given so far; whether one was is known without a search."""

    def __init__(self) -> None:
        super().__init__()
        self.coords: set[tuple[int, int]] = set()
        self.tags: set[str] = set()


def _targets_of(namespace: Any, dest: str) -> _Targets:
    """Return the pixels in ``namespace``, which has a default until the first is given."""
    if not isinstance(getattr(namespace, dest), _Targets):
        setattr(namespace, dest, _Targets())
    targets: _Targets = getattr(namespace, dest)
    return targets


class AddPixel(argparse.Action):
    """``--pixel SLOW FAST``: one more Target."""

    def __call__(self, parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        """Add the pixel; raise UsageError where it is given twice."""
        coords = (values[0], values[1])
        targets = _targets_of(namespace, self.dest)
        if coords in targets.coords:
            parser.error(f"--pixel {coords[0]} {coords[1]} is given twice; give it once")
        targets.coords.add(coords)
        targets.append(Target(coords))


class AddPixels(AddPixel):
    """``--more-pixels SLOW FAST SLOW FAST ...``: as many Targets."""

    def __call__(self, parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        """Add the pixels; raise UsageError where one is given twice."""
        for place in range(0, len(values), 2):
            super().__call__(parser, namespace, values[place : place + 2])


class TagPixel(argparse.Action):
    """``--tag NAME``: the name of the pixel before it."""

    def __call__(self, parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        """Name the last pixel; raise UsageError without one, or where a name is given twice."""
        targets = _targets_of(namespace, self.dest)
        if not targets:
            parser.error(f"--tag {values} stands before any --pixel; write it after its pixel")
        if values in targets.tags and targets[-1].tag != values:
            parser.error(f"--tag {values} is given to two pixels; name each differently")
        if targets[-1].tag is not None:
            parser.error(f"--tag {values}: the pixel before it has the tag {targets[-1].tag}")
        targets.tags.add(values)
        targets[-1] = Target(targets[-1].coords, values)


class AddBehaviour(argparse.Action):
    """``--behaviour [ENGINE:]NAME=CHOICE``: a behaviour of ENGINE, or of every engine."""

    def __call__(self, _parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        """Add the engine, None for every engine, and its ``NAME=CHOICE``."""
        engine, _, switch = values.rpartition(":")
        before = getattr(namespace, self.dest) or ()
        setattr(namespace, self.dest, (*before, (engine or None, switch)))


class AddEngineFlags(argparse.Action):
    """``--engine-flags NAME "FLAGS"``: flags for one engine only."""

    def __call__(self, parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        """Add the words of FLAGS to those of engine NAME; raise UsageError for an open quote."""
        name, text = values
        try:
            flags = options.split_flags(text)
        except argparse.ArgumentTypeError as error:
            parser.error(f"--engine-flags {name}: {error}")
        before = dict(getattr(namespace, self.dest) or {})
        setattr(namespace, self.dest, {**before, name: (*before.get(name, ()), *flags)})
