"""The examples that are shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_bridge.errors import UsageError
from parity_bridge.examples import example_flags
from parity_bridge.experiment.nanobragg_flags import parse_flags
from tests.engines.golden_cases import load_case


class TestExamples:
    def test_the_example_names_its_table_absolutely(self) -> None:
        source = parse_flags(example_flags("gnnqqny")).experiment.structure_factors
        assert source.hkl is not None
        assert source.hkl.is_absolute()
        assert source.hkl.name == "gnnqqny_p1.hkl"
        assert source.hkl.is_file()

    def test_the_example_is_the_golden_case(self, tmp_path: Path) -> None:
        golden = load_case("gnnqqny_mosflm", tmp_path).experiment
        assert parse_flags(example_flags("gnnqqny")).experiment == golden

    def test_an_unknown_example_is_refused_with_the_known(self) -> None:
        with pytest.raises(UsageError, match="choose gnnqqny"):
            example_flags("lysozyme")
