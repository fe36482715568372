"""How much a capture holds at most."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on events and values, looked at before anything is copied or hashed."""

    #: Events of one site that are all kept; after them, only those numbered by a power of two.
    events_per_site: int = 1_000
    #: Bytes of the values of one site, from which on the same is true.
    bytes_per_site: int = 4 * 2**20
    #: Events in all.
    events: int = 300_000
    #: Largest value, bytes.
    value_bytes: int = 16 * 2**20
    #: All values together, bytes.
    bytes: int = 256 * 2**20

    def keeps(self, count: int, size: int = 0) -> bool:
        """Return whether the ``count``-th event of a site is kept, after ``size`` bytes of values.

        Counts begin at 1.
        """
        if count <= self.events_per_site and size < self.bytes_per_site:
            return True
        return count & (count - 1) == 0
