"""The noise budget: computed by moving inputs, it distinguishes noise from signal."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from parity_bridge.comparison import noise
from parity_bridge.comparison.reference_runner import ReferenceRunner
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from parity_bridge.taps.fields import Place
from parity_bridge.taps.noise_budget import NoiseBudget
from tests.explain.faults import CUBE, FAULTS, PEPTIDE, PIXELS, REORDERINGS, TIE_FLAGS, Fault
from tests.explain.test_faults import examined

DISTANT = "-default_F 100 -cell 80 90 100 -lambda 0.5 -distance 500 -detpixels 64 -pixel 3 -N 5"
#: Where the other order happens to give the same bits.
SAME_BITS = {("position", PEPTIDE), ("factors", f"{DISTANT} -oversample 2")}

pytestmark = pytest.mark.usefixtures("fault_inputs")


def budget(flags: str, pixel: tuple[int, int]) -> NoiseBudget:
    experiment = parse_flags(flags.split()).experiment
    (computed,) = noise.noise_budgets(ReferenceRunner(experiment, (pixel,)))
    return computed


@pytest.mark.parametrize(
    ("stage", "flags"),
    [
        (stage, flags)
        for stage in REORDERINGS
        for flags in (PEPTIDE, CUBE, f"{DISTANT} -oversample 2")
        if (stage, flags) not in SAME_BITS
    ],
)
def test_another_order_of_evaluation_is_noise(
    stage: str, flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = Fault("reordered", flags, "", "", inject=REORDERINGS[stage], pixels=PIXELS)
    comparison, finding = examined(port, monkeypatch)
    assert comparison.exit_status == 3
    assert finding.reason == "noise", finding.sentence
    assert finding.stages == (stage,)
    assert all(pixel.is_noise for pixel in comparison.pixels if pixel.differing)


@pytest.mark.parametrize("name", ["wavelength off by 1e-10", "float32 geometry"])
def test_a_slip_is_signal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    comparison, finding = examined(fault, monkeypatch)
    first = comparison.pixels[0].first_divergence
    assert first is not None
    assert first.noise_units is not None
    assert first.noise_units > 1000
    assert first.is_noise is False
    assert finding.reason == "unexplained"


def test_the_spread_of_what_is_an_input_is_its_last_place() -> None:
    computed = budget(
        "-cell 100 -default_F 7 -lambda 3 -distance 100 -detpixels 8 -pixel 1", (0, 0)
    )
    (wavelength,) = computed.spread["config_snapshot"]["derived.lambda0"]
    # 3 Å is moved by an ULP of 3, and the change in metres is rounded.
    assert wavelength == pytest.approx(math.ulp(3.0) / 1e10, rel=0.2)
    assert computed.spread["f_cell_stats"]["mean_f_cell"] == pytest.approx((2 * math.ulp(7.0),))
    assert {"-lambda", "-cell 1", "-default_F", "position 1", "omega"} <= set(computed.inputs)
    assert "-polar" not in computed.inputs


def test_no_figure_is_surer_than_its_last_place() -> None:
    experiment = parse_flags(BENCHMARK_FLAGS).experiment
    reference = ReferenceRunner(experiment, ((0, 0), (2048, 2048)))
    for computed, pixel_taps in zip(
        noise.noise_budgets(reference), reference.pixel_taps, strict=True
    ):
        for tap_id, spreads in computed.spread.items():
            figures = pixel_taps.taps[tap_id]
            for name, spread in spreads.items():
                values = figures.columns[name].tolist() if name in figures.columns else [
                    figures.pixel[name]
                ]  # fmt: skip
                assert len(spread) == len(values)
                for value, width in zip(values, spread, strict=True):
                    assert width >= math.ulp(float(value))


def test_an_index_within_its_noise_of_a_half_is_rounding_sensitive() -> None:
    computed = budget(TIE_FLAGS, (0, 0))
    first = Place(layer=0, subpixel=(0, 0), source=0, phi_step=0, domain=0)
    assert {(item.place, item.axis) for item in computed.rounding_sensitive} == {
        (first, "h"), (first, "k"),
    }  # fmt: skip
    assert computed.is_sensitive(first)
    assert not budget(CUBE, (10, 50)).rounding_sensitive


def test_a_flip_at_a_tie_is_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = (fault for fault in FAULTS if fault.name == "half-to-even rounding")
    comparison, _ = examined(fault, monkeypatch)
    first = comparison.pixels[0].first_divergence
    assert first is not None
    assert first.field == "hkl_rounded.k"
    assert first.rounding_sensitive


def test_a_pixel_that_would_take_too_long_has_no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "MAX_EVALUATIONS", 10)
    experiment = parse_flags(CUBE.split()).experiment
    assert noise.noise_budgets(ReferenceRunner(experiment, ((0, 0),))) == ()


def test_files_of_a_budget_stand_beside_the_reference_s_records(fault_inputs: Path) -> None:
    from parity_bridge.cli.program import main
    from parity_bridge.records.pixel_records import read_noise

    assert main(["run", "--pixel", "1", "2", "--stamp", "x", "--", *CUBE.split()]) == 0
    stored = read_noise(fault_inputs / "reports" / "x" / "c_taps")
    assert stored == {(1, 2): budget(CUBE, (1, 2))}
    assert read_noise(fault_inputs / "reports" / "x" / "py_taps") == {}
