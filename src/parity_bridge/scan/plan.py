"""The tiles of a region, and the states of the run in which they begin.

Where nothing in the state of a run can change any more from the first tile's first row on, which is
the usual case, tiles are independent. Where it can, whole rows of tiles are computed one after the
other until it has come to rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parity_bridge.experiment.regions import Region, RunState
from parity_bridge.scan.sides import ScanSide

SideStates = tuple[RunState | None, ...]

#: Rows of a tile that is computed in order, at least.
_FEWEST_ROWS = 64


@dataclass(frozen=True)
class TileTask:
    """A tile, or a band of whole rows, to be computed."""

    name: str
    region: Region
    #: In which each side begins the tile.
    states: SideStates


@dataclass(frozen=True)
class TilePlan:
    """How a region is divided."""

    region: Region
    #: Pixels of a tile along slow and fast.
    tile: tuple[int, int]
    #: The states in which the very first pixel is begun.
    start: SideStates
    #: The states in which every other tile begins, if the first row of the first tile shows them;
    #: None: rows of tiles are computed one after the other until they are known.
    settled_states: SideStates | None

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-len(self.region.slow) // self.tile[0])

    @property
    def columns(self) -> int:
        """Columns of tiles."""
        return -(-len(self.region.fast) // self.tile[1])

    def tiles(self, first_row: int, states: SideStates) -> Iterator[TileTask]:
        """Yield all tiles from ``first_row`` of them on, each begun in ``states``."""
        for row in range(first_row, self.rows):
            for column in range(self.columns):
                begin = self.start if (row, column) == (0, 0) else states
                yield TileTask(f"{row}_{column}", self._region(row, column), begin)

    def band(self, row: int, states: SideStates) -> TileTask:
        """Return a whole row of tiles as one task, begun in ``states``."""
        slow = _part(self.region.slow, row, self.tile[0])
        return TileTask(f"{row}_all", Region(slow, self.region.fast), states)

    def _region(self, row: int, column: int) -> Region:
        return Region(
            _part(self.region.slow, row, self.tile[0]),
            _part(self.region.fast, column, self.tile[1]),
        )


def plan_tiles(sides: Sequence[ScanSide], region: Region, tile: int) -> TilePlan:
    """Divide ``region`` into tiles of at most ``tile`` x ``tile`` pixels."""
    start = tuple(side.start() for side in sides)
    settled_states = _settled_states(sides, region, tile, start)
    rows = tile
    if settled_states is None:
        # A band is held in memory whole.
        rows = min(tile, max(_FEWEST_ROWS, 2 * tile * tile // len(region.fast)))
    return TilePlan(region, (rows, tile), start, settled_states)


def is_settled(sides: Sequence[ScanSide], states: SideStates) -> bool:
    """Return whether the order of pixels matters to neither side any more."""
    return all(side.is_settled(state) for side, state in zip(sides, states, strict=True))


def _settled_states(
    sides: Sequence[ScanSide], region: Region, tile: int, start: SideStates
) -> SideStates | None:
    """Return the states after the first row of the first tile, if they have come to rest."""
    if is_settled(sides, start):
        return start
    first = Region(region.slow[:1], region.fast[:tile])
    after = tuple(
        side.tile(first, state, 1).state for side, state in zip(sides, start, strict=True)
    )
    return after if is_settled(sides, after) else None


def _part(whole: range, number: int, size: int) -> range:
    return whole[number * size : (number + 1) * size]
