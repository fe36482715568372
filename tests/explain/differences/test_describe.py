"""A differing field of two records of the C core, one of them changed."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity_bridge.comparison.tolerances import EXACT, tolerances_for
from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.explain.differences.describe import describe_difference
from parity_bridge.taps.pixel_taps import PixelTaps
from parity_bridge.taps.registry import TAPS_BY_ID

FLAGS = (
    "-cell 10 11 12 90 90 90 -default_F 3 -lambda 1 -N 5 -distance 60 -detpixels 64 -pixel 1 "
    "-oversample 2 -misset 10 20 30 -mosaic 1 -mosaic_domains 3"
)
PIXELS = [(10, 50), (32, 20)]


@pytest.fixture(scope="module")
def reference() -> list[PixelTaps]:
    observed = CCore().observe(parse_flags(shlex.split(FLAGS)).experiment, PIXELS)
    return [PixelTaps.from_observation(item, "c", TAPS_BY_ID.values()) for item in observed]


def described(
    reference: list[PixelTaps], figure: str, change: Callable[[Any], Any], exact: bool = True
) -> str | None:
    """The clause where ``change`` makes the other side's figures from the reference's."""
    tap_id, _, name = figure.partition(".")
    others = []
    for side in reference:
        fields = side.taps[tap_id]
        pixel = {
            key: change(value) if key == name or key.startswith(f"{name}.") else value
            for key, value in fields.pixel.items()
        }
        columns = {
            key: change(value) if key == name or key.startswith(f"{name}.") else value
            for key, value in fields.columns.items()
        }
        changed = replace(fields, pixel=pixel, columns=columns)
        others.append(replace(side, taps={**side.taps, tap_id: changed}))
    pairs = list(zip(reference, others, strict=True))
    return describe_difference(pairs, figure, EXACT if exact else tolerances_for("float32")).clause


def test_a_column(reference: list[PixelTaps]) -> None:
    clause = described(reference, "lattice.F_latt", lambda column: column * 10.0)
    assert clause == "in every row 10 times the reference's (a power of ten)"


def test_an_angle_of_the_setup(reference: list[PixelTaps]) -> None:
    clause = described(
        reference, "config_snapshot.derived.mosaic_spread", lambda angle: np.degrees(angle).item()
    )
    assert clause == "57.2957795131 times the reference's (degrees where radians belong)"


def test_half_a_pixel_of_the_setup(reference: list[PixelTaps]) -> None:
    clause = described(reference, "config_snapshot.derived.Fbeam", lambda length: length + 0.0005)
    assert clause == "exactly a subpixel or half a pixel, 5e-4 m, more"


def test_a_figure_of_the_pixels(reference: list[PixelTaps]) -> None:
    clause = described(reference, "final_output.intensity", lambda value: value / 12.0)
    assert clause == "at every pixel 0.0833333333333 times the reference's (1/steps)"


def test_truncated_indices(reference: list[PixelTaps]) -> None:
    pairs = []
    for side in reference:
        fields = side.taps["hkl_subpixel"]
        columns = {
            key: np.trunc(fields.columns[key.replace("rounded", "fractional")])
            .astype(column.dtype) if key.startswith("hkl_rounded") else column
            for key, column in fields.columns.items()
        }  # fmt: skip
        changed = replace(fields, columns=columns)
        pairs.append((side, replace(side, taps={**side.taps, "hkl_subpixel": changed})))
    found = describe_difference(pairs, "hkl_subpixel.hkl_rounded.h", EXACT)
    assert found.clause == "in every row the reference's fractional index cut to its whole part"
    assert found.kind == "another figure"
    assert found.section == 5
    assert found.functions == ("structure_factors.nearest_index",)


def test_rows_that_one_side_lacks(reference: list[PixelTaps]) -> None:
    side = reference[0]
    fields = side.taps["hkl_subpixel"]
    kept = fields.places[:, 5] != 0
    fewer = replace(
        fields, places=fields.places[kept],
        columns={key: column[kept] for key, column in fields.columns.items()},
    )  # fmt: skip
    other = replace(side, taps={**side.taps, "hkl_subpixel": fewer})
    found = describe_difference([(side, other)], "hkl_subpixel.row", EXACT)
    assert found.clause == "only at the first domain: no row where the reference has a row"


def test_a_constant_that_float32_hides(reference: list[PixelTaps]) -> None:
    clause = described(reference, "lattice.F_latt", lambda column: column * 1.0004, exact=False)
    assert clause is not None
    assert "times the reference's (off by +0.0004 of it)" in clause


def test_every_field_can_be_described(reference: list[PixelTaps]) -> None:
    pairs = [(side, side) for side in reference]
    for tap_id, fields in reference[0].taps.items():
        for figure in (*fields.pixel, *fields.columns):
            assert describe_difference(pairs, f"{tap_id}.{figure}", EXACT).clause is None
