"""Tables and caches of structure factors: what is read, and what is refused."""

from __future__ import annotations

import hashlib
import itertools
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_bridge import examples
from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.experiment.model import StructureFactorSource
from parity_bridge.experiment.structure_factors import StructureFactors, load, write_cache
from parity_bridge.experiment.tables.fdump_cache import decode_cache, encode_cache
from parity_bridge.experiment.tables.grid_box import IndexBox
from parity_bridge.experiment.tables.hkl_text import parse_reflections

SPARSE = "-1 0 2 7.5\n1 1 3 9.25\n0 1 2 -55\n"


def table(folder: Path, content: str | bytes) -> Path:
    path = folder / "table.hkl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def load_text(path: Path, default_F: float = 0.0) -> StructureFactors:
    return load(StructureFactorSource(hkl=path, default_F=default_F))


def load_cache(path: Path, default_F: float = 0.0) -> StructureFactors:
    return load(StructureFactorSource(dump=path, default_F=default_F))


def refused(path: Path, load_file: object = load_text) -> str:
    with pytest.raises(FileError) as caught:
        load_file(path)  # type: ignore[operator]
    assert str(path) in str(caught.value)
    assert caught.value.exit_status == 5
    return str(caught.value)


class TestNothingNamed:
    def test_no_file_gives_no_grid(self) -> None:
        factors = load(StructureFactorSource(default_F=100))
        assert factors.grid is None
        assert factors.provenance.model_dump() == {
            "source": "none",
            "file": None,
            "sha256": None,
            "entries": 0,
            "extents": None,
            "default_F": 100.0,
        }

    def test_no_grid_makes_no_cache(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="-hkl FILE"):
            write_cache(tmp_path / "Fdump.bin", load(StructureFactorSource()))
        assert list(tmp_path.iterdir()) == []


