"""``docs/taps.md``, rendered from the taps and the semantic table.

``python -m parity_bridge.taps.semantics_page > docs/taps.md`` writes it again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from parity_bridge.taps.field_meaning import FieldMeaning
from parity_bridge.taps.formulas import FORMULAS, Formula
from parity_bridge.taps.registry import TAPS_BY_ID, Tap
from parity_bridge.taps.semantics import ENVELOPE, SEMANTICS

_INTRODUCTION = """\
# Taps

What each tap records of a pixel, field by field, and which functions compute it. Rendered from
`src/parity_bridge/taps/semantics.py` by `python -m parity_bridge.taps.semantics_page`; the JSON
Schema of each record lies in `src/parity_bridge/taps/schemas/`.

A field that is *exact* must be equal in both engines; a *toleranced* one may differ by what
`tolerances.toml` allows. A vector is compared component by component, under `position.x` say or
`hkl_fractional.h`. The unit 1 is that of a number without one; where omega is oversampled the sum
is in electrons² sr, and photons/sr are photons. Functions of the C core are in `csrc/` and named
without their prefix `pb_`, those of the PyTorch port in `src/parity_bridge/engines/torch_port/`; a
name that begins with `parity_bridge.` belongs to the package itself. The contract's formula
(`src/parity_bridge/taps/formulas.py`) is cut to the line that gives the field. Rows are filled in
by `pixel.record_evaluation` and `observations._fill_evaluation`."""


def page() -> str:
    """Return the whole page, in Markdown."""
    sections = (_tap_section(tap) for tap in TAPS_BY_ID.values())
    envelope = "## Every record\n\n" + "\n".join(_field_table(ENVELOPE, {}))
    return "\n\n".join((_INTRODUCTION, envelope, *sections)) + "\n"


def _tap_section(tap: Tap) -> str:
    number = f"Tap {tap.number}, " if tap.number else ""
    title = f"## {number}`{tap.tap_id}` (`--taps {tap.name}`)"
    rows = _field_table(SEMANTICS[tap.tap_id], FORMULAS[tap.tap_id])
    return "\n\n".join((title, tap_summary(tap), "\n".join(rows)))


def tap_summary(tap: Tap) -> str:
    """Return what a tap records in a sentence: the first line of its module."""
    docstring = sys.modules[tap.record.__module__].__doc__ or ""
    what = docstring.splitlines()[0].partition(": ")[2]
    return what[:1].upper() + what[1:]


def _cell(text: str) -> str:
    """Return a formula as a table's cell may hold it: bars escaped, stars not emphasis."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def _field_table(
    meanings: Mapping[str, FieldMeaning], formulas: Mapping[str, Formula]
) -> Iterator[str]:
    yield "| field | what | unit | compared | contract | C core | PyTorch port |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for field, meaning in meanings.items():
        compared = "exact" if meaning.exact else "toleranced"
        functions = (", ".join(f"`{name}`" for name in side) for side in (meaning.c, meaning.torch))
        formula = formulas.get(field)
        contract = "" if formula is None else f"§{formula.section}: {_cell(formula.text)}"
        cells = (f"`{field}`", meaning.definition, meaning.unit, compared, contract, *functions)
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
