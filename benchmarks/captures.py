"""Captures of `locate` on a detector of 6 x 8 pixels: what watching an engine costs.

Run as a script, ``captures.py ENGINE``, it captures one engine and prints in JSON what it holds,
its seconds and its peak memory, torch imported before; ``captures.py nanobrag_torch`` where that
port is installed. With ``--table`` structure factors are read from a file.
"""

from __future__ import annotations

import argparse
import json
import shlex
import time
from functools import partial

import torch
from figure import Figure, Group, Measured
from processes import memory, told_by

from parity_bridge.examples import example_flags
from parity_bridge.experiment.nanobragg_flags import read_experiment
from parity_bridge.locate.capture.capture import capture_engine

_ENGINES = {"torch": "torch", "numpy": "parity_bridge.examples.numpy_engine:NumpyEngine"}
_PIXELS = [(slow, fast) for slow in range(6) for fast in range(8)]
_PLAIN = (
    "-cell 100 90 80 70 80 95 -misset 10 20 30 -N 5 -default_F 100 -nointerpolate -lambda 1 "
    "-distance 100 -detpixels_f 8 -detpixels_s 6 -pixel 5 -oversample 2"
)


def capture_group() -> Group:
    """Time and memory of one capture, in a process of its own."""
    return Group(
        "capture",
        "locate's capture on 6 x 8 pixels, import of torch apart",
        tuple(
            figure
            for name, engine in _ENGINES.items()
            for figure in (
                _figure(name, engine, "seconds", "s", 10.0),
                _figure(name, engine, "peak_MiB", "MiB", 1024.0),
            )
        ),
    )


def _figure(name: str, engine: str, key: str, unit: str, goal: float) -> Figure:
    measure = partial(_measured, engine, key)
    return Figure(f"capture.{name}-{key}", f"capture of {name}, {key}", unit, goal, measure)


def _measured(engine: str, key: str) -> Measured:
    told = told_by(__file__, engine)
    return Measured(told[key], told)


def _capture(engine: str, *, table: bool) -> dict[str, object]:
    words = [*shlex.split(_PLAIN), *(example_flags("gnnqqny") if table else ())]
    torch.ones(1)
    start, processor = time.perf_counter(), time.process_time()
    capture = capture_engine(engine, read_experiment(words), _PIXELS)
    return {
        "engine": engine,
        "events": len(capture.events),
        "values": len(capture.values),
        "MB": sum(value.nbytes for value in capture.values) / 1e6,
        "identical": capture.is_identical,
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time() - processor,
        "peak_MiB": memory("VmHWM"),
        "notes": capture.notes,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine")
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    print(json.dumps(_capture(given.engine, table=given.table)))
