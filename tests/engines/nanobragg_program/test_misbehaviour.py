"""Programs that misbehave in every way that a program can."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import numpy as np
import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.process import Program
from parity_bridge.errors import EngineError
from parity_bridge.experiment.model import Experiment
from tests.engines.nanobragg_program.printed_cases import (
    PIXEL,
    Prints,
    WriteProgram,
    assert_parity,
    private_folders,
)


class TestMisbehaviour:
    """Whatever a program does, the command ends with a sentence, and nothing of it is left."""

    def failure(self, engine: NanobraggProgram, experiment: Experiment, tmp_path: Path) -> str:
        with pytest.raises(EngineError) as caught:
            engine.observe(experiment, [PIXEL])
        message = str(caught.value)
        assert message.startswith("nanoBragg ")
        assert "\n" not in message
        assert message.endswith("check that --c-bin or $NB_C_BIN names a nanoBragg program")
        assert private_folders(tmp_path) == []
        return message

    def test_without_any_it_is_right(self, prints: Prints, case: Experiment, text: str) -> None:
        assert_parity(CCore().observe(case, [PIXEL]), prints(text).observe(case, [PIXEL]))

    @pytest.mark.parametrize(
        ("after", "words"),
        [
            ("exit 3", "failed with exit status 3; its last lines are"),
            ("echo no such file >&2; exit 1", "1; its last lines are .* / solid angle / no such f"),
            ("kill -SEGV $$", f"was ended by signal {int(signal.SIGSEGV)};"),
            ("rm image.bin", "left no image that can be read .*No such file"),
            ("echo >> image.bin", "left no image .*65537 bytes for 128 x 128 pixels"),
        ],
    )
    def test_a_run_that_fails(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path, after: str, words: str
    ) -> None:
        assert re.search(words, self.failure(prints(text, after), case, tmp_path))

    def test_an_image_of_something_else(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path
    ) -> None:
        words = "printed 0.08768503368 where its image holds 0.0;"
        assert words in self.failure(prints(text, shown=0.0), case, tmp_path)

    def test_an_image_that_is_not_finite_is_no_other_program(
        self, prints: Prints, case: Experiment, text: str
    ) -> None:
        with pytest.raises(
            EngineError, match=r"computes nan at pixel 20 101 \(slow, fast\): run it"
        ):
            prints(text, shown=np.nan).observe(case, [PIXEL])

    def test_a_detector_of_another_size_is_named(
        self, prints: Prints, case: Experiment, text: str
    ) -> None:
        other = text.replace("(128x128 pixels)", "(1024x40 pixels)")
        with pytest.raises(EngineError, match=r"of 40 slow x 1024 fast pixels, .* say 128 x 128"):
            prints(other).observe(case, [PIXEL])

    @pytest.mark.parametrize(
        ("before", "now", "words"),
        [
            (r"(?s).*", "", "nothing that states its number of oversample; it printed nothing"),
            (r"(?s).*", "Usage: other\n", "oversample; its last lines are 'Usage: other'; check"),
            (r"  1 sources\n", "", "printed nothing that states its number of sources"),
            (r"1 phi steps", "0 phi steps", "printed nothing that states its number of phi steps"),
            (r"(?s)pixel +0\.08.*", "pix", "block of pixel 20 101 (slow, fast) that is cut short"),
            (r"(?s)at 0.06 .*", "", "block of pixel 20 101 (slow, fast) that is cut short"),
            (r"(?s) 101   20 .*", " 101   20 : sto", "printed 0 pixels where 1 were asked for"),
            (r"F_cell=\S+", "F_cell=nan", "in which 'nan' is not a finite number"),
            (r"hkl= \S+", "hkl= -inf", "in which '-inf' is not a finite number"),
            (r"polar +\S+", "polar  -nan", "in which '-nan' is not a finite number"),
            (r"hkl0= \S+", "hkl0= 3000000000", "in which '3000000000' is no Miller index"),
            (r"hkl0= \S+", "hkl0= 1.5", "in which '1.5' is not a whole number"),
            (r" 101   20 :", " 101   21 :", "printed pixel 21 101 (slow, fast) where 20 101 (s"),
            (r"(?s)( 101   20 .*)", r"\1\1", "printed 2 pixels where 1 were asked for"),
        ],
    )  # fmt: skip
    def test_a_printout_of_something_else(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path,
        before: str, now: str, words: str,
    ) -> None:  # fmt: skip
        changed, count = re.subn(before, now, text, count=1)
        assert count == 1
        assert words in self.failure(prints(changed), case, tmp_path)

    @pytest.mark.signals
    @pytest.mark.parametrize("hang", ["exec sleep infinity", "sleep infinity & wait"])
    def test_a_run_without_an_end(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path, hang: str
    ) -> None:
        engine = prints(text, hang, time_limit=0.3)
        assert "did not end within 0.3 s and was stopped" in self.failure(engine, case, tmp_path)

    @pytest.mark.signals
    def test_a_printout_without_an_end(
        self, prints: Prints, case: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("parity_bridge.engines.nanobragg_program.process.MOST_OUTPUT", 2000)
        message = self.failure(prints("x" * 3000, "exec sleep infinity"), case, tmp_path)
        assert "was stopped when it had printed 3000 bytes" in message

    def test_a_file_that_is_no_program(
        self, write_program: WriteProgram, case: Experiment, tmp_path: Path
    ) -> None:
        path = write_program("")
        path.write_bytes(b"\x7fELF nothing else")
        engine = NanobraggProgram(c_bin=path)
        assert "cannot be run (Exec format error)" in self.failure(engine, case, tmp_path)

    def test_a_cache_that_it_leaves_is_read_by_no_other_run(
        self, prints: Prints, case: Experiment, text: str, tmp_path: Path
    ) -> None:
        engine = prints(text, "test ! -e Fdump.bin && touch Fdump.bin")
        engine.observe(case, [PIXEL, PIXEL])
        assert private_folders(tmp_path) == []
        assert Path("Fdump.bin").read_bytes() == b"stale"

    def test_it_runs_alone_in_its_folder(self, prints: Prints, case: Experiment, text: str) -> None:
        only = '[ "$(ls)" = "image.bin\ntable.hkl" ] && [ "$OMP_NUM_THREADS" = 1 ]'
        prints(text, only).observe(case, [PIXEL])


def test_the_output_of_a_program_is_its_own(tmp_path: Path, write_program: WriteProgram) -> None:
    # Complaints come when they like, in the middle of a line of the printout too.
    path = write_program("echo out; echo complaint >&2; printf 'caf\\303\\251'; pwd >&2")
    assert Program(path, 60.0).run([], tmp_path) == "out\ncaf\ufffd\ufffd"
