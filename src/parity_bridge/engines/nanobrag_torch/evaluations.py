"""The port's tensors in the order of the contract's loops, one array a quantity.

The port has them as (sources, pixels times subpixels, phi steps, domains), or with the two axes of
the detector where there is one subpixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parity_bridge.engines.nanobrag_torch.package import package_version
from parity_bridge.errors import EngineError
from parity_bridge.taps.evaluations import ORIENTATION
from parity_bridge.taps.orientation import MOSAIC, SPINDLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parity_bridge.engines.nanobrag_torch.recorder import RawEvaluations


@dataclass(frozen=True)
class Evaluations:
    """What was recorded of ``pixels`` pixels; arrays are (pixels, evaluations of a pixel, ...)."""

    raw: RawEvaluations
    pixels: int
    sources: int
    oversample: int
    phi_steps: int
    domains: int

    @classmethod
    def of(cls, raw: RawEvaluations, pixels: int, sources: int) -> Evaluations:
        """Count subpixels and steps; raise EngineError where they are not those of the contract."""
        indices = raw.results.get("dot_product", [])
        if len(indices) != 3 or len(raw.results.get("get_structure_factor", [])) != 1:
            raise EngineError(
                f"{package_version()} did not look up all structure factors at once; this engine "
                "was written for a version that does, install that version"
            )
        phi_steps, domains = indices[0].shape[-2:]
        count = indices[0].numel()
        inner = pixels * sources * phi_steps * domains
        oversample = round((count / inner) ** 0.5) if inner else 0
        if not inner or oversample**2 * inner != count or raw.looked_up[0].numel() != count:
            raise EngineError(
                f"{package_version()} made {raw.looked_up[0].numel()} lookups for {pixels} pixels, "
                f"{sources} sources, {phi_steps} phi steps and {domains} mosaic domains; this "
                "engine was written for a version that makes one an evaluation"
            )
        return cls(raw, pixels, sources, oversample, phi_steps, domains)

    @cached_property
    def hkl(self) -> NDArray[np.float64]:
        """Fractional Miller indices, (..., 3)."""
        return np.stack([self._in_order(index) for index in self.raw.results["dot_product"]], -1)

    @cached_property
    def hkl0(self) -> NDArray[np.float64]:
        """Miller indices looked up, (..., 3), whole numbers."""
        return np.stack([self._in_order(index) for index in self.raw.looked_up], -1)

    @property
    def index_bounds(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Yield smallest and largest index looked up along h, k and l, each (pixels,).

        A reduction along the first axis of an array is several times faster than along a short
        last one.
        """
        for index in self.raw.looked_up:
            columns = np.ascontiguousarray(self._in_order(index).T)
            yield columns.min(axis=0), columns.max(axis=0)

    @cached_property
    def F_cell(self) -> NDArray[np.float64]:
        """Structure factors, electrons."""
        found = self.raw.results["get_structure_factor"][0]
        # The port may return one value for all lookups.
        return self._in_order(found.expand(self.raw.looked_up[0].shape))

    @cached_property
    def lattice_factors(self) -> NDArray[np.float64]:
        """Factors of F_latt along a, b, c, (..., 3); NaN where the shape has none."""
        factors = self.raw.results.get("sincg", [])
        if len(factors) != 3:
            return np.full_like(self.hkl, np.nan)
        return np.stack([self._in_order(factor) for factor in factors], -1)

    @cached_property
    def q(self) -> NDArray[np.float64]:
        """Scattering vectors, 1/m, (..., 3)."""
        vectors = self.raw.scattering.reshape(*self._outer, 3)
        return self._repeated(_numbers(vectors).transpose(1, 2, 0, 3))

    @cached_property
    def polar(self) -> NDArray[np.float64]:
        """Polarization factors; 1 where the port computes none."""
        factors = self.raw.results.get("polarization_factor", [])
        if not factors:
            return np.ones_like(self.F_cell)
        return self._repeated(_numbers(factors[0].reshape(self._outer)).transpose(1, 2, 0))

    @cached_property
    def position(self) -> NDArray[np.float64]:
        """Positions of subpixels, m, (..., 3)."""
        places = _numbers(self.raw.positions.reshape(self.pixels, self._subpixels, 1, 3)) / 1e10
        whole = np.broadcast_to(places, (*places.shape[:2], self.sources, 3))
        return self._repeated(whole)

    @cached_property
    def orientations(self) -> NDArray[np.void]:
        """Orientations that all pixels use, (phi steps times domains,), dtype ``ORIENTATION``.

        Phi, and the vectors before the mosaic rotation, are NaN: the port has no name for them.
        """
        steps = np.indices((self.phi_steps, self.domains)).reshape(2, -1)
        used = np.zeros(steps.shape[1], dtype=ORIENTATION)
        used["phi_step"], used["domain"] = steps
        for name in ("phi", *SPINDLE):
            used[name] = np.nan
        for name, vectors in zip(MOSAIC, self.raw.rotated, strict=True):
            used[name] = _numbers(vectors).reshape(-1, used.size, 3)[0]
        return used

    @property
    def _subpixels(self) -> int:
        return self.oversample**2

    @property
    def _outer(self) -> tuple[int, int, int]:
        return self.sources, self.pixels, self._subpixels

    def _in_order(self, tensor: Any) -> NDArray[np.float64]:
        whole = tensor.reshape(*self._outer, self.phi_steps, self.domains)
        return _numbers(whole.permute(1, 2, 0, 3, 4)).reshape(self.pixels, -1)

    def _repeated(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Repeat values of (pixels, subpixels, sources, ...) for all phi steps and domains."""
        inner = np.repeat(values, self.phi_steps * self.domains, axis=2)
        return inner.reshape(self.pixels, -1, *values.shape[3:])


def _numbers(tensor: Any) -> NDArray[np.float64]:
    array: NDArray[np.float64] = tensor.detach().cpu().double().numpy()
    return array
