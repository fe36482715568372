"""Constants of the contract (§1), which a port may hold as they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity_bridge.locate.figures.traced import Ledger

RTD = 180.0 * (1.0 / math.pi)
R_E_SQR = 7.94079248018965e-30  # m²
AVOGADRO = 6.02214179e23

#: Constants of the formulas, by the name under which a report shows them.
CONSTANTS = {
    "π": math.pi,
    "2π": 2.0 * math.pi,
    "π/2": math.pi / 2.0,
    "1/π": 1.0 / math.pi,
    "degrees in a radian": RTD,
    "radians in a degree": math.pi / 180.0,
    "r_e_sqr": R_E_SQR,
    "Avogadro": AVOGADRO,
    "fudge of the sphere": 0.723601254558268,
    "0.63": 0.63,
    "0.3969": 0.3969,
    "2.57": 2.57,
    "18": 18.0,
    "metres in a millimetre": 1e-3,
    "millimetres in a metre": 1e3,
    "metres in an ångström": 1e-10,
    "ångström in a metre": 1e10,
    "metres in a micrometre": 1e-6,
    "micrometres in a metre": 1e6,
    "12398.42": 12398.42,
    "tiny": 2.2250738585072014e-308,
}


def register_constants(ledger: Ledger) -> None:
    """Register the constants as figures that were given."""
    for name, value in CONSTANTS.items():
        ledger.given(name, value)
