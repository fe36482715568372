"""``frame`` and what is behind it: files, refusals, threads, masks, precision."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import numpy as np
import pytest

from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.capabilities import frame_engine
from parity_bridge.engines.registry import create_engine
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.errors import FileError, UsageError
from parity_bridge.examples import example_flags
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import F_CELL_PLANES, Region, RunState, f_cell_planes
from parity_bridge.records.frame_metadata import FrameMetadata
from tests.experiment.smv_files import smv, write_file

ENGINES = ("c", "torch")
FLAGS = ["--", "-cell", "50", "-default_F", "10", "-N", "6", "-detpixels", "24", "-pixel", "1"]
#: One float32 in so many may be another one with the fast sines, and then the next one.
FAST_PIXELS = 1e-5


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _frame(*words: str, flags: list[str] = FLAGS) -> int:
    return main(["frame", *words, *flags])


class TestFiles:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_both_formats_hold_the_same_pixels(self, engine: str) -> None:
        assert _frame("--engine", engine, "--output", "image.npy") == 0
        assert _frame("--engine", engine, "--output", "image.bin") == 0
        image = np.load("image.npy")
        assert image.dtype == np.dtype("<f4")
        assert image.shape == (24, 24)
        assert image.tobytes() == Path("image.bin").read_bytes()
        assert np.array_equal(image, CCore().frame(parse_flags(FLAGS[1:]).experiment).image)

    def test_beside_it_stands_what_made_it(self) -> None:
        assert _frame("--engine", "c", "--output", "image.npy", "--behaviour", "omega=last") == 0
        it = FrameMetadata.model_validate_json(Path("image.npy.json").read_bytes())
        image = np.load("image.npy")
        assert it.experiment == parse_flags(FLAGS[1:]).experiment
        assert it.behaviours == Behaviours(omega="last")
        assert (it.engine, it.dtype, it.shape, it.in_order) == ("c", "float64", (24, 24), False)
        assert it.sha256 == hashlib.sha256(image.tobytes()).hexdigest()
        assert (it.sum, it.max) == (image.sum(dtype=np.float64), image.max())
        assert it.command.startswith("python -m parity_bridge frame --engine c")

    def test_the_terminal_tells_what_was_written(self, capsys: pytest.CaptureFixture[str]) -> None:
        _frame("--engine", "c", "--output", "image.bin")
        lines = capsys.readouterr().out.splitlines()
        sha256 = hashlib.sha256(Path("image.bin").read_bytes()).hexdigest()
        assert lines[0].startswith("image.bin: 24 slow x 24 fast pixels, sum ")
        assert lines[0].endswith(f"sha256 of the float32 pixels {sha256}")
        assert lines[1:] == ["image.bin.json: what made it"]

    def test_an_image_is_replaced_whole(self) -> None:
        Path("image.npy").write_text("something else")
        assert _frame("--engine", "c", "--output", "image.npy") == 0
        assert np.load("image.npy").shape == (24, 24)
        assert sorted(path.name for path in Path().iterdir()) == ["image.npy", "image.npy.json"]

    def test_without_flags_it_is_the_benchmark(self) -> None:
        assert (
            main(["frame", "--engine", "c", "--output", "b.bin", "--roi", "0", "9", "0", "9"]) == 0
        )
        it = json.loads(Path("b.bin.json").read_text())
        assert it["shape"] == [4096, 4096]
        assert it["experiment"]["sampling"]["roi"] == [0, 9, 0, 9]

    def test_the_region_is_inclusive_and_the_rest_is_0(self) -> None:
        _frame("--engine", "c", "--output", "whole.npy")
        _frame("--engine", "c", "--output", "part.npy", "--roi", "2", "5", "7", "7")
        whole, part = np.load("whole.npy"), np.load("part.npy")
        inside = np.zeros((24, 24), bool)
        inside[7, 2:6] = True
        assert np.array_equal(part, np.where(inside, whole, 0))

    def test_a_region_beside_the_detector_is_noted(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert _frame("--engine", "c", "--output", "i.npy", "--roi", "24", "30", "0", "3") == 0
        assert "-roi holds no pixel of the detector" in capsys.readouterr().err
        assert not np.load("i.npy").any()


class TestRefusals:
    def test_an_engine_that_renders_no_frames(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert _frame("--engine", "tests.engines.fake_engines:FakeC", "--output", "i.npy") == 1
        assert (
            "engine 'tests.engines.fake_engines:FakeC' renders no frames" in capsys.readouterr().err
        )
        assert list(Path().iterdir()) == []

    @pytest.mark.parametrize(
        ("words", "status", "complaint"),
        [
            (["--engine", "c"], 1, "--output"),
            (["--output", "i.npy"], 1, "--engine"),
            (["--engine", "c", "--output", "i.tif"], 1, "'i.tif' ends in none of .npy, .bin"),
            (["--engine", "cc", "--output", "i.npy"], 1, "there is no engine named 'cc'"),
            (["--engine", "c", "--output", "no/i.npy"], 5, "the folder no does not exist"),
            (["--engine", "c", "--output", "i.npy", "--threads", "0"], 1, "give 1 to 1024"),
            (["--engine", "c", "--output", "i.npy", "--compile"], 1, "--compile means nothing"),
            (
                ["--engine", "torch", "--output", "i.npy", "--precision", "fast"],
                1,
                "--precision means nothing to engine 'torch'",
            ),
            (["--engine", "c", "--output", "i.npy", "--behaviour", "x=1"], 1, "no behaviour 'x'"),
            (["--engine", "c", "--output", "i.npy", "--roi", "5", "2", "0", "1"], 1, "holds no"),
            (["--engine", "c", "--output", "i.npy", "--dtype", "float32"], 1, "--dtype float32"),
        ],
    )
    def test_what_cannot_be_is_one_sentence_and_writes_nothing(
        self, words: list[str], status: int, complaint: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert _frame(*words) == status
        error = capsys.readouterr().err
        assert complaint in error
        assert error.count("\n") == 1
        assert list(Path().iterdir()) == []

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_frame_that_does_not_come_out_finite_is_refused(
        self, engine: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        huge = [*FLAGS, "-default_F", "1e200"]
        assert _frame("--engine", engine, "--output", "i.npy", flags=huge) == 1
        assert "does not come out finite" in capsys.readouterr().err
        assert list(Path().iterdir()) == []

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        "region",
        [
            Region(range(0), range(3)),
            Region(range(20, 25), range(3)),
            Region(range(3), range(-1, 2)),
            Region(range(0, 4, 2), range(3)),
        ],
    )
    def test_a_region_off_the_detector_is_refused(self, engine: str, region: Region) -> None:
        experiment = parse_flags(FLAGS[1:]).experiment
        with pytest.raises(UsageError, match="is not on the detector"):
            frame_engine(create_engine(engine), engine).frame(experiment, region)

    def test_planes_of_another_region_are_refused(self) -> None:
        region = Region(range(3), range(4))
        planes = f_cell_planes(region)
        assert f_cell_planes(region, planes) is planes
        with pytest.raises(UsageError, match="not those of a region"):
            f_cell_planes(Region(range(3), range(5)), planes)
        with pytest.raises(UsageError, match="not those of a region"):
            f_cell_planes(region, {name: planes[name] for name in list(F_CELL_PLANES)[1:]})

    @pytest.mark.parametrize("command", ["frame", "trace"])
    @pytest.mark.parametrize(
        ("switch", "complaint"),
        [
            ("pytorch:omega=last", "only c computes here; leave it out"),
            ("torch:omega=last", "only c computes here; leave it out"),
            ("torch:omga=last", "there is no behaviour 'omga'"),
            ("omega=lst", "--behaviour omega=lst: write omega= and one of"),
        ],
    )
    def test_a_behaviour_is_never_passed_over(
        self, command: str, switch: str, complaint: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        where = ["--output", "i.npy"] if command == "frame" else ["--pixel", "1", "1"]
        assert main([command, "--engine", "c", *where, "--behaviour", switch, *FLAGS]) == 1
        assert complaint in capsys.readouterr().err

    def test_a_detector_beyond_memory(self, capsys: pytest.CaptureFixture[str]) -> None:
        huge = [*FLAGS, "-detpixels", "100000000"]
        assert _frame("--engine", "c", "--output", "i.npy", flags=huge) == 1
        assert "give fewer pixels with -detpixels" in capsys.readouterr().err

    @pytest.mark.parametrize("taken", ["i.npy", "i.npy.json"])
    def test_a_folder_in_the_place_of_a_file(
        self, taken: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path(taken).mkdir()
        assert _frame("--engine", "c", "--output", "i.npy") == 5
        assert f"{taken} is a folder" in capsys.readouterr().err
        assert [path.name for path in Path().iterdir()] == [taken]

    def test_an_image_that_cannot_be_written_leaves_no_metadata(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: Path, _data: bytes) -> None:
            raise FileError(f"{path} cannot be written (No space left on device)")

        monkeypatch.setattr("parity_bridge.bridge.frame.write_bytes", full)
        assert _frame("--engine", "c", "--output", "i.npy") == 5
        assert list(Path().iterdir()) == []

    @pytest.mark.parametrize("interrupted", ["i.npy.json", "i.npy"])
    def test_an_interrupt_leaves_image_and_metadata_or_neither(
        self, interrupted: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def write_and_interrupt(path: Path, data: bytes | str) -> None:
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            if path.name == interrupted:
                raise KeyboardInterrupt

        for writer in ("write_bytes", "write_text"):
            monkeypatch.setattr(f"parity_bridge.bridge.frame.{writer}", write_and_interrupt)
        assert _frame("--engine", "c", "--output", "i.npy") == 130
        assert Path("i.npy").exists() == Path("i.npy.json").exists() == (interrupted == "i.npy")

    @pytest.mark.signals
    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_signal_does_not_wait_for_the_frame(
        self, engine: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only what is under way when it comes is computed to its end."""
        monkeypatch.setattr("parity_bridge.files.thread_pool.ThreadPoolExecutor", SignalledPool)
        monkeypatch.setattr(SignalledPool, "begun", count(1))
        flags = "-- -cell 50 -default_F 10 -N 6 -detpixels 1024 -oversample 1".split()
        assert _frame("--engine", engine, "--threads", "2", "--output", "i.npy", flags=flags) == 143
        assert next(SignalledPool.begun) - 1 in (1, 2)
        assert list(Path().iterdir()) == []


