"""The single-precision generator of random deviates, contract §4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MULTIPLIER = 16807
_MODULUS = 2147483647
_SHUFFLED = 32
_WARM_UP = 8


@dataclass
class Deviates:
    """Minimal standard generator with a Bays-Durham shuffle; twin of ``pb_deviates``."""

    state: int
    last: int
    shuffle: list[int]


def advance_deviates(g: Deviates) -> int:
    """Advance the state and return it."""
    g.state = _MULTIPLIER * g.state % _MODULUS
    return g.state


def deviate(g: Deviates) -> float:
    """Return the next deviate between 0 and 1, single precision."""
    if g.state == 0:
        again = seed_deviates(1)
        g.state, g.last, g.shuffle = again.state, again.last, again.shuffle
    fresh = advance_deviates(g)
    place = g.last // (1 + (_MODULUS - 1) // _SHUFFLED)
    g.last, g.shuffle[place] = g.shuffle[place], fresh
    value = float(np.float32((1.0 / _MODULUS) * g.last))
    return float(np.float32(1.0 - 1.2e-7)) if value > 1.0 - 1.2e-7 else value


def symmetric_deviate(g: Deviates) -> float:
    """Return the next deviate, moved to between -1 and 1 in double precision."""
    return 2.0 * deviate(g) - 1.0


def seed_deviates(seed: int) -> Deviates:
    """Return a stream of its own for each seed; 0 and 1 give the same one.

    The seed that is the modulus gives one deviate of 0, then the stream of 1: the original program
    starts anew from a state of 0.
    """
    g = Deviates(state=max(seed, 1), last=0, shuffle=[])
    for _ in range(_WARM_UP):
        advance_deviates(g)
    g.shuffle = [advance_deviates(g) for _ in range(_SHUFFLED)][::-1]
    g.last = g.shuffle[0]
    if g.state == 0:
        g.state = _MODULUS  # the same state, and the next one is 0
    return g
