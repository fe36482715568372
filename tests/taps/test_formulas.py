"""The formulas of the contract: one for every float, under fields and sections that exist."""

from __future__ import annotations

import re
from pathlib import Path

from parity_bridge.taps.formulas import FORMULAS, formula_of
from parity_bridge.taps.semantics import SEMANTICS

CONTRACT = Path(__file__).parents[2] / "docs" / "contract.md"


def test_every_float_field_has_a_formula() -> None:
    for tap_id, meanings in SEMANTICS.items():
        floats = {name for name, meaning in meanings.items() if not meaning.exact}
        assert floats <= FORMULAS[tap_id].keys()


def test_formulas_belong_to_fields_and_sections() -> None:
    sections = set(map(int, re.findall(r"^## (\d+)\.", CONTRACT.read_text("utf-8"), re.MULTILINE)))
    for tap_id, formulas in FORMULAS.items():
        assert formulas.keys() <= SEMANTICS[tap_id].keys()
        assert {formula.section for formula in formulas.values()} <= sections


def test_a_component_has_the_formula_of_its_vector() -> None:
    formula = formula_of("omega_subpixel", "position.y")
    assert formula is not None
    assert formula.text.startswith("pos = F*fast + S*slow")
    assert formula_of("config_snapshot", "nanobragg_flags.-cell") is None