class SignalledPool(ThreadPoolExecutor):
    """SIGTERM comes when a task is waited for; those under way go on when the pool is left."""

    begun: ClassVar[Iterator[int]] = count(1)

    def __init__(self, threads: int, **named: Any) -> None:
        super().__init__(threads, **named)
        self._under_way, self._left = Event(), Event()

    def submit(self, function: Any, /, *told: Any, **named: Any) -> Any:
        future = super().submit(self._held, partial(function, *told, **named))
        future.result = partial(self._result, future.result)  # type: ignore[method-assign]
        return future

    def _held(self, function: Callable[[], Any]) -> Any:
        next(self.begun)
        self._under_way.set()
        self._left.wait()
        return function()

    def _result(self, result: Callable[[], Any]) -> Any:
        self._under_way.wait()
        signal.raise_signal(signal.SIGTERM)
        return result()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        self._left.set()
        super().shutdown(wait=wait)


class TestMask:
    def test_a_tapped_pixel_on_a_0_is_noted(self, capsys: pytest.CaptureFixture[str]) -> None:
        mask = np.ones((24, 24), "<u2")
        mask[1, 2] = 0
        write_file(Path("mask.img"), smv(mask, {}))
        trace = ["trace", "--engine", "c", "--pixel", "1"]
        assert main([*trace, "2", *FLAGS, "-mask", "mask.img"]) == 0
        assert "--pixel 1 2 lies on a 0 of -mask mask.img" in capsys.readouterr().err
        assert main([*trace, "3", *FLAGS, "-mask", "mask.img"]) == 0
        assert "lies on a 0" not in capsys.readouterr().err

    @pytest.mark.parametrize("name", ENGINES)
    def test_pixels_of_0_are_skipped(self, name: str) -> None:
        mask = np.random.default_rng(1).integers(0, 2, (24, 24))
        write_file(Path("mask.img"), smv(mask.astype("<u2"), {}))
        plain = parse_flags(FLAGS[1:]).experiment
        detector = plain.detector.model_copy(update={"mask": Path("mask.img")})
        masked = plain.model_copy(update={"detector": detector})
        engine: Any = create_engine(name)
        assert np.array_equal(
            engine.frame(masked).image, np.where(mask, engine.frame(plain).image, 0)
        )
        counts = engine.f_cell_maps(masked)["total_lookups"]
        assert np.array_equal(counts > 0, mask > 0)

    @pytest.mark.parametrize("name", ENGINES)
    def test_a_mask_of_another_size_is_refused(self, name: str) -> None:
        write_file(Path("mask.img"), smv(np.ones((24, 23), "<u2"), {}))
        plain = parse_flags(FLAGS[1:]).experiment
        detector = plain.detector.model_copy(update={"mask": Path("mask.img")})
        masked = plain.model_copy(update={"detector": detector})
        with pytest.raises(UsageError, match="24 slow x 23 fast pixels, the detector 24 x 24"):
            frame_engine(create_engine(name), name).frame(masked)


