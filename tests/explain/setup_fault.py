"""What a defective port derives differently of the setup, and the roots that must be named."""

from __future__ import annotations

from dataclasses import dataclass

from tests.explain.faults import PEPTIDE, FaultInjection

TURNED = f"{PEPTIDE} -twotheta 10 -detector_rotx 5 -detector_roty 3 -detector_rotz 2"
SIZED = PEPTIDE.replace("-detpixels 64 ", "")
TRICLINIC = (
    "-cell 21 17 23 81 107 96 -default_F 5 -lambda 1 -N 4 -distance 60 -detpixels 64 -pixel 1 "
    "-oversample 1"
)
SWEEP = f"{PEPTIDE} -phi 5 -osc 3 -phisteps 3"
DIVERGENT = f"{PEPTIDE} -hdivrange 3 -hdivstep 0.8 -vdivrange 2 -vdivstep 0.9"


@dataclass(frozen=True)
class SetupFault:
    """A change of the port, and the fields that must be named as its roots: field -> clause."""

    name: str
    flags: str
    inject: FaultInjection
    roots: dict[str, str | None]
    #: Some of the fields that must be said to follow.
    followers: tuple[str, ...] = ()
