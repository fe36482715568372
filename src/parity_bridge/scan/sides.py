"""The two sides of a scan: an engine that computes tiles, or the file of an image that has them.

A side is a description that can be sent to another process; what it takes to compute is prepared
there once.
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

from parity_bridge.engines.choice import EngineChoice
from parity_bridge.engines.engine import (
    Engine,
    Scanner,
    engine_for_choice,
    recorded_taps,
    unrecorded_fields,
)
from parity_bridge.engines.run import engine_failures
from parity_bridge.errors import FileError
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.model import Experiment
from parity_bridge.experiment.regions import Planes, Region, RunState
from parity_bridge.experiment.smv import read_mask
from parity_bridge.files.reading import FileVersion, file_version
from parity_bridge.files.schema import Schema
from parity_bridge.images.image_file import ImageFile, open_image
from parity_bridge.scan.observing_scanner import scanner_of
from parity_bridge.taps.registry import TAPS_BY_NAME, choose_taps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


F_CELL_TAP = TAPS_BY_NAME["f_cell"]


class SideIdentity(Schema):
    """Everything about a side that its figures depend on; two scans of equal ones are equal."""

    name: str
    implementation: str | None = None
    dtype: str
    device: str | None = None
    behaviours: dict[str, str | bool] = Field(default_factory=dict)
    #: Without the names of files: their content counts.
    experiment: Experiment | None = None
    #: Role of an input file -> sha256.
    files: dict[str, str] = Field(default_factory=dict)
    build: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class SideTile:
    """What a side has of a region."""

    image: NDArray[np.float32]  # (slow, fast), photons
    planes: Planes | None  # None: a side without Tap 4
    state: RunState | None  # after the last pixel


class ScanSide(Protocol):
    """One of the two sides."""

    @property
    def has_f_cell(self) -> bool:
        """Whether it tells Tap 4."""
        ...

    @property
    def pixels(self) -> tuple[int, int]:
        """Of the detector or the image, along slow and fast."""
        ...

    @property
    def roi(self) -> Region:
        """The part of it that is computed."""
        ...

    def start(self) -> RunState | None:
        """The state at the start of a run; None: there is none."""
        ...

    def is_settled(self, state: RunState | None) -> bool:
        """Whether the order of pixels matters no more."""
        ...

    def tile(self, region: Region, state: RunState | None, threads: int) -> SideTile:
        """Image and Tap 4 of ``region`` as a run that has come there in ``state`` has them."""
        ...

    def identity(self) -> SideIdentity:
        """What its figures depend on."""
        ...


@dataclass(frozen=True)
class EngineSide:
    """An engine and what it is told."""

    choice: EngineChoice
    experiment: Experiment

    @property
    def has_f_cell(self) -> bool:
        """Whether it tells all of Tap 4 of whole regions; one that runs a program does not."""
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
        """Derived quantities: its own, or the C core's where the engine does not tell them."""
        if self.scanner.derived:
            return self.scanner.derived
        return EngineSide(EngineChoice("c"), self.experiment).scanner.derived

    @property
    def pixels(self) -> tuple[int, int]:
        """Of the detector."""
        return self.scanner.pixels

    @property
    def roi(self) -> Region:
        """``-roi`` within the detector."""
        return self.scanner.roi

    @property
    def behaviours(self) -> Behaviours:
        """What the engine is told to decide."""
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
        """The state at the start of a run."""
        return self.scanner.start()

    def is_settled(self, state: RunState | None) -> bool:
        """Whether the order of pixels matters no more."""
        return state is None or self.scanner.is_settled(state)

    def tile(self, region: Region, state: RunState | None, threads: int) -> SideTile:
        """Compute ``region``; raises as ``Scanner.scan`` does, EngineError for what else fails."""
        with engine_failures(self.choice.name):
            begin = self.start() if state is None else state
            seen = self.scanner.scan(region, begin, threads=threads)
        return SideTile(seen.image, seen.planes if self.has_f_cell else None, seen.state)

    def identity(self) -> SideIdentity:
        """Engine, build, behaviours, experiment and the content of its files."""
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
    #: Pixels that it leaves out are 0, as in an engine's image; a detector writes anything there.
    mask: Path | None = None
    #: The part that is compared; None: all.
    region: Region | None = None

    @property
    def has_f_cell(self) -> bool:
        """An image tells intensities only."""
        return False

    @property
    def file(self) -> ImageFile:
        """The image, open."""
        return _open_cached_image(self.path, self.detector, file_version(self.path, "image"))

    @property
    def pixels(self) -> tuple[int, int]:
        """Of the image."""
        return self.file.shape

    @property
    def roi(self) -> Region:
        """All of it, unless a region was named."""
        return Region.checked_or_whole(self.region, *self.file.shape)

    def start(self) -> None:
        """An image is no run."""

    def is_settled(self, state: RunState | None) -> bool:  # noqa: ARG002 - what all sides take
        """True: it is what it is."""
        return True

    def tile(self, region: Region, state: RunState | None, threads: int) -> SideTile:  # noqa: ARG002
        """Read ``region``; raises FileError where the file cannot be read or has changed."""
        pixels = self.file.read(region)
        if self.mask is not None:
            pixels[read_mask(self.mask)[region.slices] == 0] = 0.0
        return SideTile(pixels, None, None)

    def identity(self) -> SideIdentity:
        """The content of the file."""
        # Its content counts, wherever it lies.
        files = {"image": self.file.sha256}
        if self.mask is not None:
            files["mask"] = _sha256(self.mask, file_version(self.mask, "mask"))
        return SideIdentity(name="image", dtype=self.file.dtype, files=files)


@lru_cache(maxsize=4)
def _prepare_engine(side: EngineSide, _versions: tuple[FileVersion, ...]) -> tuple[Engine, Scanner]:
    """Kept while none of the files that the experiment names changes."""
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
    """The files that an experiment names, by their role in a sentence."""
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
    """Of all Python files that an engine may be made of: its packages, and this one.

    It need not be a hash of nothing but the engine: a scan that is taken up again after any change
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
    """The files of the whole package that ``file`` is of, or the file alone."""
    folder = file if file.is_dir() else file.parent
    if not (folder / "__init__.py").exists():
        yield file
        return
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    yield from folder.rglob("*.py")
