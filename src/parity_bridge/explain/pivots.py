"""Slips of the detector's pivot.

A named convention sets its own pivot, so it is written out as a custom one to give it the other.
"""

from __future__ import annotations

from parity_bridge.experiment.beam_centre import with_plain_beam_centre
from parity_bridge.experiment.model import Detector, DetectorVectors, Experiment
from parity_bridge.explain.experiment_changes import ExperimentSlip, change


def pivot(pivot: str) -> ExperimentSlip:
    """Return the slip that takes another pivot."""

    def slip(experiment: Experiment) -> Experiment:
        detector = experiment.detector
        if detector.convention == "custom":
            return change("detector", pivot=pivot)(experiment)
        own = "sample" if detector.convention in ("xds", "dials") else "beam"
        if pivot == own:
            return experiment
        return _pivoted_at_beam(experiment) if pivot == "beam" else _pivoted_at_sample(experiment)

    return slip


def _convention_axes(detector: Detector) -> DetectorVectors:
    x, y, z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    down = (0.0, -1.0, 0.0)
    if detector.convention in ("mosflm", "denzo"):
        return DetectorVectors(
            fast=z, slow=down, odet=x, beam=x, polarization=z, spindle=z, twotheta=(0.0, 0.0, -1.0)
        )
    if detector.convention == "adxv":
        return DetectorVectors(
            fast=x, slow=down, odet=z, beam=z, polarization=x, spindle=x, twotheta=(-1.0, 0.0, 0.0)
        )
    axis = x if detector.convention == "xds" else y
    return DetectorVectors(
        fast=x, slow=y, odet=z, beam=z, polarization=axis, spindle=axis, twotheta=axis
    )


def _pivoted_at_sample(experiment: Experiment) -> Experiment:
    """Write the convention out as a custom one that pivots about the sample.

    Custom geometry takes its close point from the beam centre, so the convention's close point is
    given as the beam centre.
    """
    detector = experiment.detector
    fast, slow = _detector_edges(detector)
    close_fast = detector.x_close if detector.x_close is not None else fast / 2
    close_slow = detector.y_close if detector.y_close is not None else slow / 2
    return change(
        "detector", convention="custom", vectors=_convention_axes(detector), pivot="sample",
        x_beam=close_fast, y_beam=close_slow, mask_beam_centre=None,
    )(experiment)  # fmt: skip


def _pivoted_at_beam(experiment: Experiment) -> Experiment:
    detector = with_plain_beam_centre(experiment.detector)
    fast, slow = _detector_edges(detector)
    beam_fast = next(x for x in (detector.x_beam, detector.x_close, fast / 2) if x is not None)
    beam_slow = next(y for y in (detector.y_beam, detector.y_close, slow / 2) if y is not None)
    return change(
        "detector", convention="custom", vectors=_convention_axes(detector), pivot="beam",
        x_beam=beam_fast, y_beam=beam_slow, mask_beam_centre=None,
    )(experiment)  # fmt: skip


def _detector_edges(detector: Detector) -> tuple[float, float]:
    """Return the edges of the detector along fast and slow, mm."""
    fast, slow = detector.detsize_fast, detector.detsize_slow
    if detector.pixels_fast is not None:
        fast = detector.pixel_size * detector.pixels_fast
    if detector.pixels_slow is not None:
        slow = detector.pixel_size * detector.pixels_slow
    return fast, slow
