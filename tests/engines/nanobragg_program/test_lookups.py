"""Printed blocks as rows: what is not printed follows from what is, or is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity_bridge.engines.nanobragg_program.lookups import lookup_rows
from parity_bridge.engines.nanobragg_program.printout import PixelBlock
from parity_bridge.errors import UsageError
from parity_bridge.experiment.hkl_table import HklTable, IndexBounds
from parity_bridge.taps.evaluations import EvaluationKind
from tests.engines.nanobragg_program.printed_cases import (
    experiment_of,
)

BLOCK = PixelBlock((0, 0), 1e9, (0.2, -1.5, 3.0), (0, -2, 3), 7.0, 1.5, 2.0)
TABLE = HklTable(
    source="text", file="t", sha256="0" * 64, entries=1, default_F=7.0,
    extents=IndexBounds(h_min=0, h_max=0, k_min=-1, k_max=4, l_min=2, l_max=3),
)  # fmt: skip
NO_TABLE = HklTable(source="none", file=None, sha256=None, entries=0, extents=None, default_F=7.0)


class TestLookups:
    """What is not printed is told where it can be, and otherwise not."""

    def row(self, block: PixelBlock, flags: str = "", table: HklTable = TABLE) -> Any:
        return lookup_rows(experiment_of(flags), [block], 1, table)[0]

    @pytest.mark.parametrize(
        ("hkl0", "outside"), [((0, -1, 3), 0), ((0, -2, 3), 1), ((0, 4, 4), 1), ((1, 0, 2), 1)]
    )
    def test_an_index_outside_the_table(self, hkl0: tuple[int, int, int], outside: int) -> None:
        row = self.row(replace(BLOCK, hkl0=hkl0))
        assert row["out_of_bounds"] == row["default_f"] == outside
        assert tuple(row["hkl0"]) == hkl0

    def test_without_a_table_every_lookup_gives_default_F(self) -> None:
        row = self.row(BLOCK, table=NO_TABLE)
        assert (row["out_of_bounds"], row["default_f"]) == (0, 1)

    def test_a_lattice_factor_of_0_makes_no_lookup(self) -> None:
        row = self.row(replace(BLOCK, F_latt=-0.0))
        assert row["kind"] == EvaluationKind.NO_LATTICE
        assert np.isnan(row["F_cell"])
        assert row["out_of_bounds"] == row["default_f"] == 0
        assert self.row(replace(BLOCK, F_latt=0.0), "-water 3")["kind"] == EvaluationKind.LOOKUP
        assert self.row(replace(BLOCK, F_latt=5e-324))["kind"] == EvaluationKind.LOOKUP

    def test_beyond_the_cut_nothing_is_taken(self) -> None:
        row = self.row(BLOCK, "-dmin 5.1")
        assert row["kind"] == EvaluationKind.BEYOND_DMIN
        assert np.isnan(row["hkl"]).all()
        assert self.row(BLOCK, "-dmin 4.9")["kind"] == EvaluationKind.LOOKUP

    @pytest.mark.parametrize("dmin", ["5", "5.000024", "4.999976"])
    def test_on_the_cut_it_cannot_be_told(self, dmin: str) -> None:
        with pytest.raises(UsageError, match=rf"-dmin {float(dmin)!r}: subpixel 0 0 .*lies on the"):
            self.row(BLOCK, f"-dmin {dmin}")
