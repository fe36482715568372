"""What argparse does with the options that may be given several times."""

from __future__ import annotations

import argparse
from typing import Any

from parity_bridge.cli import options
from parity_bridge.engines.choice import Target


class AddPixel(argparse.Action):
    """``--pixel SLOW FAST``: one more Target."""

    def __call__(self, parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        """Add the pixel; raise UsageError where it is given twice."""
        coords = (values[0], values[1])
        targets = list(getattr(namespace, self.dest) or ())
        if any(target.coords == coords for target in targets):
            parser.error(f"--pixel {coords[0]} {coords[1]} is given twice; give it once")
        setattr(namespace, self.dest, [*targets, Target(coords)])


class TagPixel(argparse.Action):
    """``--tag NAME``: the name of the pixel before it."""

    def __call__(self, parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        """Name the last pixel; raise UsageError without one, or where a name is given twice."""
        targets = list(getattr(namespace, self.dest) or ())
        if not targets:
            parser.error(f"--tag {values} stands before any --pixel; write it after its pixel")
        if any(target.tag == values for target in targets[:-1]):
            parser.error(f"--tag {values} is given to two pixels; name each differently")
        if targets[-1].tag is not None:
            parser.error(f"--tag {values}: the pixel before it has the tag {targets[-1].tag}")
        setattr(namespace, self.dest, [*targets[:-1], Target(targets[-1].coords, values)])


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
