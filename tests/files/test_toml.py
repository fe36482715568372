"""TOML files are read within limits of size, depth and memory."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from parity_bridge.errors import FileError
from parity_bridge.files.reading import read_toml
from parity_bridge.files.toml_limits import MOST_BYTES, check_toml_limits


def read(tmp_path: Path, text: str) -> dict[str, object]:
    path = tmp_path / "file.toml"
    path.write_text(text, encoding="utf-8")
    return read_toml(path, "experiment file")


@pytest.mark.parametrize(
    "text",
    [
        f"{'a.' * 5000}a = 1",
        f"[{'a.' * 5000}a]",
        f"{'a . ' * 5000}a = 1",
        f"x = {{ {'a.' * 5000}a = 1 }}",
        "'q'." * 5000 + "a = 1",
        '"q.q".' * 5000 + "a = 1",
        f"s = '''\n'''\n{'a.' * 5000}a = 1",
        f's = "\\""\n{"a." * 5000}a = 1',
        f'x = {{ s = """\n"""", {"a." * 5000}a = 1 }}',
        f"x = {{ s = '''\n''''', {'a.' * 5000}a = 1 }}",
        f"# it's\n{'a.' * 5000}a = 1",
    ],
)
def test_a_key_of_many_parts_is_refused_before_it_is_parsed(tmp_path: Path, text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FileError, match=r"a key has 5001 parts, more than 8, near line \d"):
            read(tmp_path, text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**22


@pytest.mark.parametrize("text", [f"a = {'[' * 5000}", f"a = {'{b = ' * 5000}", f"{'[' * 5000}"])
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileError, match="values are nested more than 16 deep"):
        read(tmp_path, text)


def test_a_large_file_is_refused_by_its_size(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"file\.toml is larger than 4 MiB; divide it"):
        read(tmp_path, "#" * (MOST_BYTES + 1))


@pytest.mark.parametrize("text", ['"' * MOST_BYTES, "a" * MOST_BYTES, "a . " * (MOST_BYTES // 4)])
def test_the_limits_are_checked_in_linear_time(text: str) -> None:
    """Quadratic time would be hours."""
    with suppress(ValueError):
        check_toml_limits(text)


@pytest.mark.parametrize(
    "text",
    ['a = "', "a = '", 'a = """', "a = '''x", 'a = "\\', 'a = """\\', "'", '"""' * 1001, "a.", "."],
)
def test_a_string_that_is_not_closed_is_no_toml(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileError, match="is not TOML"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'"{"a." * 500}" = 1', {"a." * 500: 1}),
        (f"a = '{'a.' * 500}'", {"a": "a." * 500}),
        (f'a = """\n{"a." * 500}"""', {"a": "a." * 500}),
        (f"a = '''{'[' * 500}'''", {"a": "[" * 500}),
        (f"# {'a.' * 500} {'[' * 500}\na = 1", {"a": 1}),
        ("a.b.c.d.e.f.g.h = 1.5", {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1.5}}}}}}}}),
        ("a = [[1.0, 2.0], [3.5]]", {"a": [[1.0, 2.0], [3.5]]}),
        ("a = 1979-05-27T07:32:00.999999-07:00", None),
        ('a = """"quoted"""""', {"a": '"quoted""'}),
    ],
)
def test_strings_comments_and_usual_values_are_within_the_limits(
    tmp_path: Path, text: str, value: dict[str, object] | None
) -> None:
    assert value is None or read(tmp_path, text) == value
    read(tmp_path, text)
