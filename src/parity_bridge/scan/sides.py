"""The two sides of a scan: an engine that computes tiles, or the file of an image that has them.

A side is a description that can be sent to another process; each process prepares its engine once.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import Field

from parity_bridge.engines.capabilities import recorded_taps, unrecorded_fields
from parity_bridge.engines.choice import EngineChoice
from parity_bridge.engines.failures import engine_failures
from parity_bridge.engines.protocol import Engine, Scanner
from parity_bridge.engines.registry import engine_for_choice
from parity_bridge.errors import FileError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import Planes, Region, RunState
from parity_bridge.experiment.smv import read_mask
from parity_bridge.files.reading import FileVersion, file_version
from parity_bridge.files.schema import Schema
from parity_bridge.images.image_file import ImageFile, ValueType, open_image
from parity_bridge.scan.observing_scanner import scanner_of
from parity_bridge.taps.registry import TAPS_BY_NAME, choose_taps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


F_CELL_TAP = TAPS_BY_NAME["f_cell"]


class SideIdentity(Schema):
    """Everything that the figures of a side depend on; scans of equal sides are equal."""

    name: str
    implementation: str | None = None
    dtype: str
    device: str | None = None
    behaviours: dict[str, str | bool] = Field(default_factory=dict)
    #: Without the names of files; their content counts.
    experiment: Experiment | None = None
    #: Role of an input file -> sha256.
    files: dict[str, str] = Field(default_factory=dict)
    build: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class SideTile:
    """The image and Tap 4 of a region, by one side."""

    image: NDArray[np.floating]  # (slow, fast), photons; of the side's ``image_dtype``
    planes: Planes | None  # None: a side without Tap 4
    state: RunState | None  # after the last pixel


class ScanSide(Protocol):
    """One of the two sides."""

    @property
    def has_f_cell(self) -> bool:
        """Whether the side records Tap 4."""
        ...

    @property
    def image_dtype(self) -> ValueType:
        """The type that holds each intensity of the side."""
        ...

    @property
    def pixels(self) -> tuple[int, int]:
        """Size of the detector or the image along slow and fast."""
        ...

    @property
    def roi(self) -> Region:
        """The part of the detector that is computed."""
        ...

    def start(self) -> RunState | None:
        """Return the state at the start of a run; None: there is none."""
        ...

    def is_settled(self, state: RunState | None) -> bool:
        """Return whether the order of pixels matters no more."""
        ...

    def tile(self, region: Region, state: RunState | None, threads: int) -> SideTile:
        """Return image and Tap 4 of ``region``, as a run has them that begins it in ``state``."""
        ...

    def identity(self) -> SideIdentity:
        """Return what the figures of the side depend on."""
        ...


@dataclass(frozen=True)
class EngineSide:
    """An engine and its experiment."""

    choice: EngineChoice
    experiment: Experiment

    @property
    def has_f_cell(self) -> bool:
        """Whether the engine records all of Tap 4 for regions; one that runs a program does not."""
        records_tap = F_CELL_TAP in choose_taps(recorded_taps(self.engine))
        has_unrecorded_field = any(
            name.startswith(f"{F_CELL_TAP.tap_id}.") for name in unrecorded_fields(self.engine)
        )
        return (
            records_tap
            and not has_unrecorded_field
            and bool(getattr(self.scanner, "has_f_cell", True))
        )

    @property
    def derived(self) -> Mapping[str, Any]:
        """Derived quantities: its own, or the C core's where the engine does not record them."""
        if self.scanner.derived:
            return self.scanner.derived
        return EngineSide(EngineChoice("c"), self.experiment).scanner.derived

    @property
    def image_dtype(self) -> ValueType:
        """The type of the images of all engines: float32."""
        return "float32"

    @property
    def pixels(self) -> tuple[int, int]:
        """Size of the detector along slow and fast."""
        return self.scanner.pixels

    @property
    def roi(self) -> Region:
        """``-roi`` within the detector."""
        return self.scanner.roi

    @property
    def behaviours(self) -> Behaviours:
        """The behaviours that were chosen for the engine."""
        return Behaviours.parse(self.choice.behaviours)

    @property
    def engine(self) -> Engine:
        """The engine, ready to run."""
        return self._engine_and_scanner()[0]

    @property
    def scanner(self) -> Scanner:
        """The experiment, ready for regions."""
        return self._engine_and_scanner()[1]

    def _engine_and_scanner(self) -> tuple[Engine, Scanner]:
        files = _input_files(self.experiment)
        return _prepare_engine(
            self, tuple(file_version(path, role) for role, path in files.items())
        )

    def start(self) -> RunState:
        """Return the state at the start of a run."""
        return self.scanner.start()

    def is_settled(self, state: RunState | None) -> bool:
        """Return whether the order of pixels matters no more."""
        return state is None or self.scanner.is_settled(state)

    def tile(self, region: Region, state: RunState | None, threads: int) -> SideTile:
        """Compute ``region``; raises as ``Scanner.scan`` does, EngineError for what else fails."""
        with engine_failures(self.choice.name):
            begin = self.start() if state is None else state
            scanned = self.scanner.scan(region, begin, threads=threads)
        return SideTile(scanned.image, scanned.planes if self.has_f_cell else None, scanned.state)

    def identity(self) -> SideIdentity:
        """Return engine, build, behaviours, experiment and the content of its files."""
        with engine_failures(self.choice.name):
            engine = self.engine
            build = {name: text for name, text in engine.build().items() if name != "threads"}
        return SideIdentity(
            name=self.choice.name,
            implementation=engine.implementation,
            dtype=self.choice.dtype,
            device=self.choice.device,
            behaviours=dict(self.behaviours.switched),
            experiment=self.experiment.without_files(),
            files={
                role: _sha256(path, file_version(path, role))
                for role, path in _input_files(self.experiment).items()
            },
            build={**build, "source_sha256": _source_sha256(type(engine))},
        )