class TestText:
    def test_the_box_spans_the_list_and_the_rest_holds_default_f(self, tmp_path: Path) -> None:
        factors = load_text(table(tmp_path, SPARSE), default_F=100)
        assert factors.grid is not None
        expected = np.full((3, 2, 2), 100.0)
        expected[0, 0, 0], expected[2, 1, 1], expected[1, 1, 0] = 7.5, 9.25, -55
        assert factors.minimum == (-1, 0, 2)
        assert np.array_equal(factors.grid, expected)

    def test_the_grid_is_contiguous_and_read_only(self, tmp_path: Path) -> None:
        grid = load_text(table(tmp_path, SPARSE)).grid
        assert grid is not None
        assert grid.flags.c_contiguous
        assert grid.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            grid[0, 0, 0] = 1

    def test_the_last_of_repeated_reflections_wins_and_every_line_counts(
        self, tmp_path: Path
    ) -> None:
        factors = load_text(table(tmp_path, "0 0 0 1\n0 0 1 5\n0 0 0 2\n0 0 0 3\n"))
        assert factors.grid is not None
        assert factors.grid.tolist() == [[[3.0, 5.0]]]
        assert factors.provenance.entries == 4

    def test_provenance_tells_file_hash_and_extents(self, tmp_path: Path) -> None:
        path = table(tmp_path, SPARSE)
        provenance = load_text(path, default_F=2.5).provenance
        assert provenance.model_dump() == {
            "source": "text",
            "file": str(path),
            "sha256": hashlib.sha256(SPARSE.encode()).hexdigest(),
            "entries": 3,
            "extents": {"h_min": -1, "h_max": 1, "k_min": 0, "k_max": 1, "l_min": 2, "l_max": 3},
            "default_F": 2.5,
        }

    @pytest.mark.parametrize(
        "content",
        [
            "1 2 3 4.5",
            "\n\n  1\t+2   3 45e-1\r\n\r\n",
            "1 2 3 4.5\r",
            f"{2**30} 2 3 4.5",
            f"1 {-(2**30)} 3 4.5",
            f"{'1'.zfill(5000)} 2 3 4.5",
        ],
    )
    def test_unusual_but_valid_lines_are_read(self, tmp_path: Path, content: str) -> None:
        factors = load_text(table(tmp_path, content))
        assert factors.grid is not None
        assert factors.grid.tolist() == [[[4.5]]]

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ("1 2 3", "3 columns"),
            ("1 2 3 4 5", "5 columns"),
            ("1", "1 column, '1', instead of the four h k l F; complete or remove the line"),
            ("1,2,3,4", "1 column, '1,2,3,4', instead of the four h k l F; separate them by"),
            ("1, 2, 3, 4", "the Miller index '1,' is not a whole number"),
            ("1, 2,3,4", "2 columns, '1, 2,3,4', instead of the four h k l F; separate them by"),
            ("1, 2, 3, 4, 5", "5 columns, '1, 2, 3, 4, 5', instead of the four h k l F; write"),
            ("1,2,x,4", "1 column, '1,2,x,4', instead of the four h k l F; complete or remove"),
            ("# a comment", "'# a comment' is a comment, which a table may not have; remove the"),
            ("  # h k l", "'# h k l' is a comment"),
            ("# of (h,k,l,F)", "'# of (h,k,l,F)' is a comment"),
            ("! 1 2 3 4", "'! 1 2 3 4' is a comment"),
            ("\ufeff1 2 3 4", "it begins with a UTF-8 byte-order mark; save the file without"),
            ("1.0 2 3 4", "the Miller index '1.0' is not a whole number; correct it"),
            ("1 x 3 4", "the Miller index 'x' is not a whole number"),
            ("1 2 1_0 4", "the Miller index '1_0' is not a whole number"),
            ("1 2 3 F", "the structure factor 'F' is not a finite number"),
            ("1 2 3 1_0", "the structure factor '1_0' is not a finite number"),
            ("1 2 3 nan", "the structure factor 'nan' is not a finite number"),
            ("1 2 3 -inf", "the structure factor '-inf' is not a finite number"),
            ("1 2 3 1e999", "the structure factor '1e999' is not a finite number"),
            (f"{2**30 + 1} 2 3 4", "is beyond ±1073741824"),
            (f"1 {-(2**30) - 1} 3 4", "is beyond ±1073741824"),
            (f"1 2 {-(2**63)} 4", "is beyond ±1073741824"),
            (f"1 2 {10**19} 4", "is beyond ±1073741824"),
            ("1 2 " + "9" * 5000 + " 4", "9" * 40 + " is beyond ±1073741824"),
            ("1 -" + "9" * 30 + " 3 4", "is beyond ±1073741824"),
            ("1 2 \u0663 4", "the byte 0xd9 is not plain text"),
            ("1 2 3 4\0", "the byte 0x00 is not plain text"),
        ],
    )
    def test_a_bad_line_is_named(self, tmp_path: Path, line: str, complaint: str) -> None:
        message = refused(table(tmp_path, f"0 0 1 5\n\n{line}\n0 0 2 5\n"))
        assert "line 3:" in message
        assert complaint in message

    def test_a_byte_order_mark_is_named(self, tmp_path: Path) -> None:
        message = refused(table(tmp_path, b"\xef\xbb\xbf" + SPARSE.encode()))
        assert "line 1: it begins with a UTF-8 byte-order mark; save the file without" in message

    def test_a_truncated_last_line_is_named(self, tmp_path: Path) -> None:
        assert "line 3: 3 columns, '0 1 2'" in refused(
            table(tmp_path, SPARSE.removesuffix(" -55\n"))
        )

    def test_binary_content_is_told_from_text(self, tmp_path: Path) -> None:
        message = refused(table(tmp_path, bytes(range(256)) * 20))
        assert "the byte 0x00 is not plain text" in message
        assert "-dump" not in message

    @pytest.mark.parametrize(
        ("content", "complaint"), [("", "is empty"), (" \n\n", "lists no reflections")]
    )
    def test_a_table_without_reflections_is_refused(
        self, tmp_path: Path, content: str, complaint: str
    ) -> None:
        assert complaint in refused(table(tmp_path, content))

    def test_a_box_beyond_memory_is_refused_with_extents_and_size(self, tmp_path: Path) -> None:
        message = refused(table(tmp_path, "-600 -600 -600 1\n600 600 600 1\n"))
        assert "h -600..600, k -600..600, l -600..600" in message
        assert "12.9 GiB" in message
        assert message.endswith("; leave out the largest indices")

    def test_the_widest_box_is_refused_without_overflow(self, tmp_path: Path) -> None:
        edge = 2**30
        content = f"{-edge} {-edge} {-edge} 1\n{edge} {edge} {edge} 1\n"
        assert "GiB" in refused(table(tmp_path, content))

    def test_the_example_table_is_read_whole(self) -> None:
        path = Path(examples.__file__).parent / "gnnqqny_p1.hkl"
        factors = load_text(path)
        assert factors.grid is not None
        assert factors.provenance.entries == 5740
        assert np.count_nonzero(factors.grid) == 5740
        h, k, l = (index - low for index, low in zip((-18, 0, 3), factors.minimum, strict=True))
        assert factors.grid[h, k, l] == 0.9552

    @given(
        st.lists(
            st.tuples(*[st.integers(-4, 4)] * 3, st.floats(allow_nan=False, allow_infinity=False)),
            min_size=1,
        )
    )
    def test_every_amplitude_is_read_to_the_last_bit(
        self, rows: list[tuple[int, int, int, float]]
    ) -> None:
        text = "".join(f"{h} {k} {l} {F!r}\n" for h, k, l, F in rows)
        reflections = parse_reflections(text.encode(), Path("table"))
        assert [tuple(hkl) for hkl in reflections.hkl.tolist()] == [row[:3] for row in rows]
        assert reflections.F.tobytes() == np.array([row[3] for row in rows]).tobytes()


