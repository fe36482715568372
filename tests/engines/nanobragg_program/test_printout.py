"""Stored console outputs of the original program, read as what the engine records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.engines.nanobragg_program import NanobraggProgram
from parity_bridge.engines.nanobragg_program.printout import (
    LoopCounts,
    read_blocks,
    read_counts,
    read_detector,
)
from parity_bridge.engines.nanobragg_program.subpixel_detector import subpixel_experiment
from tests.engines.golden_cases import GoldenCase
from tests.engines.nanobragg_program.printed_cases import (
    OVERSAMPLE,
    SHARED,
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
        pb_nanobragg: NanobraggProgram,
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
        seen = pb_nanobragg.observe(case.experiment, [pixel])
        assert_parity(CCore().observe(case.experiment, [pixel]), seen)


CONSOLE = SHARED / "golden" / "console"
#: Where a program ends before it counts anything.
UNFINISHED = "mask_absent_hkl"
#: oversample, layers, sources, phi steps, domains; 14 is chosen by the program.
CONSOLE_COUNTS = {
    "detsize": (14, 1, 1, 1, 1),
    "detsize_f_s": (14, 1, 1, 1, 1),
    "noise_and_overload": (14, 1, 1, 1, 1),
    "oversample_all_factors": (2, 2, 1, 1, 1),
    "oversample_polar": (1, 1, 1, 1, 1),
    "phi_mosaic": (14, 1, 1, 3, 4),
    "progress": (14, 1, 1, 1, 1),
    "random_orientation": (14, 1, 1, 1, 1),
    "sources": (14, 1, 6, 1, 1),
    "water_interpolated_xds": (7, 1, 1, 1, 1),
}
DETECTORS = {"detsize": (20, 20), "detsize_f_s": (30, 20)}


@pytest.mark.skipif(not CONSOLE.is_dir(), reason=f"{CONSOLE} is not there")
class TestConsoleOutputs:
    """Console outputs of every kind, whatever words the program was given."""

    def test_all_of_them_are_read(self) -> None:
        named = {path.stem for path in CONSOLE.glob("*.txt")}
        assert named == {*CONSOLE_COUNTS, UNFINISHED}
        assert named == set(json.loads((CONSOLE / "index.json").read_text()))

    @pytest.mark.parametrize("name", CONSOLE_COUNTS)
    def test_its_counts_and_its_pixel(self, name: str) -> None:
        text = (CONSOLE / f"{name}.txt").read_text()
        words = json.loads((CONSOLE / "index.json").read_text())[name]["args"].split()
        assert read_counts(text) == LoopCounts(*CONSOLE_COUNTS[name])
        assert read_detector(text) == DETECTORS.get(name, (24, 24))
        pixels = [(7, 5)] if any(word.startswith("-printout") for word in words) else []
        assert [block.pixel for block in read_blocks(text, pixels)] == pixels

    def test_one_that_ended_early(self) -> None:
        text = (CONSOLE / f"{UNFINISHED}.txt").read_text()
        assert read_detector(text) is None
        with pytest.raises(ValueError, match="nothing that states its number of oversample"):
            read_counts(text)
