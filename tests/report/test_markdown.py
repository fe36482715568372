"""Whatever words records, engines and command lines hold, reports stay the documents they are."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.errors import FileError
from parity_bridge.files.names import printable
from parity_bridge.records.pixel_records import METADATA_SUFFIX, record_paths
from parity_bridge.report.markdown import (
    code,
    code_block,
    code_cell,
    escaped,
    plain_table,
    row_of,
    table,
)
from parity_bridge.report.scan.memo import memo as scan_memo
from tests.comparison.hand_records import benchmark, benchmark_with_stale_cache
from tests.report.hand_reports import F_CELL, RECORD, store
from tests.report.rerender import render
from tests.report.scan_examples import scan_example

#: What Markdown could take for something else.
EVIL = (
    "<script>alert(1)</script>", "a|b", "a\\|b", "`", "a ``` b", "```", "~~~", "# h", "- x", "1. x",
    "a\nb", "a\n\n<b>", "&lt;", "![x](http://example.org/x.png)", "[x](javascript:1)", "x\\", "---",
    "===", "\x1b[31m", "\u2028", " ", "", "> q", "tap", "difference", "*", "_", "    code", "<!--",
)  # fmt: skip
WORDS = st.sampled_from(EVIL) | st.text(
    st.characters(codec="utf-8") | st.sampled_from("|<>&`\\\n#-*~[]()!\"' "), max_size=12
)
_NUMBERS = itertools.count()


def parsed(text: str) -> list[Any]:
    """Return the tokens of a document, those within lines too."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    return [each for token in tokens for each in (token, *(token.children or ()))]


def shape(text: str) -> list[str]:
    """Return headings, tables and their cells, lists and code in their order."""
    kinds = ("heading_open", "table_open", "tr_open", "th_open", "td_open", "bullet_list_open",
             "list_item_open", "ordered_list_open", "fence", "code_block", "hr", "blockquote_open",
             "html_block", "html_inline", "image", "link_open")  # fmt: skip
    return [f"{token.type} {token.tag}" for token in parsed(text) if token.type in kinds]


def shown(text: str) -> str:
    """Return what a reader sees of one line of Markdown."""
    return "".join(token.content for token in parsed(text)[2:] if token.type != "inline")


@given(WORDS)
def test_words_are_one_line_without_html_links_or_lists(words: str) -> None:
    text = escaped(words)
    assert "\n" not in text
    assert shape(text) == []
    assert set(shape(f"- {text}")) == {"bullet_list_open ul", "list_item_open li"}
    assert shape(f"# {text}") == ["heading_open h1"]


@pytest.mark.parametrize("words", ["<script>", "a|b", "a&lt;b", "`", "# h", "1. x", "a\\|b", "+ x"])
def test_a_reader_sees_the_words_themselves(words: str) -> None:
    assert shown(escaped(words)) == words


@pytest.mark.parametrize(
    "words", ["c", "f_cell_stats", "-3.5", "1.5e-05", "none", "-cell 1", "a * b", "x=`omega=last`"]
)  # fmt: skip
def test_ordinary_words_stay_as_they_are(words: str) -> None:
    assert escaped(words) == words


@given(WORDS.filter(lambda words: words.strip() != ""))
def test_code_shows_all_of_it(words: str) -> None:
    for text in (code(words), code_cell(words)):
        assert "\n" not in text
        kinds = [token.type for token in parsed(f"x {text} x")]
        assert kinds.count("code_inline") == 1
        assert "html_inline" not in kinds


@given(st.text(max_size=40) | WORDS)
def test_no_line_of_a_block_ends_it(text: str) -> None:
    block = code_block(text.encode("utf-8", "replace").decode(), "sh")
    assert [token.type for token in parsed(f"a\n\n{block}\n\nb")].count("fence") == 1
    assert shape(f"{block}\n\n# b") == ["fence code", "heading_open h1"]


