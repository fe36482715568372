"""The quantities of an experiment that an intensity can be differentiated by, in the flags' units.

One table: both engines, the command line and the documentation take names and units from it. A
parameter that an experiment does not have, or at which the intensity jumps, says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity_bridge.errors import UsageError

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment

#: Why an experiment cannot be differentiated by a parameter; None where it can.
Obstacle = Callable[["Experiment"], str | None]

_ENTRY = re.compile(r"F\((-?\d+),(-?\d+),(-?\d+)\)")


@dataclass(frozen=True)
class Parameter:
    """One quantity: its name, what it is, and the unit that derivatives are per."""

    name: str
    what: str
    unit: str
    flag: str
    obstacle: Obstacle

    @property
    def entry(self) -> tuple[int, int, int] | None:
        """Miller index of a table entry; None for any other parameter."""
        match = _ENTRY.fullmatch(self.name)
        return None if match is None else (int(match[1]), int(match[2]), int(match[3]))


def parameter(name: str) -> Parameter:
    """Return the parameter of this name; raise UsageError for a name that does not exist.

    ``F(1,-2,3)`` is the entry of the table of structure factors at h k l = 1 -2 3.
    """
    if _ENTRY.fullmatch(name):
        return Parameter(name, f"structure factor {name[1:]}", "electrons", "-hkl", _no_table)
    if name not in PARAMETERS:
        raise UsageError(
            f"there is no parameter {name!r}; choose from {', '.join(PARAMETERS)} or a structure "
            "factor such as F(1,-2,3)"
        )
    return PARAMETERS[name]


def differentiable(experiment: Experiment) -> tuple[Parameter, ...]:
    """Return every parameter of the table that the experiment can be differentiated by."""
    return tuple(item for item in PARAMETERS.values() if item.obstacle(experiment) is None)


def chosen_parameters(experiment: Experiment, names: Sequence[str]) -> tuple[Parameter, ...]:
    """Return the parameters of these names, or with ``all`` every one there is.

    Raise UsageError for an unknown name, and for one that the experiment cannot be differentiated
    by, with the reason.
    """
    if "all" in names:
        return differentiable(experiment)
    chosen = tuple(parameter(name) for name in dict.fromkeys(names))
    for item in chosen:
        reason = item.obstacle(experiment)
        if reason is not None:
            raise UsageError(f"no derivative by {item.name}: {reason}")
    return chosen


def beam_centre_fields(experiment: Experiment) -> tuple[str | None, str | None]:
    """Return which fields of ``Detector`` give the beam centre, x and y; None where none is given.

    ``mask_beam_centre`` is the header of a mask (contract §8).
    """
    detector = experiment.detector
    by_origin = detector.convention in ("xds", "dials")
    candidates: tuple[str, ...] = ("org",) if by_origin else ("beam",)
    if detector.convention == "custom":
        candidates = ("beam", "close", "org")

    def given(axis: str) -> str | None:
        names = [f"org_{axis}" if kind == "org" else f"{axis}_{kind}" for kind in candidates]
        return next((name for name in names if getattr(detector, name) is not None), None)

    has_mask = detector.mask_beam_centre is not None and not by_origin
    return given("x"), "mask_beam_centre" if has_mask else given("y")


def _none(_experiment: Experiment) -> None:
    """Every experiment has such a parameter."""


def _no_table(experiment: Experiment) -> str | None:
    factors = experiment.structure_factors
    return None if factors.hkl or factors.dump else "no table is given; give -hkl"


def _no_cell_value(name: str) -> Obstacle:
    def obstacle(experiment: Experiment) -> str | None:
        cell = experiment.crystal.cell
        if experiment.crystal.matrix is not None or cell is None:
            return "the orientation matrix gives the cell"
        if getattr(cell, name) is None:
            return f"-cell does not give {name}; give all six values"
        return None

    return obstacle


def _no_matrix(experiment: Experiment) -> str | None:
    return None if experiment.crystal.matrix is not None else "-cell gives the cell; give -mat"


def _random_misset(experiment: Experiment) -> str | None:
    is_random = experiment.crystal.random_misset_seed is not None
    return "the orientation is a random one" if is_random else None


def _jump_at_phi_0(experiment: Experiment) -> str | None:
    sampling = experiment.sampling
    sweeps = sampling.oscillation.range is not None or sampling.oscillation.step is not None
    if sampling.phi == 0.0 and sweeps:
        return (
            "a spindle angle of exactly 0 keeps the last rotation (contract §6), so that the "
            "intensity jumps there; begin at another angle"
        )
    return None


def _not_given(flag: str, value: Callable[[Experiment], float | None]) -> Obstacle:
    """Require a value that is given and, as it counts as not given there, not 0."""

    def obstacle(experiment: Experiment) -> str | None:
        return None if value(experiment) else f"{flag} is not given"

    return obstacle


def _distance(experiment: Experiment) -> str | None:
    given = experiment.detector.close_distance is not None
    return "-close_distance takes its place" if given else None


def _fluence(experiment: Experiment) -> str | None:
    given = experiment.beam.flux != 0.0
    return "-flux, -exposure and -beamsize give it" if given else None


def _sources_listed(flag: str, value: Callable[[Experiment], float | None]) -> Obstacle:
    def obstacle(experiment: Experiment) -> str | None:
        if experiment.beam.source_file is not None:
            return "-sourcefile gives the sources"
        return None if value(experiment) else f"{flag} is not given"

    return obstacle


def _counted_cells(axis: int) -> Obstacle:
    def obstacle(experiment: Experiment) -> str | None:
        if experiment.crystal.sample_size[axis] > 0.0:
            return "a whole number of cells is chosen from the size of the sample"
        if experiment.crystal.cells[axis] <= 1:
            return "there is one cell, and fewer count as one"
        return None

    return obstacle


def _no_beam_centre(axis: int) -> Obstacle:
    def obstacle(experiment: Experiment) -> str | None:
        given = beam_centre_fields(experiment)[axis]
        return None if given else "no beam centre is given; the middle of the detector is taken"

    return obstacle


def _fixed_spindle(experiment: Experiment) -> str | None:
    if experiment.detector.convention == "custom" and experiment.detector.vectors.spindle:
        return None
    return "the convention fixes the spindle axis; give -spindle_axis"


def _table() -> dict[str, Parameter]:
    rows = [
        *(
            (f"cell_{name}", f"unit cell {name}", "Å", "-cell", _no_cell_value(name))
            for name in ("a", "b", "c")
        ),
        *(
            (f"cell_{name}", f"unit cell {name}", "degrees", "-cell", _no_cell_value(name))
            for name in ("alpha", "beta", "gamma")
        ),
        *(
            (f"matrix_{row}{column}", f"row {row}, column {column} of the matrix", "1", "-mat",
             _no_matrix)
            for row in (1, 2, 3) for column in (1, 2, 3)
        ),
        *(
            (f"misset_{axis}", f"misset angle about {axis}", "degrees", "-misset", _random_misset)
            for axis in "xyz"
        ),
        *(
            (f"N{name}", f"cells along {name}", "cells", f"-N{name}", _counted_cells(axis))
            for axis, name in enumerate("abc")
        ),
        ("fudge", "scale of the shape factor", "1", "-fudge", _none),
        ("water", "thickness of the water", "µm", "-water", _none),
        ("mosaic_spread", "mosaic spread", "degrees", "-mosaic",
         _not_given("-mosaic", lambda e: e.crystal.mosaic_spread)),
        ("wavelength", "wavelength", "Å", "-lambda", _none),
        ("dispersion", "spread of the wavelength", "percent", "-dispersion",
         _sources_listed("-dispersion", lambda e: e.beam.dispersion)),
        ("hdivrange", "horizontal divergence", "mrad", "-hdivrange",
         _sources_listed("-hdivrange", lambda e: e.beam.horizontal_divergence.range)),
        ("vdivrange", "vertical divergence", "mrad", "-vdivrange",
         _sources_listed("-vdivrange", lambda e: e.beam.vertical_divergence.range)),
        ("polarization", "Kahn factor", "1", "-polar", _none),
        ("fluence", "fluence", "photons/m²", "-fluence", _fluence),
        ("flux", "flux", "photons/s", "-flux", _not_given("-flux", lambda e: e.beam.flux)),
        ("exposure", "exposure", "s", "-exposure", _not_given("-flux", lambda e: e.beam.flux)),
        ("beam_size", "size of the beam", "mm", "-beamsize",
         _not_given("-flux", lambda e: e.beam.flux)),
        ("distance", "distance", "mm", "-distance", _distance),
        ("close_distance", "shortest distance to the detector's plane", "mm", "-close_distance",
         _not_given("-close_distance", lambda e: e.detector.close_distance)),
        ("pixel_size", "edge of a pixel", "mm", "-pixel", _none),
        ("beam_x", "beam centre, first number", "mm or pixels", "-Xbeam, -Xclose, -ORGX",
         _no_beam_centre(0)),
        ("beam_y", "beam centre, second number", "mm or pixels", "-Ybeam, -Yclose, -ORGY",
         _no_beam_centre(1)),
        *(
            (f"rotation_{axis}", f"rotation of the detector about {axis}", "degrees",
             f"-detector_rot{axis}", _none)
            for axis in "xyz"
        ),
        ("twotheta", "2θ of the detector", "degrees", "-twotheta", _none),
        ("thickness", "thickness of the sensor", "µm", "-detector_thick",
         _not_given("-detector_thick", lambda e: e.detector.thickness)),
        ("attenuation_depth", "attenuation depth of the sensor", "µm", "-detector_abs",
         _not_given("-detector_abs", lambda e: e.detector.attenuation_depth)),
        ("phi", "spindle angle of the first step", "degrees", "-phi", _jump_at_phi_0),
        ("osc", "rotation about the spindle", "degrees", "-osc",
         _not_given("-osc", lambda e: e.sampling.oscillation.range)),
        *(
            (f"spindle_{axis}", f"spindle axis, {axis}", "1", "-spindle_axis", _fixed_spindle)
            for axis in "xyz"
        ),
        ("default_F", "structure factor without an entry", "electrons", "-default_F", _none),
    ]  # fmt: skip
    return {row[0]: Parameter(*row) for row in rows}


#: Name on the command line -> parameter, in the order of the contract; table entries beside them.
PARAMETERS = _table()
