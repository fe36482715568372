"""Slips of where the detector stands: its pivot, its 2θ axis, and its beam centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity_bridge.experiment.beam_centre import with_plain_beam_centre
from parity_bridge.explain.custom_geometry import (
    convention_axes,
    default_beam_centre,
    detector_edges,
    own_pivot,
    pivoted_at_beam,
    pivoted_at_sample,
    written_out,
)
from parity_bridge.explain.experiment_changes import ExperimentSlip, change
from parity_bridge.explain.rotation_slips import rotation_matrix

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment, Vector

#: 2θ axis of custom geometry where none is given (contract §2).
_CUSTOM_TWOTHETA: Vector = (0.0, 1.0, 0.0)


def pivot(pivot: str) -> ExperimentSlip:
    """Return the slip that takes another pivot.

    A named convention sets its own, so it is written out as a custom one to give it the other.
    """

    def slip(experiment: Experiment) -> Experiment:
        detector = experiment.detector
        if detector.convention == "custom":
            return change("detector", pivot=pivot)(experiment)
        if pivot == own_pivot(detector):
            return experiment
        return pivoted_at_beam(experiment) if pivot == "beam" else pivoted_at_sample(experiment)

    return slip


def twotheta_about(axis: Vector) -> ExperimentSlip:
    """Return the slip that turns the detector by 2θ about ``axis``."""

    def slip(experiment: Experiment) -> Experiment:
        own = _twotheta_axis(experiment)
        opposite = tuple(-x for x in own)
        # About the opposite axis is the opposite sign, which is a slip of its own.
        if experiment.detector.twotheta == 0.0 or axis in (own, opposite):
            return experiment
        return _with_twotheta_axis(experiment, axis)

    return slip


def twotheta_before_rotations(experiment: Experiment) -> Experiment:
    """Turn the detector by 2θ first: about the axis that its rotations then carry along."""
    detector = experiment.detector
    if detector.twotheta == 0.0 or not any(detector.rotations):
        return experiment
    x, y, z = (rotation_matrix(detector.rotations) @ _twotheta_axis(experiment)).tolist()
    return _with_twotheta_axis(experiment, (x, y, z))


def _twotheta_axis(experiment: Experiment) -> Vector:
    detector = experiment.detector
    if detector.convention == "custom":
        return detector.vectors.twotheta or _CUSTOM_TWOTHETA
    return convention_axes(detector).twotheta or _CUSTOM_TWOTHETA


def _with_twotheta_axis(experiment: Experiment, axis: Vector) -> Experiment:
    custom = written_out(experiment)
    vectors = custom.detector.vectors.model_copy(update={"twotheta": axis})
    return change("detector", vectors=vectors)(custom)


def beam_centre_moved(pixels: float) -> ExperimentSlip:
    """Return the slip that adds ``pixels`` to both coordinates of MOSFLM's beam centre."""

    def slip(experiment: Experiment) -> Experiment:
        detector = with_plain_beam_centre(experiment.detector)
        if detector.convention != "mosflm":
            return experiment
        x, y = default_beam_centre(detector)
        x = x if detector.x_beam is None else detector.x_beam
        y = y if detector.y_beam is None else detector.y_beam
        moved = pixels * detector.pixel_size
        return change("detector", x_beam=x + moved, y_beam=y + moved, mask_beam_centre=None)(
            experiment
        )

    return slip


def centred_beam(experiment: Experiment) -> Experiment:
    """Take the middle of the detector for a beam centre that is not given."""
    detector = experiment.detector
    given = (detector.x_beam, detector.y_beam, detector.mask_beam_centre)
    if detector.convention not in ("mosflm", "denzo", "adxv") or given != (None, None, None):
        return experiment
    fast, slow = detector_edges(detector)
    half = detector.pixel_size / 2 if detector.convention == "mosflm" else 0.0
    x, y = (fast, slow) if detector.convention == "adxv" else (slow, fast)
    return change("detector", x_beam=x / 2 - half, y_beam=y / 2 - half)(experiment)


def distance_as_close(experiment: Experiment) -> Experiment:
    """Take -distance for the distance along the normal of the detector."""
    detector = experiment.detector
    if detector.close_distance is not None or not _may_tilt(experiment):
        return experiment
    return change("detector", close_distance=detector.distance)(experiment)


def close_as_distance(experiment: Experiment) -> Experiment:
    """Take -close_distance for the distance along the beam."""
    close = experiment.detector.close_distance
    if close is None or not _may_tilt(experiment):
        return experiment
    return change("detector", distance=close, close_distance=None)(experiment)


def _may_tilt(experiment: Experiment) -> bool:
    """Return whether the normal of the detector may differ from the beam, before 2θ."""
    return any(experiment.detector.rotations) or experiment.detector.convention == "custom"