class TestThreads:
    #: Where the order of pixels matters: a sweep from 0, interpolation that runs out of range.
    ORDERED = (
        ["-phi", "0", "-osc", "3", "-phisteps", "3"],
        ["-interpolate", "-default_F", "2.5", "-misset", "11", "22", "33"],
        ["-interpolate", "-polar", "0.5", "-polar_vector", "0.3", "0.4", "0.9"],
    )

    @pytest.mark.parametrize("name", ENGINES)
    @pytest.mark.parametrize("further", ORDERED)
    def test_any_number_gives_the_same_bits(self, name: str, further: list[str]) -> None:
        experiment = parse_flags([*example_flags("gnnqqny"), *further]).experiment
        engine: Any = create_engine(name)
        one = engine.frame(experiment, threads=1)
        for threads in (2, 7):
            several = engine.frame(experiment, threads=threads)
            assert np.array_equal(several.image, one.image)
            assert several.state == one.state

    def test_a_polarization_axis_that_never_settles_is_followed_all_the_same(self) -> None:
        """Made a unit vector again and again, this axis alternates between two."""
        axis = _restless_axis()
        flags = ["-polar", "0.8", "-polar_vector", *map(repr, axis), "-oversample_polar"]
        experiment = parse_flags([*example_flags("gnnqqny"), *flags]).experiment
        ours, theirs = CCore().frame(experiment, threads=2), TorchPort().frame(experiment)
        assert np.array_equal(ours.image, theirs.image)
        assert ours.state == theirs.state
        assert ours.in_order

    def test_the_state_goes_from_tile_to_tile(self) -> None:
        experiment = parse_flags([*example_flags("gnnqqny"), *self.ORDERED[0]]).experiment
        state = CCore().frame(experiment, Region(range(1), range(1))).state
        assert state == RunState(interpolation_on=False, swept=True, polar_axis=(0.0, 0.0, 1.0))

    @pytest.mark.parametrize("name", ENGINES)
    @pytest.mark.parametrize(
        ("further", "matters"), [([], False), *((flags, True) for flags in ORDERED)]
    )
    def test_whether_order_matters_does_not_depend_on_threads(
        self, name: str, further: list[str], matters: bool
    ) -> None:
        experiment = parse_flags([*example_flags("gnnqqny"), *further]).experiment
        engine = frame_engine(create_engine(name), name)
        for threads in (1, 7):
            assert engine.frame(experiment, threads=threads).in_order is matters

    @pytest.mark.parametrize("name", ENGINES)
    def test_pixels_in_a_frame_may_be_asked_for_in_any_order(self, name: str) -> None:
        experiment = parse_flags([*example_flags("gnnqqny"), *self.ORDERED[1]]).experiment
        pixels = [(20, 3), (0, 0), (63, 63), (0, 5)]
        seen = create_engine(name).observe(experiment, pixels, in_frame=True)
        assert [observation.pixel for observation in seen] == pixels
        alone = [create_engine(name).observe(experiment, [p], in_frame=True)[0] for p in pixels]
        assert [o.state for o in seen] == [o.state for o in alone]
        assert len({o.state for o in seen}) == 2


