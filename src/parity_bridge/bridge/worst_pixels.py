"""The worst pixels of a scan handed to the comparison of taps, which says why they differ."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from parity_bridge.bridge.question import RunRequest, ScanRequest
from parity_bridge.bridge.run import run
from parity_bridge.bridge.scan_sides import Sides
from parity_bridge.engines.choice import EngineChoice, Target
from parity_bridge.errors import BridgeError
from parity_bridge.records.folder import remove_folder
from parity_bridge.report.view import PairAnswer
from parity_bridge.scan.sides import EngineSide
from parity_bridge.scan.summary import ScanSummary

#: Evaluations that all tapped pixels may have together; each costs about a millisecond.
_MOST_EVALUATIONS = 20_000


def tap_worst(
    folder: Path, request: ScanRequest, sides: Sides, summary: ScanSummary
) -> tuple[PairAnswer | None, str]:
    """Tap the worst pixels of ``summary`` into ``folder``, anew; the report, or why there is none.

    Raises FileError where the folder cannot be written.
    """
    if not summary.worst:
        return None, "No pixel differs."
    reference, other = request.reference, request.other
    if not (isinstance(reference, EngineChoice) and isinstance(other, EngineChoice)):
        return None, "An image has no taps: why its pixels differ cannot be looked into."
    pixels = _affordable(sides.reference, [pixel.pixel_coords for pixel in summary.worst])
    if not pixels:
        return None, (
            f"A pixel has more than {_MOST_EVALUATIONS} evaluations; tap one with `run --state "
            "frame --pixel SLOW FAST`, or fewer subpixels, sources, phi steps or mosaic domains."
        )
    remove_folder(folder)
    tapped = RunRequest(
        command=_command(request, reference, other, pixels),
        targets=tuple(
            Target(pixel, f"worst-{place}") for place, pixel in enumerate(pixels, start=1)
        ),
        flags=request.flags,
        taps=("all",),
        out_dir=folder.parent,
        stamp=folder.name,
        reference=replace(reference, in_frame=True),
        others=(replace(other, in_frame=True, check_finite=False),),
        engine_flags=request.engine_flags,
        tolerances=request.tolerances,
    )
    try:
        return run(tapped, lambda _note: None).report, ""
    except BridgeError as error:
        if error.exit_status == 5:
            raise
        return None, f"The worst pixels could not be tapped: {error}."


def _affordable(side: object, pixels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if not isinstance(side, EngineSide):
        return pixels
    each = int(side.derived["steps"]) * int(side.derived["detector_thicksteps"])
    return pixels[: _MOST_EVALUATIONS // each]


def _command(
    request: ScanRequest,
    reference: EngineChoice,
    other: EngineChoice,
    pixels: list[tuple[int, int]],
) -> str:
    """The ``run`` that taps these pixels."""
    words = ["python", "-m", "parity_bridge", "run", "--state", "frame"]
    if (reference.name, other.name) != ("c", "torch"):
        words += ["--engines", f"{reference.name},{other.name}"]
    for slow, fast in pixels:
        words += ["--pixel", str(slow), str(fast)]
    if (other.dtype, other.device) != ("float64", "cpu"):
        words += ["--dtype", other.dtype, "--device", other.device]
    for c_bin in {reference.c_bin, other.c_bin} - {None}:
        words += ["--c-bin", str(c_bin)]
    for choice in (reference, other):
        for switched in choice.behaviours:
            words += ["--behaviour", f"{choice.name}:{switched}"]
    for name, flags in request.engine_flags.items():
        words += ["--engine-flags", name, shlex.join(flags)]
    if request.tolerances is not None:
        words += ["--tolerances", str(request.tolerances)]
    return shlex.join([*words, "--", *request.flags])
