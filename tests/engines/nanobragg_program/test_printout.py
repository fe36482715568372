"""Stored console outputs of the original program, read as what the engine records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.printout import (
    LoopCounts,
    read_blocks,
    read_counts,
)
from parity_bridge.engines.nanobragg_program.subpixel_detector import subpixel_experiment
from tests.engines.golden_cases import GoldenCase
from tests.engines.nanobragg_program.printed_cases import (
    OVERSAMPLE,
    WriteProgram,
    assert_parity,
    subpixels,
)


class TestStoredConsoleOutputs:
    """Figures that the original program printed."""

    def test_everything_is_counted_once(self, stored: tuple[str, GoldenCase, Any]) -> None:
        assert read_counts(stored[0]) == LoopCounts(1, 1, 1, 1, 1)

    def test_its_blocks_are_the_lookups_of_the_golden_case(
        self, stored: tuple[str, GoldenCase, Any]
    ) -> None:
        text, case, pixel = stored
        blocks = read_blocks(text, subpixels(pixel))
        lookups = case.rows(pixel, "lookup")
        for block, lookup in zip(blocks, lookups, strict=True):
            assert [f"{index:.6f}" for index in block.hkl] == [f"{h:.6f}" for h in lookup["hkl"]]
            assert block.hkl0 == tuple(lookup["hkl0"])
            assert f"{block.F_cell:g} {block.F_latt:g}" == "{F_cell:g} {F_latt:g}".format(**lookup)
        # Subpixels in the order of the chain: slow-major.
        assert [(lookup["subS"], lookup["subF"]) for lookup in lookups] == [
            (slow % OVERSAMPLE, fast % OVERSAMPLE) for slow, fast in (b.pixel for b in blocks)
        ]

    def test_it_was_asked_for_the_detector_that_we_ask_for(
        self, stored: tuple[str, GoldenCase, Any]
    ) -> None:
        text, case, pixel = stored
        finer = subpixel_experiment(case.experiment, pixel, OVERSAMPLE)
        setup = derive(finer)
        detector = setup.detector
        fast, slow = detector.pixels
        assert f"pixel={detector.pixel_size:g} meters ({fast}x{slow} pixels)" in text
        assert f"Fbeam={detector.Fbeam:g} Sbeam={detector.Sbeam:g}" in text
        assert f"Fclose={detector.Fclose:g} Sclose={detector.Sclose:g}" in text
        assert "roi: {} < x < {} && {} < y < {}".format(*detector.roi) in text

    def test_the_last_line_of_a_block_is_the_float32_of_the_image(
        self, stored: tuple[str, GoldenCase, Any]
    ) -> None:
        text, case, pixel = stored
        finer = subpixel_experiment(case.experiment, pixel, OVERSAMPLE)
        seen = CCore().observe(finer, subpixels(pixel))
        for block, observation in zip(read_blocks(text, subpixels(pixel)), seen, strict=True):
            assert f"{block.image:.10g}" == f"{observation.totals['image']:.10g}"

    def test_the_engine_makes_the_golden_case_s_records_of_it(
        self,
        stored: tuple[str, GoldenCase, Any],
        stand_in: NanobraggProgram,
        tmp_path: Path,
        write_program: WriteProgram,
    ) -> None:
        text, case, pixel = stored
        (tmp_path / "stored.txt").write_text(text)
        program = (tmp_path / "nanoBragg").read_text().splitlines()[1]
        choose = (
            f'case "$*" in *"-oversample 1 "*) cat {tmp_path}/stored.txt ;; *) {program} ;; esac'
        )
        write_program(choose)
        seen = stand_in.observe(case.experiment, [pixel])
        assert_parity(CCore().observe(case.experiment, [pixel]), seen)
