"""Files that are not records: refused in one line that names them, never with a traceback."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity_bridge.cli import arguments, program
from parity_bridge.cli.program import main
from parity_bridge.taps.registry import TAPS_BY_ID
from tests.records.real_records import benchmark_run, record_texts

GOOD = record_texts(benchmark_run("c"))["f_cell_stats"][0]
READ_BY_ALL = ("compare", "explain", "check-report")
Refused = Callable[[bytes], None]

PLACES = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module", autouse=True)
def _one_parser() -> Iterator[None]:
    """Making the parser anew takes half of the time of a command that refuses a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "argument_parser", cache(arguments.argument_parser))
        yield


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report as ``run`` leaves it."""
    folder = tmp_path_factory.mktemp("reports")
    words = ["run", "--pixel", "0", "0", "--pixel", "2048", "2048", "--stamp", "s"]
    assert main([*words, "--out-dir", str(folder)]) == 0
    return folder / "s"


@pytest.fixture
def place(tmp_path: Path, report: Path) -> dict[str, list[str]]:
    """Command -> words of it; each reads the file ``bad`` in the end."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(GOOD)
    shutil.copytree(report, tmp_path / "s")
    return {
        "compare": ["compare", str(good), str(bad)],
        "explain": ["explain", str(good), str(bad)],
        "check-report": ["check-report", str(tmp_path / "s")],
    }


def file_of(command: str, folder: Path) -> Path:
    name = "s/py_taps/pixel_0_0_f_cell_stats.json" if command == "check-report" else "bad.json"
    return folder / name


@pytest.fixture
def refused(
    place: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., None]:
    """All commands refuse a file of that content, with one of these statuses."""

    def check(content: bytes, commands: tuple[str, ...] = READ_BY_ALL) -> None:
        for command in commands:
            path = file_of(command, tmp_path)
            path.write_bytes(content)
            assert main(place[command]) == 5, command
            assert_one_line(capsys.readouterr().err, path)

    return check


def assert_one_line(err: str, path: Path) -> None:
    (line,) = err.splitlines()
    assert line.startswith("parity_bridge: ")
    assert str(path) in line
    assert len(line.replace(str(path), "").split()) > 4


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value stands that is no object; of a list the first item too."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for key, item in items:
        if not isinstance(item, dict):
            yield (*path, key)
        if isinstance(item, dict | list):
            yield from leaves(item, (*path, key))


def replaced(text: str, path: tuple[Any, ...], value: object) -> str:
    record = json.loads(text)
    inner = record
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return json.dumps(record)