class TestBehaviours:
    ZERO = Behaviours(unlisted="zero")
    IGNORED = Behaviours(cache="ignored")

    def test_entries_that_a_table_does_not_list_may_be_0(self, tmp_path: Path) -> None:
        source = StructureFactorSource(hkl=table(tmp_path, SPARSE), default_F=100)
        factors = load(source, self.ZERO)
        expected = np.zeros((3, 2, 2))
        expected[0, 0, 0], expected[2, 1, 1], expected[1, 1, 0] = 7.5, 9.25, -55
        assert factors.grid is not None
        assert np.array_equal(factors.grid, expected)
        assert factors.provenance == load(source).provenance

    def test_a_grid_is_kept_for_one_behaviour_only(self, tmp_path: Path) -> None:
        source = StructureFactorSource(hkl=table(tmp_path, SPARSE), default_F=100)
        cached = load(source)
        zeros = load(source, self.ZERO)
        assert zeros is not cached
        assert load(source, REFERENCE) is cached
        assert load(source, self.ZERO) is zeros
        assert load(source, Behaviours(omega="last", cache="ignored")) is cached

    def test_a_cache_is_never_filled(self, tmp_path: Path) -> None:
        write_cache(tmp_path / "Fdump.bin", load_text(table(tmp_path, SPARSE), default_F=3))
        source = StructureFactorSource(dump=tmp_path / "Fdump.bin", default_F=100)
        assert load(source, self.ZERO) is load(source)

    def test_a_cache_may_be_ignored_as_if_none_were_named(self, tmp_path: Path) -> None:
        source = StructureFactorSource(dump=tmp_path / "nothing.bin", default_F=100)
        assert load(source, self.IGNORED) == load(StructureFactorSource(default_F=100))

    def test_a_table_beside_an_ignored_cache_is_read(self, tmp_path: Path) -> None:
        path = table(tmp_path, SPARSE)
        source = StructureFactorSource(hkl=path, dump=tmp_path / "nothing.bin")
        assert load(source, self.IGNORED) is load_text(path)


