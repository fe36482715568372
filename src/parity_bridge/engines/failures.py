"""A failure of any kind in an engine: an error of one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from parity_bridge.errors import BridgeError, EngineError, UsageError, one_line


@contextmanager
def engine_failures(name: str) -> Iterator[None]:
    """Raise any failure in an engine as an error of one sentence."""
    try:
        yield
    except BridgeError:
        raise
    except MemoryError as error:
        raise UsageError(
            f"there is not enough memory for this detector ({one_line(error)}); give fewer pixels "
            "with -detpixels or -detsize"
        ) from error
    except Exception as error:
        raise EngineError(f"engine {name!r} failed: {one_line(error)}") from error
