"""Hypotheses that are slips of an input: mistakes that ports often make with what they are given.

A slip is not a behaviour of contract §7. Each slip listed here can be recognized from the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parity_bridge.experiment.model import Experiment
from parity_bridge.explain.experiment_changes import (
    ExperimentSlip,
    change,
    convention,
    negate,
    single_precision_angles,
    swapped_beam,
    unmirrored_adxv,
)
from parity_bridge.explain.explanation import Hypothesis
from parity_bridge.explain.geometry_slips import (
    beam_centre_moved,
    centred_beam,
    close_as_distance,
    distance_as_close,
    pivot,
    twotheta_about,
    twotheta_before_rotations,
)
from parity_bridge.explain.random_misset_slip import double_precision_misset
from parity_bridge.explain.rotation_slips import inverted, z_first
from parity_bridge.explain.sweep_slips import (
    counted_steps,
    divergence_shape,
    divided_range,
    steps_below,
    steps_to_both_ends,
    swapped_divergences,
)


def input_slips(experiment: Experiment) -> Iterator[tuple[Hypothesis, ExperimentSlip]]:
    """Yield every slip that changes the experiment."""
    for name, (does, slip) in _INPUT_SLIPS.items():
        try:
            changes = slip(experiment) != experiment
        except ValueError:
            # Such an experiment is not valid, so no port behaves as if it were given.
            continue
        if changes:
            yield Hypothesis(kind="slip of an input", name=name, does=does), slip


def apply_slips(experiment: Experiment, names: Sequence[str]) -> Experiment:
    """Apply the slips of these names to the experiment; names of other hypotheses are ignored."""
    for name in names:
        if name in _INPUT_SLIPS:
            experiment = _INPUT_SLIPS[name][1](experiment)
    return experiment


_INPUT_SLIPS: dict[str, tuple[str, ExperimentSlip]] = {
    "-misset negated": ("takes -misset with the opposite sign", negate("crystal", "misset")),
    "-misset left out": (
        "ignores -misset",
        change("crystal", misset=(0.0, 0.0, 0.0), random_misset_seed=None),
    ),
    "-misset z first": ("turns -misset about z first and x last", z_first("crystal", "misset")),
    "-misset inverted": (
        "turns the crystal by the inverse of -misset", inverted("crystal", "misset")
    ),
    "random misset in double precision": (
        "draws the random orientation in double precision", double_precision_misset
    ),
    "-fudge left out": ("ignores -fudge", change("crystal", fudge=1.0)),
    "-water left out": ("ignores -water", change("crystal", water=0.0)),
    "-mosaic left out": ("ignores -mosaic", change("crystal", mosaic_spread=None)),
    "-xtalsize left out": (
        "ignores the crystal's size in mm", change("crystal", sample_size=(0.0, 0.0, 0.0))
    ),
    "-polar negated": (
        "takes the Kahn factor with the opposite sign", negate("beam", "polarization")
    ),
    "-polar left out": ("ignores the Kahn factor", change("beam", polarization=0.0)),
    "-nopolar added": (
        "leaves the polarization factor out", change("beam", polarized=False)
    ),
    "-nopolar left out": ("ignores -nopolar", change("beam", polarized=True)),
    "-flux left out": ("ignores -flux", change("beam", flux=0.0)),
    "-square_div added": (
        "keeps the corners of the divergence", divergence_shape(is_round=False)
    ),
    "-square_div left out": (
        "takes the beam for a round one", divergence_shape(is_round=True)
    ),
    "divergences swapped": (
        "swaps the horizontal and the vertical divergence", swapped_divergences
    ),
    "divergence over its steps": (
        "divides the divergence by its steps, not by one less", divided_range
    ),
    "steps rounded down": (
        "rounds the number of steps of a sweep down", counted_steps(steps_below)
    ),
    "a step at both ends": (
        "has a step at both ends of a sweep", counted_steps(steps_to_both_ends)
    ),
    "-dispersion left out": ("ignores -dispersion", change("beam", dispersion=0.0)),
    "MOSFLM half pixel left out": (
        "leaves MOSFLM's half pixel out of the beam centre", convention("mosflm", "denzo")
    ),
    "MOSFLM half pixel added": (
        "adds MOSFLM's half pixel to the beam centre, which DENZO has not",
        convention("denzo", "mosflm"),
    ),
    "MOSFLM half pixel added twice": (
        "adds MOSFLM's half pixel to the beam centre twice", beam_centre_moved(0.5)
    ),
    "beam centre in the middle by default": (
        "takes the middle of the detector for the beam centre where none is given", centred_beam
    ),
    "-distance as -close_distance": (
        "takes -distance for the distance along the normal of the detector", distance_as_close
    ),
    "-close_distance as -distance": (
        "takes -close_distance for the distance along the beam", close_as_distance
    ),
    "-pivot sample": ("pivots the detector about the sample", pivot("sample")),
    "-pivot beam": ("pivots the detector about the beam", pivot("beam")),
    "-Xbeam and -Ybeam swapped": ("swaps -Xbeam and -Ybeam", swapped_beam),
    "-twotheta negated": (
        "takes -twotheta with the opposite sign", negate("detector", "twotheta")
    ),
    **{
        f"-twotheta about {name}": (f"turns the detector by 2θ about {name}", twotheta_about(axis))
        for name, axis in {
            "x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0),
            "-x": (-1.0, 0.0, 0.0), "-y": (0.0, -1.0, 0.0), "-z": (0.0, 0.0, -1.0),
        }.items()
    },
    "-twotheta before the rotations": (
        "turns the detector by 2θ before its rotations", twotheta_before_rotations
    ),
    "detector rotations z first": (
        "rotates the detector about z first and x last", z_first("detector", "rotations")
    ),
    "detector rotations inverted": (
        "rotates the detector by the inverse of its rotations", inverted("detector", "rotations")
    ),
    "detector rotations negated": (
        "rotates the detector with the opposite sign", negate("detector", "rotations")
    ),
    "detector rotations left out": (
        "does not rotate the detector", change("detector", rotations=(0.0, 0.0, 0.0))
    ),
    "detector angles in float32": (
        "has the angles of the detector in float32", single_precision_angles
    ),
    "ADXV not counted from the far edge": (
        "takes ADXV's Ybeam for the distance along slow", unmirrored_adxv
    ),
    "-curved_det added": ("takes the detector for a curved one", change("detector", curved=True)),
    "-curved_det left out": (
        "takes the detector for a flat one", change("detector", curved=False)
    ),
    "-point_pixel added": (
        "leaves pixel size and obliquity out of the solid angle",
        change("detector", point_pixel=True),
    ),
    "-point_pixel left out": ("ignores -point_pixel", change("detector", point_pixel=False)),
    "-detector_thick left out": (
        "ignores the sensor's thickness", change("detector", thickness=0.0)
    ),
    "-phi negated": ("takes -phi with the opposite sign", negate("sampling", "phi")),
    "-oversample_omega added": (
        "multiplies by the solid angle at every lookup", change("sampling", oversample_omega=True)
    ),
    "-oversample_omega left out": (
        "ignores -oversample_omega", change("sampling", oversample_omega=False)
    ),
    "-oversample_polar added": (
        "multiplies by the polarization factor at every lookup",
        change("sampling", oversample_polar=True),
    ),
    "-oversample_polar left out": (
        "ignores -oversample_polar", change("sampling", oversample_polar=False)
    ),
    "-oversample_thick added": (
        "multiplies by the captured fraction at every lookup",
        change("sampling", oversample_thick=True),
    ),
    "-oversample_thick left out": (
        "ignores -oversample_thick", change("sampling", oversample_thick=False)
    ),
    "-interpolate": ("always interpolates", change("sampling", interpolate=True)),
    "-nointerpolate": ("never interpolates", change("sampling", interpolate=False)),
    "-default_F left out": ("takes default_F for 0", change("structure_factors", default_F=0.0)),
    "-hkl and -dump left out": (
        "reads no structure factors", change("structure_factors", hkl=None, dump=None)
    ),
}  # fmt: skip


#: Names of all slips of inputs.
INPUT_SLIP_NAMES = frozenset(_INPUT_SLIPS)

#: Flags that give the C core a slip, where it consists in giving a default explicitly.
SLIP_FLAGS = {
    "-misset left out": "-misset 0 0 0",
    "-fudge left out": "-fudge 1",
    "-water left out": "-water 0",
    "-polar left out": "-polar 0",
    "-default_F left out": "-default_F 0",
    "-interpolate": "-interpolate",
    "-nointerpolate": "-nointerpolate",
}
