"""Files too large for the memory of the process: one sentence for each reader."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tests.experiment.smv_files import smv, write_file

#: Of the process, bytes, and of a file that does not fit in it.
LIMIT = 2**30
LARGE = 3 * 2**29

READ = """
import resource, sys
from pathlib import Path
from parity_bridge.errors import FileError
from parity_bridge.experiment.flags.orientation_matrix import read_matrix
from parity_bridge.experiment.model import StructureFactorSource
from parity_bridge.experiment.regions import Region
from parity_bridge.experiment.sources import read_sources
from parity_bridge.experiment.structure_factors import load
from parity_bridge.images.image_file import open_image

def read_image(path):
    image = open_image(path, None)
    image.read(Region.whole(*image.shape))

READERS = {
    "table": lambda path: load(StructureFactorSource(hkl=path, default_F=0.0)),
    "cache": lambda path: load(StructureFactorSource(dump=path, default_F=0.0)),
    "source file": read_sources,
    "orientation matrix": read_matrix,
    "image": read_image,
}
limit, role, path = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
try:
    READERS[role](Path(path))
except FileError as error:
    print(error)
"""


def refused(role: str, path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(LIMIT), role, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{role} {path} needs more memory than this process can get; free some, or raise the limit "
        "(ulimit -v)\n"
    )


@pytest.mark.parametrize("role", ["table", "cache", "source file", "orientation matrix"])
def test_a_large_file(tmp_path: Path, role: str) -> None:
    path = write_file(tmp_path / "large", b"0 0 0 1\n")
    os.truncate(path, LARGE)
    refused(role, path)


def test_a_small_table_of_a_large_box(tmp_path: Path) -> None:
    refused("table", write_file(tmp_path / "a.hkl", b"0 0 0 1\n600 600 600 1\n"))


@pytest.mark.parametrize(
    "begin", [smv(), b"###CBF: VERSION 1.5\n", b"II*\0", b"{\nEDF_DataBlockID = 0 ;\n"]
)
def test_a_large_image(tmp_path: Path, begin: bytes) -> None:
    path = write_file(tmp_path / "large.img", begin)
    os.truncate(path, LARGE)
    refused("image", path)


def test_a_large_npy(tmp_path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (32768, 32768)}\n"
    begin = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header
    path = write_file(tmp_path / "a.npy", begin)
    os.truncate(path, len(begin) + 4 * 2**30)
    refused("image", path)


def test_a_small_file_that_unpacks_to_much(tmp_path: Path) -> None:
    packer = zlib.compressobj(1, wbits=31)
    zeros = bytes(2**24)
    packed = b"".join(
        [*(packer.compress(zeros) for _ in range(LARGE // len(zeros))), packer.flush()]
    )
    refused("image", write_file(tmp_path / "a.img.gz", packed))
