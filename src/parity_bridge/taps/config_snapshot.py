"""Tap 1, ``config_snapshot``: what was given and what an engine derived (contract §1-§5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.experiment.nanobragg_flags import given_flags
from parity_bridge.files.schema import Count, Number, Schema, Vector
from parity_bridge.taps.schema import Record
from parity_bridge.taps.tap_data import TapData

if TYPE_CHECKING:
    from parity_bridge.taps.observation import Observation, Quantity

Matrix = tuple[Number, Number, Number, Number, Number, Number, Number, Number, Number]


class StateSnapshot(Schema):
    """What the run carried into this pixel (contract §5, §6)."""

    interpolation_on: bool
    swept: bool
    polar_axis: Vector


class Derived(Schema):
    """The figures of ``taps.derived``: metres, radians, reciprocal vectors in 1/Å."""

    fpixels: Count
    spixels: Count
    pixel_size: Number
    subpixel_size: Number
    detsize_f: Number
    detsize_s: Number
    beam_vector: Vector
    fdet_vector: Vector
    sdet_vector: Vector
    odet_vector: Vector
    polar_vector: Vector
    spindle_vector: Vector
    twotheta_axis: Vector
    pix0_vector: Vector
    distance: Number
    close_distance: Number
    Fbeam: Number
    Sbeam: Number
    Fclose: Number
    Sclose: Number
    a_star: Vector
    b_star: Vector
    c_star: Vector
    V_cell: Number
    a0: Vector
    b0: Vector
    c0: Vector
    Na: Number
    Nb: Number
    Nc: Number
    mosaic_spread: Number
    mosaic_domains: Count
    lambda0: Number
    fluence: Number
    I_bg: Number
    sources: Count
    phi0: Number
    phistep: Number
    phisteps: Count
    osc: Number
    detector_thick: Number
    detector_thickstep: Number
    detector_thicksteps: Count
    detector_mu: Number
    oversample: Count
    steps: Count
    interpolate: Count
    #: Direction (unit vector), weight and wavelength (m) of each source.
    source_list: tuple[tuple[Number, Number, Number, Number, Number], ...]
    #: Rotation matrix of each mosaic domain, row by row.
    mosaic_umats: tuple[Matrix, ...]


_WHOLE = {name for name, field in Derived.model_fields.items() if field.annotation is int}


class ConfigValues(Schema):
    """Everything that does not depend on the pixel, and the state in which the pixel began."""

    #: nanoBragg flag -> its values, files left out: their content is compared.
    nanobragg_flags: dict[str, str]
    structure_factors: HklTable
    state: StateSnapshot
    derived: Derived


class ConfigRecord(Record):
    """The envelope of Tap 1."""

    tap_id: Literal["config_snapshot"] = "config_snapshot"
    values: ConfigValues
    timestamp_utc: str


def extract(observation: Observation) -> TapData:
    """Extract what was given, and what the engine derived from it."""
    state = observation.state
    return TapData(
        {
            "nanobragg_flags": dict(given_flags(observation.experiment)),
            "structure_factors": observation.hkl_table.model_dump(),
            "state": {
                "interpolation_on": state.interpolation_on,
                "swept": state.swept,
                "polar_axis": tuple(state.polar_axis),
            },
            "derived": {
                name: value if name in _WHOLE else _as_floats(value)
                for name, value in observation.derived.items()
            },
        }
    )


def _as_floats(value: Quantity) -> Any:
    """Return it as the record holds it: tuples for lists, floats for whole numbers."""
    if isinstance(value, int | float):
        return float(value)
    return tuple(_as_floats(item) for item in value)
