"""How far two engines may differ before a comparison says so: one table, nothing hidden elsewhere.

A float agrees where ``|py - c| <= atol + rtol*|c|``; NaN agrees with NaN and an infinity with the
same infinity. Every field that is not in the table (counts, Miller indices, flags, and whether a
figure exists at all) must be equal.
"""

from __future__ import annotations

from parity_bridge.taps.f_cell import Schema

FORMULA = "|py - c| <= atol + rtol*|c|"


class Tolerance(Schema):
    """Absolute (unit of the field) and relative tolerance of one field."""

    atol: float
    rtol: float


class Tolerances(Schema):
    """The tolerances of one comparison: which case they are for, and one pair a float field."""

    case: str
    fields: dict[str, Tolerance]

    def of(self, field: str) -> Tolerance | None:
        """Tolerance of ``field``, ``hkl_fractional.h`` say; None where it must be equal."""
        return self.fields.get(field.partition(".")[0])


_FLOAT_FIELDS = (
    "mean_f_cell",
    "hkl_fractional_bounds",
    "rounding_margin",
    "hkl_fractional",
    "F_cell",
)

# float64, cpu: both engines evaluate in the order of the contract, so the bits are equal.
# float64, elsewhere: not measured; room for other mathematical libraries and fused operations, a
#   few units in the last place along the chain from position to fractional index.
# float32: everything up to the distance from the nearest index is computed in float64 all the same,
#   so indices and margins are as above. Measured over the golden cases by
#   benchmarks/float32_errors.py: 4.5e-6 of an interpolated F; the table allows four times that.
_SINGLE = Tolerance(atol=0.0, rtol=2e-5)
_TABLE: dict[str, dict[str, Tolerance]] = {
    "float64 on cpu": dict.fromkeys(_FLOAT_FIELDS, Tolerance(atol=0.0, rtol=0.0)),
    "float64": dict.fromkeys(_FLOAT_FIELDS, Tolerance(atol=1e-12, rtol=1e-12)),
}
_TABLE |= {
    f"float32{where}": {**_TABLE[f"float64{where}"], "mean_f_cell": _SINGLE, "F_cell": _SINGLE}
    for where in (" on cpu", "")
}


def tolerances_for(dtype: str = "float64", device: str = "cpu") -> Tolerances:
    """Tolerances for an engine computing in ``dtype`` on ``device`` against the C core."""
    case = f"{dtype} on {device}"
    return Tolerances(case=case, fields=_TABLE[case if case in _TABLE else dtype])
