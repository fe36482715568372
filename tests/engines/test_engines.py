"""What both engines refuse, in the same words, whatever they are written in."""

from __future__ import annotations

import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.capabilities import unrecorded_fields
from parity_bridge.engines.torch_port import TorchPort
from parity_bridge.errors import UsageError
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags

ENGINES = [CCore, TorchPort]


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> CCore | TorchPort:
    made: CCore | TorchPort = request.param()
    return made


def refusal(engine: CCore | TorchPort, flags: str, pixel: tuple[int, int] = (0, 0)) -> str:
    experiment = parse_flags([*BENCHMARK_FLAGS, *flags.split()]).experiment
    with pytest.raises(UsageError) as caught:
        engine.observe(experiment, [pixel])
    return str(caught.value)


@pytest.mark.parametrize("pixel", [(4096, 0), (0, 4096), (-1, 0), (0, -1), (2**40, 0)])
def test_a_pixel_outside_the_detector(engine: CCore | TorchPort, pixel: tuple[int, int]) -> None:
    message = refusal(engine, "", pixel)
    assert message.startswith(f"--pixel {pixel[0]} {pixel[1]} lies outside the detector of 4096")
    assert "SLOW 0..4095 FAST 0..4095" in message


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("-lambda 1e-320", "-lambda"),
        ("-flux 1e308 -beamsize 1e-5", "-flux"),
        ("-detpixels 2000000000", "-detpixels"),
        ("-pixel 1e300", "not come out finite"),
        ("-distance 1e300", "not come out finite"),
        ("-Xbeam 1e300", "not come out finite"),
        ("-default_F 1e200", "not come out finite"),
        ("-polar_vector 1 0 0 -polar 1", "the polarization vector is not along the beam"),
        ("-fdet_vector 1 0 0 -sdet_vector 1 0 0", "geometry"),
        ("-spindle_axis 1e-200 0 0 -phi 3", "geometry"),
        ("-spindle_axis 0 0 1e200 -phi 3", "geometry"),
        ("-dispersion 300 -dispsteps 3", "-dispersion"),
        ("-divergence 1 -hdivstep 3 -vdivstep 3", "the round beam leaves no source"),
        ("-divergence 1 -hdivstep 1e-9 -vdivstep 1e-9", "the steps are too many"),
        ("-osc 0 -phistep 1", "a sweep has no step"),
        ("-cell 1e200", "-cell"),
    ],
)
def test_an_experiment_that_derives_to_nonsense(
    engine: CCore | TorchPort, flags: str, words: str
) -> None:
    assert words in refusal(engine, flags)


def test_the_c_core_has_one_dtype_and_one_device() -> None:
    with pytest.raises(UsageError, match="--dtype float32"):
        CCore(dtype="float32")
    with pytest.raises(UsageError, match="--device cuda"):
        CCore(device="cuda")


@pytest.mark.parametrize("dtype", ["float16", "int64", ""])
def test_the_port_names_the_dtypes_it_has(dtype: str) -> None:
    with pytest.raises(UsageError, match="float64 or float32"):
        TorchPort(dtype=dtype)


@pytest.mark.parametrize("device", ["nope", "mps", "hpu", "meta", "cuda:99", ""])
def test_the_port_refuses_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(UsageError, match="cannot be used here; choose cpu") as caught:
        TorchPort(device=device)
    assert "\n" not in str(caught.value)


def test_unrecorded_fields_have_a_former_name() -> None:
    former = type("Former", (CCore,), {"untold": ("omega_subpixel.omega",)})
    both = type("Both", (former,), {"unrecorded": ()})
    assert unrecorded_fields(former) == ("omega_subpixel.omega",)
    assert unrecorded_fields(both) == unrecorded_fields(CCore) == ()
