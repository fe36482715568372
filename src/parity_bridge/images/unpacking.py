"""Images packed with gzip or bzip2."""

from __future__ import annotations

import bz2
import gzip
import zlib
from io import BytesIO

from parity_bridge.experiment.smv import MAX_BYTES
from parity_bridge.images.image_checks import BrokenImageError

_GZIP = b"\x1f\x8b"
_BZIP2 = b"BZh"
#: Bytes unpacked at a time.
_CHUNK = 2**20


def decompressed(data: bytes) -> bytes:
    """Return ``data`` without gzip or bzip2 around it.

    Raises BrokenImageError where it cannot be unpacked, or unpacks to more than ``MAX_BYTES``.
    """
    if data.startswith(_GZIP):
        stream: gzip.GzipFile | bz2.BZ2File = gzip.GzipFile(fileobj=BytesIO(data))
    elif data.startswith(_BZIP2):
        stream = bz2.BZ2File(BytesIO(data))
    else:
        return data
    unpacked = bytearray()
    try:
        while chunk := stream.read(_CHUNK):
            unpacked += chunk
            if len(unpacked) > MAX_BYTES:
                raise BrokenImageError(f"it unpacks to more than {MAX_BYTES} bytes; use a .npy")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BrokenImageError(f"it cannot be unpacked ({error}); pack it anew") from error
    return bytes(unpacked)