@given(st.lists(WORDS, min_size=6, max_size=6))
def test_a_table_has_its_rows_and_columns(words: list[str]) -> None:
    a, b, *cells = words
    rows = [row_of(((a, cells[0]), (b, cells[1]))), row_of(((a, cells[2]), (b, cells[3])))]
    expected = shape(table([{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]))
    assert shape(table(rows)) == expected
    assert len(plain_table(rows).split("\n")) == 4


def _rewritten(file: Path, **values: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **values}))


def _documents(folder: Path, names: tuple[str, str], words: list[str]) -> str:
    """Write two sides whose records hold ``words`` into ``folder``; return memo and summary."""
    folder.mkdir()
    tag, key, value, flags, note, version, command, device = words
    records = benchmark("c"), benchmark_with_stale_cache()
    for side, name, own in zip(("c_taps", "py_taps"), names, records, strict=True):
        store(folder / side, own)
        for record in own:
            files = record_paths(folder / side, record.pixel_coords, F_CELL)
            _rewritten(files[RECORD], implementation=printable(name), tag=printable(tag))
            _rewritten(
                files[METADATA_SUFFIX], implementation=printable(name), tag=printable(tag),
                build={key: value},
                nanobragg_flags=flags, notes=[note], versions={"numpy": version}, command=command,
                device=device,
            )  # fmt: skip
    render(folder)
    texts = (folder / name for name in ("f_cell_comparison.md", "f_cell_summary.md"))
    return "\n\n".join(path.read_text() for path in texts)


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.tuples(WORDS, WORDS), st.lists(WORDS, min_size=8, max_size=8))
@example(("<script>", "a|b\nc"), ["<img src=x>", "`", "```", "~~~", "# h", "- x", "'", "<b>"])
def test_a_memo_of_any_words_is_the_same_document(
    tmp_path: Path, names: tuple[str, str], words: list[str]
) -> None:
    plain = _documents(tmp_path / str(next(_NUMBERS)), ("c", "port"), ["x"] * 8)
    any_words = _documents(tmp_path / str(next(_NUMBERS)), names, words)
    assert shape(any_words) == shape(plain)


@settings(max_examples=25)
@given(st.lists(WORDS, min_size=10, max_size=10))
@example(["<script>", "a|b", "`", "```", "~~~", "# h", "- x", "a\nb", "```\n# h", "'"])
def test_a_scan_memo_of_any_words_is_the_same_document(words: list[str]) -> None:
    def document(words: list[str]) -> str:
        name, other, key, value, flags, note, device, version, not_tapped, executor = words
        summary = scan_example().summary
        ours = summary.reference.model_copy(
            update={"name": name, "nanobragg_flags": flags, "build": {key: value}}
        )
        theirs = summary.other.model_copy(update={"name": other, "note": note, "device": device})
        changed = summary.model_copy(
            update={
                "reference": ours,
                "other": theirs,
                "versions": {"numpy": version},
                "executor": executor,
                "image_reason": ImageReason(
                    kind="values", clause=f"{other} is I", evidence=(f"It is {note}.",)
                ),
            }
        )
        # A reason of blanks is no paragraph.
        return scan_memo(changed, (), None, not_tapped.strip() or "x", "parity-bridge scan")

    assert shape(document(words)) == shape(document(["x"] * 10))


@pytest.mark.parametrize("field", ["implementation", "tag"])
@pytest.mark.parametrize("words", ["a\nb", "\x1b[31m", "\u2028", "\x00"])
def test_a_record_whose_names_cannot_be_printed_is_refused(
    tmp_path: Path, field: str, words: str
) -> None:
    for side, own in (("c_taps", benchmark("c")), ("py_taps", benchmark("pytorch"))):
        store(tmp_path / side, own)
    file = record_paths(tmp_path / "c_taps", own[0].pixel_coords, F_CELL)[RECORD]
    _rewritten(file, **{field: words})
    with pytest.raises(FileError, match="no control characters") as refused:
        render(tmp_path)
    assert str(refused.value).isprintable()
