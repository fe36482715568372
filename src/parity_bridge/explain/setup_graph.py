"""The setup in causal order: what is computed together, from what, and what may have caused it.

Fields are those of ``taps.derived``. A step is computed from earlier steps and from what was given
(contract §1 to §4). Some of what it is computed from is recorded only at its end: the beam centre
is read off ``pix0_vector`` again, a volume is that of its own vectors. A cause is a field, or
several, that the step may have been computed from as the other side has it.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Prefix of what ``pix0_vector`` is computed from, where the same name is read off it again.
CENTRE = "centre_"
#: Prefix of the volume with which a*, b* and c* are regenerated, and nothing before them.
REGENERATED = "regenerated_"


@dataclass(frozen=True)
class Cause:
    """Fields that one mistake would make wrong, and the role in which they are given.

    The prefix is that of a name that ``given_setup`` takes.
    """

    fields: tuple[str, ...]
    prefix: str = ""


@dataclass(frozen=True)
class SetupStep:
    """Fields that are computed together."""

    #: What they are, in words.
    part: str
    fields: tuple[str, ...]
    #: Fields of earlier steps.
    computed_from: tuple[str, ...] = ()
    #: In the order in which they are preferred where several suffice; empty: each field is one.
    causes: tuple[Cause, ...] = ()

    @property
    def possible_causes(self) -> tuple[Cause, ...]:
        """What may have caused a difference here."""
        return self.causes or tuple(Cause((name,)) for name in self.fields)


def _each(part: str, fields: tuple[str, ...], *computed_from: str) -> tuple[SetupStep, ...]:
    """Return a step for each of several fields that do not depend on each other."""
    return tuple(SetupStep(part, (name,), computed_from) for name in fields)


_COUNTS, _AXES, _PLACE = "pixel counts", "axes of the detector", "position of the detector"
_CELL, _SIZE, _DOMAINS = "cell and its setting", "size of the crystal", "mosaic domains"
_BEAM, _SPINDLE, _SENSOR = "beam", "phi steps", "sensor layers"
_DETECTOR_AXES = ("fdet_vector", "sdet_vector", "odet_vector")
_READ_OFF = ("Fclose", "Sclose", "close_distance", "distance", "Fbeam", "Sbeam")
_VECTORS = ("a_star", "b_star", "c_star", "a0", "b0", "c0")

#: In the order in which the contract derives them: §2, §1, §3, §4, §6.
SETUP_STEPS = (
    SetupStep(_COUNTS, ("pixel_size",)),
    SetupStep(_COUNTS, ("fpixels", "detsize_f"), ("pixel_size",)),
    SetupStep(_COUNTS, ("spixels", "detsize_s"), ("pixel_size",)),
    *_each(
        "axes of beam, polarization, spindle and 2θ",
        ("beam_vector", "polar_vector", "spindle_vector", "twotheta_axis"),
    ),
    *_each(_AXES, _DETECTOR_AXES, "twotheta_axis"),
    SetupStep(
        _PLACE,
        ("pix0_vector", *_READ_OFF),
        ("pixel_size", "detsize_f", "detsize_s", "beam_vector", "twotheta_axis", *_DETECTOR_AXES),
        (
            Cause(("Fbeam", "Sbeam"), CENTRE),
            Cause(("Fclose", "Sclose"), CENTRE),
            Cause(("distance",), CENTRE),
            Cause(("close_distance",), CENTRE),
            Cause(("pix0_vector",)),
            *(Cause((name,)) for name in _READ_OFF),
        ),
    ),
    SetupStep(_BEAM, ("lambda0",)),
    SetupStep(_BEAM, ("fluence",)),
    SetupStep(_BEAM, ("I_bg",), ("fluence",)),
    SetupStep(
        _CELL,
        ("V_cell", *_VECTORS),
        ("lambda0",),
        (
            Cause(("V_cell",)),
            Cause(("V_cell",), REGENERATED),
            *(Cause((name,)) for name in _VECTORS),
        ),
    ),
    SetupStep(_SIZE, ("Na",), ("a0",)),
    SetupStep(_SIZE, ("Nb",), ("b0",)),
    SetupStep(_SIZE, ("Nc",), ("c0",)),
    SetupStep(_DOMAINS, ("mosaic_spread",)),
    SetupStep(_DOMAINS, ("mosaic_domains",), ("mosaic_spread",)),
    SetupStep(_DOMAINS, ("mosaic_umats",), ("mosaic_spread", "mosaic_domains")),
    SetupStep(_SPINDLE, ("phi0",)),
    SetupStep(_SPINDLE, ("osc", "phistep", "phisteps")),
    SetupStep(_SENSOR, ("detector_thick", "detector_thickstep", "detector_thicksteps")),
    SetupStep(_SENSOR, ("detector_mu",), ("detector_thick",)),
    SetupStep(
        "subpixels",
        ("oversample",),
        ("pixel_size", "distance", "lambda0", "a0", "b0", "c0", "Na", "Nb", "Nc"),
    ),
    SetupStep("subpixels", ("subpixel_size",), ("pixel_size", "oversample")),
    SetupStep(
        "sources",
        ("sources", "source_list"),
        ("beam_vector", "polar_vector", "lambda0"),
        (Cause(("source_list",)),),
    ),
    SetupStep(
        "number of steps",
        ("steps",),
        ("source_list", "mosaic_domains", "mosaic_umats", "phisteps", "oversample"),
    ),
    SetupStep("interpolation", ("interpolate",)),
)
