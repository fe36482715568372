"""Whatever ends a run, no process of the program is left: told by a pipe that each holds open."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parity_bridge.files.child_process import child_process

pytestmark = pytest.mark.signals

GUARD = 120.0
SHELL = "/bin/sh"

#: Descendants in sessions of their own, each with the pipe 3; ``up`` is written when they are.
FAMILY = {
    "a child": "echo up >&3; sleep infinity",
    "a child in a session of its own": """
        {python} -I -S -c 'import os, signal
if os.fork() == 0:
    os.setsid()
    os.write(3, b"up")
    signal.pause()
signal.pause()'""",
    "a daemon whose parents have ended": """
        {python} -I -S -c 'import os, signal
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        os.write(3, b"up")
        signal.pause()
    os._exit(0)
signal.pause()'""",
    "a family that ignores SIGTERM": """
        {python} -I -S -c 'import os, signal
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    os.fork()
os.setsid() if os.getpid() != os.getpgid(0) else None
os.write(3, b"up")
while True:
    signal.pause()'""",
}
PARENT = """
import os, sys
from parity_bridge.files.child_process import child_process
with child_process(["/bin/sh", "-c", sys.argv[1]], os.environ) as process:
    process.wait(1e6)
"""


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A pipe that programs open by name, and its reading end."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield reader, path
    os.close(reader)


def script(family: str, path: Path) -> str:
    return f"exec 3>{path}; {FAMILY[family].format(python=sys.executable)}"


def await_start(reader: int) -> None:
    assert read(reader), "no process of the program came up"


def await_end(reader: int) -> None:
    """Read up to the end, which is there when nobody holds the pipe open."""
    while read(reader):
        pass


def read(reader: int) -> bytes:
    """Read what comes, or nothing at the end; fail where neither comes."""
    poll = select.poll()
    poll.register(reader, select.POLLIN | select.POLLHUP)
    assert poll.poll(1000 * GUARD), "a process is left"
    return os.read(reader, 4096)


@contextmanager
def parent(words: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", PARENT, words], stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("family", FAMILY)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_parent(
    family: str, number: signal.Signals, pipe: tuple[int, Path]
) -> None:
    reader, path = pipe
    with parent(script(family, path)) as process:
        await_start(reader)
        process.send_signal(number)
        await_end(reader)


@pytest.mark.parametrize("family", FAMILY)
def test_the_end_of_the_block(family: str, pipe: tuple[int, Path]) -> None:
    reader, path = pipe
    with child_process([SHELL, "-c", script(family, path)], os.environ) as process:
        assert process.wait(1e-3) is None
        await_start(reader)
    await_end(reader)


def test_the_end_of_the_program_is_that_of_its_daemons(pipe: tuple[int, Path]) -> None:
    reader, path = pipe
    daemon = """
import os, signal
if os.fork() == 0:
    os.setsid()
    os.write(3, b"up")
    signal.pause()
"""
    words = [SHELL, "-c", f"exec 3>{path}; {sys.executable} -I -S -c '{daemon}'; exit 3"]
    with child_process(words, os.environ) as process:
        assert process.wait(GUARD) == 3
        await_end(reader)


def test_an_exception_in_the_block(pipe: tuple[int, Path]) -> None:
    reader, path = pipe
    family = "a daemon whose parents have ended"

    def interrupted() -> None:
        with child_process([SHELL, "-c", script(family, path)], os.environ):
            await_start(reader)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    await_end(reader)


def test_a_copy_of_the_parent_does_not_keep_it_alive(pipe: tuple[int, Path]) -> None:
    """A fork of the parent has its socket too."""
    reader, path = pipe
    copied = PARENT.replace(
        "    process.wait(1e6)",
        "    if os.fork() == 0:\n        os.read(0, 1)\n        os._exit(0)\n    process.wait(1e6)",
    )
    words = script("a child in a session of its own", path)
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", copied, words], stdin=subprocess.PIPE
    ) as process:
        await_start(reader)
        process.kill()
        await_end(reader)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_the_keeper(number: signal.Signals, pipe: tuple[int, Path]) -> None:
    reader, path = pipe
    words = f"exec 3>{path}; echo up >&3; kill -{int(number)} $PPID; exec sleep infinity"
    with child_process([SHELL, "-c", words], os.environ) as process:
        await_start(reader)
        if number == signal.SIGKILL:
            assert process.wait(GUARD) == -signal.SIGKILL
        else:
            with pytest.raises(OSError, match="that watches it ended"):
                process.wait(GUARD)
        await_end(reader)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("exit 0", 0),
        ("exit 3", 3),
        ("kill -SEGV $$", -signal.SIGSEGV),
        ("kill -KILL $$", -signal.SIGKILL),
        ("kill -TERM $$", -signal.SIGTERM),
        ("kill -PIPE $$", -signal.SIGPIPE),
        ("cat; exit 5", 5),
    ],
)
def test_how_it_ended(words: str, status: int) -> None:
    with child_process([SHELL, "-c", words], os.environ) as process:
        assert process.wait(GUARD) == status


def test_it_has_the_folder_environment_and_output_that_are_given(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        words = [SHELL, "-c", 'pwd; echo "$WORD" "$1" >&2', "sh", "an argument"]
        with child_process(
            words, {**os.environ, "WORD": "word"}, folder=tmp_path, stdout=out, stderr=err
        ) as process:
            assert process.wait(GUARD) == 0
    assert (tmp_path / "out").read_text() == f"{tmp_path.resolve()}\n"
    assert (tmp_path / "err").read_text() == "word an argument\n"


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    for name, content, error in (
        ("missing", None, FileNotFoundError),
        ("no_program", b"\x7fELF nothing else", OSError),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
            path.chmod(0o755)
        with child_process([str(path)], os.environ) as process, pytest.raises(error):
            process.wait(GUARD)


def test_a_fork_bomb_of_short_lives(pipe: tuple[int, Path]) -> None:
    """Processes that come and go while they are ended."""
    reader, path = pipe
    words = (
        f"exec 3>{path}; echo up >&3; "
        "for each in 1 2 3 4; do (while :; do /bin/true; done) & done; wait"
    )
    with child_process([SHELL, "-c", words], os.environ):
        await_start(reader)
    await_end(reader)
