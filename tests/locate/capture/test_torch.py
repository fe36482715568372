"""What torch does with functions: it batches, differentiates, scripts and compiles them."""

from __future__ import annotations

import pytest
import torch

from parity_bridge.experiment.nanobragg_flags import read_experiment
from parity_bridge.locate.capture.capture import capture_call
from tests.locate.capture.ports import port
from tests.locate.capture.watching import plain, watch

__all__ = ["port"]

HEAD = "import torch\nx = torch.tensor([1.5, 2.5], dtype=torch.float64)\n"


def test_a_batched_function_is_captured_with_its_batch() -> None:
    watched = watch(f"{HEAD}y = torch.vmap(lambda t: t * 3.0)(x)\n")
    assert watched.value(watched.one("t * 3.0")).tolist() == [4.5, 7.5]
    assert watched.namespace["y"].tolist() == [4.5, 7.5]


@pytest.mark.corpus  # what differentiates takes torch seconds to import
def test_a_differentiated_function_keeps_its_gradient() -> None:
    watched = watch(
        f"{HEAD}def f(t):\n    u = t * t\n    return u.sum()\ny = torch.func.grad(f)(x)\n"
    )
    assert watched.namespace["y"].tolist() == [3.0, 5.0]
    assert watched.value(watched.one("t * t")).tolist() == [2.25, 6.25]


def test_gradients_go_through_what_is_watched() -> None:
    watched = watch(
        f"{HEAD}x.requires_grad_()\ny = (x * x).sum()\ny.backward()\ng = x.grad * 1.0\n"
    )
    assert watched.namespace["g"].tolist() == [3.0, 5.0]
    assert watched.value(watched.one("x.grad * 1.0")).tolist() == [3.0, 5.0]


def test_a_port_s_own_torch_function_sees_only_the_port() -> None:
    watched = watch(f"""\
{HEAD}
from torch.overrides import TorchFunctionMode
class Log(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.names = []
    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.names.append(function.__name__)
        return function(*args, **(kwargs or {{}}))
log = Log()
with log:
    y = torch.sin(x) * 2.0
""")
    assert watched.namespace["log"].names == ["sin", "mul"]
    assert watched.of("torch.sin(x) * 2.0")


def test_inference_mode_is_no_obstacle() -> None:
    watched = watch(f"{HEAD}with torch.inference_mode():\n    y = x * 2.0\n    y += 1.0\n")
    assert watched.value(watched.one("y += 1.0")).tolist() == [4.0, 6.0]


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace")
def test_a_traced_function_has_the_same_graph() -> None:
    source = f"{HEAD}def f(t):\n    u = t * 2.0\n    return u + t\n"
    graphs = []
    for namespace in (watch(source).namespace, plain(source)):
        traced = torch.jit.trace(namespace["f"], namespace["x"])
        graphs.append([node.kind() for node in traced.graph.nodes()])
    assert graphs[0] == graphs[1]


SCRIPTED = """\
    import torch

    @torch.jit.script
    def scaled(x: torch.Tensor) -> torch.Tensor:
        return x * 2.5

    def render(experiment):
        return scaled(torch.ones(3, dtype=torch.float64))
    """

COMPILED = """\
    import torch

    @torch.compile(backend="eager")
    def scaled(x):
        return x * 2.5

    def render(experiment):
        return scaled(torch.ones(3, dtype=torch.float64))
    """


@pytest.mark.corpus  # torch's compiler takes seconds to import
@pytest.mark.parametrize("source", [SCRIPTED, COMPILED])
@pytest.mark.filterwarnings("ignore:.*torch.jit.script")
def test_compiled_functions_are_watched_uncompiled(port: object, source: str) -> None:
    from pathlib import Path
    from textwrap import dedent

    (Path(str(port)) / "tiny_compiled.py").write_text(dedent(source))
    experiment = read_experiment("-cell 50 -default_F 1")
    capture = capture_call("tiny_compiled:render", experiment)
    assert capture.is_identical
    assert any(event.site.expression == "x * 2.5" for event in capture.events)
