"""Defective ports that place the detector differently, or count its pixels."""

from __future__ import annotations

from pytest import MonkeyPatch  # noqa: PT013 - a type

from parity_bridge.engines.torch_port import detector
from tests.explain.edited_source import edited
from tests.explain.faults import PEPTIDE
from tests.explain.setup_fault import SIZED, TURNED, SetupFault


def reversed_axis(patch: MonkeyPatch) -> None:
    """The 2θ axis of MOSFLM with the opposite sign."""
    *before, _, polar, spindle = detector.CONVENTION_AXES["mosflm"]
    axes = (*before, detector.Z, polar, spindle)
    patch.setitem(detector.CONVENTION_AXES, "mosflm", axes)


_COUNT_UP = edited(
    detector, "_count_pixels", "math.ceil(exact_count)", "math.floor(exact_count + 1.0)"
)
#: About x, which is the normal of MOSFLM's detector.
_X_REVERSED = edited(
    detector,
    "_place_detector",
    "angles, twotheta = (rx,",
    "angles, twotheta = (None if rx is None else -rx,",
)

DETECTOR_FAULTS = (
    SetupFault(
        "2θ axis of MOSFLM",
        TURNED,
        reversed_axis,
        {"twotheta_axis": "the opposite sign"},
        ("sdet_vector", "odet_vector", "pix0_vector"),
    ),
    SetupFault(
        "pixel count rounded up",
        f"{SIZED} -detsize 64.5",
        _COUNT_UP,
        {"fpixels": "exactly 1 more", "spixels": "exactly 1 more"},
    ),
    SetupFault(
        "pixel count of a rounded size",
        f"{SIZED} -detsize 64.4",
        edited(
            detector,
            "_count_pixels",
            "exact_count = detsize",
            "detsize = pixel * math.ceil(detsize / pixel); exact_count = detsize",
        ),
        {"fpixels": "exactly 1 more", "spixels": "exactly 1 more"},
    ),
    SetupFault(
        "size not from the count",
        f"{PEPTIDE} -detsize 70",
        edited(
            detector,
            "_count_pixels",
            "units.metres(detsize_mm) if count is None else pixel * count",
            "units.metres(detsize_mm)",
        ),
        {
            "detsize_f": "1.09375 times the reference's",
            "detsize_s": "1.09375 times the reference's",
        },
    ),
    SetupFault(
        "beam centre swapped",
        f"{PEPTIDE} -Xbeam 30 -Ybeam 36",
        edited(
            detector,
            "_beam_centre",
            "Centre(y + 0.5 * pixel, x + 0.5 * pixel,",
            "Centre(x + 0.5 * pixel, y + 0.5 * pixel,",
        ),
        {"Fbeam": "the reference's `Sbeam`", "Sbeam": "the reference's `Fbeam`"},
        ("pix0_vector", "Fclose"),
    ),
    SetupFault(
        "half a pixel along fast",
        TURNED,
        edited(detector, "_beam_centre", "Centre(y + 0.5 * pixel, x", "Centre(y, x"),
        {"Fbeam": "exactly a subpixel or half a pixel, 5e-4 m, less"},
    ),
    SetupFault(
        "ratio inverted",
        TURNED,
        edited(detector, "_place_detector", "ratio = torch.where(", "ratio = 1.0 / torch.where("),
        {"distance": "0.996046308911 times the reference's ((close distance/distance)²)"},
    ),
    SetupFault(
        "close distance for distance",
        TURNED,
        edited(
            detector,
            "_place_detector",
            "distance = close_distance / ratio\n\n",
            "distance = close_distance\n\n",
        ),
        {"distance": "0.998021196624 times the reference's (close distance/distance)"},
        ("pix0_vector", "close_distance"),
    ),
    SetupFault(
        "pix0 not rotated",
        f"{TURNED} -pivot sample -beam_vector 1 0 0",
        edited(
            detector,
            "_place_detector",
            "pix0 = _rotated_with_detector(flat, angles, d.twotheta_axis, twotheta)",
            "pix0 = flat",
        ),
        {"pix0_vector": "turned by 10.8277°, its length kept"},
    ),
    SetupFault(
        "order of the rotations",
        TURNED,
        edited(
            detector,
            "_rotated_with_detector",
            "rotate_axis(rotate(v, angles), axis, twotheta)",
            "rotate(rotate_axis(v, axis, twotheta), angles)",
        ),
        {
            "fdet_vector": "turned by 1.01432°, its length kept",
            "sdet_vector": "turned by 0.598684°, its length kept",
            "odet_vector": "turned by 0.822013°, its length kept",
        },
    ),
    SetupFault(
        "rotation about x reversed",
        TURNED.replace("-twotheta 10 ", ""),
        _X_REVERSED,
        {
            "fdet_vector": "turned by 10°, its length kept",
            "sdet_vector": "turned by 10°, its length kept",
        },
    ),
    SetupFault(
        "rotation about the normal reversed",
        f"{PEPTIDE} -detector_rotx 5",
        _X_REVERSED,
        {
            "fdet_vector": "turned by 10°, its length kept",
            "sdet_vector": "turned by 10°, its length kept",
        },
    ),
    SetupFault(
        "odet not rotated",
        f"{PEPTIDE} -detector_roty 5",
        edited(
            detector, "_place_detector", "    if d.pivot ==", "    odet = d.odet\n    if d.pivot =="
        ),
        {"odet_vector": "the reference's `beam_vector`"},
    ),
)
