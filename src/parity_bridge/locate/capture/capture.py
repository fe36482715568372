"""The captures: an engine at pixels, or a function of an experiment, run unwatched and watched."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from parity_bridge.engines.choice import EngineChoice
from parity_bridge.engines.failures import engine_failures
from parity_bridge.engines.registry import engine_class, engine_for_choice
from parity_bridge.errors import BridgeError, EngineError, UsageError
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.locate.capture.events import Capture, Event
from parity_bridge.locate.capture.hooks import Hooks
from parity_bridge.locate.capture.limits import Limits
from parity_bridge.locate.capture.recording import Recording
from parity_bridge.locate.capture.run_conditions import random_state_restored, uncompiled
from parity_bridge.locate.capture.watched_function import image_of_call
from parity_bridge.locate.capture.watched_modules import (
    WatchedModules,
    dependents,
    imported_anew,
    is_within,
)

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment

#: What cannot be imported anew while it is in use.
_UNWATCHABLE = frozenset({"numpy", "scipy", "torch", *sys.stdlib_module_names})

#: Bounds on a capture where the caller sets no others.
DEFAULT_LIMITS = Limits()

Image = NDArray[np.float64]


def capture_engine(
    name: str,
    experiment: Experiment,
    pixels: Sequence[tuple[int, int]],
    watch: Sequence[str] = (),
    *,
    dtype: str = "float64",
    device: str = "cpu",
    behaviours: Behaviours = REFERENCE,
    limits: Limits = DEFAULT_LIMITS,
) -> Capture:
    """Run an engine at ``pixels`` (slow, fast) and capture what the packages ``watch`` compute.

    ``name`` is that of the registry or ``package.module:Class``; without ``watch`` its own package
    is watched. The image has shape (pixels,). Raise UsageError where nothing of ``watch`` is
    imported or computes, and what the engine raises.
    """

    def run() -> Image:
        with engine_failures(name):
            # What is not finite is what a faulty port may be watched for.
            engine = engine_for_choice(EngineChoice(name, dtype, device, check_finite=False))
            observations = engine.observe(experiment, pixels, behaviours=behaviours)
            return np.array([item.totals["intensity"] for item in observations], dtype=np.float64)

    room = _room(engine_class(name).__module__)
    return _capture(run, watch or (_default_watch(name, room),), (room,), limits)


def capture_call(
    function: str,
    experiment: Experiment,
    watch: Sequence[str] = (),
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Capture:
    """Call ``module:function`` with ``experiment`` and capture what ``watch`` computes.

    Without ``watch`` the package of the function is watched. The image has the shape of what the
    function returns. Raise as ``image_of_call`` does, and UsageError where nothing of ``watch`` is
    imported or computes.
    """
    module = function.partition(":")[0]
    own = module.partition(".")[0]
    return _capture(lambda: image_of_call(function, experiment), watch or (own,), (module,), limits)


def _room(module: str) -> str:
    """Return the package of an engine of ours, or the module of another."""
    package, _, _ = module.rpartition(".")
    return package if is_within(module, ("parity_bridge.engines",)) else module


def _default_watch(name: str, room: str) -> str:
    """Return the package to watch: the port, where a room of ours runs one of the same name."""
    if room == f"parity_bridge.engines.{name}":
        return name
    return room if is_within(room, ("parity_bridge",)) else room.partition(".")[0]


def _check_watchable(watch: Collection[str]) -> None:
    for name in watch:
        if not all(map(str.isidentifier, name.split("."))):
            raise UsageError(f"--watch {name}: give the dotted name of a package or module")
        if name == "parity_bridge" or name.partition(".")[0] in _UNWATCHABLE:
            raise UsageError(
                f"--watch {name}: that is a library under the port; name the package whose source "
                "computes the image"
            )


def _capture(
    run: Callable[[], Image], watch: Collection[str], renewed: Collection[str], limits: Limits
) -> Capture:
    _check_watchable(watch)
    with random_state_restored():
        unwatched = run()
    recording = Recording(limits)
    hooks = Hooks(recording)
    modules = WatchedModules(watch, hooks.by_name())
    try:
        image, compiles = _watched(run, watch, renewed, modules)
    finally:
        hooks.is_closed = True
    _check_observed(watch, modules, recording)
    is_identical = image.shape == unwatched.shape and image.tobytes() == unwatched.tobytes()
    events = recording.events
    return Capture(
        events,
        tuple(recording.values.values),
        tuple(recording.values.dtypes),
        image,
        _image_event(image, events, recording),
        is_identical,
        (
            *_conditions(modules, compiles=compiles, is_identical=is_identical),
            *_left_out(recording, hooks),
        ),
    )


def _watched(
    run: Callable[[], Image],
    watch: Collection[str],
    renewed: Collection[str],
    modules: WatchedModules,
) -> tuple[Image, bool]:
    """Return the image of a run that is watched, and whether torch could have compiled."""
    names = {*watch, *renewed, *dependents(watch)}
    try:
        with random_state_restored(), imported_anew(modules, names), uncompiled() as compiles:
            return run(), compiles
    except BridgeError as error:
        raise EngineError(
            f"the image was computed, but not once more with {', '.join(watch)} imported anew to "
            f"be watched ({error}); leave out of --watch what cannot be imported twice"
        ) from error


def _check_observed(watch: Collection[str], modules: WatchedModules, recording: Recording) -> None:
    names = ", ".join(watch)
    if not modules.loaded:
        raise UsageError(
            f"nothing observed: no module of --watch {names} was imported; name the package whose "
            "source computes the image"
        )
    if not len(recording):
        raise UsageError(
            f"nothing observed: --watch {names} was imported and computed nothing; name the "
            "package whose source computes the image"
        )


def _image_event(image: Image, events: Sequence[Event], recording: Recording) -> int | None:
    """Return the last event that has the values of the image, or else of one of its pixels."""
    whole = _last_with(recording, events, lambda value: value.tobytes() == image.tobytes())
    if whole is not None:
        return whole
    pixels = {pixel.tobytes() for pixel in image.reshape(-1) if pixel != 0.0}
    return _last_with(recording, events, lambda value: value.tobytes() in pixels)


def _last_with(
    recording: Recording, events: Sequence[Event], fits: Callable[[NDArray[np.float64]], bool]
) -> int | None:
    fitting = {
        index
        for index, value in enumerate(recording.values.values)
        if value.dtype == np.float64 and fits(value)
    }
    return next((event.number for event in reversed(events) if event.value in fitting), None)


def _conditions(modules: WatchedModules, *, compiles: bool, is_identical: bool) -> Iterator[str]:
    yield from dict.fromkeys(modules.notes)
    if compiles:
        yield "torch.compile was off while the port was watched"
    if not is_identical:
        yield (
            "the watched image differs from the unwatched one: the port depends on how it is run, "
            "on random numbers of its own or on compiled code"
        )


def _left_out(recording: Recording, hooks: Hooks) -> Iterator[str]:
    if dropped := recording.dropped:
        site, count = dropped.most_common(1)[0]
        yield (
            "events were not kept where a place computed very many "
            f"({dropped.total()}; most, {count}, at {site.file}:{site.line})"
        )
    for reason, count in recording.values.left_out.items():
        yield f"values that {reason} were not kept ({count})"
    for reason, count in hooks.failures.items():
        yield f"values could not be captured: {reason} ({count})"
