"""Files of other kinds than a reader reads: the message says what they are and what to do."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from parity_bridge.errors import FileError
from parity_bridge.experiment.file_kinds import file_kind
from parity_bridge.experiment.model import StructureFactorSource
from parity_bridge.experiment.sources import read_sources
from parity_bridge.experiment.structure_factors import load

TABLE = b"0 0 0 100.0\n1 0 0 50.0\n"
CACHE = b"0 0 0 0 0 0\n\x0c" + bytes(64)
AS_TEXT = "write h k l F from it as plain text, one reflection a line"

#: Content, what a message calls it, and what is to be done where a table of h k l F is read.
KINDS = [
    (gzip.compress(TABLE, mtime=0), "packed with gzip", "unpack it"),
    (b"BZh91AY&SY", "packed with bzip2", "unpack it"),
    (b"PK\x03\x04....", "a ZIP archive", "unpack it"),
    (b"MTZ \x15\0\0\0DA\0\0", "an MTZ file", AS_TEXT),
    (b"data_1abcsf\n_cell.length_a 5\nloop_\n_refln.index_h\n", "a CIF or mmCIF file", AS_TEXT),
    (b"# by gemmi\n\ndata_x\n", "a CIF or mmCIF file", AS_TEXT),
    (b"!FORMAT=XDS_ASCII    MERGE=FALSE\n", "an XDS file", AS_TEXT),
    (b"    1\n -987\n   50.0   60.0   70.0\n", "a SCALEPACK file", AS_TEXT),
    (b" NREFLECTION=   100\n ANOMALOUS=FALSE\n", "a CNS file", AS_TEXT),
    (b"   1   0   0  123.45    1.23\n", "in the fixed columns of SHELX (3I4, 2F8)", AS_TEXT),
    (b"   1   0  -2 9999.99  123.45   1\r\n", "in the fixed columns of SHELX (3I4, 2F8)", AS_TEXT),
    (b"CRYST1   50.000   60.000\n", "a PDB file", "name a text table, one h k l F a line"),
    (b"\x89HDF\r\n\x1a\n\0\0", "an HDF5 file", "name a text table, one h k l F a line"),
    (b"\x93NUMPY\1\0v\0", "a .npy file", "name a text table, one h k l F a line"),
    (b"###CBF: VERSION 1.5\n", "a CBF image", "name a text table, one h k l F a line"),
    ("0 0 0 1".encode("utf-16"), "text in UTF-16", "save it as plain ASCII text"),
    (CACHE, "a cache of nanoBragg", "read it with -dump"),
]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("content", "kind", "remedy"), KINDS)
def test_a_table(tmp_path: Path, content: bytes, kind: str, remedy: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(FileError) as caught:
        load(StructureFactorSource(hkl=path, default_F=0.0))
    assert str(caught.value) == f"table {path} is {kind}; {remedy}"


@pytest.mark.parametrize(("content", "kind", "remedy"), KINDS[:-1])
def test_a_cache(tmp_path: Path, content: bytes, kind: str, remedy: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(FileError) as caught:
        load(StructureFactorSource(dump=path, default_F=0.0))
    assert str(caught.value).startswith(f"cache {path} is {kind}; ")
    assert ("unpack it" in str(caught.value)) == (remedy == "unpack it")


@pytest.mark.parametrize(("content", "kind", "remedy"), [*KINDS[:7], *KINDS[11:]])
def test_sources(tmp_path: Path, content: bytes, kind: str, remedy: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(FileError) as caught:
        read_sources(path)
    assert str(caught.value).startswith(f"source file {path} is {kind}; ")
    assert ("unpack it" in str(caught.value)) == (remedy == "unpack it")


def test_a_text_table_in_place_of_a_cache(tmp_path: Path) -> None:
    path = written(tmp_path, TABLE)
    with pytest.raises(FileError) as caught:
        load(StructureFactorSource(dump=path, default_F=0.0))
    assert str(caught.value) == f"cache {path} is a text table of h k l F; read it with -hkl"


@pytest.mark.parametrize("content", [TABLE, b"-1 2 -3 4e5 \r\n", b"\n\n 1 2 3 4\n"])
def test_a_table_is_one(tmp_path: Path, content: bytes) -> None:
    kind = file_kind(content)
    assert kind is not None
    assert kind.holds == "table"
    assert load(StructureFactorSource(hkl=written(tmp_path, content), default_F=0.0)).grid.size  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"", b"h k l F\n", b"1 2 3\n", b"\0" * 99, b"dataset 1\n"])
def test_what_its_beginning_does_not_say(content: bytes) -> None:
    assert file_kind(content) is None


def test_a_comment_in_a_table_with_commas(tmp_path: Path) -> None:
    path = written(tmp_path, b"# a small made-up table (h,k,l,F)\n" + TABLE)
    with pytest.raises(
        FileError, match=r"line 1: '# a small .*' is a comment, .*; remove the line"
    ):
        load(StructureFactorSource(hkl=path, default_F=0.0))


def test_a_comment_in_a_source_file_is_skipped(tmp_path: Path) -> None:
    lines = b"-10 0 0 1.0 1e-10\n-10 0.1 0 1.0 1.01e-10\n"
    sources = read_sources(written(tmp_path, b"# X Y Z weight wavelength\n" + lines))
    assert sources[:, 1].tolist() == [0.0, 0.1]
