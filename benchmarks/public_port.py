"""What the tool says of the public PyTorch port: the page ``docs/public-port.md``, printed.

Two pixels of each experiment, the brightest and one far from it, by the C core and
``nanobrag_torch``: first the command lines of a parity matrix, a JSON list of ``name`` and ``args``
whose file is the argument, then those that show one property of the port each. What the port's
source has there was read once, in the commit named below, and is part of this file.
"""

from __future__ import annotations

import json
import shlex
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from tabulate import tabulate

from parity_bridge.api import Experiment, compare
from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.nanobrag_torch import NanobragTorch
from parity_bridge.engines.nanobrag_torch.package import load_package
from parity_bridge.engines.nanobrag_torch.quiet import quiet_port
from parity_bridge.errors import BridgeError
from parity_bridge.experiment.regions import Region
from parity_bridge.report.findings import formula_lines

if TYPE_CHECKING:
    from parity_bridge.explain.explanation import Finding
    from parity_bridge.report.parity import Parity

_MATRIX = Path(__file__).parents[2] / "shared" / "cases" / "peer_matrix.json"

#: Columns of a line of the page, and rounds in which times are taken.
_WIDTH = 100
_ROUNDS = 15

_PLAIN = "-default_F 100 -cell 100 100 100 90 90 90 -lambda 6.2 -N 5 -distance 100 -detpixels 256"


class Property(NamedTuple):
    """A property of the port, the flags that show it, and what its source has."""

    name: str
    flags: str
    source: str


#: What the port's source has for each name that the tool gives.
_SOURCES = {
    "omega=last": "`Simulator.run` multiplies the sum by `omega_all[:, :, -1]`",
    "polar=each": "`compute_physics_for_position` multiplies the intensity of each subpixel and "
    "source by its polarization",
    "detector angles in float32": "`degrees_to_radians` makes a float32 tensor of a number",
    "volume of the axes": "`Crystal.compute_cell_tensors` divides by `V_actual`, the volume of the "
    "rescaled a, b, c",
    "random misset in double precision": "`utils.c_random` draws and multiplies in Python's "
    "floats, where the original has single precision",
}

#: The same for lines that differ without a name.
_SOURCES_OF_LINES = {
    "AT-PARALLEL-020/comprehensive": "agrees: angles in float32 and the volume of the axes as in "
    "other lines; mosaic domains and sensor layers as below",
}

_PROPERTIES = (
    Property("Last solid angle, polarization of each subpixel", "-lambda 1",
             "agrees: both, as above"),
    Property("Detector angles", "-detector_rotx 5 -detector_roty 3 -detector_rotz 2",
             "agrees, as above"),
    Property("2theta", "-twotheta 10",
             "agrees for its configuration; its command line also sets the pivot to SAMPLE "
             "(`__main__`), which the configuration need not"),
    Property("Sweep from phi 0, first pixel", "-osc 1 -phisteps 3",
             "a fresh rotation at each step, which a run begins with too; later pixels differ: "
             "`run --state frame` names `phi_carry_over=false`"),
    Property("Sensor layers", "-detector_abs 500 -detector_thick 450 -thicksteps 5",
             "agrees: one position for all layers; `_apply_detector_absorption` multiplies by the "
             "last layer's fraction, without a sum over layers"),
    Property("Mosaic domains", "-mosaic 0.5 -mosaic_dom 5",
             "agrees: `_generate_mosaic_rotations` draws normally distributed angles about random "
             "axes from torch's generator, for the first domain too"),
    Property("ADXV", "-adxv",
             "agrees: the default of `DetectorConfig` along slow is (size - pixel)/2, which is "
             "Ybeam, not size - Ybeam"),
    Property("DENZO", "-denzo",
             "agrees: `Detector.beam_vector` is z for every convention but MOSFLM"),
    Property("Custom vectors without -beam_vector", "-fdet_vector 0 0 1 -sdet_vector 0 -1 0",
             "agrees: as DENZO"),
    Property("Curved detector", "-curved_det -oversample 1",
             "agrees: `_compute_curved_pixel_coords` starts at minus the beam and counts angles "
             "from the corner, as a sum of small angles, made as long as the distance"),
    Property("Water", "-water 100",
             "agrees: `Simulator.run` adds `_calculate_water_background` to the finished image. It "
             "leaves out the second r_e² fluence too, which is 1 at the default fluence"),
    Property("Reciprocal cell", "-cell 70 80 90 75 85 95 -lambda 1 -oversample 1",
             "agrees, as above; the intensity of a parallelepiped has no part in it"),
    Property("Resolution cut", "-dmin 5",
             "agrees as far as it goes: after its lookups `stol` in 1/m is held against 0.5/dmin "
             "in 1/Å, which drops everything; figures that are all 0 do not show the unit"),
    Property("Oversampled factors", "-oversample 2 -oversample_omega",
             "agrees: `intensity_all * omega_all`"),
    Property("Interpolation", "-interpolate -oversample 1 -hkl TABLE",
             "agrees in effect: `get_structure_factor` is given the nearest indices, at which the "
             "polynomials give the stored value; one lookup too near the edge of the table gives "
             "default_F for all lookups of the run"),
    Property("Wavelengths of a source file", "-sourcefile SOURCES",
             "agrees: `read_sourcefile` reads the column and takes -lambda"),
    Property("Divergence and dispersion", "-dispersion 1 -dispsteps 3 -divergence 2 -hdivstep 0.5",
             "agrees: `generate_sources_from_divergence_dispersion` keeps h² + v² <= 1 only"),
)  # fmt: skip


