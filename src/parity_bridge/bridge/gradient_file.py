"""The file of a gradient image: one float64 plane for each parameter."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.errors import UsageError
from parity_bridge.experiment.parameters import parameter
from parity_bridge.records.frame_metadata import GradientFile, GradientPlane

if TYPE_CHECKING:
    from parity_bridge.experiment.regions import GradientFrame


def check_gradient_file(output: Path, settings: Mapping[str, str | bool]) -> None:
    """Raise UsageError for a file that cannot hold derivatives, or settings that they lack."""
    if settings:
        raise UsageError(f"--gradient has no --{next(iter(settings))}; leave it out")
    if output.suffix != ".npy":
        raise UsageError(
            f"--gradient writes float64 planes, which {output.name} cannot hold; name "
            f"{output.with_suffix('.npy').name}"
        )


def encode_gradients(rendered: GradientFrame) -> tuple[bytes, GradientFile]:
    """Return the content of a .npy file of shape (parameters, slow, fast), and what it holds."""
    planes = np.ascontiguousarray(list(rendered.gradients.values()), dtype="<f8")
    buffer = io.BytesIO()
    np.save(buffer, planes, allow_pickle=False)
    about = [parameter(name) for name in rendered.gradients]
    held = tuple(GradientPlane(parameter=p.name, what=p.what, unit=p.unit) for p in about)
    digest = hashlib.sha256(planes.data).hexdigest()
    return buffer.getvalue(), GradientFile(planes=held, sha256=digest)
