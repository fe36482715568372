"""The function that a user names as ``module:function``: an experiment in, an image out."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.errors import EngineError, UsageError, one_line
from parity_bridge.locate.capture.arrays import content, kind_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment


def image_of_call(spec: str, experiment: Experiment) -> NDArray[np.float64]:
    """Call ``module:function`` with ``experiment`` and return its image as float64.

    Raise UsageError where there is no such function, where it takes other arguments or returns no
    numbers, and EngineError where its module cannot be imported or it fails.
    """
    function = _function(spec)
    try:
        signature(function).bind(experiment)
    except TypeError as error:
        raise UsageError(
            f"--call {spec}: it cannot be called with an Experiment alone ({error}); name a "
            "function that takes an Experiment and returns the image"
        ) from error
    try:
        result = function(experiment)
    except Exception as error:
        raise EngineError(f"--call {spec} failed: {one_line(error)}") from error
    return _image(spec, result)


def _function(spec: str) -> Callable[..., Any]:
    module, _, names = spec.partition(":")
    parts = names.split(".")
    if not all(map(str.isidentifier, (*module.split("."), *parts))):
        raise UsageError(f"--call {spec}: give package.module:function")
    try:
        found: Any = import_module(module)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            raise UsageError(
                f"--call {spec}: there is no module {error.name!r}; run in the folder that holds "
                "it, or name that folder in PYTHONPATH"
            ) from error
        raise EngineError(f"--call {spec} could not be loaded: {one_line(error)}") from error
    except Exception as error:  # whatever the module does when it is imported
        raise EngineError(f"--call {spec} could not be loaded: {one_line(error)}") from error
    for part in parts:
        found = getattr(found, part, None)
    if not callable(found):
        raise UsageError(f"--call {spec}: {module} has no function {names}; name one that it has")
    function: Callable[..., Any] = found
    return function


def _image(spec: str, result: object) -> NDArray[np.float64]:
    try:
        read = content(result, kind_of(result))
    except Exception:  # noqa: BLE001 - whatever an object of another library does when read
        read = None
    if read is None or read[0].dtype == np.complex128:
        raise UsageError(
            f"--call {spec} returned {type(result).__qualname__} instead of an image; let it "
            "return an array or a tensor of real numbers"
        )
    return np.array(read[0], dtype=np.float64)
