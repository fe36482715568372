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
from parity_bridge.engines.torch_port.pixel import Totals, pixel
from parity_bridge.engines.torch_port.setup import Setup, derive
from parity_bridge.engines.torch_port.structure_factors import Table
from parity_bridge.examples import example_flags
from parity_bridge.experiment import Experiment
from parity_bridge.nanobragg_flags import parse_flags
from parity_bridge.structure_factors import load

#: Every branch of the pixel: table, interpolation, sphere, polarization, dmin, oversampled factors.
VARIANTS = {
    "nearest": [],
    "interpolated": ["-interpolate", "-lambda", "2", "-distance", "300"],
    "round": ["-round_xtal"],
    "gauss": ["-gauss_xtal"],
    "tophat": ["-tophat_spots", "-N", "2", "-nointerpolate"],
    "polarized": ["-polar", "0.9", "-oversample_polar", "-oversample_omega"],
    "cut": ["-dmin", "2.5", "-water", "10"],
    "curved": ["-curved_det"],
}


def experiment(variant: str) -> Experiment:
    return parse_flags([*example_flags("gnnqqny"), *VARIANTS[variant]]).experiment


def parts(simulated: Experiment) -> tuple[Setup, Table, Tensor, Tensor]:
    setup = derive(simulated, Parameters.of(simulated))
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


@pytest.mark.parametrize("variant", VARIANTS)
def test_computing_and_tapping_reads_nothing_out(variant: str) -> None:
    arguments = parts(experiment(variant))
    with Watch() as watch:
        _, evaluations = pixel(*arguments)
        f_cell_stats(evaluations)
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


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_port_runs_where_no_value_can_be_read(variant: str) -> None:
    """Tensors on the meta device have no values: numpy(), tolist() and the like would raise."""
    meta = torch.device("meta")
    setup, table, slow, fast = parts(experiment(variant))
    assert table.values is not None
    bare = replace(table, values=table.values.to(meta), default_F=table.default_F.to(meta))
    totals, evaluations = pixel(setup.to(meta), bare, slow.to(meta), fast.to(meta))
    assert totals.intensity.device == meta
    assert f_cell_stats(evaluations).mean_f_cell.device == meta


def simulate(simulated: Experiment, values: Parameters) -> tuple[Totals, FCellStats]:
    table = Table.of(load(simulated.structure_factors), torch.float64, torch.device("cpu"))
    totals, evaluations = pixel(
        derive(simulated, values), table, torch.tensor([10, 32]), torch.tensor([50, 32])
    )
    return totals, f_cell_stats(evaluations)


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
    ("name", "number", "value", "step"),
    [
        ("cell", 0, 21.937, 1e-7),
        ("cell", 4, 107.08, 1e-6),
        ("misset", 1, 20.0, 1e-6),
        ("distance", None, 60.0, 1e-6),
        ("wavelength", None, 1.0, 1e-8),
    ],
)
def test_the_gradient_of_the_intensity_is_the_slope(
    name: str, number: int | None, value: float, step: float
) -> None:
    """Central differences, to the accuracy that central differences have."""
    simulated = experiment("nearest")
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
    totals, evaluations = pixel(setup, replace(table, values=values), slow, fast)
    totals.intensity.sum().backward()
    assert values.grad is not None
    asked_for = {
        tuple(index[at].item() - low for index, low in zip(row.hkl0, table.minimum, strict=True))
        for row in evaluations
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
    setup = derive(simulated, replace(Parameters.of(simulated), cell=cell))
    table = Table.of(load(simulated.structure_factors), torch.float64, torch.device("cpu"))
    totals, (row,) = pixel(setup, table, torch.tensor([5]), torch.tensor([5]))
    assert [index.item() for index in row.hkl] == [0.0, 0.0, 0.0]
    totals.intensity.sum().backward()
    assert cell[0] is not None
    assert cell[0].grad is not None
    assert cell[0].grad.isfinite()
