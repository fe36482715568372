"""A program like nanoBragg, for tests: its flags in, its blocks and its image out.

Underneath is our own C core, told by the flags alone. It looks for tables, matrices and caches in
the folder that it runs in, leaves a cache there, and takes ``-twotheta_axis`` for ``-twotheta``
too, as the original does (contract §5, §8).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parity_bridge.engines.c_core.engine import PRECISIONS
from parity_bridge.engines.c_core.frame import FrameContext, render
from parity_bridge.engines.c_core.marshal import table_struct
from parity_bridge.engines.c_core.pixels import observe_pixels
from parity_bridge.engines.c_core.setup import derive
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.flags.values import is_flag_word
from parity_bridge.experiment.model import Experiment, Sampling
from parity_bridge.experiment.nanobragg_flags import parse_flags
from parity_bridge.experiment.regions import Region
from parity_bridge.experiment.smv import read_mask
from parity_bridge.taps.evaluations import EvaluationKind
from parity_bridge.taps.observation import Observation

CACHE = Path("Fdump.bin")
#: Taken for a shorter flag as well.
TRAPS = {"-twotheta_axis": "-twotheta"}
#: What we have and the original does not.
UNKNOWN = ("-detsize_x", "-detsize_y")
SWITCHES = ("-printout", "-nonoise", "-nopgm", "-noprogress")
FILES = ("-floatfile", "-intfile")


def main(words: Sequence[str]) -> None:
    """Do as the command line says."""
    flags, own = split(words)
    experiment = parse_experiment(flags)
    factors = structure_factors.load(experiment.structure_factors)
    if experiment.structure_factors.hkl is not None:
        structure_factors.write_cache(CACHE, factors)
    table = table_struct(factors)
    mask = experiment.detector.mask
    zeros = None if mask is None else read_mask(mask)
    frame_context = FrameContext(derive(experiment), table, PRECISIONS["exact"], zeros)
    fast, slow = frame_context.setup.detector.pixels
    region = Region.from_roi(frame_context.setup.detector.roi, slow, fast)
    if "-printout" in own:
        lines = [
            *header(frame_context.setup, experiment.sampling),
            *blocks(observations(experiment, factors, frame_context, region)),
        ]
        sys.stdout.write("\n".join(lines) + "\n")
    if own["-floatfile"] != "/dev/null":
        write_image(Path(own["-floatfile"]), frame_context, region)


def write_image(path: Path, frame_context: FrameContext, region: Region) -> None:
    """The whole detector, 0 outside ``region``."""
    fast, slow = frame_context.setup.detector.pixels
    image, part = np.zeros((slow, fast), dtype="<f4"), np.empty(region.shape, dtype=np.float32)
    render(frame_context, region, frame_context.start(), 1, image=part)
    rows, columns = region.slow, region.fast
    image[rows.start : rows.stop, columns.start : columns.stop] = part
    image.tofile(path)


def split(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The flags of the experiment, and those of the output with their values."""
    starts = [place for place, word in enumerate(words) if is_flag_word(word)]
    flags, own = [], {}
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        flag, *values = words[start:end]
        if flag in UNKNOWN or (flag == "-mat" and len(values) != 1):
            sys.exit(f"what is {flag} {values}?")
        if flag == "-dump":
            continue  # the cache has one name here
        if flag in (*SWITCHES, *FILES):
            own[flag] = "".join(values)
        else:
            flags += [flag, *values]
            if flag in TRAPS:
                flags += [TRAPS[flag], values[0]]
    return flags, own


def parse_experiment(flags: Sequence[str]) -> Experiment:
    """The experiment, with the cache in this folder where no table is named."""
    experiment = parse_flags(flags).experiment
    source = experiment.structure_factors
    if source.hkl is None and CACHE.is_file():
        source = source.model_copy(update={"dump": CACHE})
    return experiment.model_copy(update={"structure_factors": source})


def observations(
    experiment: Experiment, factors: Any, frame_context: FrameContext, region: Region
) -> Iterator[Observation]:
    """The pixels of ``region`` in the order of a run, each in the state that it comes to it in."""
    state = frame_context.start()
    for slow in region.slow:
        for fast in region.fast:
            pixel = slow, fast
            yield observe_pixels(experiment, factors, frame_context, [pixel], [state], [None])[0]
            here = Region(range(slow, slow + 1), range(fast, fast + 1))
            unseen = np.empty((1, 1), dtype=np.float32)
            state, _ = render(frame_context, here, state, 1, image=unseen)


def header(setup: Any, sampling: Sampling) -> Iterator[str]:
    """What was derived, as far as anyone reads it."""
    factors = ("thick", "polar", "omega")
    oversampled = [f" +{name}" for name in factors if getattr(sampling, f"oversample_{name}")]
    fast, slow = setup.detector.pixels
    layers, thickness = setup.detector.thick.steps, setup.detector.thick.range
    yield "nanoBragg nanocrystal diffraction simulator - a stand-in"
    yield f"  created a total of {setup.source_count} sources:"
    yield f"  distance=0 detsize=0x0  pixel=0 meters ({fast}x{slow} pixels)"
    yield f"  sensor is {thickness:g} m thick in {layers} layers with mu= -1"
    yield "  1 divergence steps"
    yield f"  {setup.source_count} sources"
    yield f"  {setup.crystal.domains} mosaic domains over mosaic spread of 0 degrees"
    yield f"  {setup.phi.steps} phi steps from 0 to 0 degrees"
    steps = f"{setup.oversample}x{setup.oversample} pixel oversample steps"
    yield f"  {steps}{''.join(oversampled)}"


def blocks(seen: Iterable[Observation]) -> Iterator[str]:
    """One a pixel; what an evaluation without a lookup does not compute stays as it was."""
    left: dict[str, Any] = {"F_cell": 0.0, "F_latt": 0.0, "hkl": (0, 0, 0), "hkl0": (0, 0, 0)}
    for observation in seen:
        last, totals = observation.evaluations[-1], observation.totals
        if last["kind"] != EvaluationKind.BEYOND_DMIN:
            left |= {name: last[name] for name in ("hkl", "hkl0", "F_latt")}
        if last["kind"] == EvaluationKind.LOOKUP:
            left["F_cell"] = last["F_cell"]
        slow, fast = observation.pixel
        stol = 0.5 * float(np.sqrt((last["q"] ** 2).sum()))
        yield f"{fast:4d} {slow:4d} : stol = {stol:g} or {stol * 1e-10:g}"
        yield "at {:g} {:g} {:g}".format(*last["position"])
        yield "hkl= {:f} {:f} {:f}  hkl0= {:d} {:d} {:d}".format(*left["hkl"], *left["hkl0"])
        yield f" F_cell={left['F_cell']:g}  F_latt={left['F_latt']:g}   I = {totals['I']:g}"
        yield f"I/steps {totals['I_per_step']:15.10g}"
        yield f"polar   {totals['polar']:15.10g}"
        yield f"omega   {totals['omega']:15.10g}"
        yield f"capfrac {totals['capture']:15.10g}"
        yield f"pixel   {totals['image']:15.10g}"
        yield "real-space cell vectors (Angstrom):"


if __name__ == "__main__":
    main(sys.argv[1:])
