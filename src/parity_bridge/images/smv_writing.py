"""The header of an SMV image as the original program writes it (contract §9)."""

from __future__ import annotations

from typing import NamedTuple

HEADER_BYTES = 512


class SmvGeometry(NamedTuple):
    """What the header says of a detector; lengths in mm, angles in degrees."""

    fast: int  # pixels
    slow: int
    pixel_size: float
    distance: float
    wavelength: float  # Å
    beam: tuple[float, float]  # Xbeam, Ybeam
    adxv: tuple[float, float]
    mosflm: tuple[float, float]
    denzo: tuple[float, float]
    dials_origin: tuple[float, float, float]
    xds_origin: tuple[float, float]  # pixels from 1
    close_distance: float
    phi: float
    oscillation: float
    twotheta: float


def smv_header(geometry: SmvGeometry) -> bytes:
    """Return the 512 bytes before the little-endian 16-bit pixels of an image of ``geometry``."""
    text = "".join(f"{line}\n" for line in _lines(geometry))
    return f"{{\n{text}}}\f".encode("ascii").ljust(HEADER_BYTES)


def _lines(g: SmvGeometry) -> list[str]:
    numbers = {
        "PIXEL_SIZE": g.pixel_size,
        "DISTANCE": g.distance,
        "WAVELENGTH": g.wavelength,
        "BEAM_CENTER_X": g.beam[0],
        "BEAM_CENTER_Y": g.beam[1],
        "ADXV_CENTER_X": g.adxv[0],
        "ADXV_CENTER_Y": g.adxv[1],
        "MOSFLM_CENTER_X": g.mosflm[0],
        "MOSFLM_CENTER_Y": g.mosflm[1],
        "DENZO_X_BEAM": g.denzo[0],
        "DENZO_Y_BEAM": g.denzo[1],
    }
    later = {
        "XDS_ORGX": g.xds_origin[0],
        "XDS_ORGY": g.xds_origin[1],
        "CLOSE_DISTANCE": g.close_distance,
        "PHI": g.phi,
        "OSC_START": g.phi,
        "OSC_RANGE": g.oscillation,
        "TWOTHETA": g.twotheta,
    }
    return [
        f"HEADER_BYTES={HEADER_BYTES};",
        "DIM=2;",
        "BYTE_ORDER=little_endian;",
        "TYPE=unsigned_short;",
        f"SIZE1={g.fast};",
        f"SIZE2={g.slow};",
        *(f"{key}={value:g};" for key, value in numbers.items()),
        # The one line without a semicolon.
        "DIALS_ORIGIN=" + ",".join(f"{value:g}" for value in g.dials_origin),
        *(f"{key}={value:g};" for key, value in later.items()),
        "DETECTOR_SN=000;",
        "BEAMLINE=fake;",
    ]
