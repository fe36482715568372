"""The command line: one command, its errors as one sentence and an exit status.

Nothing heavy is imported before the arguments of a command are checked: ``--help``, usage errors
and the C core never wait for torch.
"""

from __future__ import annotations

import gc
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module

from parity_bridge.cli.argument_words import (
    join_pixels,
    protect_engine_flags,
    split_nanobragg_flags,
)
from parity_bridge.cli.arguments import argument_parser
from parity_bridge.cli.exit_status import exit_status_of
from parity_bridge.errors import UsageError
from parity_bridge.files.names import check_utf8


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    with _no_garbage_collection():
        return exit_status_of(partial(_dispatch, words))


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Switch the collector off: scanning what imports create would cost a fifth of their time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _dispatch(argv: list[str]) -> int:
    for word in argv:
        check_utf8(word, "the argument")
    ours, flags = split_nanobragg_flags(argv)
    arguments = argument_parser().parse_args(join_pixels(protect_engine_flags(ours)))
    arguments.text = shlex.join(("python", "-m", "parity_bridge", *argv))
    if flags and not getattr(arguments, "takes_flags", False):
        raise UsageError(f"{arguments.command} takes no nanoBragg flags; leave out what follows --")
    module = import_module(f"parity_bridge.cli.commands.{arguments.command.replace('-', '_')}")
    status: int = module.execute(arguments, flags)
    return status
