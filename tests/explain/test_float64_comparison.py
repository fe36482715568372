"""A float32 port compared again in float64: what float32 leaves open, and what it hides."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from parity_bridge.bridge import float64_comparison
from parity_bridge.cli.program import main
from parity_bridge.engines.torch_port import chain as chain_module
from parity_bridge.engines.torch_port import lattice, subpixel, units
from parity_bridge.engines.torch_port.setup import FactorMode
from parity_bridge.errors import UsageError
from tests.explain.explained import FLAGS, PIXELS, explained

pytestmark = pytest.mark.usefixtures("empty_folder")

WORDS = [*PIXELS, "--dtype", "float32"]


def test_a_constant_off_in_the_sixth_digit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "R_E_SQR", units.R_E_SQR * (1.0 + 3e-6))
    finding = explained(capsys, *WORDS, "--", *FLAGS, status=0)
    assert finding.reason == "agreement"
    assert finding.compared_again_in == "float64"
    assert finding.sentence.startswith(
        "pytorch and c agree within the tolerances of float32, which hide a difference: in "
        "float64, pytorch differs first in `intensity_post_scale.fluence_scaled`"
    )
    assert finding.differences[0].clause == (
        "at every pixel 1.000003 times the reference's (off by +3e-06 of it)"
    )
    main(["explain", *WORDS, "--", *FLAGS])
    assert "## What float32 hides" in capsys.readouterr().out


def test_a_faithful_port_hides_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    finding = explained(capsys, *WORDS, "--", *FLAGS, status=0)
    assert finding.sentence == "pytorch and c agree; nothing is to be explained."
    assert finding.compared_again_in is None


def test_what_float32_explains_stands(capsys: pytest.CaptureFixture[str]) -> None:
    finding = explained(capsys, *WORDS, "--behaviour", "torch:omega=last", "--", *FLAGS)
    assert finding.names == (("omega=last",),)
    assert finding.compared_again_in is None


def test_what_float32_leaves_open_is_explained_in_float64(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lattice, "_of_axis", _doubled(lattice._of_axis))  # noqa: SLF001
    finding = explained(capsys, *WORDS, "--", *FLAGS)
    assert finding.reason == "unexplained"
    assert finding.compared_again_in == "float64"
    assert finding.sentence.startswith("compared again in float64, as float32 leaves it open: ")
    assert finding.differences[0].clause == "in every row twice the reference's"


def test_a_difference_of_float32_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lattice, "_of_axis", _doubled(lattice._of_axis, torch.float32))  # noqa: SLF001
    finding = explained(capsys, *WORDS, "--", *FLAGS)
    assert finding.reason == "unexplained"
    assert finding.sentence.endswith("; in float64 pytorch and c agree.")


def test_the_range_of_float32_is_noise(capsys: pytest.CaptureFixture[str]) -> None:
    """Sums beyond 3e38, which several slips would give as well within the tolerances."""
    flags = [*FLAGS, "-default_F", "1e18"]
    finding = explained(capsys, *WORDS, "--", *flags)
    assert (finding.reason, finding.names) == ("noise", ())
    assert finding.sentence == (
        "pytorch differs first in `intensity_pre_norm.running_sum` by the rounding or the range of "
        "float32, further than its tolerances allow; in float64 pytorch and c agree."
    )


def test_a_name_that_float64_refutes_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solid angle is left out in float32 alone: no behaviour or slip of the port."""
    update = subpixel.update_omega

    def last(chain: Any, geometry: Any, place: Any) -> None:
        if chain.dtype == torch.float32:
            chain.omega.mode = FactorMode.LAST
        update(chain, geometry, place)

    monkeypatch.setattr(chain_module, "update_omega", last)
    finding = explained(capsys, *WORDS, "--", *FLAGS)
    assert (finding.reason, finding.names) == ("unexplained", ())
    assert finding.sentence == (
        "pytorch differs first in `omega_subpixel.omega`; in float64 pytorch and c agree."
    )


def test_an_engine_without_float64_is_explained_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise UsageError("there is no float64")

    monkeypatch.setattr(float64_comparison, "observe", refuse)
    monkeypatch.setattr(lattice, "_of_axis", _doubled(lattice._of_axis))  # noqa: SLF001
    finding = explained(capsys, *WORDS, "--", *FLAGS)
    assert finding.reason == "unexplained"
    assert finding.compared_again_in is None


def test_a_run_with_records_is_compared_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lattice, "_of_axis", _doubled(lattice._of_axis))  # noqa: SLF001
    assert main(["run", *WORDS, "--stamp", "x", "--", *FLAGS]) == 3
    assert "compared again in float64" in capsys.readouterr().out


def _doubled(of_axis: Any, *dtypes: Any) -> Any:
    """Twice the factor of an axis, in ``dtypes`` alone where any are given."""

    def doubled(index: Any, N: float, dtype: Any) -> Any:
        factor = of_axis(index, N, dtype)
        return 2.0 * factor if not dtypes or dtype in dtypes else factor

    return doubled
