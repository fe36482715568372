"""Images are compared in the wider of the types of both sides, and no digit is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from parity_bridge.cli.program import main
from parity_bridge.scan.image_pair import ImagePair, ulp_counts, ulp_distances
from parity_bridge.scan.summary import ScanSummary

FLAGS = "-cell 50 60 70 -default_F 10 -N 6 -detpixels 16 -pixel 5 -lambda 1.1".split()

pytestmark = pytest.mark.usefixtures("without_pictures")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def saved(name: str, value: Any, dtype: str) -> str:
    """Save an image of a ramp, in which one pixel has ``value``."""
    image = np.arange(256).reshape(16, 16).astype(dtype)
    image[3, 4] = value
    np.save(name, image)
    return name


def scanned(*words: str) -> tuple[int, ScanSummary, str]:
    """Return the exit status, the summary and the memo of a scan."""
    status = main(["scan", "--stamp", "s", "--quiet", *words])
    folder = Path("reports", "s", "scan")
    summary = ScanSummary.model_validate_json((folder / "summary.json").read_bytes())
    return status, summary, (folder / "scan_comparison.md").read_text()


def stored(side: str) -> Any:
    return zarr.open_group(Path("reports", "s", "scan", "maps.zarr"), mode="r")[f"{side}/image"]


@pytest.mark.parametrize(
    ("ours", "theirs", "dtype"),
    [
        (16777216, 16777217, "uint32"),
        (16777216, -16777217, "int32"),
        (1.0, 1.0 + 1e-9, "float64"),
        (1e300, 2e300, "float64"),
    ],
)
def test_what_float32_cannot_tell_from_one_another_differs(
    ours: float, theirs: float, dtype: str
) -> None:
    files = saved("x.npy", ours, dtype), saved("y.npy", theirs, dtype)
    _, summary, memo = scanned("--image", files[1], "--against", files[0])
    assert summary.differing_intensity == 1
    assert summary.compared_as == "float64"
    assert summary.max_abs_diff == abs(float(theirs) - float(ours))
    (worst,) = summary.worst
    assert (worst.pixel_coords, worst.reference, worst.other) == ((3, 4), ours, theirs)
    assert "exactly" not in memo
    assert "intensities compared as float64" in memo
    assert "not the same float64" in memo
    assert "| ULPs of float64" in memo
    assert stored("reference").dtype == stored("other").dtype == np.float64
    assert (stored("reference")[3, 4], stored("other")[3, 4]) == (ours, theirs)


def test_one_wide_side_is_enough() -> None:
    files = saved("x.npy", 1.0, "float32"), saved("y.npy", 1.0 + 1e-9, "float64")
    assert scanned("--image", files[1], "--against", files[0])[1].differing_intensity == 1


@pytest.mark.parametrize("dtype", ["uint32", "float64"])
def test_equal_wide_images_agree_exactly(dtype: str) -> None:
    files = saved("x.npy", 2**24 + 1, dtype), saved("y.npy", 2**24 + 1, dtype)
    status, summary, memo = scanned("--image", files[1], "--against", files[0])
    assert (status, summary.differing_intensity) == (0, 0)
    assert "agree in intensity exactly at 256 pixels" in memo


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_what_float64_may_have_rounded_is_not_said_to_agree_exactly(dtype: str) -> None:
    files = saved("x.npy", 2**53, dtype), saved("y.npy", 2**53 + 1, dtype)
    status, summary, memo = scanned("--image", files[1], "--against", files[0])
    assert (status, summary.rounded) == (0, True)
    assert "agree in intensity as rounded to float64 at 256 pixels" in memo


@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_what_float32_holds_is_compared_and_stored_in_it(dtype: str) -> None:
    files = saved("x.npy", 7, dtype), saved("y.npy", 7, dtype)
    _, summary, memo = scanned("--image", files[1], "--against", files[0])
    assert summary.compared_as == "float32"
    assert stored("reference").dtype == stored("other").dtype == np.float32
    assert "intensities compared as float32" in memo
    assert "agree in intensity exactly" in memo


@pytest.mark.corpus
def test_an_engine_against_a_wide_image_and_on_after_a_stop() -> None:
    file = saved("y.npy", 0.1, "float64")
    words = ["--image", file, "--against", "c"]
    _, before, _ = scanned(*words, "--", *FLAGS)
    assert before.compared_as == "float64"
    next(Path("reports", "s", "scan", "tiles").iterdir()).unlink()
    _, after, _ = scanned("--resume", *words, "--", *FLAGS)
    assert after.worst == before.worst
    assert after.ulps == before.ulps


class TestUlps:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_distances(self, dtype: str) -> None:
        one = np.ones(5, dtype)
        next_one = np.nextafter(one, np.array(2, dtype))
        tiny = np.nextafter(np.zeros(1, dtype), np.ones(1, dtype))
        assert ulp_distances(one, next_one).tolist() == [1] * 5
        assert ulp_distances(-tiny, tiny).tolist() == [2]
        assert ulp_distances(np.array([-0.0], dtype), np.array([0.0], dtype)).tolist() == [0]

    def test_the_largest_of_float64_is_that_of_a_count(self) -> None:
        largest = np.array([np.finfo("f8").max])
        assert ulp_distances(-largest, largest).tolist() == [2**63 - 1]
        counts = ulp_counts(ImagePair.of(-largest, largest))
        assert (len(counts), counts[63]) == (64, 1)

    @pytest.mark.parametrize(("steps", "digits"), [(2**54 - 1, 54), (2**54, 55), (2**32, 33)])
    def test_digits_are_counted_of_whole_numbers(self, steps: int, digits: int) -> None:
        zero, far = np.zeros(1), np.array([steps]).view(np.float64)
        assert ulp_counts(ImagePair.of(zero, far))[digits] == 1
