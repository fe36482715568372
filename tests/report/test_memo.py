"""The memo and the summaries of a report: rendered from its JSON records and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parity_bridge.bridge.reproduction import without_stamp
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.records.pixel_records import record_paths, write_run
from parity_bridge.taps.f_cell import FCellRecord
from parity_bridge.taps.registry import TAPS_BY_NAME
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
from tests.report.hand_reports import (
    F_CELL,
    OCCASION,
    RECORD,
    changed_json,
    fake_run,
    memo_of,
    store,
)
from tests.report.rerender import render

COLUMNS = (
    "Pixel", "Impl", "total_lookups", "out_of_bounds", "zero_f", "default_f", "mean_f_cell",
    "h_range", "k_range", "l_range",
)  # fmt: skip


def lookup_table(memo: str) -> list[dict[str, str]]:
    """Return the rows of the first table under the heading Lookups."""
    return rows_of(memo.partition("## Lookups\n\n")[2])


def measures(memo: str) -> dict[str, str]:
    """Return the table of the first divergence."""
    rows = rows_of(memo.partition("## First divergence\n\n")[2])
    return {row["measure"]: row["value"] for row in rows}


def rows_of(text: str) -> list[dict[str, str]]:
    """Return the rows of the first table in ``text``."""
    lines = text[text.index("|") :].partition("\n\n")[0].splitlines()
    header, _, *rows = ([cell.strip() for cell in line[1:-1].split("|")] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


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

    def test_a_stale_cache_stands_right_after_the_first_divergence(self, tmp_path: Path) -> None:
        memo = memo_of(tmp_path, benchmark_with_stale_cache(), benchmark("pytorch"))
        headings = re.findall(r"^## (.*)$", memo, flags=re.MULTILINE)
        assert headings[:2] == ["First divergence", "The engines were not given the same"]
        assert memo.index("**stale cache**") < memo.index("## Lookups")
        assert "Fdump.bin" in memo
        assert STALE_CACHE.sha256 is not None
        assert STALE_CACHE.sha256 in memo
        lookups = [
            (row["Impl"], row["mean_f_cell"], row["out_of_bounds"]) for row in lookup_table(memo)
        ]
        assert lookups == [
            ("c", "100.0", "4"), ("pytorch", "100.0", "0"),
            ("c", "0.0", "0"), ("pytorch", "100.0", "0"),
        ]  # fmt: skip

    def test_the_first_difference_is_given_with_subpixel_ulps_and_tolerance(
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
    def test_many_ulps_are_left_out_of_the_memo_and_stored_in_the_json(
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
        path.write_text(changed_json(path.read_text(), where, number))
        render(tmp_path)
        after = (tmp_path / "f_cell_comparison.md").read_text()
        assert str(number) not in before
        assert str(number) in after

    @pytest.mark.parametrize("taps", [("config",), tuple(TAPS_BY_NAME)])
    def test_flags_that_differ_are_listed_even_where_no_figure_does(
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
        pointer = "; the engines were given different behaviours (see above)" if behaviours else ""
        assert (
            f"No named behaviour of contract §7 explains this from the records alone{pointer}; "
            "`explain` searches for one by computing.\n"
        ) in memo
        assert (
            "## The engines were given different behaviours\n\nBehaviours: c: all as in the "
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


@pytest.mark.parametrize(
    ("command", "without"),
    [
        ("run --stamp s --pixel 0 0", "run --pixel 0 0"),
        ("run --stamp=s --pixel 0 0", "run --pixel 0 0"),
        ("run --pixel 0 0 -- --stamp s", "run --pixel 0 0 -- --stamp s"),
        ("run --engine-flags c '-N 3'", "run --engine-flags c '-N 3'"),
    ],
)
def test_the_stamp_is_dropped_from_a_command(command: str, without: str) -> None:
    assert without_stamp(command) == without
