"""Quantities of the setup given to the C core, which goes on from them; ``csrc/overrides.c``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parity_bridge._core import ffi, lib

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Quantity

#: Quantities that decide how much is laid out, and what: they are given, not replaced at the end.
LAID_OUT = (
    "fpixels",
    "spixels",
    "mosaic_domains",
    "phisteps",
    "detector_thicksteps",
    "oversample",
    "source_list",
    "mosaic_umats",
)


@dataclass(frozen=True)
class GivenSetup:
    """A ``pb_given_setup *`` and the arrays that it points into."""

    struct: Any
    arrays: tuple[Any, ...]


def given_setup(quantities: Mapping[str, Quantity]) -> GivenSetup:
    """Return ``quantities`` as the C core is given them.

    They are named as in ``taps.derived``, but for ``ratio``, which is not recorded, and for what
    ``pix0_vector`` is computed from: ``centre_Fbeam`` and so on, where ``Fbeam`` is read off it.
    Names that cannot be given change nothing.
    """
    values = ffi.new("pb_vec3[]", lib.PB_SETUP_FIELDS)
    fields = 0
    for name, quantity in quantities.items():
        field = getattr(lib, f"PB_GIVEN_{name.upper()}", None)
        if field is not None:
            fields |= 1 << field
            values[field] = tuple(quantity) if isinstance(quantity, Sequence) else (quantity, 0, 0)
    sources = _sources(quantities.get("source_list"))
    matrices = _matrices(quantities.get("mosaic_umats"))
    struct = ffi.new(
        "pb_given_setup *",
        {
            "fields": fields,
            "values": values,
            "sources": ffi.NULL if sources is None else sources,
            "source_count": 0 if sources is None else len(sources),
            "domain_matrices": ffi.NULL if matrices is None else matrices,
            "domain_count": 0 if matrices is None else len(matrices) // 9,
        },
    )
    return GivenSetup(struct, (values, sources, matrices))


def _sources(rows: Any) -> Any:
    """Return a ``pb_source[]`` of directions, weights and wavelengths; None without any."""
    if not rows:
        return None
    total = sum(weight for *_, weight, _ in rows)
    return ffi.new(
        "pb_source[]",
        [
            {
                "direction": (x, y, z),
                "incident": (-1.0 * x, -1.0 * y, -1.0 * z),
                "weight": weight,
                "relative_weight": weight * len(rows) / total if total else 1.0,
                "lambda": wavelength,
            }
            for x, y, z, weight, wavelength in rows
        ],
    )


def _matrices(rows: Any) -> Any:
    return None if not rows else ffi.new("double[]", [number for row in rows for number in row])
