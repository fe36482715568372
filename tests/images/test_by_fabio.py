"""Formats that only fabio reads, in a process of its own."""

from __future__ import annotations

import gzip
import os
import re
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fabio.fabioformats import get_all_classes
from fabio.pnmimage import PnmImage

from parity_bridge.experiment.regions import Region
from parity_bridge.images import by_fabio as module
from parity_bridge.images import fabio_child
from parity_bridge.images.image_file import open_image
from tests.experiment.smv_files import write_file
from tests.images.image_files import (
    SHAPE,
    pixels,
    refused,
)

PROGRAM = Path(fabio_child.__file__)


def _read(end: int) -> bytes:
    """Read what processes wrote to a pipe, nothing once none holds it; fail where neither comes."""
    poll = select.poll()
    poll.register(end, select.POLLIN | select.POLLHUP)
    assert poll.poll(120_000)
    return os.read(end, 64)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that has a text run in place of the program that calls fabio."""

    def replace(text: str) -> Path:
        path = tmp_path / "program.py"
        path.write_text(text)
        monkeypatch.setattr(module, "_PROGRAM", path)
        return write_file(tmp_path / "a.mpa", b"\n")

    return replace


class TestOtherFormats:
    def test_what_fabio_opens_is_read_and_said_to_be(self, tmp_path: Path) -> None:
        import h5py

        whole = pixels("u2")
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["entry/data/data_000001"] = whole[None]
        PnmImage(data=whole).save(str(tmp_path / "a.pgm"))
        packed = gzip.compress((tmp_path / "a.pgm").read_bytes())
        write_file(tmp_path / "a.pgm.gz", packed)
        for name in ("a.h5", "a.pgm", "a.pgm.gz"):
            image = open_image(tmp_path / name, SHAPE)
            assert np.array_equal(image.read(Region.whole(*SHAPE)), whole.astype(np.float32))
            assert image.format.endswith("of fabio")
            assert "which does not say whether it is whole" in str(image.note)

    def test_what_fabio_does_not_open_is_refused(self, tmp_path: Path) -> None:
        for name in ("a.h5", "a.mccd", "a.mar3450", "a.pgm"):
            assert "fabio cannot read it (" in refused(write_file(tmp_path / name, b"none" * 99))

    def test_several_images_are_refused(self, tmp_path: Path) -> None:
        import h5py

        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["entry/data/data_000001"] = np.zeros((2, *SHAPE), "u2")
        assert "it holds more than one image" in refused(tmp_path / "a.h5")

    def test_the_formats_are_those_of_fabio_that_no_reader_here_reads(self) -> None:
        known = {ending for kind in get_all_classes() for ending in kind.DEFAULT_EXTENSIONS or ()}
        own = {"bin", "cbf", "cor", "edf", "img", "npy", "tif", "tiff", "xml", "xsd"}
        offered = {ending for endings in module.FORMATS.values() for ending in endings}
        assert offered == known - own

    def test_the_page_lists_each_ending(self) -> None:
        page = (Path(__file__).parents[2] / "docs" / "scan.md").read_text()
        listed = set(re.findall(r"`\.(\w+)`", page))
        assert {ending for endings in module.FORMATS.values() for ending in endings} <= listed


class TestLimits:
    def test_a_file_that_fabio_reads_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_CPU_SECONDS", 2)
        complaint = refused(write_file(tmp_path / "a.mpa", b"\n"))
        assert "fabio had not read it after 2 s of processor time; convert it to EDF" in complaint

    @pytest.mark.corpus
    @pytest.mark.parametrize("ending", [each for many in module.FORMATS.values() for each in many])
    def test_broken_files_of_each_ending(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
    ) -> None:
        monkeypatch.setattr(module, "_CPU_SECONDS", 2)
        noise = np.random.default_rng(1).bytes(1024)
        for text in (b"\n", b"a", b"0 0 1 5\n" * 64, bytes(1024), noise):
            assert "fabio" in refused(write_file(tmp_path / f"a.{ending}", text))

    def test_one_that_asks_for_all_memory(self, tmp_path: Path) -> None:
        # fabio asks for columns x rows x 2 bytes, 29 GiB.
        path = write_file(tmp_path / "a.pgm", b"P5\n99999 160000\n65535\n" + bytes(99))
        complaint = refused(path)
        assert "fabio cannot read it" in complaint or "GiB of memory to read it" in complaint

    def test_what_needs_more_memory_than_allowed(self, program: Callable[[str], Path]) -> None:
        child = PROGRAM.read_text()
        path = program(
            child.replace("    import fabio ", "    bytearray(2**33)\n    import fabio ")
        )
        assert "fabio needs more than 2.0 GiB of memory to read it; convert it" in refused(path)

    def test_a_process_that_waits_for_ever(
        self, program: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_WALL_SECONDS", 1)
        path = program("import signal\nsignal.pause()\n")
        assert "fabio had not read it after 1 s; convert it" in refused(path)

    def test_a_process_that_crashes(self, program: Callable[[str], Path]) -> None:
        path = program("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
        assert "in which fabio read it was ended by the signal SIGSEGV; convert" in refused(path)

    def test_a_process_that_ends_without_an_answer(self, program: Callable[[str], Path]) -> None:
        assert "in which fabio read it ended with status 7" in refused(
            program("raise SystemExit(7)")
        )

    def test_what_the_process_started_ends_with_it(
        self, tmp_path: Path, program: Callable[[str], Path]
    ) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        path = program(
            "import subprocess\n"
            f"pipe = open({str(pipe)!r}, 'w')\n"
            "for session in (False, True):\n"
            "    subprocess.Popen(['sleep', '1000'], pass_fds=[pipe.fileno()], "
            "start_new_session=session)\n"
        )
        assert "ended with status 0" in refused(path)
        os.set_blocking(end, True)
        assert os.read(end, 1) == b""  # nobody holds the other end any more
        os.close(end)

    @pytest.mark.signals
    def test_it_ends_with_the_process_that_reads(
        self, tmp_path: Path, program: Callable[[str], Path]
    ) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        path = program(
            "import os, signal\n"
            f"pipe = open({str(pipe)!r}, 'wb', 0)\n"
            "os.fork()\nos.setsid() if os.getpid() != os.getsid(0) else None\n"
            "pipe.write(b'up')\nsignal.pause()\n"
        )
        reader = (
            "import sys\nfrom pathlib import Path\nfrom parity_bridge.images import by_fabio\n"
            "by_fabio._PROGRAM = Path(sys.argv[1])\n"
            "by_fabio.read_with_fabio(Path(sys.argv[2]), 1, '')\n"
        )
        end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        command = [sys.executable, "-c", reader, str(module._PROGRAM), str(path)]  # noqa: SLF001
        with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(tmp_path)}) as process:
            assert _read(end)
            process.kill()
            while _read(end):
                pass
        os.close(end)

    def test_a_full_disk_is_named_with_its_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_BYTES", 100)
        PnmImage(data=pixels("u2", (64, 64))).save(str(tmp_path / "a.pgm"))
        assert "its pixels cannot be written to the folder" in refused(tmp_path / "a.pgm")

    def test_it_imports_nothing_of_this_package(self) -> None:
        code = (
            "import runpy, sys\n"
            f"runpy.run_path({str(PROGRAM)!r}, run_name='read')\n"
            "assert not {'parity_bridge', 'torch'} & set(sys.modules)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
