"""A named convention written out as a custom one, so that one thing about it can be changed."""

from __future__ import annotations

from parity_bridge.experiment.beam_centre import with_plain_beam_centre
from parity_bridge.experiment.model import Detector, DetectorVectors, Experiment
from parity_bridge.explain.experiment_changes import change

_BEAM_PIVOTED = ("mosflm", "denzo", "adxv")


def own_pivot(detector: Detector) -> str:
    """Return the pivot in force: that of the convention, or that of custom geometry."""
    if detector.convention == "custom":
        return detector.pivot
    return "beam" if detector.convention in _BEAM_PIVOTED else "sample"


def written_out(experiment: Experiment) -> Experiment:
    """Return the same geometry in the custom convention, to the rounding of its beam centre."""
    detector = experiment.detector
    if detector.convention == "custom":
        return experiment
    if own_pivot(detector) == "sample":
        return pivoted_at_sample(experiment)
    detector = with_plain_beam_centre(detector)
    fast, slow = beam_centre(detector)
    return change(
        "detector", convention="custom", vectors=convention_axes(detector), pivot="beam",
        x_beam=fast, y_beam=slow, mask_beam_centre=None,
    )(experiment)  # fmt: skip


def beam_centre(detector: Detector) -> tuple[float, float]:
    """Return Fbeam and Sbeam of a convention that pivots about the beam, mm (contract §2)."""
    _, slow = detector_edges(detector)
    x, y = default_beam_centre(detector)
    x = x if detector.x_beam is None else detector.x_beam
    y = y if detector.y_beam is None else detector.y_beam
    if detector.convention == "adxv":
        return x, slow - y
    half = detector.pixel_size / 2 if detector.convention == "mosflm" else 0.0
    return y + half, x + half


def default_beam_centre(detector: Detector) -> tuple[float, float]:
    """Return Xbeam and Ybeam where none are given, of a convention that pivots about the beam."""
    fast, slow = detector_edges(detector)
    pixel = detector.pixel_size
    if detector.convention == "adxv":
        return (fast + pixel) / 2, (slow - pixel) / 2
    return (slow + pixel) / 2, (fast + pixel) / 2


def convention_axes(detector: Detector) -> DetectorVectors:
    """Return the axes of a named convention (contract §2)."""
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


def pivoted_at_sample(experiment: Experiment) -> Experiment:
    """Write the convention out as a custom one that pivots about the sample.

    Custom geometry takes its close point from the beam centre, so the convention's close point is
    given as the beam centre.
    """
    detector = experiment.detector
    close_fast, close_slow = _close_point(detector)
    return change(
        "detector", convention="custom", vectors=convention_axes(detector), pivot="sample",
        x_beam=close_fast, y_beam=close_slow, mask_beam_centre=None,
    )(experiment)  # fmt: skip


def pivoted_at_beam(experiment: Experiment) -> Experiment:
    """Write a convention that pivots about the sample out as a custom one that does not."""
    detector = with_plain_beam_centre(experiment.detector)
    fast, slow = _close_point(detector)
    beam_fast = next(x for x in (detector.x_beam, detector.x_close, fast) if x is not None)
    beam_slow = next(y for y in (detector.y_beam, detector.y_close, slow) if y is not None)
    return change(
        "detector", convention="custom", vectors=convention_axes(detector), pivot="beam",
        x_beam=beam_fast, y_beam=beam_slow, mask_beam_centre=None,
    )(experiment)  # fmt: skip


def _close_point(detector: Detector) -> tuple[float, float]:
    """Return Fclose and Sclose, mm, before any rotation (contract §2)."""
    fast, slow = (edge / 2 for edge in detector_edges(detector))
    if detector.org_x is not None:
        fast = (detector.org_x - 0.5) * detector.pixel_size
    if detector.org_y is not None:
        slow = (detector.org_y - 0.5) * detector.pixel_size
    return fast, slow


def detector_edges(detector: Detector) -> tuple[float, float]:
    """Return the edges of the detector along fast and slow, mm."""
    fast, slow = detector.detsize_fast, detector.detsize_slow
    if detector.pixels_fast is not None:
        fast = detector.pixel_size * detector.pixels_fast
    if detector.pixels_slow is not None:
        slow = detector.pixel_size * detector.pixels_slow
    return fast, slow
