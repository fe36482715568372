"""The pytest plugin as a port's own test suite uses it."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest

import parity_bridge

pytest_plugins = ["pytester"]

FLAGS = "-cell 50 60 70 -default_F 10 -N 6 -detpixels 64 -pixel 1 -oversample 2"
ENGINES = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from tests.scan.scan_engines import Port
class Right(Port):
    pass
class Wrong(Port):
    def observe(self, experiment, pixels, **how):
        from parity_bridge.experiment.behaviours import Behaviours
        how["behaviours"] = Behaviours(omega="last")
        return super().observe(experiment, pixels, **how)
"""
CHECK = f"""
def test_it(parity):
    parity("engines:{{}}", {FLAGS!r}, [(0, 0), (32, 32)])
"""
STORED = f"""
from pathlib import Path
def test_it(parity):
    parity("engines:{{}}", {FLAGS!r}, [(0, 0), (32, 32)], stored=Path("stored"))
"""


@pytest.fixture(scope="module")
def _all_imported() -> None:
    """What a run in this process imports first is forgotten after it, and would come anew."""
    for module in pkgutil.walk_packages(parity_bridge.__path__, "parity_bridge."):
        importlib.import_module(module.name)


@pytest.fixture
def suite(pytester: pytest.Pytester, _all_imported: None) -> pytest.Pytester:
    """A test suite of somebody else."""
    pytester.makepyfile(engines=ENGINES)
    pytester.makeini("[pytest]\npythonpath = .")
    return pytester


PLAIN = ("-p", "no:cacheprovider", "-p", "no:warnings")


def run(suite: pytest.Pytester, *words: str) -> pytest.RunResult:
    return suite.runpytest_inprocess(*PLAIN, *words)


def run_in_a_new_process(suite: pytest.Pytester, *words: str) -> pytest.RunResult:
    return suite.runpytest_subprocess(*PLAIN, *words)


def write_checks(
    suite: pytest.Pytester, calls: list[str], decorators: list[str] | None = None
) -> None:
    """Write a test of each call: a run of pytest takes longer than the check."""
    lines = [f"import engines, pytest\nfrom engines import Right\nFLAGS = {FLAGS!r}"]
    for place, call in enumerate(calls):
        decorator = decorators[place] if decorators else ""
        lines.append(f"{decorator}\ndef test_{place}(parity):\n    {call}")
    suite.makepyfile("\n".join(lines))


def failures(result: pytest.RunResult) -> list[str]:
    """Return what each failed test says, which is one line, in their order."""
    return re.findall(
        r"^_+ test_\w+(?:\[.*\])? _+\n(.+)\n(?=[_=])", result.stdout.str(), re.MULTILINE
    )


def test_a_port_that_agrees_passes(suite: pytest.Pytester) -> None:
    """However engine, experiment, pixels, taps and paths are given."""
    (suite.path / "t.toml").write_text('"*" = { rtol = 1e-6 }')
    write_checks(
        suite,
        [
            'parity("engines:Right", FLAGS, [(0, 0), (32, 32)])',
            'parity(Right(), FLAGS.split(), [(0, 0)], tolerances="t.toml")',
            'import numpy; parity("engines:Right", FLAGS, numpy.argwhere(numpy.eye(64)[:2]))',
            'import torch; parity("engines:Right", FLAGS, torch.tensor([[0, 0], [3, 4]]))',
            'parity("engines:Right", FLAGS, [(0, 0)], taps="omega,f_cell")',
        ],
    )  # fmt: skip
    run(suite).assert_outcomes(passed=5)


def test_one_that_does_not_fails_in_a_few_lines(suite: pytest.Pytester) -> None:
    suite.makepyfile(CHECK.format("Wrong"))
    result = run(suite)
    result.assert_outcomes(failed=1)
    out = result.stdout.str()
    told = out[out.index("no parity:") : out.index("short test summary")].splitlines()
    assert told[0] == "no parity: c and port disagree at 2 of 2 pixels"
    assert re.fullmatch(r"differing: \d+ of \d+ figures: omega_subpixel\.omega \d+, .*", told[1])
    assert re.fullmatch(
        r"first divergence: pixel 0 0, omega_subpixel, omega at subpixel 0 1: c [\d.e-]+, "
        r"port [\d.e-]+ \(difference .*, signal\)",
        told[2],
    )
    assert told[3].startswith("worst of omega_subpixel.omega: pixel 0 0, subpixel 1 1: c ")
    assert told[4].startswith("why: port uses the last subpixel's solid angle; with `omega=last`")
    assert len(told) == 6
    assert "Traceback" not in out
    assert "::test_it - Failed: " in out


