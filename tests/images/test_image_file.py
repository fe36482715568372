"""An open image: its notes, digest, regions and shape, and files that are no image."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge.errors import FileError, ShapeError, UsageError
from parity_bridge.experiment.regions import Region
from parity_bridge.images.image_file import ImageFile, open_image
from tests.experiment.smv_files import smv, write_file
from tests.images.image_files import (
    CLASSES,
    REGION,
    SHAPE,
    numpy_file,
    of_any,
    pixels,
    refused,
    saved,
)


def unpickled(packed: bytes) -> ImageFile:
    """Return the image as a worker unpickles it."""
    image: ImageFile = pickle.loads(packed)  # noqa: S301 - packed here
    return image


class TestImage:
    @pytest.mark.parametrize(
        ("dtype", "value_type"),
        [
            *((dtype, "float32") for dtype in ("f4", "f2", "u2", "i1")),
            *((dtype, "float64") for dtype in ("f8", "i4", "u4")),
        ],
    )
    def test_what_a_float_holds_needs_no_note(
        self, tmp_path: Path, dtype: str, value_type: str
    ) -> None:
        image = open_image(numpy_file(tmp_path / "a.npy", pixels(dtype)), None)
        assert image.note is None
        assert (image.value_type, image.is_rounded) == (value_type, False)

    @pytest.mark.parametrize("dtype", ["i8", "u8", "f16"])
    def test_what_float64_does_not_hold_is_noted(self, tmp_path: Path, dtype: str) -> None:
        image = open_image(numpy_file(tmp_path / "a.npy", pixels(dtype)), None)
        assert (image.value_type, image.is_rounded) == ("float64", True)
        assert f"a.npy holds {np.dtype(dtype).name}; its values are rounded to float64" in str(
            image.note
        )

    @pytest.mark.parametrize(
        ("values", "dtype"),
        [([2**24, 2**24 + 1], "u4"), ([-(2**24) - 1, 2**24 + 1], "i4"), ([1.0, 1.0 + 1e-9], "f8")],
    )
    @pytest.mark.parametrize("ending", ["npy", "edf", "cbf"])
    def test_no_digit_is_lost(
        self, tmp_path: Path, values: list[float], dtype: str, ending: str
    ) -> None:
        if (ending, dtype) == ("cbf", "f8"):
            return  # a CBF here holds whole numbers
        whole = np.array([values], dtype)
        path = tmp_path / f"a.{ending}"
        path = numpy_file(path, whole) if ending == "npy" else saved(path, ending.upper(), whole)
        image = open_image(path, None)
        for read in (image.read(Region.whole(1, 2)), image.read(Region.whole(1, 2), "float64")):
            assert read.tolist() == [values]

    def test_what_is_too_large_for_float32_is_infinite(self, tmp_path: Path) -> None:
        path = numpy_file(tmp_path / "a.npy", np.array([[1e300, -1e300, np.nan]]))
        read = open_image(path, None).read(Region.whole(1, 3), "float32")
        assert str(read.tolist()) == "[[inf, -inf, nan]]"

    def test_its_digest(self, tmp_path: Path) -> None:
        path = numpy_file(tmp_path / "a.npy", pixels())
        image = open_image(path, None)
        assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_a_region_that_is_not_on_it_is_refused(self, tmp_path: Path) -> None:
        image = open_image(numpy_file(tmp_path / "a.npy", pixels()), None)
        with pytest.raises(UsageError, match=re.escape("choose pixels from 0..6")):
            image.read(Region(range(8), range(9)))

    def test_threads_share_it(self, tmp_path: Path) -> None:
        values = pixels(shape=(64, 64))
        image = open_image(numpy_file(tmp_path / "a.npy", values), None)
        regions = [Region(range(row, row + 1), range(64)) for row in range(64)] * 4
        with ThreadPoolExecutor(4) as pool:
            rows = list(pool.map(image.read, regions))
        assert np.array_equal(np.concatenate(rows), np.tile(values, (4, 1)))

    @pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.edf"])
    def test_another_process_opens_it_anew(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        image = open_image(of_any(Path(name)), SHAPE)
        packed = pickle.dumps(image)
        assert len(packed) < 1000
        monkeypatch.chdir("/")
        again = unpickled(packed)
        assert np.array_equal(again.read(REGION), pixels()[2:6, 3:9])
        assert (again.version, again.dtype, again.format) == (
            image.version,
            image.dtype,
            image.format,
        )

    @pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.edf"])
    def test_a_file_that_changed_is_refused(self, tmp_path: Path, name: str) -> None:
        path = of_any(tmp_path / name)
        image = open_image(path, SHAPE)
        packed = pickle.dumps(image)
        os.utime(path, ns=(1, 1))
        for act in (lambda: image.read(REGION), lambda: image.sha256, lambda: unpickled(packed)):
            with pytest.raises(FileError, match=r"has changed since it was opened; start again"):
                act()
        path.unlink()
        for act in (lambda: image.read(REGION), lambda: image.sha256, lambda: unpickled(packed)):
            with pytest.raises(FileError, match=str(path)):
                act()

    def test_a_copy_on_another_device_is_the_same(self, tmp_path: Path) -> None:
        image = open_image(of_any(tmp_path / "a.npy"), SHAPE)
        function, (path, shape, version) = image.__reduce__()
        assert function(path, shape, version._replace(device=7)).shape == SHAPE


class TestShape:
    @pytest.mark.parametrize("name", ["a.npy", "a.edf"])
    def test_another_shape_is_refused(self, tmp_path: Path, name: str) -> None:
        complaint = refused(of_any(tmp_path / name), (9, 7), ShapeError)
        assert (
            "has 7 slow x 9 fast pixels, the detector 9 x 7, which is that with slow and fast "
            "swapped; give the image's own" in complaint
        )
        complaint = refused(of_any(tmp_path / name), (9, 8), ShapeError)
        assert "has 7 slow x 9 fast pixels, the detector 9 x 8; give the image's own" in complaint

    def test_a_bin_of_another_size_is_refused(self, tmp_path: Path) -> None:
        complaint = refused(of_any(tmp_path / "a.bin"), (7, 8), ShapeError)
        assert "has 252 bytes, where 7 slow x 8 fast pixels of float32 need 224" in complaint
        assert "-detpixels or -detsize" in complaint

    def test_a_bin_does_not_state_its_shape(self, tmp_path: Path) -> None:
        complaint = refused(of_any(tmp_path / "a.bin"), None, UsageError)
        assert "does not say how many pixels it has; give nanoBragg flags" in complaint


class TestNoFile:
    @pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.img"])
    def test_a_missing_file_a_folder_a_pipe_and_an_empty_file(
        self, tmp_path: Path, name: str
    ) -> None:
        path = tmp_path / name
        assert "does not exist" in refused(path, SHAPE)
        path.mkdir()
        assert "is a folder" in refused(path, SHAPE)
        path.rmdir()
        os.mkfifo(path)
        assert "not a regular file" in refused(path, SHAPE)
        path.unlink()
        path.touch()
        assert "it is empty" in refused(path, SHAPE)

    @pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.edf"])
    def test_one_that_may_not_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        path = of_any(tmp_path / name)

        # Permissions would not stop root.
        def denied(*_: Any, **__: Any) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", denied)
        monkeypatch.setattr(np, "memmap", denied)
        assert "cannot be read (Permission denied); check name and perm" in refused(path, SHAPE)

    def test_one_too_large_to_be_an_image(self, tmp_path: Path) -> None:
        path = write_file(tmp_path / "a.img", smv())
        os.truncate(path, 2**40)
        assert f"has {2**40} bytes, more than the {2**31} allowed; use a .npy" in refused(path)


def test_bin_and_npy_need_no_fabio_and_nothing_is_printed(tmp_path: Path) -> None:
    quick = [of_any(tmp_path / "a.bin"), of_any(tmp_path / "a.npy")]
    slow = [saved(tmp_path / f"good-{name}", name, pixels("i4")) for name in CLASSES]
    slow += [
        write_file(tmp_path / f"{path.name}.gz", gzip.compress(path.read_bytes())) for path in slow
    ]
    slow += [write_file(tmp_path / f"bad-{path.name}", path.read_bytes()[:-99]) for path in slow]
    slow += [write_file(tmp_path / f"{path.name}.tif", path.read_bytes()) for path in quick]
    code = (
        "import sys; from pathlib import Path; from parity_bridge.images.image_file import *\n"
        "from parity_bridge.errors import FileError\n"
        "from parity_bridge.experiment.regions import Region\n"
        "for path in sys.argv[1:]:\n"
        "    try: open_image(Path(path), (7, 9)).read(Region.whole(7, 9))\n"
        "    except FileError: pass\n"
        "    if path.endswith(('.bin', '.npy')): assert 'fabio' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *quick, *slow],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
