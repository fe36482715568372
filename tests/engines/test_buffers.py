"""Arrays, states and numbers of threads that a caller hands to an engine."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import parity_bridge
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.frame import FrameContext, render
from parity_bridge.engines.c_core.marshal import check_layout, table_struct
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.registry import create_engine
from parity_bridge.errors import ShapeError, UsageError
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import (
    F_CELL_PLANES,
    Planes,
    Region,
    RunState,
    f_cell_planes,
)

ENGINES = ("c", "torch")
EXPERIMENT = parse_flags("-cell 50 -default_F 10 -N 6 -detpixels 24 -pixel 1".split()).experiment
WHOLE = Region.whole(24, 24)


def _with(name: str, change: Callable[[Any], Any]) -> Planes:
    planes = f_cell_planes(WHOLE)
    return {**planes, name: change(planes[name])}


def _read_only(plane: Any) -> Any:
    plane.fill(7)
    plane.setflags(write=False)
    return plane


def _misaligned(plane: Any) -> Any:
    memory = np.zeros(plane.nbytes + 1, dtype=np.uint8)
    return memory[1:].view(plane.dtype).reshape(plane.shape)


#: One plane that cannot be filled, and what is said of it.
PLANES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "read-only": (_read_only, "is read-only; give arrays of numpy.empty"),
    "misaligned": (_misaligned, "is not aligned; give arrays of numpy.empty"),
    "byte-swapped": (lambda plane: plane.astype(plane.dtype.newbyteorder()), "not those of a"),
    "transposed": (np.asfortranarray, "not those of a region"),
    "a view": (lambda plane: np.repeat(plane, 2, axis=1)[:, ::2], "not those of a region"),
    "flat": (lambda plane: plane.reshape(-1), "not those of a region"),
    "masked": (lambda plane: np.ma.masked_array(plane, mask=True), "not numpy arrays by name"),
    "a matrix": (lambda plane: plane.view(np.matrix), "not numpy arrays by name"),
    "a list": (lambda plane: plane.tolist(), "not numpy arrays by name"),
    "nothing": (lambda _: None, "not numpy arrays by name"),
}


class TestPlanes:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("fault", PLANES)
    @pytest.mark.parametrize("name", ["total_lookups", "sum_f_cell"])
    def test_a_plane_that_cannot_be_filled(self, engine: str, fault: str, name: str) -> None:
        change, words = PLANES[fault]
        planes = _with(name, change)
        before = repr(planes[name])
        with pytest.raises(UsageError, match=re.escape(words)):
            create_engine(engine).f_cell_maps(EXPERIMENT, out=planes)  # type: ignore[attr-defined]
        assert repr(planes[name]) == before

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("out", [[], (), "planes", [np.zeros((24, 24))], np.zeros((12, 3))])
    def test_what_are_no_planes(self, engine: str, out: Any) -> None:
        with pytest.raises(UsageError, match="give what f_cell_maps returned before"):
            create_engine(engine).f_cell_maps(EXPERIMENT, out=out)  # type: ignore[attr-defined]

    @pytest.mark.parametrize("mode", ["r", "r+", "c"])
    def test_planes_in_a_file(self, mode: Any, tmp_path: Path) -> None:
        """Read-only memory of a file ended the process."""
        file = tmp_path / "plane.npy"
        np.save(file, np.zeros(WHOLE.shape, dtype=np.int32))
        planes = _with("h_min", lambda _: np.load(file, mmap_mode=mode))
        if mode == "r":
            with pytest.raises(UsageError, match="the plane 'h_min' to fill is read-only"):
                CCore().f_cell_maps(EXPERIMENT, out=planes)
        else:
            filled = CCore().f_cell_maps(EXPERIMENT, out=planes)
            assert np.array_equal(filled["h_min"], CCore().f_cell_maps(EXPERIMENT)["h_min"])

    def test_planes_that_share_memory(self) -> None:
        planes = f_cell_planes(WHOLE)
        with pytest.raises(UsageError, match="'h_min' and 'l_max' to fill share memory"):
            f_cell_planes(WHOLE, {**planes, "l_max": planes["h_min"]})
        wide = np.empty(2 * WHOLE.shape[0] * WHOLE.shape[1], dtype=np.int32)
        parts = [wide[start : start + 576].reshape(WHOLE.shape) for start in (0, 575, 576)]
        with pytest.raises(UsageError, match="'h_min' and 'k_min' to fill share memory"):
            f_cell_planes(WHOLE, {**planes, "h_min": parts[0], "k_min": parts[1]})
        beside = {**planes, "h_min": parts[0], "k_min": parts[2]}
        assert f_cell_planes(WHOLE, beside) is beside

    def test_planes_of_an_earlier_call_are_filled_again(self) -> None:
        planes = CCore().f_cell_maps(EXPERIMENT)
        expected = {name: plane.copy() for name, plane in planes.items()}
        for plane in planes.values():
            plane.fill(-1)
        assert CCore().f_cell_maps(EXPERIMENT, out=planes) is planes
        assert list(planes) == list(F_CELL_PLANES)
        for name, plane in planes.items():
            assert np.array_equal(plane, expected[name]), name


class TestTheCoreTakesPointers:
    """Below the engine: memory that the core writes must be writeable, what it reads laid out."""

    def test_what_the_core_fills_is_writeable(self) -> None:
        factors = structure_factors.load(EXPERIMENT.structure_factors)
        context = FrameContext(derive(EXPERIMENT), table_struct(factors), 0, None)
        image = _read_only(np.empty(WHOLE.shape, dtype=np.float32))
        with pytest.raises((BufferError, ValueError), match=r"read-only|writeable|writable"):
            render(context, WHOLE, context.start(), 1, image=image)
        assert (image == 7).all()

    @pytest.mark.parametrize(
        "mask",
        [
            np.ones((24, 24), dtype=np.uint16),
            np.ones((24, 48), dtype=np.uint8)[:, ::2],
            np.asfortranarray(np.ones((24, 24), dtype=np.uint8)),
            np.ma.masked_array(np.ones((24, 24), dtype=np.uint8), mask=True),
        ],
    )
    def test_a_mask_of_another_layout(self, mask: Any) -> None:
        factors = structure_factors.load(EXPERIMENT.structure_factors)
        with pytest.raises(TypeError, match="needs an aligned, C-contiguous uint8 array"):
            FrameContext(derive(EXPERIMENT), table_struct(factors), 0, mask)

    @pytest.mark.parametrize(
        "array",
        [
            _misaligned(np.zeros((3, 3))),
            np.zeros((3, 3), dtype=">f8" if np.little_endian else "<f8"),
            np.zeros((3, 3), dtype=np.float32),
            np.zeros((3, 3)).T[:, :2],
            np.ma.masked_array(np.zeros((3, 3)), mask=True),
            [[0.0]],
        ],
    )
    def test_an_array_of_another_layout(self, array: Any) -> None:
        with pytest.raises(TypeError, match="needs an aligned, C-contiguous float64 array"):
            check_layout(array, np.float64, 2)

    def test_read_only_input_is_taken(self) -> None:
        check_layout(_read_only(np.zeros((3, 3))), np.float64, 2)

    def test_every_buffer_is_taken_in_a_known_place(self) -> None:
        """A new one belongs into the tests of this file."""
        folder = Path(parity_bridge.__file__).parent
        places = {
            file.relative_to(folder).as_posix(): count
            for file in folder.rglob("*.py")
            if (count := _uses(file, "from_buffer"))
        }
        assert places == {
            "engines/c_core/arithmetic/buffers.py": 2,  # rows of its own
            "engines/c_core/arithmetic/gradient.py": 2,  # a mask; planes of its own
            "engines/c_core/arithmetic/library.py": 2,  # a copy of values; parts of its own
            "engines/c_core/arithmetic/reading.py": 1,  # a copy of a column
            "engines/c_core/finished_image.py": 2,  # an image, a mask; both only read
            "engines/c_core/frame.py": 2,  # a mask; what is filled
            "engines/c_core/integer_images.py": 1,  # pixels of its own
            "engines/c_core/marshal.py": 3,  # source lines, the stop flag, a grid
            "engines/c_core/observations.py": 1,  # rows of its own
            "engines/c_core/overrides.py": 2,
            "engines/c_core/pixels.py": 1,  # rows of its own
        }


def _uses(file: Path, name: str) -> int:
    tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return sum(isinstance(node, ast.Attribute) and node.attr == name for node in tree)


def test_stages_of_another_number_of_pixels() -> None:
    with pytest.raises(ShapeError, match="stages of 0 pixels are given for 1; give those of every"):
        CCore().replay(EXPERIMENT, [(1, 1)], overrides=[])


class TestArguments:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("threads", [0, -1, 1025, 1.0, "2", None, True])
    def test_a_number_of_threads(self, engine: str, threads: Any) -> None:
        frames = cast("Any", create_engine(engine))
        scanner = frames.scanner(EXPERIMENT)
        calls: list[Callable[[], Any]] = [
            lambda: frames.frame(EXPERIMENT, threads=threads),
            lambda: frames.f_cell_maps(EXPERIMENT, threads=threads),
            lambda: scanner.scan(WHOLE, scanner.start(), threads=threads),
        ]
        for call in calls:
            with pytest.raises(UsageError, match="is not a number of threads; give 1 to 1024"):
                call()

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        "state",
        [
            (True, False, (0.0, 0.0, 1.0)),
            "start",
            0,
            RunState(interpolation_on=True, swept=False, polar_axis=(0.0, 1.0)),  # type: ignore[arg-type]
            RunState(interpolation_on=True, swept=False, polar_axis=("x", "y", "z")),  # type: ignore[arg-type]
        ],
    )
    def test_a_state(self, engine: str, state: Any) -> None:
        frames = cast("Any", create_engine(engine))
        for call in (frames.frame, frames.f_cell_maps):
            with pytest.raises(UsageError, match="is not the state of a run; give the state of a"):
                call(EXPERIMENT, state=state)

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("region", [(0, 3, 0, 3), "whole", np.zeros((3, 3))])
    def test_a_region(self, engine: str, region: Any) -> None:
        frames = cast("Any", create_engine(engine))
        for call in (frames.frame, frames.f_cell_maps):
            with pytest.raises(UsageError, match="is not a region of pixels; give Region"):
                call(EXPERIMENT, region)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_region_that_holds_no_ranges(self, engine: str) -> None:
        frames = cast("Any", create_engine(engine))
        with pytest.raises(UsageError, match=r"along slow; give a range of pixels from 0\.\.23"):
            frames.frame(EXPERIMENT, Region([1, 2], range(3)))  # type: ignore[arg-type]
