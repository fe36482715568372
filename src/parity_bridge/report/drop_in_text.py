"""What ``pb-nanobragg`` prints: what was derived, blocks of pixels, files.

The lines that name counts of pixels and steps, and the block of a pixel, are laid out as the
engine ``nanobragg-program`` reads them, which is how the original program prints them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity_bridge.bridge.printed_pixels import PrintedPixel
    from parity_bridge.engines.c_core.finished_image import FinishedImage
    from parity_bridge.experiment.hkl_table import HklTable
    from parity_bridge.experiment.model import Sampling

_FACTORS = ("thick", "polar", "omega")


def setup_lines(setup: Any, sampling: Sampling, table: HklTable) -> Iterator[str]:
    """Yield what a ``pb_setup *`` holds: detector, crystal, beam, then the steps of every loop."""
    yield from _detector_lines(setup.detector)
    yield from _crystal_lines(setup.crystal, table)
    yield f"wavelength {_number(setup.beam.lambda0 * 1e10)} A, fluence {setup.beam.fluence:g} /m^2"
    yield from _step_lines(setup, sampling)


def pixel_lines(pixel: PrintedPixel) -> Iterator[str]:
    """Yield the block of one pixel."""
    (slow, fast), totals = pixel.pixel, pixel.totals
    yield f"{fast:4d} {slow:4d} : stol = {pixel.stol:g} or {pixel.sine_by_lambda0 * 1e-10:g}"
    yield "at {:g} {:g} {:g}".format(*pixel.position)
    yield "hkl= {:f} {:f} {:f}  hkl0= {:d} {:d} {:d}".format(*pixel.hkl, *pixel.hkl0)
    yield f" F_cell={pixel.F_cell:g}  F_latt={pixel.F_latt:g}   I = {totals['I']:g}"
    yield f"I/steps {totals['I_per_step']:15.10g}"
    yield f"polar   {totals['polar']:15.10g}"
    yield f"omega   {totals['omega']:15.10g}"
    yield f"capfrac {totals['capture']:15.10g}"
    yield f"pixel   {totals['image']:15.10g}"


def image_line(image: FinishedImage) -> str:
    """Return the statistics of the region of interest, photons (contract §9)."""
    numbers = image.statistics
    where = (
        ""
        if numbers.max_pixel is None
        else " at pixel {} {} (slow, fast)".format(*numbers.max_pixel)
    )
    return (
        f"largest {numbers.max:g}{where}, mean {numbers.mean:g}, rms {numbers.rms:g}, "
        f"deviation {numbers.rmsd:g} photons"
    )


def _detector_lines(detector: Any) -> Iterator[str]:
    fast, slow = detector.pixels
    yield (
        f"  distance={detector.distance:g} detsize={detector.detsize[0]:g}x"
        f"{detector.detsize[1]:g}  pixel={detector.pixel_size:g} meters ({fast}x{slow} pixels)"
    )
    yield f"  sensor is {detector.thick.range:g} m thick in {detector.thick.steps} layers"
    for name in ("fast", "slow", "odet", "beam", "polar", "spindle", "pix0"):
        yield f"{name:8}{_vector(getattr(detector, name))}"
    yield "region of interest: fast {} to {}, slow {} to {}".format(*detector.roi)


def _crystal_lines(crystal: Any, table: HklTable) -> Iterator[str]:
    for name in ("a0", "b0", "c0"):
        yield f"{name:8}{_vector(getattr(crystal, name), 1e10)} A"
    cells = " x ".join(f"{count:g}" for count in crystal.cells)
    yield f"volume {crystal.V_cell:g} A^3, {cells} cells"
    source = f"{table.entries} from {table.file}" if table.file else "none from a file"
    yield f"structure factors: {source}, {table.default_F:g} elsewhere"


def _step_lines(setup: Any, sampling: Sampling) -> Iterator[str]:
    crystal, phi = setup.crystal, setup.phi
    spread = math.degrees(crystal.mosaic_spread)
    start, end = math.degrees(setup.phi0), math.degrees(setup.phi0 + phi.range)
    yield f"  {setup.source_count} sources"
    yield f"  {crystal.domains} mosaic domains over mosaic spread of {spread:g} degrees"
    yield f"  {phi.steps} phi steps from {start:g} to {end:g} degrees"
    factors = "".join(f" +{name}" for name in _FACTORS if getattr(sampling, f"oversample_{name}"))
    yield f"  {setup.oversample}x{setup.oversample} pixel oversample steps{factors}"


def _vector(vector: Any, factor: float = 1.0) -> str:
    return " ".join(_number(factor * part) for part in (vector.x, vector.y, vector.z))


def _number(value: float) -> str:
    return f"{value:.8g}"
