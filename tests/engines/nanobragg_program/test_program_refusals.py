"""What the engine over a program refuses, and says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.engine import PROGRAM_VARIABLE
from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import Region, RunState
from tests.engines.nanobragg_program.printed_cases import (
    PIXEL,
    Prints,
    WriteProgram,
    experiment_of,
)
from tests.experiment.smv_files import write_file


class TestRefusals:
    def test_without_a_program(self) -> None:
        with pytest.raises(UsageError, match=r"give --c-bin PATH, or set \$NB_C_BIN"):
            NanobraggProgram()

    @pytest.mark.parametrize("mode", [None, 0o644])
    def test_what_cannot_be_executed(self, write_program: WriteProgram, mode: int | None) -> None:
        path = write_program("")
        path.unlink() if mode is None else path.chmod(mode)
        with pytest.raises(UsageError, match="not a file that can be executed; name a nanoBragg"):
            NanobraggProgram(c_bin=path)
        with pytest.raises(UsageError, match="not a file that can be executed"):
            NanobraggProgram(c_bin=path.parent)

    def test_the_environment_names_one_too(
        self, write_program: WriteProgram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write_program("")
        monkeypatch.chdir(path.parent)
        monkeypatch.setenv(PROGRAM_VARIABLE, path.name)
        build = NanobraggProgram().build()
        assert build["program"] == "nanoBragg"
        assert re.fullmatch("[0-9a-f]{16}", build["program_sha256"])

    def test_another_dtype_or_device(self, write_program: WriteProgram) -> None:
        program = write_program("")
        with pytest.raises(UsageError, match=r"--dtype float32: .* leave --dtype out"):
            NanobraggProgram(c_bin=program, dtype="float32")
        with pytest.raises(UsageError, match=r"--device cuda: .* leave --device out"):
            NanobraggProgram(c_bin=program, device="cuda")

    def test_decisions_that_are_the_program_s(
        self, prints: Prints, case: Experiment, text: str
    ) -> None:
        engine, behaviours = prints(text), Behaviours.parse(["omega=last"])
        for use in (
            lambda: engine.observe(case, [PIXEL], behaviours=behaviours),
            lambda: engine.frame(case, behaviours=behaviours),
            lambda: engine.scanner(case, behaviours=behaviours),
        ):
            with pytest.raises(UsageError, match="--behaviour omega: a program decides by itself"):
                use()

    @pytest.mark.parametrize(
        ("flags", "why"),
        [
            ("-interpolate", "interpolation may be switched off .*; give -nointerpolate"),
            ("-N 2", "interpolation may be switched off"),
            ("-phi 0 -osc 1", "the sweep begins where phi is 0; give another -phi"),
        ],
    )
    def test_states_that_a_run_does_not_begin_in(
        self, prints: Prints, text: str, tmp_path: Path, flags: str, why: str
    ) -> None:
        table = write_file(tmp_path / "t.hkl", b"0 0 1 5\n")
        experiment = experiment_of(f"-hkl {table} {flags}")
        engine = prints(text)
        given = RunState(interpolation_on=True, swept=False, polar_axis=(0.0, 0.0, 1.0))
        for use in (
            lambda: engine.observe(experiment, [PIXEL], in_frame=True),
            lambda: engine.frame(experiment, state=given),
            lambda: engine.scanner(experiment),
        ):
            with pytest.raises(UsageError, match=f"the order of pixels matters, as {why}"):
                use()

    def test_a_state_that_does_not_matter(
        self, prints: Prints, case: Experiment, text: str
    ) -> None:
        engine = prints(text)
        assert engine.observe(case, [PIXEL], in_frame=True)
        frame = engine.frame(case)
        assert engine.frame(case, state=frame.state).image.shape == (128, 128)

    def test_tap_4_of_regions(self, prints: Prints, case: Experiment, text: str) -> None:
        with pytest.raises(UsageError, match="prints Tap 4 of one pixel a run"):
            prints(text).f_cell_maps(case)

    @pytest.mark.parametrize(
        ("flags", "error"),
        [("-hkl none.hkl", FileError), ("-sourcefile none", FileError), ("-mask none", FileError)],
    )
    def test_files_that_are_not_there(
        self, prints: Prints, text: str, flags: str, error: type[Exception]
    ) -> None:
        experiment = experiment_of("")
        if "mask" in flags:
            changed = experiment.detector.model_copy(update={"mask": Path("none")})
            experiment = experiment.model_copy(update={"detector": changed})
        else:
            experiment = experiment_of(flags)
        with pytest.raises(error, match="none"):
            prints(text).observe(experiment, [(0, 0)])

    def test_a_pixel_outside(self, prints: Prints, text: str) -> None:
        with pytest.raises(UsageError, match="--pixel 24 0 lies outside the detector of 24 slow"):
            prints(text).observe(experiment_of(""), [(24, 0)])
        with pytest.raises(UsageError, match="not on the detector"):
            prints(text).frame(experiment_of(""), Region(range(3), range(25)))
