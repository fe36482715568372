"""Experiments with one evaluation a subpixel each, which together make those of one experiment.

A program prints only the last evaluation of a subpixel. Where several phi steps or sources carry
nothing over from one to the next, each is run by itself (contract §5, §6).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from parity_bridge.engines.nanobragg_program.pixel_order import interpolates
from parity_bridge.engines.nanobragg_program.printout import LoopCounts
from parity_bridge.engines.nanobragg_program.sweep_angles import at_angle, sweep_angles
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.sources import read_sources
from parity_bridge.files.atomic_write import write_text

#: Most runs for the lookups of one pixel.
_MOST_RUNS = 100

#: Degrees: an angle so near to 0 may be exactly 0 in radians.
_NEAR_ZERO = 1e-9

#: Loop that no run can be limited to one step of -> how to have one step.
_ONE_OF = {
    "layers": "leave -detector_thick out",
    "domains": "leave -mosaic out",
}


class NotPrintedError(Exception):
    """Why the lookups of a pixel cannot be had from a program, and what to change."""


def single_evaluations(
    experiment: Experiment, counts: LoopCounts, folder: Path
) -> list[Experiment]:
    """Return one experiment for each source and phi step of a subpixel, sources outermost.

    Source files of one line are written into ``folder``. Raise NotPrintedError where the program's
    ``counts`` include layers or domains, or something is carried over between the steps.
    """
    for name, remedy in _ONE_OF.items():
        if getattr(counts, name) > 1:
            raise NotPrintedError(_only_the_last(name, getattr(counts, name), remedy))
    sources, angles = _sources(experiment, counts, folder), _angles(experiment, counts)
    if len(sources) * len(set(angles)) > _MOST_RUNS:
        raise NotPrintedError(
            f"{len(sources) * len(set(angles))} sources and phi steps would take a run each, more "
            f"than {_MOST_RUNS}; take fewer"
        )
    if len(sources) * len(angles) > 1 and interpolates(experiment):
        raise NotPrintedError(
            "one step may switch interpolation off for the next, so that steps cannot be run one "
            "by one; give -nointerpolate"
        )
    return [
        at_angle(source, angle) if len(angles) > 1 else source
        for source in sources
        for angle in angles
    ]


def _angles(experiment: Experiment, counts: LoopCounts) -> list[float]:
    """Return the spindle angles of the sweep, degrees, if each step can be run by itself."""
    angles = sweep_angles(experiment.sampling, counts.phi_steps)
    near_zero = [abs(angle) < _NEAR_ZERO for angle in angles]
    if any(near_zero) and any(angles):
        raise NotPrintedError(
            "at phi = 0 the crystal stays as the sweep before left it, so that the phi steps "
            "cannot be run one by one; give a -phi with which no step is at 0"
        )
    return angles


def _sources(experiment: Experiment, counts: LoopCounts, folder: Path) -> list[Experiment]:
    """Return the experiment with one source each."""
    if counts.sources == 1:
        return [experiment]
    file = experiment.beam.source_file
    if file is None:
        remedy = "leave divergence and dispersion out"
        raise NotPrintedError(_only_the_last("sources", counts.sources, remedy))
    lines = read_sources(file)
    if len(lines) != counts.sources:
        raise NotPrintedError(
            f"the program reads {counts.sources} sources from -sourcefile {file}, which lists "
            f"{len(lines)}; remove comments from it"
        )
    return [
        _with_source(experiment, line, folder / f"source_{place}.txt")
        for place, line in enumerate(lines.tolist())
    ]


def _with_source(experiment: Experiment, line: list[float], file: Path) -> Experiment:
    # NaN stands where the line ends early.
    write_text(file, " ".join(repr(value) for value in line if not np.isnan(value)) + "\n")
    beam = experiment.beam.model_copy(update={"source_file": file})
    return experiment.model_copy(update={"beam": beam})


def _only_the_last(name: str, count: int, remedy: str) -> str:
    return (
        f"a program prints only the last of {count} {name.replace('_', ' ')} of a subpixel; "
        f"{remedy} to have it recorded"
    )
