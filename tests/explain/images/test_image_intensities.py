"""Behaviours and slips found from the intensities of an image alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity_bridge.comparison.image_reason import ImageReason
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.experiment.behaviours import REFERENCE
from parity_bridge.experiment.nanobragg_flags import read_experiment
from parity_bridge.experiment.regions import Region
from parity_bridge.explain.images.explain_intensities import explain_intensities
from parity_bridge.explain.images.intensity_search import IntensityCase
from tests.experiment.smv_files import write_file
from tests.explain.images.image_cases import FLAGS, OTHER_CRYSTAL, WHOLE, photons


def reason(
    image: Any, flags: str = FLAGS, region: Region = WHOLE, count: int = 10
) -> ImageReason | None:
    distance = np.abs(image - photons(flags))[region.slices]
    worst = np.argsort(-distance, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(worst, distance.shape)
    places = zip(rows + region.slow.start, columns + region.fast.start, strict=True)
    return explain_intensities(
        IntensityCase(
            read_experiment(flags.split()),
            REFERENCE,
            image[region.slices],
            region,
            tuple((int(slow), int(fast)) for slow, fast in places),
            tolerances_for("float32", "cpu"),
        ),
        "it",
    )


def names(image: Any, **how: Any) -> tuple[tuple[str, ...], ...]:
    found = reason(image, **how)
    return () if found is None else found.names


@pytest.mark.parametrize(
    "behaviours",
    [
        ("omega=last",),
        ("omega=each",),
        ("omega=mean",),
        ("omega=each", "polar=last"),
        ("omega=last", "polar=last", "divide_by_steps=false"),
    ],
)
def test_behaviours(behaviours: tuple[str, ...]) -> None:
    assert names(photons(FLAGS, *behaviours)) == (behaviours,)


def test_what_it_says() -> None:
    found = reason(photons(FLAGS, "omega=last"))
    assert found is not None
    assert found.clause == (
        "it uses the last subpixel's solid angle: with `omega=last` the C core computes it at all "
        "2304 pixels to the bit"
    )


def test_slips() -> None:
    assert names(photons(f"{FLAGS} -misset 0 0 0")) == (("-misset left out",),)
    assert names(photons(f"{FLAGS} -misset -10 -20 -30 -nopolar")) == (
        ("-misset negated", "-nopolar added"),
    )


def test_float32_ports_within_the_tolerances() -> None:
    noise = np.random.default_rng(1).normal(1, 1e-6, WHOLE.shape)
    found = reason((photons(FLAGS, "divide_by_steps=false") * noise).astype("f4"))
    assert found is not None
    assert found.names == (("divide_by_steps=false",),)
    assert found.clause.endswith("at all 2304 pixels within the tolerances of float32 on cpu")


#: One cell, whose intensity hardly changes within a pixel: an each is a mean.
SMOOTH = f"{FLAGS} -N 1"


def test_each_comes_before_mean_where_both_fit() -> None:
    noise = np.random.default_rng(1).normal(1, 1e-7, WHOLE.shape)
    found = reason((photons(SMOOTH, "omega=mean") * noise).astype("f4"), SMOOTH)
    assert found is not None
    assert found.names == (("omega=each",), ("omega=mean",))
    assert found.deciding == ()
    assert found.clause.endswith(
        "; these pixels cannot tell it from `omega=mean`, and no pixel of this detector can; the "
        "taps of `run` would"
    )


def _with_half_a_table(path: Path, sign: int) -> str:
    """Flags with a table of all small indices whose h has one sign."""
    rows = (
        f"{sign * h} {sign * k} {sign * l} {100 + h + 10 * abs(k)}\n"
        for h in range(1, 5)
        for k in range(-5, 6)
        for l in range(-5, 6)
    )
    return f"{FLAGS} -hkl {write_file(path, ''.join(rows).encode())}"


def test_a_pixel_outside_the_region_decides(tmp_path: Path) -> None:
    flags, mates = (_with_half_a_table(tmp_path / f"{sign}.hkl", sign) for sign in (1, -1))
    distance = np.abs(photons(flags) - photons(mates))
    slow, fast = (int(at) for at in np.unravel_index(distance.argmax(), WHOLE.shape))
    around = Region(range(slow, slow + 1), range(fast, fast + 1))
    found = reason(photons(mates), flags, around, count=1)
    assert found is not None
    assert ("Friedel mates",) in found.names
    assert len(found.names) > 1
    (pixel,) = found.deciding
    assert pixel != (slow, fast)
    assert f"which pixel {pixel[0]} {pixel[1]} outside the region would" in found.clause


def test_pixels_at_which_a_set_fails_are_added() -> None:
    # With one pixel alone several hypotheses fit; the region leaves one.
    assert names(photons(FLAGS, "omega=last"), count=1) == (("omega=last",),)


def test_another_crystal_is_unexplained() -> None:
    assert reason(photons(OTHER_CRYSTAL)) is None
    assert reason(photons() * np.float32(1.1)) is None
