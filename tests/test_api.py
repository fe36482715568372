"""The interface for programs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from parity_bridge.api import Experiment, compare, engine, explain, scan
from parity_bridge.bridge.answer import Answer
from parity_bridge.bridge.python_words import python_words
from parity_bridge.cli.program import main
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.nanobragg_flags import parse_flags

FLAGS = "-cell 50 60 70 -default_F 10 -N 6 -detpixels 64 -pixel 1 -oversample 2"
PIXELS = [(0, 0), (32, 32)]
EXPERIMENT = Experiment.from_nanobragg(FLAGS)


def test_an_experiment_is_what_the_flags_say() -> None:
    made = Experiment.from_nanobragg(FLAGS)
    assert made == Experiment.from_nanobragg(FLAGS.split()) == parse_flags(FLAGS.split()).experiment
    with pytest.raises(UsageError, match="-cel"):
        Experiment.from_nanobragg("-cel 50")


def test_engines_that_agree() -> None:
    found = compare(Experiment.from_nanobragg(FLAGS), PIXELS, engine("c"), engine("torch"))
    assert found
    assert found.agrees
    assert explain(found) is None
    assert found.first_divergence is None
    assert str(found) == (
        "parity: c and pytorch agree in every field of all 9 taps exactly at 2 pixels"
    )


def test_engines_that_do_not() -> None:
    wrong = engine("torch", behaviours=["omega=last"])
    found = compare(Experiment.from_nanobragg(FLAGS), PIXELS, "c", wrong)
    assert not found
    finding = explain(found)
    assert finding is not None
    assert finding.names == (("omega=last",),)
    assert found.first_divergence is not None
    assert found.first_divergence.field == "omega"
    assert compare(Experiment.from_nanobragg(FLAGS), PIXELS, "c", wrong, taps=["f_cell"])


def test_an_engine_that_was_made_already_and_another_dtype() -> None:
    made = Experiment.from_nanobragg(FLAGS)
    assert compare(made, PIXELS, "torch", CCore())
    found = compare(made, PIXELS, "c", engine("torch", dtype="float32"))
    assert found.comparison.tolerances.case == "float32 on cpu"


def test_nothing_is_no_comparison() -> None:
    with pytest.raises(UsageError, match="give at least one pixel"):
        compare(Experiment.from_nanobragg(FLAGS), [])


@pytest.mark.usefixtures("without_pictures")
def test_a_scan(tmp_path: Path) -> None:
    found = scan(Experiment.from_nanobragg(FLAGS), tmp_path / "whole", tile=32)
    assert found.summary.verdict == "parity"
    assert (tmp_path / "whole" / "scan" / "scan.html").exists()
    again = scan(Experiment.from_nanobragg(FLAGS), tmp_path / "whole", tile=32, resume=True)
    assert again.summary.pixels == 64 * 64


class TestArgumentsThatWork:
    """However a caller writes them down."""

    @pytest.mark.parametrize("experiment", [FLAGS, FLAGS.split(), tuple(FLAGS.split())])
    def test_an_experiment(self, experiment: Any) -> None:
        assert compare(experiment, [(0, 0)])

    def test_words_may_be_paths(self, tmp_path: Path) -> None:
        table = tmp_path / "t.hkl"
        words = [*FLAGS.split(), "-hkl", table]
        made = Experiment.from_nanobragg(words)  # type: ignore[arg-type] # what people write
        assert made.structure_factors.hkl == table

    @pytest.mark.parametrize(
        "pixels",
        [
            np.array([[1, 2], [3, 4]], np.uint16), torch.tensor([[1, 2], [3, 4]]),
            [np.array([1, 2]), (np.int64(3), 4)], ((1, 2), [3.0, 4]), iter([(1, 2), (3, 4)]),
        ],
    )  # fmt: skip
    def test_pixels(self, pixels: Any) -> None:
        found = compare(EXPERIMENT, pixels, taps="config")
        assert [pixel.pixel_coords for pixel in found.comparison.pixels] == [(1, 2), (3, 4)]

    @pytest.mark.parametrize(
        "taps", ["omega,f_cell", ["omega", "f_cell"], np.array(["omega", "f_cell"])]
    )
    def test_taps(self, taps: Any) -> None:
        assert compare(EXPERIMENT, [(0, 0)], taps=taps).taps == ("omega", "f_cell")

    @pytest.mark.parametrize("kind", [str, Path])
    def test_a_file_of_tolerances(self, kind: Any, tmp_path: Path) -> None:
        file = tmp_path / "t.toml"
        file.write_text('"*" = { rtol = 1e-6 }')
        assert (
            compare(EXPERIMENT, [(0, 0)], tolerances=kind(file)).comparison.tolerances.file
            == "t.toml"
        )

    def test_a_behaviour(self) -> None:
        assert engine("torch", behaviours="omega=last").choice.behaviours == ("omega=last",)

    def test_an_engine_that_exists_in_the_dtype_it_has(self) -> None:
        assert engine(TorchPort(dtype="float32"), dtype="float32").choice.dtype == "float32"


class NotQuiteAnEngine:
    """Has what computes, and no words for reports."""

    def observe(self) -> None: ...
    def build(self) -> None: ...


PIXEL_MISTAKES: list[tuple[Any, str]] = [
    ((0, 0), "pixels holds an int, 0, in the place of a pixel; give a list of (slow, fast) pairs"),
    (np.array([0, 0]), "in the place of a pixel"),
    (
        [(1.5, 2)],
        "a pixel is a tuple, (1.5, 2); give a list of (slow, fast) pairs of whole numbers",
    ),
    ([(float("nan"), 2)], "pairs of whole numbers"),
    ([("1", "2")], "pairs of whole numbers"),
    (["12"], "a pixel is a str, '12'; give"),
    ("0 0", "pixels is a str, '0 0'; give"),
    ([(True, 0)], "pairs of whole numbers"),
    ([(1, 2, 3)], "pairs of whole numbers"),
    ([(1,)], "pairs of whole numbers"),
    ([(10**30, 2)], "pairs of whole numbers"),
    ([None], "a pixel is a NoneType, None; give"),
    (None, "pixels is a NoneType, None; give"),
    ({(0, 0): 1}, "pixels is a dict"),
    ([(-1, 0)], "pixel (-1, 0) is negative; pixels (slow, fast) are counted from 0"),
    ([(3, 4), (0, 0), (3, 4)], "pixel (3, 4) is given twice; give each pixel once"),
    ([], "give at least one pixel"),
    (np.zeros((0, 2), int), "give at least one pixel"),
]
ENGINE_MISTAKES: list[tuple[Any, str]] = [
    (
        CCore,
        "CCore is a class; give an instance, CCore(), or its name, 'parity_bridge.engines.c_core",
    ),
    (np, "numpy is a module; name its class, 'numpy:Class'"),
    (Path("records"), "is no engine: it has no observe(); give a name of `parity_bridge engines`"),
    (None, "None, a NoneType, is no engine"),
    (3, "3, an int, is no engine"),
    (NotQuiteAnEngine(), "the class NotQuiteAnEngine has no name, a word that reports need"),
]
EXPERIMENT_MISTAKES: list[tuple[Any, str]] = [
    (5, "is an int, 5; give nanoBragg flags, one string or a list of words"),
    (None, "is a NoneType, None; give nanoBragg flags"),
    (b"-N 5", "is a bytes, b'-N 5'; give nanoBragg flags"),
    ({"-N": 5}, "is a dict"),
    ({"-N", "5"}, "is a set"),
    (["-N", 5], "holds an int, 5; write every word as text: '5'"),
    ("-cell '50", "No closing quotation; close the quotation"),
]
COMPARE_MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"taps": "f_sell"}, "there is no tap 'f_sell'; choose all or from"),
    ({"taps": []}, "taps holds no name; give one name of docs/taps.md or a list of them"),
    ({"taps": 4}, "taps is an int, 4; give one name of docs/taps.md or a list of them"),
    ({"taps": [4]}, "a name in taps is an int, 4; give one name of docs/taps.md"),
    ({"tolerances": {"*": 0}}, "tolerances is a dict, {'*': 0}; give the path of a TOML file"),
    ({"tolerances": ""}, "tolerances is a str, ''; give the path of a TOML file"),
]
CHOICE_MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"dtype": np.float32}, "give 'float64' or 'float32'"),
    ({"dtype": torch.float32}, "dtype is a dtype, torch.float32; give 'float64' or 'float32'"),
    ({"dtype": "float16"}, "choose float64 or float32"),
    ({"device": torch.device("cpu")}, "give it as text, 'cpu' or 'cuda:0' say"),
    ({"behaviours": "omega"}, "omega"),
    ({"behaviours": [3]}, "a name in behaviours is an int, 3; give a list of name=choice"),
    ({"behaviours": 3}, "behaviours is an int, 3; give a list of name=choice, ['omega=last'] say"),
    ({"in_frame": "yes"}, "in_frame is a str, 'yes'; give True or False"),
    ({"c_bin": 3}, "c_bin is an int, 3; give the path of a nanoBragg executable"),
    ({"c_bin": "nanoBragg"}, "c_bin means nothing to engine 'torch', which runs no executable"),
]
SCAN_MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"tiles": 3}, "a scan has no setting 'tiles'; choose from tile, threads, dask, resume, thr"),
    ({"quiet": True}, "a scan has no setting 'quiet'"),
    ({"tile": "32"}, "tile is a str, '32'; give a whole number, 1 or more"),
    ({"tile": 0}, "tile is an int, 0; give a whole number, 1 or more"),
    ({"tile": 1.5}, "tile is a float, 1.5; give a whole number"),
    ({"tile": 99999}, "give 1 to 4096 pixels"),
    ({"threads": 0}, "threads is an int, 0; give a whole number, 1 or more"),
    ({"threads": None}, "threads is a NoneType, None; give a whole number"),
    ({"threads": True}, "threads is a bool, True; give a whole number"),
    ({"dask": 8786}, "dask is an int, 8786; give the address of its scheduler"),
    ({"resume": "yes"}, "resume is a str, 'yes'; give True or False"),
    ({"thresholds": 0.99}, "thresholds is a float, 0.99; give {'corr_min': 0.99} or the like"),
    ({"thresholds": {"corr": 1}}, "there is no threshold 'corr'; choose from corr_min, sum_ratio"),
    ({"thresholds": {"corr_min": "1"}}, "corr_min is a str, '1'; give a number"),
    ({"thresholds": {"corr_min": True}}, "corr_min is a bool, True; give a number"),
    ({"thresholds": {"corr_min": None}}, "corr_min is a NoneType, None; give a number"),
    ({"threshold_file": 3}, "threshold_file is an int, 3; give the path of a TOML file"),
    ({"tolerances": 3}, "tolerances is an int, 3; give the path of a TOML file"),
    ({"folder": ""}, "folder is a str, ''; give the path of a new folder for the report"),
    ({"folder": 3}, "folder is an int, 3; give the path of a new folder for the report"),
    ({"folder": "."}, "folder '.' has no name; give a new folder for the report"),
    ({"experiment": 3}, "experiment is an int, 3; give nanoBragg flags"),
    ({"other": CCore}, "CCore is a class; give an instance"),
    ({"other": CCore()}, "name one as package.module:Class"),
    ({"other": __file__}, "names an engine but is a file; for an image give Path("),
    ({"other": None}, "None, a NoneType, is no engine"),
]


class TestArgumentsThatDoNot:
    """One UsageError each, which says what to give, before an engine is run."""

    @pytest.mark.parametrize(("pixels", "said"), PIXEL_MISTAKES)
    def test_pixels(self, pixels: Any, said: str) -> None:
        with pytest.raises(UsageError, match=re.escape(said)):
            compare(EXPERIMENT, pixels)

    @pytest.mark.parametrize(("which", "said"), ENGINE_MISTAKES)
    def test_an_engine(self, which: Any, said: str) -> None:
        with pytest.raises(UsageError, match=re.escape(said)):
            compare(EXPERIMENT, [(0, 0)], "c", which)
        with pytest.raises(UsageError, match=re.escape(said)):
            compare(EXPERIMENT, [(0, 0)], which)
        with pytest.raises(UsageError, match=re.escape(said)):
            engine(which)

    @pytest.mark.parametrize(("flags", "said"), EXPERIMENT_MISTAKES)
    def test_an_experiment(self, flags: Any, said: str) -> None:
        with pytest.raises(UsageError, match=re.escape(said)):
            Experiment.from_nanobragg(flags)
        with pytest.raises(UsageError, match=re.escape(said)):
            compare(flags, [(0, 0)])

    @pytest.mark.parametrize(("arguments", "said"), COMPARE_MISTAKES)
    def test_of_compare(self, arguments: dict[str, Any], said: str) -> None:
        with pytest.raises(UsageError, match=re.escape(said)):
            compare(EXPERIMENT, [(0, 0)], **arguments)

    @pytest.mark.parametrize(("arguments", "said"), CHOICE_MISTAKES)
    def test_of_engine(self, arguments: dict[str, Any], said: str) -> None:
        with pytest.raises(UsageError, match=re.escape(said)):
            engine("torch", **arguments)

    def test_an_engine_that_exists_is_not_changed(self) -> None:
        for arguments, said in (
            ({"dtype": "float32"}, "computes in float64 on cpu, not in float32 on cpu"),
            ({"device": "cuda"}, "computes in float64 on cpu, not in float64 on cuda"),
            ({"c_bin": "nanoBragg"}, "has its executable; create it with c_bin"),
        ):
            with pytest.raises(UsageError, match=said):
                engine(CCore(), **arguments)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="engine 'c' is chosen already; use it as it is"):
            engine(engine("c"))  # type: ignore[arg-type]

    @pytest.mark.parametrize(("arguments", "said"), SCAN_MISTAKES)
    def test_of_scan(
        self,
        arguments: dict[str, Any],
        said: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UsageError, match=re.escape(said)):
            scan(**{"experiment": EXPERIMENT, "folder": "report", **arguments})
        assert not list(tmp_path.iterdir())

    def test_of_explain(self) -> None:
        with pytest.raises(UsageError, match="explain takes what compare returned, not a str"):
            explain("parity")  # type: ignore[arg-type]


#: Characters of a terminal of 24 lines.
SCREEN = 24 * 80


def test_results_print_on_a_screen(tmp_path: Path) -> None:
    wrong = engine("torch", behaviours=["omega=last"])
    found = compare(EXPERIMENT, [(row, row) for row in range(20)], "c", wrong)
    results = [found, found.pair, *found.pair.sides, Answer((found.pair,))]
    scanned = scan(EXPERIMENT, tmp_path / "scan", "c", wrong)
    results += [scanned, scanned.maps, scanned.maps.whole, scanned.worst_pixels]
    results += [found.question, *found.question.sources]
    for result in results:
        assert repr(result).startswith(f"<{type(result).__name__} ")
        assert len(repr(result)) < SCREEN / 10
        assert len(str(result)) < SCREEN
    assert repr(found) == "<Parity no parity: c and pytorch disagree at 20 of 20 pixels>"


def test_errors_name_arguments_and_no_options_of_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "scan"
    scan(EXPERIMENT, folder)
    with pytest.raises(FileError, match="go on with it with resume=True, or give another folder"):
        scan(EXPERIMENT, folder)
    with pytest.raises(FileError, match="give it what it was begun with, or another folder"):
        scan(EXPERIMENT, folder, other=engine("torch", behaviours=["omega=last"]), resume=True)
    with pytest.raises(UsageError, match=r"^tile 5000: give 1 to 4096 pixels"):
        scan(EXPERIMENT, tmp_path / "other", tile=5000)
    with pytest.raises(UsageError, match=r"^pixel 900 0 lies outside the detector"):
        compare(EXPERIMENT, [(900, 0)])
    with pytest.raises(UsageError, match=r"^dtype float16: "):
        engine("torch", dtype="float16")


def test_words_of_the_command_line_are_replaced_whole() -> None:
    assert python_words("give -pixel, --parity-dtype or --tiles") == (
        "give -pixel, --parity-dtype or --tiles"
    )
    assert python_words("(full); give a writable folder with --out-dir") == (
        "(full); give a writable folder"
    )
    assert python_words("go on with --resume and fewer --threads") == (
        "go on with resume=True and fewer threads"
    )


class TestEnginesCommand:
    def test_it_lists_what_is_there_and_what_each_can_do(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("NB_C_BIN", raising=False)
        assert main(["engines", "tests.scan.scan_engines:Port", "no_such:Engine"]) == 0
        lines = capsys.readouterr().out.splitlines()
        told = {line.split()[0]: line.split()[1] for line in lines[2:8]}
        assert told == {
            "c": "yes", "torch": "yes", "nanobragg-program": "no", "nanobrag_torch": "no",
            "tests.scan.scan_engines:Port": "yes", "no_such:Engine": "no",
        }  # fmt: skip
        reasons = "\n".join(lines[8:])
        assert "nanobragg-program: no nanoBragg program is named; give --c-bin" in reasons
        assert "no_such:Engine: engine 'no_such:Engine': there is no module 'no_such'" in reasons
