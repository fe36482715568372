"""``pb-nanobragg`` writes the original's files, bit for bit, and ends with its statuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.drop_in_runs import MATRIX, RECORDS, lay_out, matrix, records, run, sha256
from tests.engines.golden_cases import figures_are_exact

pytestmark = pytest.mark.skipif(not figures_are_exact(), reason="another variant of the C library")

CASES = records()
LINES = matrix()

COMMON = "-cell 50 60 70 80 95 105 -N 4 -detpixels 48 -pixel 0.8 -distance 60 -lambda 1.2 -seed 7"

#: Command lines of the original, and the sha256 of what it wrote.
FILES = {
    f"{COMMON} -default_F 100": {
        "floatimage.bin": "95941c2ac8ae5f7be129bb697db1d7ed6579d5626971a321f67b41d70bc65430",
        "intimage.img": "1ac522b5b376e352af4c6439f49baba282cb886098aa0e4c775789169ea56454",
        "image.pgm": "43c5ca23583338dee8049eddfc3bb3010c6751ef76d80baa959fe9cf0bc4120f",
        "noiseimage.img": "e3c34d92c8c5c4b6e215f35b1d41ae6889eda45593a6f274d91c759ec947e286",
    },
    f"{COMMON} -default_F 100 -roi 5 30 10 40 -floatfile f.bin -intfile i.img": {
        "f.bin": "48895e80a2a567d6aba0d0e7caf0514327e4299278a1c1ff9bdbcb26088e8dbd",
        "i.img": "582e69ca46f8ced5af16117441ef451425ab3a2435b00444c0f575d8c9c9ada3",
        "image.pgm": "1617ee18b295f028f6ade35893ff3069eede1e832dc8c57234c1792ac37d70af",
        "noiseimage.img": "71496eea0aba5852527433c141cd21eecef6520d19ccccae9b64a43cade45d9e",
    },
    f"{COMMON} -default_F 40000 -pgmimage p.pgm -noiseimage n.img": {
        "floatimage.bin": "1b9057bbe19984bfe9dc2fa4580cd180eb9c287f65e20550ddb9fa3a70d59190",
        "intimage.img": "37f02bf9dc05c1ce433cb9bf52b2134e780348cfefa50c967592c52e443ea1c2",
        "p.pgm": "b93bae9e580a30601802e14ddcd4202d5262cded8a48de41562aaa18d00fa5da",
        "n.img": "38a4589ace0276c84f7efb56a67e28e73bb468e833b57f55f6470c1274aa4183",
    },
}


@pytest.mark.parametrize("words", FILES)
def test_files_have_their_default_names_and_the_bits_of_the_original(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, words).status == 0
    assert {path.name: sha256(path.name) for path in Path().iterdir()} == FILES[words]


@pytest.mark.skipif(not CASES, reason=f"no {RECORDS} here")
@pytest.mark.parametrize("name", CASES or ["none"])
def test_every_file_and_status_of_the_record(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES[name]
    lay_out(case)
    done = run(capsys, f"{case['args']} {case['outputs']}")
    assert done.status == case["exit"], done.notes
    expected = {file: made["sha256"] for file, made in case["made"].items()}
    assert {file: sha256(file) for file in expected} == expected


@pytest.mark.skipif(not LINES, reason=f"no {MATRIX} here")
@pytest.mark.parametrize("name", LINES or ["none"])
def test_the_float_image_of_the_parity_matrix(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case = LINES[name]
    # The record was made so; after -misset_seed N these two words are misset angles as well.
    done = run(capsys, f"{case['args']} -floatfile f.bin")
    assert (done.status, sha256("f.bin")) == (case["exit"], case["sha256"]), done.notes


@pytest.mark.corpus
def test_the_benchmark_frame(capsys: pytest.CaptureFixture[str]) -> None:
    """So many pixels that some are in doubt and computed by the C library's sines after all."""
    words = (
        "-default_F 100 -cell 100 100 100 90 90 90 -lambda 0.5 -distance 500 -detpixels 4096 "
        "-pixel 0.05 -N 5 -oversample 2 -nonoise -nopgm"
    )
    assert run(capsys, words).status == 0
    assert (
        sha256("floatimage.bin")
        == "238b86d03a5b0173d7db61c47618353f5d5973dfd9c04b0d98619d4990cd8d89"
    )


@pytest.mark.parametrize("threads", ["1", "3"])
def test_threads_leave_the_bits_of_one(
    threads: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first pixel of a sweep from 0 differs from all others (contract §6)."""
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    words = (
        "-cell 50 60 70 80 95 105 -default_F 100 -N 4 -detpixels 20 -pixel 2 -distance 60 "
        "-lambda 1.2 -oversample 1 -phi 0 -osc 3 -phisteps 3 -seed 7"
    )
    assert run(capsys, words).status == 0
    assert (
        sha256("floatimage.bin")
        == "8b0c1aa02a2e77b01e7df05969c62e87b73b1b16242ad62c85ea46a14cd3b71d"
    )
    assert (
        sha256("noiseimage.img")
        == "973ce55908af37dbf783b4c6c6a010dabb63c79206ba2dcf4d290976fafda1eb"
    )
