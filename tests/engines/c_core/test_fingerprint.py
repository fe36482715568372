"""The fingerprint of the C library's functions, here and where they have other last bits."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest

from parity_bridge.engines.c_core.fingerprint import libm_differs, libm_fingerprint
from tests.engines.golden_cases import without_fma

_PROGRAM = """
import math
from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
print(libm_fingerprint(), math.sin(float.fromhex("-0x1.59a9ef86387a8p+4")).hex())
"""


def test_it_is_16_hex_digits_and_the_same_in_another_process() -> None:
    assert len(libm_fingerprint()) == 16
    int(libm_fingerprint(), 16)
    assert _elsewhere({})[0] == libm_fingerprint()


def test_another_sine_has_another_fingerprint() -> None:
    fingerprint, sine = _elsewhere(without_fma())
    here = math.sin(float.fromhex("-0x1.59a9ef86387a8p+4")).hex()
    if sine == here:
        pytest.skip("this C library has one sine for all processors, or this one has no FMA")
    assert fingerprint != libm_fingerprint()


def _elsewhere(environment: dict[str, str]) -> list[str]:
    """Return the fingerprint and a sine of a process that has ``environment`` too."""
    command = [sys.executable, "-c", _PROGRAM]
    ran = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("ours", "theirs", "differ"),
    [("a", "b", True), ("a", "a", False), (None, "a", False), ("a", None, False)],
)
def test_fingerprints_differ_only_where_both_are_known(
    ours: str | None, theirs: str | None, differ: bool
) -> None:
    assert libm_differs(ours, theirs) is differ
