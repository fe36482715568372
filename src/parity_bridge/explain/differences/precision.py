"""Figures that went through a narrower type: float32, or an integer of 8 bits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity_bridge.explain.differences.values import FieldValues, Relation

#: Largest distance, in ULP of float32, that still says so.
_MOST_ULPS = 64.0
#: Smallest largest distance: a difference much below half an ULP has another reason.
_LEAST_ULPS = 0.05


def fewer_bits(values: FieldValues) -> Iterator[Relation]:
    """Yield whole numbers that were wrapped or cut to 8 bits; none for floats."""
    if values.unit == "":
        yield values.related(
            "8 bits", "the reference's wrapped to 8 bits", (values.ours + 128.0) % 256.0 - 128.0
        )
        yield values.related(
            "8 bits", "the reference's cut to 8 bits", np.clip(values.ours, -128.0, 127.0)
        )


def float32_rounding(values: FieldValues) -> Iterator[Relation]:
    """Yield the reference's figures, rounded to float32."""
    if values.unit:
        rounded = values.ours.astype(np.float32).astype(np.float64)
        holds = (values.theirs == rounded) & np.isfinite(values.theirs)
        yield Relation("float32", "the reference's rounded to float32", holds)


def float32_size(values: FieldValues) -> Iterator[Relation]:
    """Yield a difference of a few ULP of float32, as a figure computed in float32 has."""
    if not values.unit:
        return
    ulps = np.abs(values.theirs - values.ours) / _float32_ulp(values)
    rows = values.differing_rows
    largest = float(ulps[rows].max(initial=0.0))
    if not _LEAST_ULPS <= largest <= _MOST_ULPS:
        return
    is_single = values.theirs == values.theirs.astype(np.float32)
    what = "a float32 number, " if is_single[rows].all() else ""
    text = f"{what}off by at most {largest:.2g} ULP of float32"
    yield Relation("float32", text, ulps <= largest)


def _float32_ulp(values: FieldValues) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return an ULP of float32 of the largest component of each row."""
    largest = np.abs(values.ours).max(axis=1, keepdims=True)
    return np.asarray(np.spacing(largest.astype(np.float32)), dtype=np.float64)
