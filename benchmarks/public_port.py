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
import time
from collections.abc import Callable, Iterator
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

if TYPE_CHECKING:
    from parity_bridge.report.parity import Parity

_MATRIX = Path(__file__).parents[2] / "shared" / "cases" / "peer_matrix.json"

_PLAIN = "-default_F 100 -cell 100 100 100 90 90 90 -lambda 6.2 -N 5 -distance 100 -detpixels 256"


class Property(NamedTuple):
    """A property of the port, the flags that show it, and what its source has."""

    name: str
    flags: str
    source: str


_PROPERTIES = (
    Property("last solid angle, polarization of each subpixel", "-lambda 1",
             "agrees: `Simulator.run` multiplies the sum by `omega_all[:, :, -1]`; the inner "
             "function multiplies each subpixel by its polarization"),
    Property("detector angles", "-detector_rotx 5 -detector_roty 3 -detector_rotz 2",
             "agrees: `degrees_to_radians` makes a float32 tensor of a number"),
    Property("2theta", "-twotheta 10",
             "the float32 angle as above; the wrong pivot is the command line's (`__main__` sets "
             "SAMPLE), its configuration can say BEAM"),
    Property("sweep from phi 0, first pixel", "-osc 1 -phisteps 3",
             "a fresh rotation at each step, which a run begins with too; later pixels differ: "
             "`run --state frame` names `phi_carry_over=false`"),
    Property("sensor layers", "-detector_abs 500 -detector_thick 450 -thicksteps 5",
             "agrees: one position for all layers; the last layer's fraction, without a sum over "
             "layers, in `_apply_detector_absorption`"),
    Property("mosaic domains", "-mosaic 0.5 -mosaic_dom 5",
             "agrees: normally distributed angles about random axes of torch's generator, the "
             "first domain too (`_generate_mosaic_rotations`)"),
    Property("ADXV", "-adxv",
             "agrees: the default of `DetectorConfig` along slow is (size - pixel)/2, which is "
             "Ybeam, not size - Ybeam"),
    Property("DENZO", "-denzo",
             "agrees: `Detector.beam_vector` is z for every convention but MOSFLM"),
    Property("custom vectors without -beam_vector", "-fdet_vector 0 0 1 -sdet_vector 0 -1 0",
             "agrees: as DENZO"),
    Property("curved detector", "-curved_det -oversample 1",
             "agrees: `_compute_curved_pixel_coords` starts at minus the beam and counts angles "
             "from the corner, as a sum of small angles"),
    Property("water", "-water 100",
             "in part: the background is added to the finished image, which leaves out solid angle "
             "and polarization, as these two names do"),
    Property("reciprocal cell", "-cell 70 80 90 75 85 95 -lambda 1 -oversample 1",
             "agrees: a*, b*, c* are regenerated with the volume of the rescaled a, b, c, not with "
             "that of the angles; the intensity of a parallelepiped has no part in it"),
    Property("resolution cut", "-dmin 5",
             "no: `stol` in 1/m is held against 0.5/dmin in 1/A, which drops everything; an image "
             "of 0 has many reasons"),
    Property("oversampled factors", "-oversample 2 -oversample_omega",
             "agrees: `intensity_all * omega_all`"),
    Property("interpolation", "-interpolate -oversample 1 -hkl TABLE",
             "`get_structure_factor` is given the nearest indices; one lookup outside switches it "
             "off for the whole image"),
    Property("wavelengths of a source file", "-sourcefile SOURCES",
             "agrees: `read_sourcefile` reads the column and takes -lambda"),
    Property("divergence and dispersion", "-dispersion 1 -dispsteps 3 -divergence 2 -hdivstep 0.5",
             "agrees: the round beam keeps h² + v² <= 1 only, without the margin of half a step"),
)  # fmt: skip


def main() -> None:
    """Print the page."""
    file = Path(sys.argv[1]) if sys.argv[1:] else _MATRIX
    print("# The public PyTorch port, as the tool sees it\n")
    print("Written by `python benchmarks/public_port.py > docs/public-port.md`, with "
          f"{NanobragTorch().build()['engine']} (commit dd7378d of 9 December 2025), float64 on "
          "the CPU. Each line: the brightest pixel and one far from it.\n")  # fmt: skip
    print(f"## {file.name}\n")
    rows = [_row(case["name"], case["args"]) for case in json.loads(file.read_text())]
    print(_counts(rows))
    print(tabulate(rows, headers=["line", "verdict", "what is said"], tablefmt="github"))
    print("\n## One property each\n")
    print(f"After `{_PLAIN}`; a later word wins.\n")
    with TemporaryDirectory() as folder:
        listed = [
            [f"{item.name} (`{item.flags}`)", *_row("", _with_files(item, Path(folder)))[1:],
             item.source]
            for item in _PROPERTIES
        ]  # fmt: skip
    headers = ["property", "verdict", "what is said", "what the port's source has"]
    print(tabulate(listed, headers=headers, tablefmt="github"))
    print("\n## Speed\n")
    print(_speed())


def _counts(rows: list[list[str]]) -> str:
    verdicts = [row[1] for row in rows]
    refused, parity = verdicts.count("refused"), verdicts.count("parity")
    return f"{len(rows)} lines: {parity} parity, {refused} refused, the others differ.\n"


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


def _row(name: str, flags: str) -> list[str]:
    """Return name, verdict and what the tool says of one line."""
    try:
        experiment = Experiment.from_nanobragg(shlex.split(flags))
        found = compare(experiment, list(_pixels(experiment)), "c", "nanobrag_torch")
    except BridgeError as error:
        return [name, "refused", str(error)]
    if found:
        return [name, "parity", ""]
    return [name, "differs", _said(found)]


def _pixels(experiment: Experiment) -> Iterator[tuple[int, int]]:
    image = CCore().frame(experiment).image
    slow, fast = np.unravel_index(int(image.argmax()), image.shape)
    yield int(slow), int(fast)
    yield image.shape[0] // 4, image.shape[1] // 8


def _said(found: Parity) -> str:
    """Return what the tool says, and the first differing figure where that does not name it."""
    first, finding = found.first_divergence, found.finding
    sentence = "" if finding is None else finding.sentence.replace("|", "\\|")
    figure = "" if first is None else f"`{first.tap}.{first.field}`"
    return sentence if figure in sentence else f"{figure}: {sentence}"


def _speed() -> str:
    """Return the CPU time of the port alone and of the engine over it, least of several."""
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
    rows = [[name, f"{1000 * _cpu_seconds(job):.0f}"] for name, job in jobs.items()]
    headers = ["256 x 256 pixels, oversample 2", "CPU ms"]
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


def _cpu_seconds(job: Callable[[], object]) -> float:
    job()
    times = []
    for _ in range(7):
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