def _restless_axis() -> tuple[float, float, float]:
    for vector in np.random.default_rng(0).normal(size=(100_000, 3)):
        unit = [_unit(vector)]
        for _ in range(8):
            unit.append(_unit(unit[-1]))
        if unit[-1] != unit[-2]:
            return unit[0]
    raise AssertionError("every axis settles")


def _unit(v: Any) -> tuple[float, float, float]:
    length = np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    return float(v[0] / length), float(v[1] / length), float(v[2] / length)


class TestFastPrecision:
    @pytest.mark.parametrize(
        "further",
        [
            [],
            ["-misset", "12", "34", "56", "-N", "50", "-oversample", "1"],
            ["-N", "3", "-mosaic", "1", "-mosaic_domains", "3", "-polar", "0.9"],
        ],
    )
    def test_pixels_are_the_exact_ones_or_seldom_the_next_float32(self, further: list[str]) -> None:
        flags = ["-cell", "100", "-default_F", "100", "-N", "5", "-lambda", "0.5"]
        geometry = ["-distance", "500", "-pixel", "0.4", "-detpixels", "512", "-oversample", "2"]
        experiment = parse_flags([*flags, *geometry, *further]).experiment
        exact = CCore().frame(experiment, threads=2).image
        fast = CCore(precision="fast").frame(experiment, threads=2).image
        ulps = np.abs(exact.view(np.int32).astype(np.int64) - fast.view(np.int32))
        assert ulps.max() <= 1
        assert (ulps > 0).mean() < FAST_PIXELS

    def test_shapes_without_its_sines_are_exact(self) -> None:
        experiment = parse_flags([*example_flags("gnnqqny"), "-round_xtal"]).experiment
        fast = CCore(precision="fast").frame(experiment).image
        assert np.array_equal(fast, CCore().frame(experiment).image)

    def test_an_unknown_precision_is_refused(self) -> None:
        with pytest.raises(UsageError, match="choose exact or fast"):
            CCore(precision="faster")
