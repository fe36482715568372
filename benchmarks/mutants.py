"""How well ``locate`` finds the line of a fault: thousands of single mutations of our own ports.

Each mutant is run in a fork at the experiments that ``locate`` chooses; where a bit of an image
changes, it is located, and what is said is held against the mutated line. Results are appended to
a file, from which an interrupted run goes on. Half of the mutants, drawn by a seed, are held out:
develop with ``--half development``.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import torch
from forks import Fork, first_to_end, in_fork
from mutant_child import Bench, clean_images, no_result, run_mutant
from mutant_scores import score_table
from mutant_target import TARGETS, Copy, Target

from parity_bridge.bridge.locate import slips
from parity_bridge.bridge.watched_port import WatchedPort
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.locate.capture import watched_modules
from parity_bridge.locate.capture.instrument import instrument
from parity_bridge.locate.experiments.candidate import ALL_PIXELS
from parity_bridge.locate.experiments.choose import ChosenExperiment, chosen_experiments

if TYPE_CHECKING:
    from mutations import Mutation

#: Wall clock of one mutant: an endless loop, or a million of something.
_LIMIT_S = 60.0


def main() -> None:
    """Run what is asked for and print the table of all results in the file."""
    given = _arguments()
    target = TARGETS[given.target]
    chosen = _sample(target.mutations(), given)
    with TemporaryDirectory() as folder:
        _run_all(target, chosen, given, Path(folder))
    names = {item.name for item in chosen}
    results = [item for item in _read(given.out) if item["name"] in names]
    print(score_table(given.target, results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--target", choices=TARGETS, default="torch")
    add("--sample", type=int, help="mutants drawn at random (default: all)")
    add("--seed", type=int, default=1)
    add("--half", choices=("development", "held-out", "both"), default="development")
    add("--only", metavar="TEXT", help="those whose name contains this")
    add(
        "--explain",
        action="store_true",
        help="look for behaviours and slips first, as the command does",
    )
    add("--processes", type=int, default=1, help="forks at a time (default: 1)")
    add("--out", type=Path, required=True, help="JSON lines of results; those in it are not rerun")
    return parser.parse_args()


def _sample(mutations: Sequence[Mutation], given: argparse.Namespace) -> list[Mutation]:
    """Return the mutants that are asked for, in random order."""
    halves = {"development": (False,), "held-out": (True,), "both": (False, True)}[given.half]
    asked = [item for item in mutations if item.is_held_out in halves]
    if given.only:
        asked = [item for item in asked if given.only in item.name]
    random.Random(given.seed).shuffle(asked)  # noqa: S311 - repeatable, nothing secret
    return list(islice((item for item in asked if item.compiles()), given.sample))


def _read(file: Path) -> list[dict[str, Any]]:
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def _run_all(
    target: Target, chosen: Sequence[Mutation], given: argparse.Namespace, folder: Path
) -> None:
    done = {item["name"] for item in _read(given.out)}
    left = [item for item in chosen if item.name not in done]
    torch.set_num_threads(1)
    copies = []
    for number in range(given.processes):
        place = folder / str(number)
        place.mkdir()
        copies.append(Copy(target, place))
    experiments = in_fork(partial(_experiments, target, folder), _LIMIT_S)
    bench = Bench(target, experiments, {}, given.explain)
    bench = replace(bench, clean=in_fork(partial(clean_images, bench), _LIMIT_S))
    _instrument_once(copies)
    gc.freeze()
    with given.out.open("a") as out:
        for number, result in enumerate(_results(bench, left, copies), 1):
            out.write(json.dumps(result) + "\n")
            out.flush()
            print(f"\r{number} of {len(left)}", end="", file=sys.stderr)


def _instrument_once(copies: Sequence[Copy]) -> None:
    """Instrument the source of the port here, so that a fork does that for one module only."""
    once = lru_cache(maxsize=None)(instrument)
    patch.object(watched_modules, "instrument", once).start()
    for file in (file for copy in copies for file in copy.files):
        once(file.read_text("utf-8"), str(file))


def _experiments(target: Target, folder: Path) -> list[ChosenExperiment]:
    port = WatchedPort(EngineChoice(target.engine))
    return list(
        chosen_experiments(lambda given: port.refusal(given, ALL_PIXELS[:1]), folder, slips)
    )


def _results(
    bench: Bench, left: Sequence[Mutation], copies: Sequence[Copy]
) -> Iterator[dict[str, Any]]:
    """Yield the result of each mutant as it ends, with one fork at a time for each copy."""
    waiting = list(reversed(left))
    running: dict[Fork, tuple[Copy, Mutation]] = {}
    idle = list(copies)
    while waiting or running:
        while waiting and idle:
            copy, mutation = idle.pop(), waiting.pop()
            copy.mutate(mutation)
            fork = Fork(partial(run_mutant, bench, copy, mutation), _LIMIT_S)
            running[fork] = copy, mutation
        fork = first_to_end(list(running))
        copy, mutation = running.pop(fork)
        copy.restore(mutation)
        idle.append(copy)
        result = fork.result or no_result(mutation, _LIMIT_S)
        yield result.as_dict()


if __name__ == "__main__":
    main()
