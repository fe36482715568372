"""What a command line says of the original program's own output files and printing (§8 to §10)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

#: Begins the paths of these fields in the table of flags.
OUTPUTS = "outputs"

#: Values of words that have no effect on any image go here.
WITHOUT_EFFECT = "without_effect"


@dataclass(frozen=True)
class OutputWords:
    """Files, scales and seeds as the original program understands them; no figure depends on them.

    Only ``pb-nanobragg`` acts on them.
    """

    float_file: Path = Path("floatimage.bin")
    int_file: Path = Path("intimage.img")
    pgm_file: Path = Path("image.pgm")
    noise_file: Path = Path("noiseimage.img")
    writes_pgm: bool = True
    writes_noise: bool = True
    #: Photons to counts of the integer image; not positive: chosen by the program (§9).
    scale: float = 0.0
    #: Photons to grey values of the PGM; not positive: chosen by the program (§9).
    pgm_scale: float = 0.0
    #: Counts added to every pixel of the integer and the noise image.
    adc: float = 40.0
    #: Seed of the noise; ``None`` takes the time (§10).
    seed: int | None = None
    shows_progress: bool = False
    prints_pixels: bool = False
    #: The one pixel, fast and slow, that is printed; ``None`` is every pixel.
    printed_pixel: tuple[int, int] | None = None

    @classmethod
    def of_fields(cls, settings: dict[str, Any]) -> OutputWords:
        """Return the words whose fields have the paths ``outputs.NAME`` among ``settings``."""
        values = {
            field.name: settings[path]
            for field in fields(cls)
            if (path := f"{OUTPUTS}.{field.name}") in settings
        }
        pixel = [settings.get(f"{OUTPUTS}.printed_pixel.{place}") for place in (0, 1)]
        if None not in pixel:
            values["printed_pixel"] = tuple(pixel)
        return cls(**values)