@dataclass(frozen=True)
class ImageSide:
    """The image in a file; ``detector`` is the size that it must have, (slow, fast)."""

    path: Path
    detector: tuple[int, int] | None
    #: Pixels that the mask leaves out are set to 0, as in an engine's image.
    mask: Path | None = None
    #: The part that is compared; None: the whole image.
    region: Region | None = None

    @property
    def has_f_cell(self) -> bool:
        """False: an image has intensities only."""
        return False

    @property
    def file(self) -> ImageFile:
        """The image, open."""
        return _open_cached_image(self.path, self.detector, file_version(self.path, "image"))

    @property
    def image_dtype(self) -> ValueType:
        """The type that holds each value of the file: float32 or float64."""
        return self.file.value_type

    @property
    def pixels(self) -> tuple[int, int]:
        """Size of the image along slow and fast."""
        return self.file.shape

    @property
    def roi(self) -> Region:
        """The whole image, unless a region was named."""
        return Region.checked_or_whole(self.region, *self.file.shape)

    def start(self) -> None:
        """Return None: an image is no run."""

    def is_settled(self, state: RunState | None) -> bool:  # noqa: ARG002 - what all sides take
        """Return True: the pixels of an image depend on no order."""
        return True

    def tile(self, region: Region, state: RunState | None, threads: int) -> SideTile:  # noqa: ARG002
        """Read ``region``; raises FileError where the file cannot be read or has changed."""
        pixels = self.file.read(region, self.image_dtype)
        if self.mask is not None:
            pixels[read_mask(self.mask)[region.slices] == 0] = 0.0
        return SideTile(pixels, None, None)

    def identity(self) -> SideIdentity:
        """Return the content of the file, which counts wherever the file lies."""
        files = {"image": self.file.sha256}
        if self.mask is not None:
            files["mask"] = _sha256(self.mask, file_version(self.mask, "mask"))
        return SideIdentity(name="image", dtype=self.file.dtype, files=files)


@lru_cache(maxsize=4)
def _prepare_engine(side: EngineSide, _versions: tuple[FileVersion, ...]) -> tuple[Engine, Scanner]:
    """Return an engine and its scanner, cached while no file of the experiment changes."""
    choice = side.choice
    with engine_failures(choice.name):
        engine = engine_for_choice(choice)
        return engine, scanner_of(engine, side.experiment, side.behaviours)


@lru_cache(maxsize=4)
def _open_cached_image(
    path: Path, detector: tuple[int, int] | None, _version: FileVersion
) -> ImageFile:
    return open_image(path, detector)


def _input_files(experiment: Experiment) -> dict[str, Path]:
    """Return the files that an experiment names, by their role in a sentence."""
    named = {
        "table": experiment.structure_factors.hkl,
        "cache": experiment.structure_factors.dump,
        "source file": experiment.beam.source_file,
        "mask": experiment.detector.mask,
    }
    return {role: path for role, path in named.items() if path is not None}


@lru_cache(maxsize=16)
def _sha256(path: Path, _version: FileVersion) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror}); check permissions") from error


@lru_cache(maxsize=4)
def _source_sha256(engine: type[Engine]) -> str:
    """Return a hash of all Python files of an engine: those of its packages and of this one.

    It may cover more than the engine: a scan that is resumed after any change
    had better begin anew.
    """
    own = {Path(inspect.getfile(kind)) for kind in engine.__mro__ if kind is not object}
    files = {_PACKAGE, *(file for file in own if file.suffix == ".py")}
    files = {file for each in files for file in _package_files(each)}
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


_PACKAGE = Path(__file__).parents[1]


def _package_files(file: Path) -> Iterator[Path]:
    """Yield the files of the whole package that ``file`` belongs to, or the file alone."""
    folder = file if file.is_dir() else file.parent
    if not (folder / "__init__.py").exists():
        yield file
        return
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    yield from folder.rglob("*.py")
