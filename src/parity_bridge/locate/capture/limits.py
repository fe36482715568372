"""How much a capture holds at most."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on events and values, looked at before anything is copied or hashed."""

    #: Events of one site that are all kept; of those that follow, the 2nd, 4th, 8th ... multiple.
    events_per_site: int = 2_000
    #: Events in all.
    events: int = 300_000
    #: Largest value, bytes.
    value_bytes: int = 16 * 2**20
    #: All values together, bytes.
    bytes: int = 256 * 2**20

    def keeps(self, count: int) -> bool:
        """Return whether the event that is the ``count``-th of its site, from 1, is kept."""
        if count <= self.events_per_site:
            return True
        multiple, rest = divmod(count, self.events_per_site)
        return rest == 0 and multiple & (multiple - 1) == 0
