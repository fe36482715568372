"""Why a whole image differs from the reference's, as a record."""

from __future__ import annotations

from typing import Literal

from parity_bridge.files.schema import Schema
from parity_bridge.taps.schema import Pixel

#: ``values``: a scale, an offset, rounding, clipping or another order of the pixels; ``noise``:
#: Poisson noise; ``hypotheses``: behaviours and slips.
ImageReasonKind = Literal["values", "noise", "hypotheses", "unexplained"]


class ImageReason(Schema):
    """What the other side's image is, in terms of the reference's."""

    kind: ImageReasonKind
    #: One clause; the name of the image is its subject.
    clause: str
    #: Names of what was found, several sets where the pixels cannot distinguish them: ``round``,
    #: ``clipped``, ``transposed``, or behaviours and slips as in a finding.
    names: tuple[tuple[str, ...], ...] = ()
    #: What the clause rests on, a sentence each.
    evidence: tuple[str, ...] = ()
    #: Pixels (slow, fast) that would distinguish the sets.
    deciding: tuple[Pixel, ...] = ()

    @property
    def is_sufficient(self) -> bool:
        """Whether it explains every pixel."""
        return self.kind != "unexplained"
