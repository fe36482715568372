"""A function that takes an experiment and returns an image, as an engine that records the image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from parity_bridge.engines.c_core import CCore
from parity_bridge.engines.checks import check_pixels
from parity_bridge.errors import EngineError, UsageError, one_line
from parity_bridge.experiment import structure_factors
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.taps.counting import observation_of, subpixel_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.experiment.model import Experiment
    from parity_bridge.taps.observation import Observation


class CalledFunction:
    """The engine of one function; it records ``final_output`` alone."""

    name: ClassVar[str] = "call"
    implementation: ClassVar[str] = "port"
    trace_prefix: ClassVar[str] = "TRACE_PORT"
    folder: ClassVar[str] = "port_taps"
    taps: ClassVar[tuple[str, ...]] = ("final",)
    tolerances: ClassVar[str] = "in an order of its own"

    def __init__(self, spec: str) -> None:
        """Import ``module:function``; raise as ``load_function``."""
        self._spec = spec
        self._function = load_function(spec)
        #: A float32 image is compared as one; a float64 image holds the intensities too.
        self.unrecorded: tuple[str, ...] = ()

    def observe(
        self,
        experiment: Experiment,
        pixels: Sequence[tuple[int, int]],
        *,
        behaviours: Behaviours = REFERENCE,
        in_frame: bool = False,  # noqa: ARG002 - an image has no pixel before it
    ) -> list[Observation]:
        """Call the function once and take ``pixels`` (slow, fast) from its image.

        Raise UsageError for behaviours and for pixels outside the detector, EngineError where the
        function does not return an image of the detector.
        """
        if behaviours != REFERENCE:
            raise UsageError(f"--behaviour: {self._spec} decides by itself; leave it out")
        scanner = CCore().scanner(experiment)
        check_pixels(pixels, *scanner.pixels)
        image = self._image(experiment, scanner.pixels)
        is_single = image.dtype == np.float32
        self.unrecorded = ("final_output.intensity",) if is_single else ()
        table = structure_factors.load(experiment.structure_factors).provenance
        roi = experiment.sampling.roi or (0, image.shape[1], 0, image.shape[0])
        return [
            observation_of(
                experiment,
                pixel,
                subpixel_rows(1),
                table,
                scanner.oversample,
                totals={"intensity": float(image[pixel]), "image": float(np.float32(image[pixel]))},
                roi=roi,
            )
            for pixel in pixels
        ]

    def build(self) -> Mapping[str, str]:
        """Return what was called."""
        return {"engine": self._spec}

    def _image(self, experiment: Experiment, shape: tuple[int, int]) -> NDArray[Any]:
        returned = self._function(experiment)
        detached = returned.detach().cpu() if hasattr(returned, "detach") else returned
        image = np.asarray(detached)
        if image.shape != shape or image.dtype.kind != "f":
            raise EngineError(
                f"{self._spec} returned {image.dtype} of shape {image.shape}; it must return an "
                f"image of floats, {shape[0]} slow x {shape[1]} fast"
            )
        return image


def load_function(spec: str) -> Callable[[Experiment], Any]:
    """Return the function named ``module:function``.

    Raises UsageError where there is none, EngineError where its module cannot be imported.
    """
    module, _, attribute = spec.partition(":")
    if not all(map(str.isidentifier, (*module.split("."), attribute))):
        raise UsageError(f"--call {spec}: write it as package.module:function")
    try:
        function: Callable[..., Any] | None = getattr(import_module(module), attribute, None)
    except Exception as error:  # whatever the module does when it is imported
        raise EngineError(
            f"--call {spec}: {module} cannot be imported: {one_line(error)}"
        ) from error
    if function is None or not callable(function):
        raise UsageError(f"--call {spec}: {module} has no function {attribute}")
    return function
