"""The file of a frame: float32 photons, or an integer image of them; its ending states which."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.c_core.finished_image import FinishedImage
from parity_bridge.engines.c_core.integer_images import (
    DEFAULT_ADC,
    integer_image,
    noise_image,
    pgm_image,
)
from parity_bridge.errors import UsageError
from parity_bridge.records.frame_metadata import IntegerFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment

#: Option -> the ending that it belongs to, and what it does there.
_OPTIONS = {
    "scale": (".img", "says what the photons are multiplied by"),
    "adc": (".img", "is added to every pixel"),
    "noise": (".img", "draws counts"),
    "pgmscale": (".pgm", "says what the photons are multiplied by"),
}


@dataclass(frozen=True)
class IntegerOptions:
    """How an integer image is made of the photons; None is the original program's default."""

    scale: float | None = None
    adc: float | None = None
    #: Seed of the noise; None: no noise.
    noise: int | None = None
    pgmscale: float | None = None

    def check(self, output: Path) -> None:
        """Raise UsageError for an option that has no meaning in the file ``output``."""
        for name, (ending, does) in _OPTIONS.items():
            if getattr(self, name) is not None and output.suffix != ending:
                raise UsageError(
                    f"--{name} {does} in a file that ends in {ending}, which {output.name} is not; "
                    f"leave --{name} out, or name {output.with_suffix(ending).name}"
                )
        if self.noise is not None and self.scale is not None:
            raise UsageError(
                "--noise counts photons, which no --scale multiplies; leave one of the two out"
            )


def encode_frame(
    output: Path, experiment: Experiment, image: NDArray[np.float32], options: IntegerOptions
) -> tuple[bytes, IntegerFile | None]:
    """Return the content of ``output``, and what was done to the photons where it holds integers.

    Raise as ``FinishedImage.of`` and ``integer_image``.
    """
    if output.suffix in (".img", ".pgm"):
        return _encode_integers(output, FinishedImage.of(experiment, image), options)
    floats = np.ascontiguousarray(image, dtype="<f4")
    if output.suffix == ".bin":
        return floats.tobytes(), None
    buffer = io.BytesIO()
    np.save(buffer, floats, allow_pickle=False)
    return buffer.getvalue(), None


def _encode_integers(
    output: Path, image: FinishedImage, options: IntegerOptions
) -> tuple[bytes, IntegerFile]:
    adc = DEFAULT_ADC if options.adc is None else options.adc
    about: dict[str, Any] = {"adc": adc}
    if output.suffix == ".pgm":
        made = pgm_image(image, scale=options.pgmscale)
        about = {"adc": 0.0}
    elif options.noise is None:
        made = integer_image(image, scale=options.scale, adc=adc)
    else:
        noisy = noise_image(image, seed=options.noise, adc=adc)
        about |= {"seed": options.noise, "photons": noisy.photons, "overloads": noisy.overloads}
        made = noisy
    statistics = image.statistics
    about |= {"mean": statistics.mean, "rms": statistics.rms, "rmsd": statistics.rmsd}
    return made.data, IntegerFile(scale=made.scale, **about)
