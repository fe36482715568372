"""The program as a process: what it imports, its standard output and its exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command_line import (
    in_a_new_process,
)


class TestProcess:
    def test_help_names_the_exit_statuses_and_imports_nothing_heavy(self) -> None:
        code = (
            "import sys; from parity_bridge.cli.program import main\n"
            "try: main(['run', '--help'])\n"
            "except SystemExit: pass\n"
            "print({'torch', 'numpy', 'pydantic', 'tabulate'} & set(sys.modules))"
        )
        done = in_a_new_process(code=code)
        assert "3 the engines disagree" in " ".join(done.stdout.split())
        assert done.stdout.endswith("set()\n")

    def test_tracing_the_c_core_never_imports_torch(self) -> None:
        code = (
            "import sys; from parity_bridge.cli.program import main\n"
            "status = main(['trace', '--engine', 'c', '--pixel', '0', '0'])\n"
            "print(status, 'torch' in sys.modules)"
        )
        assert in_a_new_process(code=code).stdout.endswith("\n0 False\n")

    def test_a_reader_that_goes_away_is_no_error(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-m", "parity_bridge", "trace", "--engine", "c"]
        done = subprocess.run(
            [*command, "--pixel", "0", "0"], stdout=writing, stderr=subprocess.PIPE, check=False
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_output_that_cannot_be_written_is_exit_5(self) -> None:
        command = [sys.executable, "-m", "parity_bridge", "trace", "--engine", "c"]
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*command, "--pixel", "0", "0"], stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done.returncode == 5
        assert done.stderr.startswith(b"parity_bridge: standard output cannot be written")

    def test_the_module_ends_with_the_status_of_the_command(self) -> None:
        done = in_a_new_process("run", "--pixel", "1")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("parity_bridge: ")
