"""What the core computes in one go, between two chances to answer Ctrl-C."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.c_core import frame as module
from parity_bridge.engines.c_core.observations import copy_rows, row_buffer
from parity_bridge.experiment.nanobragg_flags import parse_flags

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment

CELL = "-cell 50 -default_F 10 -N 6 -detpixels 64 -pixel 1"


@pytest.mark.parametrize(
    ("further", "tasks"),
    [("-oversample 1", 1), ("-oversample 1 -mosaic 1 -mosaic_domains 2048", 2)],
)
def test_a_task_has_fewer_rows_where_a_pixel_takes_longer(
    further: str, tasks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    rectangle = module._rectangle  # noqa: SLF001

    def counted(rows: range, columns: range) -> tuple[int, int, int, int]:
        begun.append(rows)
        return rectangle(rows, columns)

    experiment = parse_flags(f"{CELL} {further}".split()).experiment
    whole = CCore().frame(experiment)
    monkeypatch.setattr(module, "_rectangle", counted)
    again = CCore().frame(experiment)
    assert len(begun) == tasks
    assert np.array_equal(whole.image, again.image)
    assert whole.state == again.state


def test_a_copy_of_rows_holds_the_same_bytes() -> None:
    rows = row_buffer(1000)
    memory = rows.view(np.uint8)
    memory[:] = np.random.default_rng(1).integers(0, 256, memory.size)
    copy = copy_rows(rows)
    assert copy.dtype == rows.dtype
    assert copy.shape == rows.shape
    assert copy.tobytes() == rows.tobytes()
    assert not np.may_share_memory(copy, rows)
    memory[:] = 0
    assert copy.view(np.uint8).any()


@pytest.mark.signals
def test_ctrl_c_ends_a_tapped_pixel_between_two_evaluations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The signal is sent when the second row is there; the last one must not be by the end.

    A machine that leaves this thread waiting while the other computes a whole pixel gets the signal
    again at the next pixel.
    """
    further = "-mosaic 1 -mosaic_domains 900 -osc 90 -phisteps 1000 -oversample 1"
    experiment = parse_flags(f"{CELL} {further}".split()).experiment
    rows = row_buffer(900_000)
    monkeypatch.setattr("parity_bridge.engines.c_core.pixels.row_buffer", lambda _count: rows)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        whole = 0
        while whole < 10 and not _is_interrupted(experiment, rows):
            whole += 1
    finally:
        signal.signal(signal.SIGINT, before)
    assert whole < 10


def _is_interrupted(experiment: Experiment, rows: NDArray[np.void]) -> bool:
    """Send SIGINT while a pixel is computed; return whether its last row was left out."""
    rows["domain"][[1, -1]] = -1

    def send() -> None:
        while rows["domain"][1] == -1:
            pass
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)  # type: ignore[arg-type]

    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        CCore().observe(experiment, [(3, 4)])
    sender.join()
    return bool(rows["domain"][-1] == -1)
