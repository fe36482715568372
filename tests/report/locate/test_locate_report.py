"""What ``locate`` shows is rendered from its record alone, and says what the record says."""

from __future__ import annotations

from pathlib import Path

from parity_bridge.files.atomic_write import write_text
from parity_bridge.records.pixel_records import as_json
from parity_bridge.report.locate.memo import locate_memo
from parity_bridge.report.locate.quickfix import quickfix_text
from parity_bridge.report.locate.terminal import terminal_text
from parity_bridge.report.locate.writing import check_located, is_located, write_located
from tests.report.locate.hand_located import line, located, record

NAMED = record(located(line(12)))
INTERVAL = record(located(line(12), line(14, "b\n  + c"), line(3), line(4)))
CLEAN = record(None, None)


def test_a_named_line_is_said_with_its_file_function_and_text() -> None:
    text = terminal_text(NAMED)
    assert text.endswith(
        "mine leaves the C core at beam.py:12 in Port.polar: polar = 1 + cos * cos."
    )
    assert "lattice.F_latt is the last figure that agrees; cos 2psi is the first" in text
    assert "explain: mine differs first in `omega`" in text
    assert "note: the cap was reached" in text


def test_the_table_shows_states_places_and_errors_but_nothing_unobserved() -> None:
    text = terminal_text(NAMED)
    assert (
        "lattice.F_latt  agrees         beam.py:7  np.sin(N * x) / np.sin(x)  1        0.12" in text
    )
    assert "opposite sign" in text
    assert "\nq " not in text
    assert "1 figures not observed are left out" in text


def test_an_interval_is_listed_line_by_line() -> None:
    text = terminal_text(INTERVAL)
    assert "one of 4 lines, and no single one can be named" in text
    assert "beam.py:14 in Port.polar: b + c\n" in text


def test_a_port_that_agrees_has_an_empty_list_and_status_0() -> None:
    assert CLEAN.exit_status == 0
    assert CLEAN.verdict == "agrees"
    assert quickfix_text(CLEAN) == ""
    assert terminal_text(CLEAN) == (
        "mine agrees with the C core at every experiment (number 0, number 1)."
    )


def test_the_experiment_that_says_most_is_shown() -> None:
    several = record(None, located(line(1), line(2), line(3), line(4)), located(line(3)))
    assert several.best is not None
    assert several.best.name == "number 2"
    assert several.named == line(3)
    assert (several.verdict, several.exit_status) == ("line", 3)
    fewer = record(located(line(1), line(2), line(3), line(4)), located(line(1), line(2)))
    assert fewer.best is not None
    assert fewer.best.name == "number 1"


def test_a_line_that_another_experiment_excludes_is_not_named() -> None:
    excluded = record(located(line(1)), located(line(2), line(3), line(4), line(5)))
    assert excluded.named is None
    assert (excluded.verdict, excluded.exit_status) == ("interval", 3)
    assert [place.line for place in excluded.interval] == [1, 2, 3, 4, 5]
    two_names = record(located(line(1)), located(line(2)))
    assert [place.line for place in two_names.interval] == [1, 2]
    assert "one of 2 lines" in terminal_text(two_names)


def test_lines_that_two_experiments_list_are_kept_of_both() -> None:
    both = record(
        located(line(1), line(2), line(3), line(4)),
        located(line(4), line(2), line(7), line(8), line(9)),
    )
    assert [place.line for place in both.interval] == [2, 4]
    nothing_common = record(located(line(1), line(2)), located(line(3), line(4), line(5)))
    assert [place.line for place in nothing_common.interval] == [1, 2]


def test_a_single_line_without_certainty_is_not_said_to_be_the_fault() -> None:
    doubtful = record(located(line(12), named=None, verdict="interval"))
    assert doubtful.named is None
    assert terminal_text(doubtful).endswith(
        "mine may leave the C core at beam.py:12 in Port.polar: polar = 1 + cos * cos, which is "
        "not certain."
    )


def test_nothing_observed_is_another_sentence_than_wrong() -> None:
    nothing = located(rows=(), last_agreeing=None, first_missing=None, verdict="nothing observed")
    assert "what was observed of it does not say where" in terminal_text(record(nothing))
    found = located(verdict="agrees", first_missing=None)
    assert "yet every figure is among its values" in terminal_text(record(found))


def test_quickfix_lines_are_those_that_editors_jump_to() -> None:
    (first,) = quickfix_text(NAMED).splitlines()
    assert first.startswith("/ports/mine/beam.py:12:5: polar = 1 + cos * cos (")
    places = [text.split(":")[1] for text in quickfix_text(INTERVAL).splitlines()]
    assert places == ["12", "14", "3", "4"]


def test_the_memo_holds_every_row_and_the_command() -> None:
    memo = locate_memo(NAMED)
    assert "### What the port computes, and where" in memo
    assert "Files are below `/ports/mine`." in memo
    assert r"`a \| b`" in memo
    assert "| q " in memo
    assert "-cell 10 -hkl 'inputs/a b'" in memo
    assert "- without -water, which the engine refuses: no water" in memo
    assert "python -m parity_bridge locate --engine mine" in memo
    assert "agrees with the C core at all 2 pixels" in locate_memo(CLEAN)


def test_a_report_is_checked_against_its_record(tmp_path: Path) -> None:
    assert not is_located(tmp_path)
    write_located(tmp_path, NAMED)
    assert is_located(tmp_path)
    assert check_located(tmp_path) == []
    write_text(tmp_path / "locate.json", as_json(INTERVAL))
    assert check_located(tmp_path) == ["locate.md", "locate.quickfix"]
