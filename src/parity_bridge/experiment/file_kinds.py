"""What a file is that some reader cannot read, by how it begins: for messages only."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple


class FileKind(NamedTuple):
    """A kind of file that is recognised by its first bytes."""

    #: With an article: "an MTZ file".
    name: str
    #: What is to be done with it follows from what it holds.
    holds: Literal["packed", "encoded", "reflections", "cache", "table", "other"]


#: ``h k l F``, as text.
_TABLE = re.compile(rb"\s*(?:[+-]?\d+[ \t]+){3}[+-]?[\d.][\d.eE+-]*[ \t]*[\r\n]")
#: Three integers of 4 columns and two numbers of 8, and a batch number at times.
_SHELX = re.compile(
    rb"[ \d-]{3}\d[ \d-]{3}\d[ \d-]{3}\d[ \d.-]{7}[\d.][ \d.-]{7}[\d.](?:[ \d-]{3}\d)?[ \t]*\r?\n"
)

_SIGNATURES: tuple[tuple[re.Pattern[bytes], FileKind], ...] = (
    (re.compile(rb"\x1f\x8b"), FileKind("packed with gzip", "packed")),
    (re.compile(rb"BZh[1-9]"), FileKind("packed with bzip2", "packed")),
    (re.compile(rb"\xfd7zXZ\0"), FileKind("packed with xz", "packed")),
    (re.compile(rb"\x28\xb5\x2f\xfd"), FileKind("packed with zstd", "packed")),
    (re.compile(rb"PK\x03\x04"), FileKind("a ZIP archive", "packed")),
    (re.compile(rb"\xff\xfe|\xfe\xff"), FileKind("text in UTF-16", "encoded")),
    (re.compile(rb"MTZ "), FileKind("an MTZ file", "reflections")),
    (re.compile(rb"!FORMAT="), FileKind("an XDS file", "reflections")),
    (re.compile(rb"\s*1\s*\n\s*-987"), FileKind("a SCALEPACK file", "reflections")),
    (re.compile(rb"\s*(?:NREFLECTION|INDE\w*)[ =]"), FileKind("a CNS file", "reflections")),
    (_SHELX, FileKind("in the fixed columns of SHELX (3I4, 2F8)", "reflections")),
    (re.compile(rb"(?:\s|#[^\n]*\n)*data_\S*"), FileKind("a CIF or mmCIF file", "reflections")),
    (re.compile(rb"(?:HEADER|CRYST1|REMARK|TITLE|ATOM  ) "), FileKind("a PDB file", "other")),
    (re.compile(rb"\x89HDF\r\n\x1a\n"), FileKind("an HDF5 file", "other")),
    (re.compile(rb"\x93NUMPY"), FileKind("a .npy file", "other")),
    (re.compile(rb"\{\s*HEADER_BYTES"), FileKind("an SMV image", "other")),
    (re.compile(rb"###CBF"), FileKind("a CBF image", "other")),
    (re.compile(rb"II\*\0|MM\0\*"), FileKind("a TIFF image", "other")),
    (re.compile(rb"II\+\0|MM\0\+"), FileKind("a BigTIFF image", "other")),
    (re.compile(rb"\x89PNG"), FileKind("a PNG picture", "other")),
    (re.compile(rb"%PDF"), FileKind("a PDF", "other")),
    (re.compile(rb"-?\d{1,10}(?: -?\d{1,10}){5}\n\f"), FileKind("a cache of nanoBragg", "cache")),
    (_TABLE, FileKind("a text table of h k l F", "table")),
)
#: Bytes in which a signature is searched for.
_START = 4096


def file_kind(data: bytes) -> FileKind | None:
    """Return what ``data``, the content of a file, is; None where its beginning does not say."""
    start = data[:_START]
    return next((kind for signature, kind in _SIGNATURES if signature.match(start)), None)