def test_the_comparison_is_given_where_nothing_is_to_be_checked(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        f"""
        def test_it(parity):
            found = parity("engines:Wrong", {FLAGS!r}, [(0, 0)], check=False)
            assert not found
            assert found.finding.names == (("omega=last",),)
            assert found.first_divergence.field == "omega"
            assert parity("engines:Wrong", {FLAGS!r}, [(0, 0)], taps=["f_cell"])
        """
    )
    run(suite).assert_outcomes(passed=1)


def test_options_and_marker_say_what_the_test_leaves_open(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        f"""
        import pytest
        def test_option(parity):
            assert parity(None, {FLAGS!r}, [(0, 0)]).comparison.other == "port"
        @pytest.mark.parity(engine="engines:Right", taps=["f_cell"])
        def test_marker(parity):
            found = parity(None, {FLAGS!r}, [(0, 0)])
            assert (found.comparison.other, found.taps) == ("port", ("f_cell",))
        """
    )
    run(suite, "--parity-engine", "engines:Right").assert_outcomes(passed=2)
    run(suite, "--strict-markers", "-m", "parity").assert_outcomes(passed=1, deselected=1)


def test_dtype_and_device_go_to_the_engine(suite: pytest.Pytester) -> None:
    suite.makepyfile(CHECK.format("Right"))
    result = run(suite, "--parity-dtype", "float32")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*dtype float32: the C core computes in float64*"])


MISSING = {
    "no_such_module:Engine": "there is no module 'no_such_module'",
    "nanobragg-program": "NB_C_BIN",
    "nanobrag_torch": "nanobrag_torch is not installed",
}


