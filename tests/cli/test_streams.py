"""Standard streams of any encoding, closed ones, ones that cannot be written, and Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = (sys.executable, "-m", "parity_bridge")
_NO_UTF8 = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

#: Runs the program and sends SIGINT to it while it imports the module that is named first.
_INTERRUPTED_IMPORT = """
import os, runpy, signal, sys
module, *sys.argv[1:] = sys.argv[1:]
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
sys.modules.pop(module, None)
sys.meta_path.insert(0, Interrupts())
runpy.run_module("parity_bridge", run_name="__main__", alter_sys=True)
"""

#: Runs the program and sends SIGINT to it when the interpreter ends.
_INTERRUPTED_END = """
import atexit, os, runpy, signal
atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
runpy.run_module("parity_bridge", run_name="__main__", alter_sys=True)
"""


def program(
    *words: str, redirect: str = "", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the program from a shell that redirects its streams."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirect}', "sh", *_PROGRAM, *words],
        capture_output=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )


@pytest.mark.parametrize(
    ("environment", "sign"),
    [
        ({"PYTHONIOENCODING": "ascii"}, rb"\xa7"),
        ({"PYTHONIOENCODING": "latin-1"}, "§".encode("latin-1")),
        (_NO_UTF8, rb"\xa7"),
        ({"PYTHONIOENCODING": "utf-8"}, "§".encode()),
    ],
)
def test_help_is_printed_in_any_encoding(environment: dict[str, str], sign: bytes) -> None:
    done = program("run", "--help", environment=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"choice, " + sign + b"3)" in done.stdout


@pytest.mark.parametrize("words", [("run", "--help"), ("engines",)])
@pytest.mark.parametrize("redirect", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_changes_nothing_else(words: tuple[str, ...], redirect: str) -> None:
    done = program(*words, redirect=redirect)
    assert (done.returncode, done.stderr) == (0, b"")
    assert bool(done.stdout) == (">&-" not in redirect.replace("2>&-", ""))


def test_a_closed_error_stream_takes_the_message_with_it() -> None:
    done = program("ran", redirect="2>&-")
    assert (done.returncode, done.stdout) == (1, b"")


def test_no_file_takes_the_number_of_a_closed_stream() -> None:
    """What C code prints would go into that file."""
    code = (
        "import sys; from parity_bridge.cli.printing import prepare_streams; prepare_streams()\n"
        "raise SystemExit(open('file', 'w').fileno())"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command], check=False)
    assert done.returncode > 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
class TestFull:
    def test_help_that_cannot_be_written_is_exit_5(self) -> None:
        done = program("run", "--help", redirect="> /dev/full")
        assert done.returncode == 5
        assert done.stderr.startswith(b"parity_bridge: standard output cannot be written (")
        assert done.stderr.count(b"\n") == 1

    def test_a_message_that_cannot_be_written_leaves_the_exit_status(self) -> None:
        assert program("ran", redirect="2> /dev/full").returncode == 1


def test_a_reader_of_the_help_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*_PROGRAM, "run", "--help"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.signals
@pytest.mark.parametrize(
    "module",
    [
        "parity_bridge.cli.program",
        "parity_bridge.cli.arguments",
        "parity_bridge.cli.commands.trace",
        "numpy",
        "pydantic",
        "parity_bridge.engines.c_core",
    ],
)
def test_ctrl_c_during_imports_is_exit_130_without_a_traceback(module: str) -> None:
    words = ("trace", "--engine", "c", "--pixel", "0", "0")
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_IMPORT, module, *words],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.signals
def test_ctrl_c_while_the_interpreter_ends_prints_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_END, "engines"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, b"")
