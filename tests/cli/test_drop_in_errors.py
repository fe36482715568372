"""``pb-nanobragg`` with bad input: status 9, or one of ours, and nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from parity_bridge.bridge import drop_in_run
from tests.cli.drop_in_runs import START, run

CELL = "-cell 50 60 70 80 95 105 -detpixels 6 -pixel 0.8 -distance 60 -oversample 1"
LINE = f"{CELL} -default_F 100 -seed 3"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "give the unit cell with -cell"),
        ("-default_F 100", "give the unit cell with -cell"),
        (CELL, "nothing to take structure factors from"),
        (f"{CELL} -default_F 0", "nothing to take structure factors from"),
        (f"{LINE} -hkl no.hkl", "-hkl no.hkl does not exist"),
        (f"{LINE} -sourcefile no.txt", "-sourcefile no.txt does not exist"),
    ],
)
def test_nothing_to_simulate_prints_the_usage_and_ends_with_9(
    words: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, words)
    assert done.status == 9
    assert done.printed.startswith("usage: pb-nanobragg ")
    assert "-detector_rotx" in done.printed
    assert sentence in done.notes
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ("-hkl broken.hkl", 5, "broken.hkl, line 2"),
        ("-hkl folder", 5, "folder is a folder"),
        ("-dump junk.bin", 5, "junk.bin does not begin"),
        ("-floatfile no/f.bin", 5, "no/f.bin cannot be written"),
        ("-intfile folder", 5, "folder is a folder"),
        ("-pgmfile no/p.pgm", 5, "no/p.pgm cannot be written"),
        ("-noisefile no/n.img", 5, "no/n.img cannot be written"),
        ("-mask broken.hkl", 5, "broken.hkl"),
        ("-detpixels 100000 -pixel 1e-9 -printout -mosaic 1 -mosaic_dom 2000000", 1, "mosaic"),
    ],
)
def test_other_errors_are_one_sentence_and_write_nothing(
    words: str, status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.hkl").write_text("0 0 0 1\n1 0 0 x\n")
    Path("junk.bin").write_bytes(b"junk")
    Path("folder").mkdir()
    before = sorted(Path().iterdir())
    done = run(capsys, f"{LINE} {words}")
    assert done.status == status
    errors = [line for line in done.notes.splitlines() if not line.startswith("note: ")]
    assert len(errors) == 1
    assert sentence in errors[0]
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("-seed -5", "-seed -5: below 0 the original goes on"),
        ("-scale inf", "-scale inf is no finite number"),
        ("-adc nan", "-adc nan is no finite number"),
        ("-pgmscale nan", "-pgmscale nan is no finite number"),
        ("-printout -oversample 64 -mosaic 1 -mosaic_domains 300", "a pixel has 1228800 "),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_first_pixel(
    words: str,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drop_in_run, "render", None)
    done = run(capsys, f"{LINE} {words}")
    assert done.status == 1
    assert sentence in done.notes
    assert not list(Path().iterdir())


@pytest.mark.parametrize("words", ["-seed -5 -nonoise", "-pgmscale nan -nopgm"])
def test_a_number_of_a_file_that_is_not_written_has_no_effect(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, f"{LINE} {words}").status == 0


@pytest.mark.parametrize("step", ["render", "integer_image"])
def test_too_little_memory_is_one_sentence(
    step: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("3.64 TiB")

    monkeypatch.setattr(drop_in_run, step, fail)
    done = run(capsys, LINE)
    assert done.status == 1
    assert done.notes == (
        "pb-nanobragg: there is not enough memory for this detector (MemoryError: 3.64 TiB); "
        "give fewer pixels with -detpixels or -detsize\n"
    )
    assert not list(Path().iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", ["", LINE])
def test_an_output_that_cannot_be_written_is_one_sentence(words: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*START, *words.split()], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 5
    assert done.stderr.startswith("pb-nanobragg: standard output cannot be written")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(capsys: pytest.CaptureFixture[str]) -> None:
    Path("locked").mkdir(mode=0o500)
    assert run(capsys, f"{LINE} -floatfile locked/f.bin").status == 5


def test_an_error_leaves_the_files_of_an_earlier_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, LINE).status == 0
    before = {path: path.read_bytes() for path in Path().iterdir()}
    assert run(capsys, f"{LINE} -fluence 1e25 -adc nan").status == 1
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


def test_a_device_is_written_into(capsys: pytest.CaptureFixture[str]) -> None:
    Path("nowhere").symlink_to(os.devnull)
    assert run(capsys, f"{LINE} -floatfile nowhere -intfile {os.devnull}").status == 0
    assert Path(os.devnull).is_char_device()
    assert Path("nowhere").is_symlink()


def test_a_link_is_followed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("f.bin").symlink_to("target.bin")
    assert run(capsys, f"{LINE} -floatfile f.bin").status == 0
    assert Path("f.bin").is_symlink()
    assert Path("target.bin").stat().st_size == 4 * 36


@pytest.mark.signals
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_and_leaves_nothing_half_written(
    number: signal.Signals, status: int
) -> None:
    # Writing waits for somebody who reads the pipe, with three files still to be written.
    os.mkfifo("pipe")
    command = [*START, *f"{LINE} -floatfile pipe".split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(line.startswith("largest ") for line in process.stdout)
        process.send_signal(number)
        assert process.wait() == status
    assert [path.name for path in Path().iterdir()] == ["pipe"]
