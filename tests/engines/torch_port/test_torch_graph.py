"""The port stays on the device and inside the graph while it computes and taps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from parity_bridge.engines.torch_port.f_cell import FCellStats, f_cell_stats
from parity_bridge.engines.torch_port.parameters import Parameters
from parity_bridge.engines.torch_port.pixel import PixelTotals, pixel
from parity_bridge.engines.torch_port.run_state import start
from parity_bridge.engines.torch_port.setup import Setup, derive, lay_out
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.examples import example_flags
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.structure_factors import load

#: Every branch of the pixel: table, interpolation, sphere, polarization, dmin, oversampled factors.
VARIANTS = {
    "nearest": [],
    "interpolated": ["-interpolate", "-lambda", "2", "-distance", "300"],
    "round": ["-round_xtal"],
    "gauss": ["-gauss_xtal"],
    "tophat": ["-tophat_spots", "-N", "2", "-nointerpolate"],
    "polarized": ["-polar", "0.9", "-oversample_polar", "-oversample_omega"],
    "cut": ["-dmin", "2.5", "-water", "10"],
    "curved": ["-curved_det", "-phi", "0"],
    "mosaic": ["-mosaic", "0.5", "-mosaic_domains", "3"],
    "sweep from zero": ["-osc", "1", "-phisteps", "2"],
    "thick": "-detector_abs 200 -detector_thick 300 -detector_thicksteps 2".split(),
    "oversampled thick": "-detector_thick 300 -detector_thicksteps 2 -oversample_thick".split(),
    "divergent": "-hdivrange 2 -hdivsteps 2 -dispersion 1 -polar 0.5 -dmin 2.5".split(),
}

#: As many differences from the reference as there can be at once.
PORT = Behaviours(
    rounding="half_even",
    in_box_zero="default",
    omega="mean",
    polar="mean",
    capture="mean",
    layers="each",
    background="undivided",
    weights="used",
    zero_lattice="looked_up",
    phi_carry_over=False,
    interpolation_switches_off=False,
)


def laid_out(
    simulated: Experiment, values: Parameters | None = None, behaviours: Behaviours | None = None
) -> Setup:
    values = values or Parameters.of(simulated)
    setup = derive(simulated, values, behaviours or Behaviours())
    return lay_out(simulated, values, setup)


def experiment(variant: str) -> Experiment:
    return parse_flags([*example_flags("gnnqqny"), *VARIANTS[variant]]).experiment


def parts(
    simulated: Experiment, behaviours: Behaviours | None = None
) -> tuple[Setup, Table, Tensor, Tensor]:
    setup = laid_out(simulated, behaviours=behaviours)
    table = Table.of(load(simulated.structure_factors), torch.float64, torch.device("cpu"))
    return setup, table, torch.tensor([10, 32]), torch.tensor([50, 32])


class Watch(TorchDispatchMode):
    """Notes every operation that leaves the device, the graph or the tensor world."""

    FORBIDDEN = ("_local_scalar_dense", "detach", "is_nonzero", "equal", "item")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func.name().split(".")[0].removeprefix("aten::")
        moves = name in ("_to_copy", "copy_") and _crosses_devices(args, kwargs)
        if name in self.FORBIDDEN or moves:
            self.seen.append(name)
        return func(*args, **kwargs)


def _crosses_devices(args: Any, kwargs: Any) -> bool:
    devices = {arg.device for arg in args if isinstance(arg, Tensor)}
    return len(devices | ({kwargs["device"]} if kwargs.get("device") else set())) > 1


@pytest.mark.parametrize("behaviours", [Behaviours(), PORT], ids=["reference", "port"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_computing_and_tapping_reads_nothing_out(variant: str, behaviours: Behaviours) -> None:
    setup, table, slow, fast = parts(experiment(variant), behaviours)
    with Watch() as watch:
        _, evaluations, _ = pixel(setup, table, slow, fast, start(setup, table))
        f_cell_stats(evaluations, slow)
    assert watch.seen == []


@pytest.mark.parametrize(
    "offence",
    [
        lambda x: x.item(),
        lambda x: x.detach(),
        lambda x: bool(x > 0),
        lambda x: x.to("meta"),
    ],
    ids=["item", "detach", "bool", "device copy"],
)
def test_the_watch_sees_what_it_watches_for(offence: Callable[[Tensor], Any]) -> None:
    with Watch() as watch:
        offence(torch.tensor(1.0))
    assert watch.seen


@pytest.mark.parametrize("behaviours", [Behaviours(), PORT], ids=["reference", "port"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_port_runs_where_no_value_can_be_read(variant: str, behaviours: Behaviours) -> None:
    """Tensors on the meta device have no values: numpy(), tolist() and the like would raise."""
    meta = torch.device("meta")
    setup, table, slow, fast = parts(experiment(variant), behaviours)
    assert table.values is not None
    bare = replace(table, values=table.values.to(meta), default_F=table.default_F.to(meta))
    setup, slow, fast = setup.to(meta), slow.to(meta), fast.to(meta)
    totals, evaluations, _ = pixel(setup, bare, slow, fast, start(setup, bare))
    assert totals.intensity.device == meta
    assert f_cell_stats(evaluations, slow).mean_f_cell.device == meta


def simulate(simulated: Experiment, values: Parameters) -> tuple[PixelTotals, FCellStats]:
    table = Table.of(load(simulated.structure_factors), torch.float64, torch.device("cpu"))
    setup = laid_out(simulated, values)
    slow, fast = torch.tensor([10, 32]), torch.tensor([50, 32])
    totals, evaluations, _ = pixel(setup, table, slow, fast, start(setup, table))
    return totals, f_cell_stats(evaluations, slow)


def leaf(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def test_gradients_reach_the_cell_through_the_mean_of_interpolated_structure_factors() -> None:
    simulated = experiment("interpolated")
    cell = tuple(leaf(value) for value in (21.937, 4.866, 23.477, 90.0, 107.08, 90.0))
    _, stats = simulate(simulated, replace(Parameters.of(simulated), cell=cell))
    stats.mean_f_cell.sum().backward()
    for parameter in cell:
        assert parameter.grad is not None
        assert parameter.grad.isfinite()
        assert parameter.grad != 0


@pytest.mark.parametrize(
    ("variant", "name", "number", "value", "step"),
    [
        ("nearest", "cell", 0, 21.937, 1e-7),
        ("nearest", "cell", 4, 107.08, 1e-6),
        ("nearest", "misset", 1, 20.0, 1e-6),
        ("nearest", "distance", None, 60.0, 1e-6),
        ("nearest", "wavelength", None, 1.0, 1e-8),
        ("nearest", "phi", None, 3.0, 1e-6),
        ("sweep from zero", "phi", None, 0.0, 1e-6),
        ("mosaic", "cell", 0, 21.937, 1e-7),
        ("thick", "distance", None, 60.0, 1e-6),
        ("divergent", "wavelength", None, 1.0, 1e-8),
    ],
)
def test_the_gradient_of_the_intensity_is_the_slope(
    variant: str, name: str, number: int | None, value: float, step: float
) -> None:
    """Central differences, to the accuracy that central differences have."""
    simulated = experiment(variant)
    plain = Parameters.of(simulated)

    def intensity(parameter: Tensor) -> Tensor:
        changed: Any = parameter
        if number is not None:
            before, after = getattr(plain, name)[:number], getattr(plain, name)[number + 1 :]
            changed = (*before, parameter, *after)
        totals, _ = simulate(simulated, replace(plain, **{name: changed}))
        return totals.intensity.sum()

    parameter = leaf(value)
    intensity(parameter).backward()
    slope = (intensity(leaf(value + step)) - intensity(leaf(value - step))) / (2 * step)
    assert parameter.grad is not None
    assert parameter.grad.item() == pytest.approx(slope.item(), rel=1e-5)


def test_the_gradient_of_the_intensity_reaches_the_mosaic_spread() -> None:
    """The rotations are single precision (contract §4), and so is a difference of two of them."""
    simulated = experiment("mosaic")
    plain = Parameters.of(simulated)

    def intensity(spread: Tensor) -> Tensor:
        return simulate(simulated, replace(plain, mosaic_spread=spread))[0].intensity.sum()

    spread, step = leaf(0.5), 1e-3
    intensity(spread).backward()
    slope = (intensity(leaf(0.5 + step)) - intensity(leaf(0.5 - step))) / (2 * step)
    assert spread.grad is not None
    assert spread.grad.item() == pytest.approx(slope.item(), rel=1e-3)


def test_gradients_flow_to_an_orientation_that_starts_at_zero() -> None:
    simulated = parse_flags([*example_flags("gnnqqny"), "-misset", "0", "0", "0"]).experiment
    misset = (leaf(0.0), leaf(0.0), leaf(0.0))
    totals, _ = simulate(simulated, replace(Parameters.of(simulated), misset=misset))
    totals.intensity.sum().backward()
    assert all(angle.grad is not None and angle.grad != 0 for angle in misset)


def test_gradients_reach_the_structure_factors_that_were_looked_up() -> None:
    setup, table, slow, fast = parts(experiment("nearest"))
    assert table.values is not None
    values = table.values.clone().requires_grad_()
    table = replace(table, values=values)
    totals, evaluations, _ = pixel(setup, table, slow, fast, start(setup, table))
    totals.intensity.sum().backward()
    assert values.grad is not None
    nearest = [row.result.hkl0 for row in evaluations if row.result.hkl0 is not None]
    assert len(nearest) == len(evaluations)
    asked_for = {
        tuple(index[at].item() - low for index, low in zip(hkl0, table.minimum, strict=True))
        for hkl0 in nearest
        for at in range(2)
    }
    assert {tuple(at) for at in values.grad.nonzero().tolist()} <= asked_for
    assert values.grad.count_nonzero() > 0


def test_gradients_are_finite_where_interpolation_was_left_off() -> None:
    """A polynomial through points that far away would be infinite, and its gradient NaN."""
    flags = [*example_flags("gnnqqny"), "-interpolate", "-lambda", "1e-60"]
    simulated = parse_flags(flags).experiment
    a = leaf(20.0)
    plain = Parameters.of(simulated)
    _, stats = simulate(simulated, replace(plain, cell=(a, *plain.cell[1:])))
    (stats.mean_f_cell + stats.fractional_max.x).sum().backward()
    assert a.grad is not None
    assert a.grad.isfinite()


@pytest.mark.parametrize("shape", ["-square_xtal", "-round_xtal", "-gauss_xtal"])
def test_gradients_are_finite_exactly_on_a_bragg_peak(shape: str) -> None:
    """hkl = 0 0 0 exactly, where sin(x)/x and the like divide 0 by 0."""
    flags = ["-default_F", "1", "-cell", "100", "-N", "5", "-distance", "100", "-pixel", "0.1"]
    flags += ["-detpixels", "11", "-denzo", "-Xbeam", "0.55", "-Ybeam", "0.55", "-oversample", "1"]
    simulated = parse_flags([*flags, shape]).experiment
    cell = (leaf(100.0), None, None, None, None, None)
    setup = laid_out(simulated, replace(Parameters.of(simulated), cell=cell))
    table = Table.of(load(simulated.structure_factors), torch.float64, torch.device("cpu"))
    at = torch.tensor([5])
    totals, (row,), _ = pixel(setup, table, at, at, start(setup, table))
    assert [index.item() for index in row.result.hkl] == [0.0, 0.0, 0.0]
    totals.intensity.sum().backward()
    assert cell[0] is not None
    assert cell[0].grad is not None
    assert cell[0].grad.isfinite()
