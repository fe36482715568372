"""Records in a report folder: written, read back, and refused where they are none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_bridge.errors import FileError
from parity_bridge.records.metadata import Metadata
from parity_bridge.records.pixel_records import (
    METADATA_SUFFIX,
    as_json,
    record_of,
    record_paths,
    record_suffix,
    write_run,
)
from parity_bridge.taps.f_cell import FCellRecord, Lookup
from parity_bridge.taps.registry import TAPS_BY_NAME, Tap
from tests.comparison.hand_records import EDGE, benchmark, f_cell_record
from tests.engines.fake_engines import FakeC
from tests.report.hand_reports import (
    F_CELL,
    OCCASION,
    RECORD,
    changed_json,
    fake_run,
    metadata,
    store,
)
from tests.report.rerender import render

finite = st.floats(allow_nan=False, allow_infinity=False)


class TestRecords:
    @given(mean=finite, F=finite, indices=st.tuples(finite, finite, finite))
    def test_a_record_reads_back_bit_for_bit(
        self, mean: float, F: float, indices: tuple[float, float, float]
    ) -> None:
        it = f_cell_record(EDGE)
        row = Lookup(
            subpixel_index=(0, 0),
            hkl_fractional=indices,
            hkl_rounded=(0, 0, 0),
            F_cell=F,
            out_of_bounds=False,
        )
        values = it.values.model_copy(update={"mean_f_cell": mean, "subpixels": (row,)})
        it = it.model_copy(update={"values": values})
        back = FCellRecord.model_validate_json(as_json(it))
        assert _bits(back) == _bits(it)
        assert as_json(back) == as_json(it)

    def test_both_engines_write_the_same_keys_in_the_same_order(self) -> None:
        ours, theirs = (as_json(f_cell_record(EDGE, name)) for name in ("c", "pytorch"))
        assert _keys(ours) == _keys(theirs)
        assert _keys(ours)[:3] == ["schema_version", "tap_id", "implementation"]

    def test_metadata_reads_back_as_it_was(self) -> None:
        it = metadata(f_cell_record(EDGE))
        assert Metadata.model_validate_json(as_json(it)) == it
        assert it.state_assumed == (
            "the start of a run: interpolation off, polarization axis 0.0 0.0 1.0, no spindle "
            "sweep made yet: phi 0 finds the crystal unrotated (contract §5, §6)"
        )

    def test_a_file_that_cannot_be_written_takes_the_others_back(self, tmp_path: Path) -> None:
        (tmp_path / "pixel_1_2.log").mkdir()
        with pytest.raises(FileError, match=r"pixel_1_2\.log"):
            write_run(
                tmp_path, fake_run(FakeC(), [(0, 0), (1, 2)]), OCCASION, [*TAPS_BY_NAME.values()]
            )
        assert [path.name for path in tmp_path.iterdir()] == ["pixel_1_2.log"]

    @pytest.mark.parametrize("names", [(), ("f_cell",), ("config", "final"), tuple(TAPS_BY_NAME)])
    def test_only_the_taps_asked_for_are_written(
        self, tmp_path: Path, names: tuple[str, ...]
    ) -> None:
        taps = [TAPS_BY_NAME[name] for name in names]
        write_run(tmp_path, fake_run(FakeC(), [EDGE]), OCCASION, taps)
        written = {
            f"pixel_0_0{end}" for end in (*map(record_suffix, taps), METADATA_SUFFIX, ".log")
        }
        assert {path.name for path in tmp_path.iterdir()} == written

    @pytest.mark.parametrize("tap", TAPS_BY_NAME.values(), ids=TAPS_BY_NAME)
    def test_every_tap_reads_back_as_it_was_written(self, tmp_path: Path, tap: Tap) -> None:
        engine_run = fake_run(FakeC(), [EDGE])
        write_run(tmp_path, engine_run, OCCASION, [tap])
        text = record_paths(tmp_path, EDGE, [tap])[record_suffix(tap)].read_text()
        back = tap.record.model_validate_json(text)
        assert back == record_of(engine_run, engine_run.observations[0], OCCASION, tap)
        assert as_json(back) == text


class TestReading:
    @pytest.mark.parametrize("folders", [(), ("c_taps",), ("c_taps", "d_taps", "py_taps")])
    def test_a_report_has_records_in_two_folders(
        self, tmp_path: Path, folders: tuple[str, ...]
    ) -> None:
        for name in folders:
            store(tmp_path / name, benchmark("c"))
        words = f"is not a report: it holds records in {len(folders)} folders"
        with pytest.raises(FileError, match=words):
            render(tmp_path)

    @pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"schema_version": 2}', "\0"])
    def test_a_record_that_is_none_is_named(self, tmp_path: Path, text: str) -> None:
        store(tmp_path / "c_taps", benchmark("c"))
        store(tmp_path / "py_taps", benchmark("pytorch"))
        path = record_paths(tmp_path / "c_taps", EDGE, F_CELL)[RECORD]
        path.write_text(text)
        with pytest.raises(FileError, match=re.escape(str(path))) as caught:
            render(tmp_path)
        assert "http" not in str(caught.value)

    def test_an_unknown_field_is_refused(self, tmp_path: Path) -> None:
        store(tmp_path / "c_taps", benchmark("c"))
        store(tmp_path / "py_taps", benchmark("pytorch"))
        path = record_paths(tmp_path / "c_taps", EDGE, F_CELL)[RECORD]
        path.write_text(changed_json(path.read_text(), ("surprise",), 1))
        with pytest.raises(FileError, match="surprise"):
            render(tmp_path)


def _bits(it: FCellRecord) -> list[str]:
    row = it.values.subpixels[0]
    return [
        value.hex() for value in (*row.hkl_fractional, row.F_cell, it.values.mean_f_cell or 0.0)
    ]


def _keys(text: str) -> list[str]:
    keys: list[str] = []
    json.loads(text, object_pairs_hook=lambda pairs: keys.extend(key for key, _ in pairs))
    top = list(json.loads(text))
    return top + keys
