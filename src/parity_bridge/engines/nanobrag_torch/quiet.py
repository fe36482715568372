"""Calls of the port: its prints kept out of our output, its compiler switched off."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from threading import RLock

#: The port's own switch; what torch has compiled calls no method that a recorder could watch.
_UNCOMPILED = "NANOBRAGG_DISABLE_COMPILE"

#: Output and environment belong to the whole process, so one call of the port runs at a time.
_ONE_AT_A_TIME = RLock()


@contextmanager
def quiet_port() -> Iterator[None]:
    """Run calls of the port one at a time, uncompiled, without its prints and warnings."""
    with _ONE_AT_A_TIME:
        before = os.environ.get(_UNCOMPILED)
        os.environ[_UNCOMPILED] = "1"
        sink = io.StringIO()
        try:
            with warnings.catch_warnings(), redirect_stdout(sink), redirect_stderr(sink):
                warnings.simplefilter("ignore")
                yield
        finally:
            if before is None:
                del os.environ[_UNCOMPILED]
            else:
                os.environ[_UNCOMPILED] = before
