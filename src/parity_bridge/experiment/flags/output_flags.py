"""The flags of the original program's output files, its printing, and those without effect (§8)."""

from __future__ import annotations

from parity_bridge.experiment.flags.flag import Flag, Value, ValueKind
from parity_bridge.experiment.flags.flag_makers import tuple_paths
from parity_bridge.experiment.flags.output_words import OUTPUTS, WITHOUT_EFFECT


def _output_flag(names: str, field_name: str, text: str, kind: ValueKind, **also: Value) -> Flag:
    name, *others = names.split()
    return Flag(
        name,
        text,
        (f"{OUTPUTS}.{field_name}",),
        kind=kind,
        spellings=(name, *others),
        also_sets={f"{OUTPUTS}.{each}": value for each, value in also.items()},
        written=False,
    )


def _output_switch(name: str, field_name: str, text: str, value: Value) -> Flag:
    return Flag(name, text, also_sets={f"{OUTPUTS}.{field_name}": value}, written=False)


def _idle_flag(names: str, values: int = 1) -> Flag:
    """Return a flag without effect on any image."""
    name, *others = names.split()
    path = f"{OUTPUTS}.{WITHOUT_EFFECT}.{name}"
    return Flag(
        name,
        "read, and without effect",
        (path,) * values,
        kind="text",
        spellings=(name, *others),
        also_sets={} if values else {path: True},
        written=False,
    )


_OUTPUT = (
    _output_flag("-floatfile -floatimage", "float_file", "file of the float image", "path"),
    _output_flag("-intfile -intimage", "int_file", "file of the integer image (§9)", "path"),
    _output_flag("-pgmfile -pgmimage", "pgm_file", "file of the PGM (§9)", "path", writes_pgm=True),
    _output_flag(
        "-noisefile -noiseimage",
        "noise_file",
        "file of the noise image (§10)",
        "path",
        writes_noise=True,
    ),
    _output_switch("-nopgm", "writes_pgm", "no PGM", value=False),
    _output_switch("-nonoise", "writes_noise", "no noise image", value=False),
    _output_flag("-scale", "scale", "photons to counts of the integer image", "number"),
    _output_flag(
        "-pgmscale", "pgm_scale", "photons to grey values of the PGM", "number", writes_pgm=True
    ),
    _output_flag("-adc", "adc", "counts added to every pixel", "number"),
    _output_flag("-seed", "seed", "seed of the noise", "integer"),
    _output_switch("-printout", "prints_pixels", "print every pixel", value=True),
    Flag(
        "-printout_pixel",
        "print the pixel FAST SLOW",
        tuple_paths(f"{OUTPUTS}.printed_pixel", 2),
        kind="integer",
        also_sets={f"{OUTPUTS}.prints_pixels": True},
        written=False,
    ),
    _output_switch("-progress", "shows_progress", "print the progress", value=True),
    _output_switch("-noprogress", "shows_progress", "print no progress", value=False),
)

_IDLE = (
    _idle_flag("-density -sample_den"),
    _idle_flag("-MW"),
    _idle_flag("-molec"),
    _idle_flag("-stol"),
    _idle_flag("-4stol"),
    _idle_flag("-Q"),
    _idle_flag("-stolout"),
    _idle_flag("-coherent", values=0),
)

OUTPUT_FLAGS = (*_OUTPUT, *_IDLE)