class Line(NamedTuple):
    """One command line, what came of it, and what the tool says."""

    name: str
    verdict: str
    said: str = ""
    finding: Finding | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the behaviours and slips that were found."""
        return (
            () if self.finding is None else tuple(name for it in self.finding.names for name in it)
        )


def main() -> None:
    """Print the page."""
    file = Path(sys.argv[1]) if sys.argv[1:] else _MATRIX
    print("# The public PyTorch port, as the tool sees it\n")
    _print_wrapped(
        "Written by `python benchmarks/public_port.py > docs/public-port.md`, with "
        f"{NanobragTorch().build()['engine']} (commit dd7378d of 9 December 2025), float64 on the "
        "CPU. Of each line: the brightest pixel and one far from it; what is found there is held "
        "against up to six further pixels. What the port's source has was read in that commit."
    )
    print(f"## {file.name}\n")
    _print_matrix([_line(case["name"], case["args"]) for case in json.loads(file.read_text())])
    print("## One property each\n")
    _print_wrapped(f"After `{_PLAIN}`; a later word wins.")
    with TemporaryDirectory() as folder:
        for item in _PROPERTIES:
            _print_property(item, _line("", _with_files(item, Path(folder))), folder)
    print("## Speed\n")
    print(_speed())


def _print_matrix(lines: Sequence[Line]) -> None:
    """Print counts, the lines that agree in one list, and the others by what is said of them."""
    verdicts = [line.verdict for line in lines]
    named = sum(bool(line.names) for line in lines)
    refused, parity = verdicts.count("refused"), verdicts.count("parity")
    described = len(lines) - parity - named - refused
    _print_wrapped(
        f"Of {len(lines)} lines {parity} agree and {refused} are refused; {named} differ for "
        f"reasons that have a name. Described, without a name: {described}."
    )
    agreeing = [line.name for line in lines if line.verdict == "parity"]
    _print_wrapped(f"**Agree**: {', '.join(agreeing)}.")
    same: dict[object, list[Line]] = {}
    for line in lines:
        if line.verdict != "parity":
            same.setdefault(line.names or line.said, []).append(line)
    for group in same.values():
        names = " and ".join(f"`{name}`" for name in group[0].names)
        print(f"### {names or group[0].verdict.capitalize()}\n")
        _print_wrapped(f"Lines: {', '.join(line.name for line in group)}.")
        _print_wrapped(f"Said: {group[0].said}")
        known = {**_SOURCES, **_SOURCES_OF_LINES}
        names_of_group = group[0].names or (group[0].name,)
        sources = [known[name] for name in names_of_group if name in known]
        if sources:
            _print_wrapped(f"Source: {'; '.join(sources)}.")


def _print_property(item: Property, line: Line, folder: str) -> None:
    print(f"### {item.name}\n")
    _print_wrapped(f"`{item.flags}`: {line.verdict}.")
    if line.said:
        _print_wrapped(f"Said: {line.said.replace(folder + '/', '')}")
    if line.finding is not None and not line.finding.is_sufficient:
        for text in formula_lines(line.finding):
            _print_wrapped(f"{text[:1].upper()}{text[1:]}.")
    _print_wrapped(f"Source: {item.source}.")


def _print_wrapped(text: str) -> None:
    """Print a paragraph."""
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    print("\n".join(lines) + "\n")


def _with_files(item: Property, folder: Path) -> str:
    """Return the flags with files in ``folder`` for the capital words in them."""
    indices = [(h, k, l) for h in range(-4, 5) for k in range(-6, 7) for l in range(-6, 7)]
    texts = {
        "TABLE": "".join(f"{h} {k} {l} {50 + 7 * h - 5 * k + 3 * l}\n" for h, k, l in indices),
        "SOURCES": "-10 0 0 1 6.2e-10\n-10 0.01 0 1 6.1e-10\n-10 0 0.02 2 6.3e-10\n",
    }
    words = item.flags.split()
    for word in texts.keys() & set(words):
        (folder / word).write_text(texts[word])
    return " ".join([_PLAIN, *(str(folder / word) if word in texts else word for word in words)])


def _line(name: str, flags: str) -> Line:
    """Compare one line with the C core and explain what differs."""
    try:
        experiment = Experiment.from_nanobragg(shlex.split(flags))
        found = compare(experiment, list(_pixels(experiment)), "c", "nanobrag_torch")
    except BridgeError as error:
        return Line(name, "refused", str(error))
    if found:
        return Line(name, "parity")
    return Line(name, "differs", _said(found), found.finding)


def _pixels(experiment: Experiment) -> Iterator[tuple[int, int]]:
    image = CCore().frame(experiment).image
    slow, fast = np.unravel_index(int(image.argmax()), image.shape)
    yield int(slow), int(fast)
    yield image.shape[0] // 4, image.shape[1] // 8


def _said(found: Parity) -> str:
    """Return what the tool says, and the first differing figure where that does not name it."""
    first, finding = found.first_divergence, found.finding
    sentence = "" if finding is None else finding.sentence
    figure = "" if first is None else f"`{first.tap}.{first.field}`"
    if finding is not None and finding.held_against:
        sentence = f"{sentence.removesuffix('.')}, and at {len(finding.held_against)} further ones."
    return sentence if not finding or not finding.names else f"First, {figure}. {sentence}"


def _speed() -> str:
    """Return the CPU time of the port alone and of the engine over it, least of several.

    They take turns in one thread, so that all meet the same load.
    """
    experiment = Experiment.from_nanobragg([*_PLAIN.split(), "-oversample", "2"])
    engine = NanobragTorch()
    whole = Region.whole(256, 256)

    def scan() -> None:
        scanner = engine.scanner(experiment)
        scanner.scan(whole, scanner.start())

    jobs: dict[str, Callable[[], object]] = {
        "the port alone": _port_alone,
        "`frame`": lambda: engine.frame(experiment),
        "a scanner, image and Tap 4": scan,
        "100 tapped pixels": lambda: engine.observe(experiment, [(9, n) for n in range(100)]),
    }
    torch.set_num_threads(1)
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(_ROUNDS):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            times[name].append(time.process_time() - start)
    alone = min(times["the port alone"])
    rows = [
        [name, f"{1000 * min(seconds):.0f}", f"{min(seconds) / alone:.2f}"]
        for name, seconds in times.items()
    ]
    headers = ["256 x 256 pixels, oversample 2", "CPU ms", "of the port alone"]
    return tabulate(rows, headers=headers, tablefmt="github")


def _port_alone() -> None:
    """Run the port as its own users do, uncompiled."""
    classes, where = load_package().classes, {"dtype": torch.float64}
    with quiet_port():
        crystal = classes["CrystalConfig"](N_cells=(5, 5, 5), default_F=100.0)
        detector = classes["DetectorConfig"](spixels=256, fpixels=256, oversample=2)
        classes["Simulator"](
            classes["Crystal"](crystal, **where), classes["Detector"](detector, **where),
            beam_config=classes["BeamConfig"](wavelength_A=6.2), **where,
        ).run()  # fmt: skip


if __name__ == "__main__":
    main()