class TestFiles:
    @pytest.mark.parametrize("load_file", [load_text, load_cache])
    def test_a_missing_file_is_refused(self, tmp_path: Path, load_file: object) -> None:
        assert "does not exist" in refused(tmp_path / "nothing", load_file)

    @pytest.mark.parametrize("load_file", [load_text, load_cache])
    def test_a_folder_is_refused(self, tmp_path: Path, load_file: object) -> None:
        assert "is a folder" in refused(tmp_path, load_file)

    @pytest.mark.parametrize("load_file", [load_text, load_cache])
    def test_a_pipe_is_refused_rather_than_waited_for(
        self, tmp_path: Path, load_file: object
    ) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "not a regular file" in refused(tmp_path / "pipe", load_file)

    def test_a_path_through_a_file_is_refused(self, tmp_path: Path) -> None:
        assert "Not a directory" in refused(table(tmp_path, SPARSE) / "below")

    def test_a_name_no_file_can_have_is_refused(self) -> None:
        with pytest.raises(FileError, match="cannot be read"):
            load_text(Path("a\0b"))

    def test_a_file_that_may_not_be_read_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def denied(_: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", denied)
        assert "Permission denied" in refused(table(tmp_path, SPARSE))

    def test_an_unchanged_file_is_read_once(self, tmp_path: Path) -> None:
        path = table(tmp_path, SPARSE)
        assert load_text(path).grid is load_text(path).grid

    def test_a_changed_file_is_read_again(self, tmp_path: Path) -> None:
        path = table(tmp_path, "0 0 0 1\n")
        first = load_text(path)
        path.write_text("0 0 0 2\n")
        os.utime(path, ns=(0, 0))
        second = load_text(path)
        assert first.provenance.sha256 != second.provenance.sha256
        assert second.grid is not None
        assert second.grid.tolist() == [[[2.0]]]

    def test_another_default_fills_anew(self, tmp_path: Path) -> None:
        path = table(tmp_path, SPARSE)
        one, two = load_text(path, 1.0).grid, load_text(path, 2.0).grid
        assert one is not None
        assert two is not None
        assert (one.max(), two.min(), two[0, 1, 1]) == (9.25, -55, 2.0)

    def test_a_table_is_preferred_to_a_cache(self, tmp_path: Path) -> None:
        path = table(tmp_path, SPARSE)
        source = StructureFactorSource(hkl=path, dump=tmp_path / "nothing")
        assert load(source).provenance.source == "text"


def cache_bytes(bounds: str, values: list[float]) -> bytes:
    return bounds.encode() + b"\n\f" + struct.pack(f"<{len(values)}d", *values)


class TestCache:
    #: Two entries along l; the extra planes hold 9, which would show if they were read.
    ONE_BY_ONE_BY_TWO = cache_bytes("3 3 -1 -1 0 1", [5.0, 0.0, *[9.0] * 10])

    def test_the_entries_inside_the_box_are_read(self, tmp_path: Path) -> None:
        path = table(tmp_path, self.ONE_BY_ONE_BY_TWO)
        factors = load_cache(path, default_F=100)
        assert factors.grid is not None
        assert factors.grid.tolist() == [[[5.0, 0.0]]]
        assert factors.grid.flags.c_contiguous
        assert factors.minimum == (3, -1, 0)
        assert factors.provenance.source == "cache"
        assert factors.provenance.entries == 2
        assert factors.provenance.default_F == 100

    @pytest.mark.parametrize("first_byte", b" \t\n\v\f\r0-")
    def test_a_first_byte_that_looks_like_text_belongs_to_the_data(
        self, tmp_path: Path, first_byte: int
    ) -> None:
        (value,) = struct.unpack("<d", bytes([first_byte, 0, 0, 0, 0, 0, 0, 0x40]))
        path = table(tmp_path, cache_bytes("0 0 0 0 0 0", [value, *[0.0] * 7]))
        factors = load_cache(path)
        assert factors.grid is not None
        assert factors.grid.tolist() == [[[value]]]

    def test_writing_a_table_gives_the_layout_of_the_contract(self, tmp_path: Path) -> None:
        factors = load_text(table(tmp_path, "-1 0 2 7.5\n-1 0 3 9.25\n"), default_F=4)
        write_cache(tmp_path / "Fdump.bin", factors)
        expected = cache_bytes("-1 -1 0 0 2 3", [7.5, 9.25, *[0.0] * 10])
        assert (tmp_path / "Fdump.bin").read_bytes() == expected

    def test_a_cache_keeps_the_default_of_the_run_that_wrote_it(self, tmp_path: Path) -> None:
        write_cache(tmp_path / "Fdump.bin", load_text(table(tmp_path, SPARSE), default_F=0))
        factors = load_cache(tmp_path / "Fdump.bin", default_F=100)
        assert factors.grid is not None
        assert factors.grid[1, 0, 1] == 0.0
        assert factors.provenance.entries == 12

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (b"", "is empty"),
            (b"not a cache", "does not begin with six bounds"),
            (cache_bytes("0 0 0 0 0", [0.0] * 8), "does not begin with six bounds"),
            (cache_bytes("0 0 0 0 0 0 0", [0.0] * 8), "does not begin with six bounds"),
            (cache_bytes("0 0 0 0 0 x", [0.0] * 8), "does not begin with six bounds"),
            (b"0 0 0 0 0 0\n" + bytes(64), "does not begin with six bounds"),
            (b"0 0 0 0 0 0\r\n\f" + bytes(64), "does not begin with six bounds"),
            (cache_bytes("0 0 0 0 1 0", [0.0] * 8), "claims the bounds 0 0 0 0 1 0"),
            (cache_bytes("0 0 0 0 0 1073741825", [0.0] * 8), "claims the bounds"),
            (cache_bytes("0 0 -9999999999 0 0 0", [0.0] * 8), "claims the bounds"),
            (
                cache_bytes(" ".join([f"{-(2**30)} {2**30}"] * 3), [0.0] * 8),
                "GiB allowed; name one of a smaller box",
            ),
            (ONE_BY_ONE_BY_TWO[:-1], "is truncated: 110 bytes, where its bounds need 111"),
            (ONE_BY_ONE_BY_TWO[:15], "is truncated"),
            (ONE_BY_ONE_BY_TWO + b"\0", "is too long"),
            (cache_bytes("0 0 0 0 0 1", [0.0, np.nan, *[0.0] * 10]), "NaN or infinity at h k l"),
            (cache_bytes("0 0 0 0 0 1", [np.inf, *[0.0] * 11]), "NaN or infinity at h k l"),
        ],
    )
    def test_a_damaged_cache_is_refused(
        self, tmp_path: Path, content: bytes, complaint: str
    ) -> None:
        assert complaint in refused(table(tmp_path, content), load_cache)

    @given(
        st.tuples(*[st.integers(-(2**30), 2**30 - 4)] * 3),
        st.tuples(*[st.integers(1, 4)] * 3),
        st.randoms(use_true_random=False),
    )
    def test_any_grid_survives_the_cache_bit_for_bit(
        self, minimum: tuple[int, int, int], shape: tuple[int, int, int], random: object
    ) -> None:
        grid = np.array([random.uniform(-1, 1) for _ in range(np.prod(shape))]).reshape(shape)  # type: ignore[attr-defined]
        h, k, l = (low + size - 1 for low, size in zip(minimum, shape, strict=True))
        box = IndexBox(minimum, (h, k, l))
        read_box, read_grid = decode_cache(encode_cache(box, grid), Path("cache"))
        assert read_box == box
        assert read_grid.tobytes() == grid.tobytes()

    def test_every_truncation_of_a_cache_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "cut.bin"
        for length in itertools.chain(range(1, 20), range(20, 111, 13)):
            path.write_bytes(self.ONE_BY_ONE_BY_TWO[:length])
            refused(path, load_cache)
