"""The transcendentals of the port give the C library's bits, on which hkl parity rests."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from parity_bridge.engines.torch_port import libm
from parity_bridge.engines.torch_port.libm import atan2, exp, has_no_zero, sincos, sine, sqrt

MAGNITUDES = [1e-9, 1e-3, 1.0, 10.0, 1e3, 1e6]
COUNT = 100_003  # odd, so that vectorised loops have a remainder


def uniform(magnitude: float, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(COUNT, dtype=torch.float64, generator=generator) - 0.5) * 2 * magnitude


def by_libm(function: Callable[..., float], *arguments: Tensor) -> Tensor:
    rows = zip(*(argument.tolist() for argument in arguments), strict=True)
    return torch.tensor([function(*row) for row in rows], dtype=torch.float64)


@pytest.mark.parametrize("magnitude", MAGNITUDES)
def test_sine_and_cosine(magnitude: float) -> None:
    x = uniform(magnitude)
    sine, cosine = sincos(x)
    assert torch.equal(sine, by_libm(math.sin, x))
    assert torch.equal(cosine, by_libm(math.cos, x))


@pytest.mark.parametrize("numpy_is_exact", [True, False])
@pytest.mark.parametrize("wants_gradients", [True, False])
@pytest.mark.parametrize("magnitude", MAGNITUDES)
def test_sine_alone(
    magnitude: float, wants_gradients: bool, numpy_is_exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not numpy_is_exact:
        monkeypatch.setattr(libm, "numpy_sine_is_exact", lambda: False)
    x = uniform(magnitude)
    with torch.set_grad_enabled(wants_gradients):
        found = sine(x), sine(x[::2]), sine(x[:7])
    expected = by_libm(math.sin, x)
    for values, selected in zip(found, (expected, expected[::2], expected[:7]), strict=True):
        assert torch.equal(values, selected)


def test_numpy_is_asked_for_sines_only_where_they_are_the_c_librarys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = libm.numpy_sine_is_exact.__wrapped__
    x = uniform(1e3, seed=3)
    by_numpy = np.sin(x.numpy())
    assert exact() == torch.from_numpy(by_numpy).equal(by_libm(math.sin, x))
    numpys = np.sin
    monkeypatch.setattr(np, "sin", lambda x: np.nextafter(numpys(x), 2.0))
    assert not exact()


def test_what_has_no_sine_or_root_is_not_a_number() -> None:
    x = torch.tensor([math.inf, -math.inf, math.nan], dtype=torch.float64)
    with torch.no_grad():
        assert sine(x).isnan().all()
        assert sqrt(-x.abs()).isnan().all()


def test_zeros_are_looked_for_where_nobody_wants_gradients() -> None:
    x = torch.tensor([1.0, math.nan, -2.0], dtype=torch.float64)
    assert not has_no_zero(x)
    with torch.no_grad():
        assert has_no_zero(x)
        assert not has_no_zero(torch.cat([x, torch.tensor([-0.0])]))
        assert not has_no_zero(x.to(torch.float32))


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5)])
def test_small_tensors_take_the_same_path(shape: tuple[int, ...]) -> None:
    x = torch.full(shape, 1.2345678, dtype=torch.float64)
    sine, cosine = sincos(x)
    assert sine.shape == cosine.shape == shape
    assert set(sine.flatten().tolist()) == {math.sin(1.2345678)}
    assert set(cosine.flatten().tolist()) == {math.cos(1.2345678)}


def test_exponential_down_to_the_last_subnormal_and_beyond() -> None:
    x = torch.cat([torch.linspace(-760, 0, COUNT, dtype=torch.float64), -uniform(1.0).abs()])
    assert torch.equal(exp(x), by_libm(math.exp, x))


@pytest.mark.parametrize("magnitude", [1e-300, 1e-9, 1.0, 1e9, 1e300])
def test_square_root(magnitude: float) -> None:
    x = uniform(magnitude).abs()
    assert torch.equal(sqrt(x), by_libm(math.sqrt, x))
    assert sqrt(torch.zeros(3, dtype=torch.float64)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("magnitude", MAGNITUDES)
def test_arc_tangent_of_two_arguments(magnitude: float) -> None:
    y, x = uniform(magnitude, seed=1), uniform(1.0, seed=2)
    assert torch.equal(atan2(y, x), by_libm(math.atan2, y, x))


def test_arc_tangent_at_the_origin_has_no_angle_and_no_gradient() -> None:
    y = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    angle = atan2(y, x)
    angle.sum().backward()
    assert angle.item() == 0.0
    assert x.grad is not None
    assert x.grad.item() == 0.0


def test_gradients_are_the_derivatives() -> None:
    x = torch.tensor([0.3, -2.0, 5.0], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([1.0, -0.5, 0.2], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(sine, (x,))
    assert torch.autograd.gradcheck(sincos, (x,))
    assert torch.autograd.gradcheck(exp, (x,))
    assert torch.autograd.gradcheck(lambda v: sqrt(v * v), (x,))
    assert torch.autograd.gradcheck(atan2, (y, x))
