"""The eight ways in which the pixels of an image may be laid out: flips and transpositions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Arrangement:
    """How an image is laid out: the reference transposed first, then flipped."""

    name: str
    #: Completes "it is the reference's image ...".
    does: str
    is_transposed: bool = False
    flips_slow: bool = False
    flips_fast: bool = False

    def undo(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return ``image`` (slow, fast) as the reference lays it out; a view."""
        if self.flips_slow:
            image = image[::-1]
        if self.flips_fast:
            image = image[:, ::-1]
        return image.T if self.is_transposed else image


AS_IT_IS = Arrangement("as it is", "")
_REARRANGED = (
    Arrangement("flipped along slow", "flipped along slow", flips_slow=True),
    Arrangement("flipped along fast", "flipped along fast", flips_fast=True),
    Arrangement(
        "flipped along both", "flipped along slow and fast", flips_slow=True, flips_fast=True
    ),
    Arrangement("transposed", "transposed (slow and fast swapped)", is_transposed=True),
    Arrangement(
        "transposed, flipped along slow",
        "transposed and then flipped along slow",
        is_transposed=True,
        flips_slow=True,
    ),
    Arrangement(
        "transposed, flipped along fast",
        "transposed and then flipped along fast",
        is_transposed=True,
        flips_fast=True,
    ),
    Arrangement(
        "transposed, flipped along both",
        "transposed and then flipped along slow and fast",
        is_transposed=True,
        flips_slow=True,
        flips_fast=True,
    ),
)
#: Names of all layouts but the reference's own.
LAYOUT_NAMES = frozenset(item.name for item in _REARRANGED)


def rearrangements(shape: tuple[int, int]) -> Iterator[Arrangement]:
    """Yield every other layout that an image of ``shape`` may have and keep its shape."""
    is_square = shape[0] == shape[1]
    yield from (item for item in _REARRANGED if is_square or not item.is_transposed)
