"""What lies in a report folder: rendered from its JSON records and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_bridge.bridge.reproduction import without_stamp
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.engines.run import EngineRun
from parity_bridge.errors import FileError
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.records.environment import environment, git_commit
from parity_bridge.records.folder import staged_folder
from parity_bridge.records.metadata import Metadata, RunContext
from parity_bridge.records.pixel_records import (
    METADATA_SUFFIX,
    as_json,
    metadata_of,
    record_of,
    record_paths,
    record_suffix,
    write_run,
)
from parity_bridge.taps.f_cell import FCellRecord, Lookup
from parity_bridge.taps.registry import TAPS_BY_NAME, Tap
from tests.comparison.hand_records import (
    CENTRE,
    EDGE,
    NO_TABLE,
    STALE_CACHE,
    TEXT_TABLE,
    benchmark,
    benchmark_with_stale_cache,
    f_cell_record,
    record_without_lookup,
)
from tests.engines.fake_engines import FakeC, FakeTorch
from tests.report.rerender import render

COLUMNS = (
    "Pixel", "Impl", "total_lookups", "out_of_bounds", "zero_f", "default_f", "mean_f_cell",
    "h_range", "k_range", "l_range",
)  # fmt: skip
COMMAND = "python -m parity_bridge run --pixel 0 0 --stamp s -- -cell 100 -N 5"

OCCASION = RunContext(COMMAND, "2026-01-31T12:00:00Z", "s")
F_CELL = (TAPS_BY_NAME["f_cell"],)
RECORD = record_suffix(*F_CELL)

finite = st.floats(allow_nan=False, allow_infinity=False)


def metadata(record: FCellRecord, *flags: str, behaviours: tuple[str, ...] = ()) -> Metadata:
    """Metadata as ``run`` writes it, for the benchmark and some more flags."""
    name = "c" if record.implementation == "c" else "torch"
    choice = EngineChoice(name, behaviours=behaviours)
    parsed = parse_flags([*BENCHMARK_FLAGS, *flags])
    engine_run = EngineRun(choice, FakeC(), parsed, [Target(record.pixel_coords)], [], {})
    (seen,) = engine_run.engine.observe(parsed.experiment, [record.pixel_coords])
    return metadata_of(engine_run, seen, RunContext(COMMAND, record.timestamp_utc, "s"))


def store(
    folder: Path, records: list[FCellRecord], *flags: str, behaviours: tuple[str, ...] = ()
) -> None:
    folder.mkdir()
    for item in records:
        files = record_paths(folder, item.pixel_coords, F_CELL)
        files[RECORD].write_text(as_json(item))
        files[METADATA_SUFFIX].write_text(as_json(metadata(item, *flags, behaviours=behaviours)))


def fake_run(engine: FakeC, pixels: list[tuple[int, int]], *flags: str) -> EngineRun:
    parsed = parse_flags([*BENCHMARK_FLAGS, *flags])
    seen = engine.observe(parsed.experiment, pixels)
    targets = [Target(pixel) for pixel in pixels]
    return EngineRun(EngineChoice(engine.name), engine, parsed, targets, seen, {})


def memo_of(folder: Path, ours: list[FCellRecord], theirs: list[FCellRecord]) -> str:
    store(folder / "c_taps", ours)
    store(folder / "py_taps", theirs)
    render(folder)
    return (folder / "f_cell_comparison.md").read_text()


def lookup_table(memo: str) -> list[dict[str, str]]:
    """Rows of the first table under the heading Lookups."""
    return rows_of(memo.partition("## Lookups\n\n")[2])


def measures(memo: str) -> dict[str, str]:
    """The table of the first divergence."""
    rows = rows_of(memo.partition("## First divergence\n\n")[2])
    return {row["measure"]: row["value"] for row in rows}


def rows_of(text: str) -> list[dict[str, str]]:
    """Rows of the first table in ``text``."""
    lines = text[text.index("|") :].partition("\n\n")[0].splitlines()
    header, _, *rows = ([cell.strip() for cell in line[1:-1].split("|")] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


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


class TestMemo:
    def test_parity_is_said_first_and_the_known_figures_are_there(self, tmp_path: Path) -> None:
        memo = memo_of(tmp_path, benchmark("c"), benchmark("pytorch"))
        assert memo.splitlines()[2] == (
            "**Verdict: parity: c and pytorch agree in every field of f_cell_stats exactly at "
            "2 pixels.**"
        )
        rows = lookup_table(memo)
        assert tuple(rows[0]) == COLUMNS
        assert [list(row.values()) for row in rows] == [
            [pixel, name, "4", "0", "0", "4", "100.0", *ranges]
            for pixel, ranges in (
                ("0 0 (edge)", ["-8..-8", "39..39", "-39..-39"]),
                ("2048 2048 (centre)", ["0..0"] * 3),
            )
            for name in ("c", "pytorch")
        ]
        assert "## Differences" not in memo

    @pytest.mark.parametrize(
        ("pixels", "words"),
        [
            (
                [f_cell_record(EDGE), record_without_lookup(CENTRE)],
                "exactly at 2 pixels; no lookup was made at 1 of them.",
            ),
            ([record_without_lookup(EDGE)], "exactly at 1 pixel; no lookup was made there."),
        ],
    )
    def test_pixels_without_a_lookup_are_counted_in_the_verdict(
        self, tmp_path: Path, pixels: list[FCellRecord], words: str
    ) -> None:
        others = [item.model_copy(update={"implementation": "pytorch"}) for item in pixels]
        assert words in memo_of(tmp_path, pixels, others).splitlines()[2]

    @pytest.mark.parametrize("table", [NO_TABLE, TEXT_TABLE])
    def test_different_inputs_and_equal_figures_are_said_in_one_sentence(
        self, tmp_path: Path, table: HklTable
    ) -> None:
        memo = memo_of(
            tmp_path,
            [f_cell_record(EDGE, "c", STALE_CACHE)],
            [f_cell_record(EDGE, "pytorch", table)],
        )
        assert memo.splitlines()[2] == (
            "**Verdict: no parity: c and pytorch were given different structure factors, though no "
            "figure differs at 1 pixel.**"
        )
        assert "## The engines were not given the same" in memo
        assert "## Differences" not in memo

    def test_one_content_under_two_names_is_the_same_input(self, tmp_path: Path) -> None:
        for name, folder, file in (("c", "c_taps", "a.hkl"), ("pytorch", "py_taps", "b -N.hkl")):
            table = TEXT_TABLE.model_copy(update={"file": file})
            store(tmp_path / folder, [f_cell_record(EDGE, name, table)], "-hkl", file)
        assert render(tmp_path).comparison.verdict == "parity"
        memo = (tmp_path / "f_cell_comparison.md").read_text()
        assert "## The engines were not given the same" not in memo
        assert "a.hkl" in memo.partition("## Provenance")[2]
        assert "b -N.hkl" in memo.partition("## Provenance")[2]

    def test_a_stale_cache_is_told_right_after_the_first_divergence(self, tmp_path: Path) -> None:
        memo = memo_of(tmp_path, benchmark_with_stale_cache(), benchmark("pytorch"))
        headings = re.findall(r"^## (.*)$", memo, flags=re.MULTILINE)
        assert headings[:2] == ["First divergence", "The engines were not given the same"]
        assert memo.index("**stale cache**") < memo.index("## Lookups")
        assert "Fdump.bin" in memo
        assert STALE_CACHE.sha256 is not None
        assert STALE_CACHE.sha256 in memo
        found = [
            (row["Impl"], row["mean_f_cell"], row["out_of_bounds"]) for row in lookup_table(memo)
        ]
        assert found == [
            ("c", "100.0", "4"), ("pytorch", "100.0", "0"),
            ("c", "0.0", "0"), ("pytorch", "100.0", "0"),
        ]  # fmt: skip

    def test_the_first_difference_is_told_with_subpixel_ulps_and_tolerance(
        self, tmp_path: Path
    ) -> None:
        F = (100.0, 100.0, 100.00000000000001, 100.0)
        memo = memo_of(tmp_path, [f_cell_record(EDGE)], [f_cell_record(EDGE, "pytorch", F=F)])
        assert (
            "## First divergence\n\nPixel 0 0 (edge), tap 4 `f_cell_stats`, `F_cell` at subpixel "
            "1 0: **c 100.0, pytorch 100.00000000000001**."
        ) in memo
        assert measures(memo) == {
            "difference": "1.4210854715202004e-14",
            "in ULPs": "1",
            "in units of the tolerance": "no difference is allowed (atol 0.0, rtol 0.0)",
            "in units of the expected noise": "not known",
            "smallest tolerance that passes in every row of this field": (
                "atol 1.4210854715202004e-14 (rtol 0)"
            ),
        }
        assert "`|other - reference| <= atol + rtol*|reference|` with the reference c" in memo
        assert "smallest passing atol" in memo

    @pytest.mark.parametrize(("ulps", "shown"), [(2**20, True), (2**20 + 1, False)])
    def test_many_ulps_are_left_out_of_the_memo_and_kept_in_the_json(
        self, tmp_path: Path, ulps: int, shown: bool
    ) -> None:
        F = 64.0 + ulps * 2.0**-46
        ours, theirs = (f_cell_record(EDGE, F=(it, 64.0, 64.0, 64.0)) for it in (64.0, F))
        memo = memo_of(tmp_path, [ours], [theirs])
        assert measures(memo)["in ULPs"] == (str(ulps) if shown else "more than 1048576")
        differences = memo.partition("## Differences")[2]
        assert (f"| {ulps} |" in re.sub(" +", " ", differences)) is shown
        assert f'"ulps": {ulps},' in (tmp_path / "summary.json").read_text()

    @pytest.mark.parametrize(
        ("where", "number"),
        [
            (("values", "total_lookups"), 1234),
            (("values", "skipped_lookups"), 2345),
            (("values", "out_of_bounds_count"), 3456),
            (("values", "zero_f_count"), 4567),
            (("values", "default_f_count"), 5678),
            (("values", "mean_f_cell"), 67.890625),
            (("values", "rounding_margin"), 0.1234567),
            (("values", "hkl_bounds", "k_max"), 7890),
            (("values", "hkl_fractional_bounds", "l_min"), -8901.25),
            (("values", "subpixels", 1, "F_cell"), 901.25),
            (("hkl_table", "entries"), 901234),
            (("hkl_table", "extents", "h_min"), -54321),
            (("hkl_table", "default_F"), 43.25),
        ],
    )
    def test_every_figure_comes_from_the_json_beside_it(
        self, tmp_path: Path, where: tuple[str | int, ...], number: float
    ) -> None:
        records = [f_cell_record(EDGE, "c", TEXT_TABLE)]
        before = memo_of(tmp_path, records, [f_cell_record(EDGE, "pytorch", TEXT_TABLE)])
        path = record_paths(tmp_path / "py_taps", EDGE, F_CELL)[RECORD]
        path.write_text(_changed(path.read_text(), where, number))
        render(tmp_path)
        after = (tmp_path / "f_cell_comparison.md").read_text()
        assert str(number) not in before
        assert str(number) in after

    @pytest.mark.parametrize("taps", [("config",), tuple(TAPS_BY_NAME)])
    def test_flags_that_differ_are_told_even_where_no_figure_does(
        self, tmp_path: Path, taps: tuple[str, ...]
    ) -> None:
        for engine, flags in ((FakeC(), ("-fluence", "1e20")), (FakeTorch(), ("-nopolar",))):
            folder = tmp_path / engine.folder
            folder.mkdir()
            chosen = [TAPS_BY_NAME[name] for name in taps]
            write_run(folder, fake_run(engine, [EDGE], *flags), OCCASION, chosen)
        report = render(tmp_path)
        assert (report.comparison.verdict, report.comparison.exit_status) == ("inputs differ", 3)
        assert not report.comparison.pixels[0].differing
        memo = (tmp_path / "f_cell_comparison.md").read_text()
        assert memo.splitlines()[2] == (
            "**Verdict: no parity: c and pytorch were given different nanoBragg flags, though no "
            "figure differs at 1 pixel.**"
        )
        section = memo.partition("## The engines were not given the same\n\n")[2]
        assert rows_of(section) == [
            {"nanoBragg flag": "`-fluence`", "c": "1e+20", "pytorch": "the default"},
            {"nanoBragg flag": "`-nopolar`", "c": "not given", "pytorch": "given"},
        ]

    @pytest.mark.parametrize("behaviours", [(), ("omega=last",)])
    def test_an_unexplained_difference_points_to_behaviours_that_differ(
        self, tmp_path: Path, behaviours: tuple[str, ...]
    ) -> None:
        other = f_cell_record(EDGE, "pytorch", F=(99.0, *[100.0] * 3))
        store(tmp_path / "c_taps", [f_cell_record(EDGE)])
        store(tmp_path / "py_taps", [other], behaviours=behaviours)
        render(tmp_path)
        memo = (tmp_path / "f_cell_comparison.md").read_text()
        told = "; the engines were told to behave differently (see above)" if behaviours else ""
        assert (
            f"No named behaviour of contract §7 explains this from the records alone{told}; "
            "`explain` searches for one by computing.\n"
        ) in memo
        assert (
            "## The engines were told to behave differently\n\nBehaviours told: c: all as in the "
            "reference (contract §7); pytorch: omega=last." in memo
        ) is bool(behaviours)

    def test_pixels_only_one_engine_recorded_are_named(self, tmp_path: Path) -> None:
        memo = memo_of(tmp_path, benchmark("c"), benchmark("pytorch")[:1])
        assert "- Pixel 2048 2048 was recorded by c only." in memo

    def test_the_command_is_there_without_its_stamp(self, tmp_path: Path) -> None:
        memo = memo_of(tmp_path, benchmark("c"), benchmark("pytorch"))
        assert memo.rstrip().endswith(
            "```sh\npython -m parity_bridge run --pixel 0 0 -- -cell 100 -N 5\n```"
        )

    def test_the_summary_has_the_counts_and_the_verdict(self, tmp_path: Path) -> None:
        memo_of(tmp_path, benchmark_with_stale_cache(), benchmark("pytorch"))
        text = (tmp_path / "f_cell_summary.md").read_text()
        assert "| 2048 2048 (centre) | c" in text
        assert "Verdict: no parity: c and pytorch were given different structure factors" in text

    def test_rendering_again_changes_nothing(self, tmp_path: Path) -> None:
        memo = memo_of(tmp_path, benchmark("c"), benchmark("pytorch"))
        render(tmp_path)
        assert (tmp_path / "f_cell_comparison.md").read_text() == memo


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
        path.write_text(_changed(path.read_text(), ("surprise",), 1))
        with pytest.raises(FileError, match="surprise"):
            render(tmp_path)


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("run --stamp s --pixel 0 0", "run --pixel 0 0"),
        ("run --stamp=s --pixel 0 0", "run --pixel 0 0"),
        ("run --pixel 0 0 -- --stamp s", "run --pixel 0 0 -- --stamp s"),
        ("run --engine-flags c '-N 3'", "run --engine-flags c '-N 3'"),
    ],
)
def test_the_stamp_is_dropped_from_a_command(command: str, kept: str) -> None:
    assert without_stamp(command) == kept


class TestStaging:
    def test_nothing_is_seen_before_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "made" / "report"
        with staged_folder(target) as folder:
            (folder / "file").touch()
            assert not target.exists()
        assert [path.name for path in target.iterdir()] == ["file"]
        assert list(target.parent.iterdir()) == [target]

    def test_a_failure_leaves_neither_folder_nor_parents(self, tmp_path: Path) -> None:
        with pytest.raises(ZeroDivisionError):
            _fail_inside(tmp_path / "made" / "report")
        assert list(tmp_path.iterdir()) == []

    def test_a_report_that_came_meanwhile_is_not_replaced(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="exists already"), staged_folder(tmp_path / "report"):
            (tmp_path / "report").mkdir()
        assert [path.name for path in tmp_path.iterdir()] == ["report"]


class TestEnvironment:
    def test_it_tells_versions_and_machine_without_importing(self) -> None:
        told = environment()
        assert isinstance(told["packages"], dict)
        assert set(told["packages"]) >= {"parity_bridge", "torch", "numpy"}
        assert told["python"]
        assert told["cpu"]
        json.dumps(told)

    @pytest.mark.parametrize("packed", [True, False])
    def test_the_commit_of_a_checkout_is_found(self, tmp_path: Path, packed: bool) -> None:
        commit = "0123456789" * 4
        _checkout(tmp_path)
        if packed:
            (tmp_path / ".git/packed-refs").write_text(f"# pack\n{commit} refs/heads/main\n")
        else:
            (tmp_path / ".git/refs/heads/main").write_text(f"{commit}\n")
        assert git_commit(tmp_path / "src/parity_bridge") == commit

    def test_a_detached_head_is_the_commit(self, tmp_path: Path) -> None:
        _checkout(tmp_path)
        (tmp_path / ".git/HEAD").write_text("fedcba\n")
        assert git_commit(tmp_path / "src/parity_bridge") == "fedcba"

    def test_a_branch_without_a_commit_has_none(self, tmp_path: Path) -> None:
        _checkout(tmp_path)
        assert git_commit(tmp_path / "src/parity_bridge") is None

    @pytest.mark.parametrize("installed", ["site-packages", ".venv/lib/site-packages"])
    def test_an_installed_copy_has_none_even_inside_a_checkout(
        self, tmp_path: Path, installed: str
    ) -> None:
        _checkout(tmp_path)
        (tmp_path / ".git/HEAD").write_text("fedcba\n")
        assert git_commit(tmp_path / installed / "parity_bridge") is None

    def test_the_commit_does_not_depend_on_the_working_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = environment()["git_commit"]
        _checkout(tmp_path)
        (tmp_path / ".git/HEAD").write_text("fedcba\n")
        monkeypatch.chdir(tmp_path)
        assert environment()["git_commit"] == before


def _fail_inside(target: Path) -> None:
    with staged_folder(target) as folder:
        (folder / "file").touch()
        raise ZeroDivisionError


def _checkout(root: Path) -> None:
    (root / ".git/refs/heads").mkdir(parents=True)
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")


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


def _changed(text: str, where: tuple[str | int, ...], value: float) -> str:
    tree = json.loads(text)
    branch = tree
    for key in where[:-1]:
        branch = branch[key]
    branch[where[-1]] = value
    return json.dumps(tree)
