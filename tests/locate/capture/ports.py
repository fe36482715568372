"""Small ports written to a folder, as packages of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

#: Geometry in one module, the image in another, and a bridge beside the package.
PORT = {
    "tiny_port/__init__.py": "",
    "tiny_port/geometry.py": """\
        import numpy as np

        class Detector:
            def __init__(self, distance, pixel):
                self.distance = distance / 1000.0
                self.pixel = pixel / 1000.0

            def airpath(self, count):
                across = self.pixel * (np.arange(count) - 0.5 * count)
                return np.sqrt(self.distance ** 2 + across ** 2)
        """,
    "tiny_port/image.py": """\
        from functools import lru_cache

        from tiny_port.geometry import Detector

        @lru_cache
        def detector(distance, pixel):
            return Detector(distance, pixel)

        def render(distance, N=5):
            made = detector(distance, 0.1)
            assert isinstance(made, Detector)
            return N * made.pixel ** 2 / made.airpath(6) ** 2
        """,
    "tiny_bridge.py": """\
        from tiny_port import image

        def render(experiment):
            return image.render(experiment.detector.distance)

        def two(experiment, pixels):
            return None

        def fails(experiment):
            return image.render(experiment.detector.distance, N="five") + {}

        def words(experiment):
            return "an image"

        number = 5
        """,
    "tiny_once/__init__.py": """\
        import os

        if os.environ.get("TINY_ONCE") == "again":
            raise RuntimeError("registered twice")
        os.environ["TINY_ONCE"] = "again"

        def render(experiment):
            return [1.5]
        """,
    # Numbers and lists alone, as someone writes who has read the C program.
    "tiny_pure.py": """\
        import math
        from concurrent.futures import ThreadPoolExecutor

        def dot(u, v):
            return sum(a * b for a, b in zip(u, v))

        class Crystal:
            def __init__(self, cell, cells=(5, 6, 7)):
                self.axes = [[cell[0], 0.0, 0.0], [0.0, cell[1], 0.0], [1.0, 2.0, cell[2]]]
                self.cells = cells

            def factor(self, q):
                F = 1.0
                for axis, N in zip(self.axes, self.cells):
                    x = math.pi * dot(axis, q)
                    F *= math.sin(N * x) / math.sin(x) if x else N
                return F

        def row(crystal, slow):
            row = [0.0] * 4
            for fast in range(4):
                pos = [100.0, slow * 5.0 - 7.0, fast * 5.0 - 9.0]
                r = math.sqrt(dot(pos, pos))
                row[fast] += crystal.factor([pos[0] / r - 1.0, pos[1] / r, pos[2] / r]) ** 2
            return row

        def render(experiment):
            crystal = Crystal((40.0, 50.0, 60.0))
            return [row(crystal, slow) for slow in range(3)]

        def threaded(experiment):
            crystal = Crystal((40.0, 50.0, 60.0))
            with ThreadPoolExecutor(3) as pool:
                return list(pool.map(lambda slow: row(crystal, slow), range(3)))
        """,
    "tiny_broken.py": "def render(experiment):\n    return (1,\n",
}


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python finds modules in, with ``PORT``."""
    for name, text in PORT.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("tiny_"):
            del sys.modules[name]