def test_a_missing_engine_fails_and_is_skipped_where_that_is_asked_for(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suite of nothing but skips is green."""
    monkeypatch.delenv("NB_C_BIN", raising=False)
    write_checks(suite, [f"parity({engine!r}, FLAGS, [(0, 0)])" for engine in MISSING])
    result = run(suite)
    result.assert_outcomes(failed=len(MISSING))
    for failure, reason in zip(failures(result), MISSING.values(), strict=True):
        assert reason in failure
        assert failure.endswith("; --parity-skip-missing skips such checks")
    result = run(suite, "-rs", "--parity-skip-missing")
    result.assert_outcomes(skipped=len(MISSING))
    result.stdout.fnmatch_lines([f"*SKIPPED*{reason}*" for reason in MISSING.values()])


def test_only_a_missing_engine_is_skipped(suite: pytest.Pytester) -> None:
    suite.makepyfile(needs_more="import no_such_package\nclass Port: pass", broken="def f(:")
    write_checks(
        suite, [f'parity("{name}:Port", FLAGS, [(0, 0)])' for name in ("needs_more", "broken")]
    )
    run(suite, "--parity-skip-missing").assert_outcomes(failed=2)


def test_a_report_is_kept_of_failures_only(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_right=CHECK.format("Right"), test_wrong=CHECK.format("Wrong"))
    result = run(suite, "--parity-report", "kept")
    result.assert_outcomes(passed=1, failed=1)
    (folder,) = (suite.path / "kept").iterdir()
    assert folder.name == "test_wrong.py-test_it"
    result.stdout.fnmatch_lines([f"report: {folder}/f_cell_comparison.md"])
    memo = (folder / "f_cell_comparison.md").read_text()
    assert "uses the last subpixel's solid angle" in memo
    assert (folder / "c_taps" / "pixel_0_0_f_cell_stats.json").exists()
    assert (folder / "port_taps" / "pixel_32_32.log").exists()
    from parity_bridge.cli.program import main

    assert main(["check-report", str(folder)]) == 0


def test_hypothesis_and_fixtures_of_any_scope(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        f"""
        import pytest
        from hypothesis import Phase, given, settings, strategies

        @settings(max_examples=3, deadline=None, database=None)
        @given(row=strategies.integers(0, 63))
        def test_given(parity, row):
            parity("engines:Right", {FLAGS!r}, [(row, 0)])

        @settings(max_examples=1, deadline=None, database=None, phases=[Phase.generate])
        @given(row=strategies.integers(1, 63))
        def test_given_what_fails(parity, row):
            parity("engines:Wrong", {FLAGS!r}, [(row, 0)])

        @pytest.fixture(scope="module")
        def module_check(parity):
            return parity

        @pytest.mark.parity(taps=["f_cell"])
        def test_module(module_check):
            assert module_check("engines:Right", {FLAGS!r}, [(0, 0)]).taps == ("f_cell",)
        """
    )
    result = run(suite)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["no parity: c and port disagree at 1 of 1 pixel*"])
    result.stdout.fnmatch_lines(["*test_given_what_fails(", "*parity=parity,", "*row=1,"])


CONFTEST = """
def pytest_addoption(parser):
    for name in ("engine", "dtype", "report", "skip-missing"):
        parser.addoption(f"--parity-{name}", action="store_true")
    parser.addoption("--parity-update")
"""


class TestOptionsOfTheProject:
    """A project may have options of our names; ours have longer ones too."""

    @pytest.mark.parametrize("where", ["conftest", "other_plugin"])
    def test_they_are_let_be(self, suite: pytest.Pytester, where: str) -> None:
        suite.makepyfile(**{where: CONFTEST})
        suite.makepyfile(
            f"""
            def test_theirs(pytestconfig):
                assert pytestconfig.getoption("--parity-report") is True
                assert pytestconfig.getoption("--parity-engine") is False
                assert pytestconfig.option.parity_update == "words"
            def test_ours(parity):
                parity(None, {FLAGS!r}, [(0, 0)])
            """
        )
        plugin = ("-p", where) if where == "other_plugin" else ()
        ours = ("--parity-bridge-engine", "engines:Wrong", "--parity-bridge-report", "kept")
        result = run(suite, *plugin, *ours, "--parity-update=words", "--parity-report")
        result.assert_outcomes(passed=1, failed=1)
        assert len(list((suite.path / "kept").iterdir())) == 1

    def test_an_option_of_ours_needs_its_value(self, suite: pytest.Pytester) -> None:
        suite.makepyfile("def test_it(): pass")
        result = run(suite, "--parity-report", "-q")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*--parity-report: give its value, DIR"])


class TestStored:
    def test_records_are_made_once_and_read_from_then_on(self, suite: pytest.Pytester) -> None:
        suite.makepyfile(STORED.format("Right"))
        result = run(suite)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*stored holds no stored records; make them with --parity-up*"]
        )
        run(suite, "--parity-update").assert_outcomes(passed=1)
        before = content(suite.path / "stored")
        run(suite).assert_outcomes(passed=1)
        assert content(suite.path / "stored") == before
        assert json.loads(before["verdict.json"])["verdict"] == "parity"

    def test_a_port_that_differs_from_them_fails_and_is_explained(
        self, suite: pytest.Pytester
    ) -> None:
        suite.makepyfile(STORED.format("Right"))
        run(suite, "--parity-update").assert_outcomes(passed=1)
        suite.makepyfile(STORED.format("Wrong"))
        result = run(suite, "--parity-report", "kept")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["why: port uses the last subpixel's solid angle*"])
        assert len(list((suite.path / "kept").iterdir())) == 1

    def test_an_update_does_not_weaken_a_verdict_unless_forced(
        self, suite: pytest.Pytester
    ) -> None:
        suite.makepyfile(STORED.format("Right"))
        run(suite, "--parity-update").assert_outcomes(passed=1)
        before = content(suite.path / "stored")
        suite.makepyfile(STORED.format("Wrong"))
        result = run(suite, "--parity-update")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*keeps its records: the verdict was 'parity' and would be 'values differ'*"]
        )
        assert content(suite.path / "stored") == before
        run(suite, "--parity-update", "--force").assert_outcomes(failed=1)
        after = content(suite.path / "stored")
        assert json.loads(after["verdict.json"])["verdict"] == "values differ"
        # The other way round it is no weakening.
        suite.makepyfile(STORED.format("Right"))
        run(suite, "--parity-update").assert_outcomes(passed=1)

    def test_records_of_something_else_are_told(self, suite: pytest.Pytester) -> None:
        suite.makepyfile(STORED.format("Right"))
        run(suite, "--parity-update").assert_outcomes(passed=1)
        suite.makepyfile(STORED.format("Right").replace("(32, 32)", "(31, 32)"))
        result = run(suite)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*stored are of other pixels*"])
        suite.makepyfile(STORED.format("Right").replace("-N 6", "-N 7"))
        result = run(suite)
        result.stdout.fnmatch_lines(["*stored are of another experiment*"])

    def test_records_of_another_libm_variant_are_no_reference(self, suite: pytest.Pytester) -> None:
        suite.makepyfile(STORED.format("Right"))
        run(suite, "--parity-update").assert_outcomes(passed=1)
        for path in (suite.path / "stored").glob("*_metadata.json"):
            metadata = json.loads(path.read_text())
            path.write_text(json.dumps({**metadata, "libm_fingerprint": "0123456789abcdef"}))
        result = run(suite)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*stored are of another libm variant (fingerprint 0123456789*"]
        )
        run(suite, "--parity-update").assert_outcomes(passed=1)
        run(suite).assert_outcomes(passed=1)

    def test_a_folder_of_other_things_is_left_alone(self, suite: pytest.Pytester) -> None:
        (suite.path / "stored").mkdir()
        (suite.path / "stored" / "thesis.txt").write_text("chapter 1")
        suite.makepyfile(STORED.format("Right"))
        run(suite, "--parity-update").assert_outcomes(failed=1)
        assert (suite.path / "stored" / "thesis.txt").read_text() == "chapter 1"

    def test_a_folder_belongs_to_one_check(self, suite: pytest.Pytester) -> None:
        """Two that share one would overwrite each other's records."""
        suite.makepyfile(
            f"""
            import pytest
            def check(parity, pixel, stored):
                parity("engines:Right", {FLAGS!r}, [pixel], stored=stored)
            def test_first(parity): check(parity, (0, 0), "first")
            def test_second(parity): check(parity, (5, 5), "./first")
            @pytest.mark.parametrize("row", [1, 2])
            def test_parameters(parity, row): check(parity, (row, 0), "rows")
            @pytest.mark.parametrize("row", [3, 4])
            def test_right_parameters(parity, row): check(parity, (row, 0), f"row_{{row}}")
            def test_twice(parity):
                check(parity, (7, 7), "twice")
                check(parity, (8, 8), "twice")
            """
        )
        for words in (["--parity-update"], []):
            result = run(suite, *words)
            result.assert_outcomes(passed=4, failed=3)
            said = failures(result)
            assert "first is the stored= folder of test_a_folder_belongs_to_one_check" in said[0]
            assert "py::test_first already; give each test" in said[0]
            assert "py::test_parameters[1] already; give each test, and each set of par" in said[1]
            assert "twice is the stored= folder of an earlier check of this test" in said[2]
        assert list((suite.path / "first").glob("pixel_0_0_*"))
        assert not list((suite.path / "first").glob("pixel_5_5_*"))

    def test_nor_do_workers_share_one(self, suite: pytest.Pytester) -> None:
        suite.makepyfile(**{name: STORED.format("Right") for name in ("test_one", "test_two")})
        result = run(suite, "-n", "2", "--parity-update")
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.re_match_lines([r".*stored is the stored= folder of test_(one|two)\.py::te"])


def test_workers_side_by_side(suite: pytest.Pytester) -> None:
    """pytest-xdist: results and reports of all workers."""
    suite.makepyfile(
        **{
            f"test_{number}": CHECK.format("Wrong" if number % 2 else "Right")
            for number in range(4)
        }
    )
    result = run_in_a_new_process(suite, "-n", "2", "--parity-report", "kept")
    result.assert_outcomes(passed=2, failed=2)
    assert len(list((suite.path / "kept").iterdir())) == 2


def test_a_force_of_another_plugin_is_let_be(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        """
        def pytest_addoption(parser):
            parser.addoption("--another", action="store_true")
        """
    )
    suite.makepyfile(other_plugin='def pytest_addoption(parser): parser.addoption("--force")')
    suite.makepyfile(CHECK.format("Right"))
    run(suite, "-p", "other_plugin").assert_outcomes(passed=1)


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


class TestMistakes:
    """A mistake never passes, and is told in a line."""

    def test_a_call(self, suite: pytest.Pytester) -> None:
        calls = {
            'parity("engines:Absent", FLAGS, [(0, 0)])': "engines has no class Absent",
            'parity("tocrh", FLAGS, [(0, 0)])': "there is no engine named 'tocrh'",
            "parity(None, FLAGS, [(0, 0)])": "no engine is named: give one to parity()",
            'parity("", FLAGS, [(0, 0)])': "there is no engine named ''",
            "parity(Right, FLAGS, [(0, 0)])": "give an instance, Right(), or its name, 'engines:R",
            "parity(engines, FLAGS, [(0, 0)])": "is a module; name its class, 'engines:Class'",
            "parity(object(), FLAGS, [(0, 0)])": "is no engine: it has no observe()",
            'parity("engines:Right", "-cel 50", [(0, 0)])': "-cel",
            'parity("engines:Right", 5, [(0, 0)])': "experiment is an int, 5; give nanoBragg flags",
            'parity("engines:Right", FLAGS, [])': "give at least one pixel",
            'parity("engines:Right", FLAGS, (0, 0))': "give a list of (slow, fast) pairs",
            'parity("engines:Right", FLAGS, [(1.5, 2)])': "pairs of whole numbers",
            'parity("engines:Right", FLAGS, [(99, 0)])': "lies outside the detector",
            'parity("engines:Right", FLAGS, [(0, 0)], taps=[])': "taps holds no name",
            'parity("engines:Right", FLAGS, [(0, 0)], tolerances="t.toml")': "does not exist",
            'parity("engines:Right", FLAGS, [(0, 0)], tolerances={})': "give the path of a TOML",
            'parity("engines:Right", FLAGS, [(0, 0)], stored=7)': "stored is an int, 7; give the",
            'parity("engines:Right", FLAGS, [(0, 0)], stored="")': "stored is a str, ''; give the",
            'parity("engines:Right", FLAGS, [(0, 0)], check="no")': "check is a str, 'no'; give Tr",
            'parity("c", FLAGS, [(0, 0)])': "both engines are called 'c' in records",
        }
        write_checks(suite, list(calls))
        result = run(suite)
        result.assert_outcomes(failed=len(calls))
        for failure, said in zip(failures(result), calls.values(), strict=True):
            assert said in failure
        assert "Traceback" not in result.stdout.str()

    def test_a_marker(self, suite: pytest.Pytester) -> None:
        markers = ['"engines:Wrong"', 'engin="engines:Wrong"']
        checks = [f'parity("engines:Right", FLAGS, [(0, 0)])  # {marker}' for marker in markers]
        write_checks(suite, checks, [f"@pytest.mark.parity({marker})" for marker in markers])
        result = run(suite)
        result.assert_outcomes(failed=2)
        for failure in failures(result):
            assert "takes nothing but the keywords engine, taps, tolerances" in failure

    def test_markers_of_class_and_test_add_up(self, suite: pytest.Pytester) -> None:
        suite.makepyfile(
            f"""
            import pytest
            @pytest.mark.parity(engine="engines:Wrong")
            class TestIt:
                @pytest.mark.parity(taps=["omega"])
                def test_it(self, parity):
                    parity(None, {FLAGS!r}, [(0, 0)])
            """
        )
        run(suite).assert_outcomes(failed=1)

    def test_records_of_another_engine_are_no_reference(self, suite: pytest.Pytester) -> None:
        from parity_bridge.cli.program import main

        trace = ["trace", "--engine", "c", "--behaviour", "omega=last", "--taps", "all"]
        folder = ["--out-dir", str(suite.path / "stored")]
        for pixel in (["0", "0"], ["32", "32"]):
            assert main([*trace, "--pixel", *pixel, *folder, "--", *FLAGS.split()]) == 0
        suite.makepyfile(STORED.format("Wrong"))
        result = run(suite)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*are not the C core's as it stands*"])

    def test_fewer_figures_are_weaker_too(self, suite: pytest.Pytester) -> None:
        suite.makepyfile(STORED.format("Right"))
        run(suite, "--parity-update").assert_outcomes(passed=1)
        fewer = STORED.format("Wrong").replace(
            'stored=Path("stored")', 'stored="stored", taps="f_cell"'
        )
        suite.makepyfile(fewer)
        result = run(suite, "--parity-update")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*figures were compared and only * would be*"])

    def test_a_test_that_goes_elsewhere_is_kept_where_pytest_began(
        self, suite: pytest.Pytester
    ) -> None:
        text = CHECK.format("Wrong").replace("(parity)", "(parity, tmp_path, monkeypatch)")
        suite.makepyfile(
            text.replace("    parity(", "    monkeypatch.chdir(tmp_path)\n    parity(")
        )
        run(suite, "--parity-report", "kept").assert_outcomes(failed=1)
        assert len(list((suite.path / "kept").iterdir())) == 1


def test_a_table_may_lie_elsewhere_but_not_be_another(suite: pytest.Pytester) -> None:
    """A store is committed and checked out under other paths."""
    for folder, value in (("here", 5), ("there", 5), ("wrong", 6)):
        (suite.path / folder).mkdir()
        (suite.path / folder / "t.hkl").write_text(f"0 0 0 {value}\n1 1 1 9\n")
    text = STORED.format("Right").replace("-N 6", f"-N 6 -hkl {suite.path}/here/t.hkl")
    suite.makepyfile(text)
    run(suite, "--parity-update").assert_outcomes(passed=1)
    suite.makepyfile(text.replace("/here/", "/there/"))
    run(suite).assert_outcomes(passed=1)
    suite.makepyfile(text.replace("/here/", "/wrong/"))
    run(suite).assert_outcomes(failed=1)
    assert list((suite.path / "stored").glob("*_noise_budget.json"))
