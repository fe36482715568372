"""What was captured: values, and the events of the port's source that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EventKind = Literal["operation", "constant", "argument", "store", "name", "return"]


@dataclass(frozen=True, slots=True)
class Site:
    """One expression of the port's source: its file, its span and its text.

    Lines count from 1 and columns from 0, in characters of UTF-8 as in ``ast``.
    """

    #: Absolute path.
    file: str
    line: int
    end_line: int
    column: int
    end_column: int
    #: Qualified name of the function that holds it; ``<module>`` at the top of a file.
    function: str
    #: The exact text of the span.
    expression: str


@dataclass(frozen=True, slots=True)
class Event:
    """One value as it was made at one site."""

    #: Its place in the order of computation; events lie at these indices in ``Capture.events``.
    number: int
    site: Site
    #: "store" is an item or in-place store, "name" an assignment to a name or attribute.
    kind: EventKind
    #: What computed it: ``torch.mul``, ``Mult``, ``call scattering_vector``.
    operation: str
    #: Index into ``Capture.values``.
    value: int
    #: Variables to which the result was bound; may be empty.
    names: tuple[str, ...]
    #: Numbers of the events whose results this one used, sorted.
    parents: tuple[int, ...]


@dataclass(frozen=True)
class Capture:
    """The events of one run of a port, and their values."""

    events: tuple[Event, ...]
    #: Read-only arrays of float64, complex128, int64 or bool, one for each distinct content.
    values: tuple[NDArray[Any], ...]
    #: The type of each value as the port had it: ``float32``, ``float64``, ``int64``, ``int``.
    dtypes: tuple[str, ...]
    #: What the port returned: intensities of the requested pixels, or of the whole detector.
    image: NDArray[np.float64]
    #: The event whose value the image is, or was copied from; None where no event has it.
    image_event: int | None
    #: Whether the watched image equals the unwatched one bit for bit.
    is_identical: bool
    #: What was not captured, and why.
    notes: tuple[str, ...]