class TestNoJson:
    def test_the_good_file_is_read(self, place: dict[str, list[str]], tmp_path: Path) -> None:
        (tmp_path / "bad.json").write_text(GOOD)
        assert [main(place[command]) for command in READ_BY_ALL] == [0, 0, 0]

    def test_a_truncated_file(self, refused: Callable[..., None]) -> None:
        for size in range(0, len(GOOD.rstrip()), 50):
            refused(GOOD.encode()[:size], ("compare",))
        for size in (0, 1, len(GOOD) // 2, len(GOOD.rstrip()) - 1):
            refused(GOOD.encode()[:size])

    def test_random_bytes(self, refused: Refused) -> None:
        source = random.Random(4)  # noqa: S311 - the same ones every time
        for size in (1, 10, 100, 10_000):
            refused(source.randbytes(size))

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b" ",
            b"\x00",
            b"null",
            b"[]",
            b"3",
            b'"a"',
            b"{}",
            b"[" * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'{"values":' * 100_000 + b"1" + b"}" * 100_000,
            GOOD.encode("utf-16"),
            b"\xef\xbb\xbf" + GOOD.encode(),
            GOOD.encode() + GOOD.encode(),
            GOOD.replace('"c"', '"\\ud800"').encode(),
            GOOD.replace('"c"', '"\xff"').encode("latin-1"),
        ],
        ids=range(16),
    )
    def test_something_else(self, refused: Refused, content: bytes) -> None:
        refused(content)

    @pytest.mark.parametrize("command", ["compare", "explain"])
    def test_an_empty_folder(
        self,
        place: dict[str, list[str]],
        tmp_path: Path,
        command: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        (tmp_path / "bad.json").mkdir()
        assert main(place[command]) == 5
        assert_one_line(capsys.readouterr().err, tmp_path / "bad.json")

    @pytest.mark.parametrize("command", READ_BY_ALL)
    def test_a_folder_where_a_record_should_be(
        self,
        place: dict[str, list[str]],
        tmp_path: Path,
        command: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        folder = tmp_path / "bad.json"
        path = folder / "pixel_0_0_f_cell_stats.json"
        if command == "check-report":
            path = file_of(command, tmp_path)
            path.unlink()
        path.mkdir(parents=True)
        assert main(place[command]) == 5
        assert_one_line(capsys.readouterr().err, path)

    @pytest.mark.parametrize("command", ["compare", "check-report"])
    def test_no_file_at_all(
        self,
        place: dict[str, list[str]],
        tmp_path: Path,
        command: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        words = place[command]
        words[-1] = str(tmp_path / "nowhere")
        assert main(words) == 5
        assert_one_line(capsys.readouterr().err, tmp_path / "nowhere")


class TestNoRecord:
    @pytest.mark.parametrize("value", ["x", [], [[]], {}, True, 1.5, -(2**70), None])
    @pytest.mark.parametrize("tap_id", TAPS_BY_ID)
    def test_another_type_anywhere_is_refused_or_a_difference(
        self,
        place: dict[str, list[str]],
        tmp_path: Path,
        tap_id: str,
        value: object,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        text = record_texts(benchmark_run("c"))[tap_id][0]
        (tmp_path / "good.json").write_text(text)
        path = tmp_path / "bad.json"
        statuses = set()
        for leaf in leaves(json.loads(text)):
            path.write_text(replaced(text, leaf, value))
            status = main(place["compare"])
            statuses.add(status)
            out, err = capsys.readouterr()
            if status == 5:
                assert_one_line(err, path)
            else:
                # A legal record: of another pixel, say, or with another tag or figure.
                assert status in (0, 3, 4), leaf
                assert len(err.splitlines()) == (0 if out else 1)
        assert 5 in statuses

    def test_a_count_that_is_too_large_for_its_type(self, refused: Refused) -> None:
        for token in ("1e999", "-1e999", "1" + "0" * 400, "1" + "0" * 5000):
            refused(GOOD.replace('"mean_f_cell": 100.0', f'"mean_f_cell": {token}').encode())
            refused(GOOD.replace('"total_lookups": 4', f'"total_lookups": {token}').encode())

    @pytest.mark.parametrize("version", [2, "1", True, 1.0, 0, [1], {"of": 1}, "x\n" * 1000])
    def test_another_schema_version(self, refused: Refused, version: object) -> None:
        refused(replaced(GOOD, ("schema_version",), version).encode())

    def test_a_schema_version_of_null(self, refused: Refused) -> None:
        refused(replaced(GOOD, ("schema_version",), None).encode())

    def test_a_tap_that_there_is_not(self, refused: Refused) -> None:
        for tap_id in ("f_cell", "", "x\n" * 1000, "lattice\x1b[31m"):
            refused(replaced(GOOD, ("tap_id",), tap_id).encode())

    def test_no_values(self, refused: Refused) -> None:
        record = json.loads(GOOD)
        del record["values"]
        refused(json.dumps(record).encode())
        refused(replaced(GOOD, ("values",), None).encode())

    def test_a_key_of_many_lines_stays_on_one(self, refused: Refused) -> None:
        refused(replaced(GOOD, ("hkl_table", "x\ny\r\x1b[31m" * 100), 1).encode())

    def test_a_pixel_twice(
        self,
        report: Path,
        place: dict[str, list[str]],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        ours, theirs = tmp_path / "s" / "c_taps", tmp_path / "s" / "py_taps"
        again = theirs / "pixel_00_00_f_cell_stats.json"
        shutil.copyfile(theirs / "pixel_0_0_f_cell_stats.json", again)
        for words in (
            ["compare", str(ours), str(theirs)],
            ["explain", str(ours), str(theirs)],
            place["check-report"],
        ):
            assert main(words) == 5
            line = capsys.readouterr().err
            assert_one_line(line, theirs)
            assert "f_cell_stats of pixel (0, 0)" in line

    def test_bare_nan_is_taken_for_nan(
        self, place: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Not JSON, but what Python's own writer produces.
        (tmp_path / "bad.json").write_text(GOOD.replace('"F_cell": 100.0', '"F_cell": NaN'))
        assert main([*place["compare"], "--json"]) == 3
        first = json.loads(capsys.readouterr().out)["pixels"][0]["first_divergence"]
        assert (first["field"], first["other"]) == ("F_cell", "NaN")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


class TestAnything:
    @given(value=ANY_JSON)
    @PLACES
    def test_any_json_is_refused(self, refused: Refused, value: object) -> None:
        refused(json.dumps(value).encode())

    @given(data=st.data(), value=ANY_JSON, tap_id=st.sampled_from(sorted(TAPS_BY_ID)))
    @PLACES
    def test_any_json_anywhere_in_a_record_is_refused_or_read(
        self,
        place: dict[str, list[str]],
        tmp_path: Path,
        data: st.DataObject,
        value: object,
        tap_id: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        text = record_texts(benchmark_run("c"))[tap_id][0]
        leaf = data.draw(st.sampled_from(sorted(leaves(json.loads(text)), key=str)))
        (tmp_path / "good.json").write_text(text)
        path = tmp_path / "bad.json"
        path.write_text(replaced(text, leaf, value))
        capsys.readouterr()
        for command in ("compare", "explain"):
            status = main(place[command])
            out, err = capsys.readouterr()
            assert status in (0, 3, 4, 5)
            if status == 5:
                assert_one_line(err, path)
            else:
                assert out or len(err.splitlines()) == 1


@pytest.mark.parametrize("command", READ_BY_ALL)
def test_a_process_of_its_own_ends_as_well(
    place: dict[str, list[str]], tmp_path: Path, command: str
) -> None:
    path = file_of(command, tmp_path)
    for content in (b"", b"[" * 100_000, GOOD.encode()[:500]):
        path.write_bytes(content)
        words = [sys.executable, "-m", "parity_bridge", *place[command]]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 5
        assert_one_line(done.stderr, path)


class TestCheckReport:
    def test_nothing_has_drifted_after_a_run(
        self, report: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["check-report", str(report)]) == 0
        assert str(report) in capsys.readouterr().out

    @pytest.mark.parametrize("name", ["f_cell_comparison.md", "f_cell_summary.md", "summary.json"])
    def test_a_digit_changed_in_a_rendered_file_is_named(
        self, place: dict[str, list[str]], tmp_path: Path, name: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        path = tmp_path / "s" / name
        text = path.read_text()
        digit = max(number for number, letter in enumerate(text) if letter == "4")
        path.write_text(f"{text[:digit]}5{text[digit + 1 :]}")
        assert main(place["check-report"]) == 3
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith(str(path))

    @pytest.mark.parametrize("tap_id", TAPS_BY_ID)
    def test_a_digit_changed_in_a_record_is_noticed(
        self, place: dict[str, list[str]], tmp_path: Path, tap_id: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        path = tmp_path / "s" / "py_taps" / f"pixel_0_0_{tap_id}.json"
        record = json.loads(path.read_text())
        floats = (
            leaf
            for leaf in leaves(record["values"])
            if isinstance(_at(record["values"], leaf), float)
        )
        leaf = next(floats)
        path.write_text(replaced(json.dumps(record), ("values", *leaf), 0.125))
        assert main(place["check-report"]) == 3
        assert "summary.json is not what the records beside it give" in capsys.readouterr().out


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value
