"""Images of a whole detector: .bin, .npy, SMV, EDF, CBF, TIFF, PGM, and what fabio opens.

``.bin`` and ``.npy`` are mapped, and read only where a region is requested. The others are decoded
once when they are opened, and may be packed with gzip or bzip2.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from parity_bridge.errors import FileError, ShapeError, UsageError
from parity_bridge.experiment.regions import Region
from parity_bridge.experiment.smv import MAX_BYTES
from parity_bridge.files.memory import memory_errors
from parity_bridge.files.reading import FileVersion, file_version, read_file
from parity_bridge.images import by_fabio, npy
from parity_bridge.images.image_checks import BrokenImageError, UnknownFormatError
from parity_bridge.images.image_formats import decode_image
from parity_bridge.images.unpacking import decompressed

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Types in which images are compared.
ValueType = Literal["float32", "float64"]

_BIN_DTYPE = np.dtype("<f4")
_BY_FABIO = "of fabio"


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An image on disk, (slow, fast); threads may share it, and it can be pickled."""

    path: Path
    #: Pixels along slow and fast.
    shape: tuple[int, int]
    #: Of the values in the file, ``uint16`` say.
    dtype: str
    #: ``bin``, ``npy``, ``SMV``, ``EDF``, ``CBF``, ``TIFF``, ``PGM``, or a class of fabio.
    format: str
    version: FileVersion
    _pixels: NDArray[Any] = field(repr=False)

    @property
    def note(self) -> str | None:
        """A warning that values are rounded to float64 or that the file is unchecked, or None."""
        notes = []
        if self.is_rounded:
            notes.append(f"image {self.path} holds {self.dtype}; its values are rounded to float64")
        if self.format.endswith(_BY_FABIO):
            notes.append(f"it was read as {self.format}, which does not say whether it is whole")
        return "; ".join(notes) or None

    @property
    def value_type(self) -> ValueType:
        """The type in which its values are compared: float32 where that holds each, or float64."""
        return "float32" if np.can_cast(self._pixels.dtype, np.float32) else "float64"

    @property
    def is_rounded(self) -> bool:
        """Whether not even float64 holds each value of the dtype: int64, uint64, long double."""
        dtype = self._pixels.dtype
        is_long_integer = dtype.kind in "iu" and dtype.itemsize > 4
        return is_long_integer or not np.can_cast(dtype, np.float64)

    @cached_property
    def sha256(self) -> str:
        """Digest of the file, hexadecimal; FileError where it cannot be read or has changed."""
        try:
            with self.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(self.path, error) from error
        self._check_version()
        return digest

    def read(self, region: Region, dtype: str | None = None) -> NDArray[Any]:
        """Return a C-contiguous copy of the pixels of ``region``, (slow, fast), as ``dtype``.

        None means the dtype of the file, in the byte order of this machine. Values too large for
        ``dtype`` are infinite. Raises UsageError for a region that is not on the image, FileError
        where the file has changed since it was opened.
        """
        region.check(*self.shape)
        self._check_version()
        chosen = self._pixels[region.slices]
        with memory_errors(self.path, "image"), np.errstate(over="ignore", invalid="ignore"):
            return np.array(chosen, dtype=self.dtype if dtype is None else dtype, order="C")

    def _check_version(self) -> None:
        _check_unchanged(self.path, self.version, file_version(self.path, "image"))

    def __reduce__(self) -> tuple[Callable[..., ImageFile], tuple[Any, ...]]:
        # The pixels are not pickled: another process maps or decodes the file itself.
        return _reopen_image, (self.path.absolute(), self.shape, self.version)


def open_image(path: Path, pixels: tuple[int, int] | None) -> ImageFile:
    """Open the image ``path``, which must have ``pixels`` along slow and fast where they are given.

    A name that ends in ``.bin`` means bare little-endian float32, slow-major; all other formats are
    recognised by their content. Raises FileError for a file that cannot be read, is no image of
    real numbers, does not hold exactly one image, or is truncated; ShapeError for an image of
    another size than ``pixels``; UsageError for a ``.bin`` without ``pixels``.
    """
    version = file_version(path, "image")
    try:
        with memory_errors(path, "image"):
            name, values = _read_pixels(path, version.size, pixels)
    except BrokenImageError as error:
        raise FileError(f"image {path}: {error}") from error
    image = ImageFile(path, values.shape, values.dtype.name, name, version, values)
    if pixels is not None and image.shape != pixels:
        swapped = (
            ", which is that with slow and fast swapped" if image.shape == pixels[::-1] else ""
        )
        raise ShapeError(
            f"image {path} has {image.shape[0]} slow x {image.shape[1]} fast pixels, the detector "
            f"{pixels[0]} x {pixels[1]}{swapped}; give the image's own with -detpixels_s and "
            "-detpixels_f"
        )
    return image


def _reopen_image(path: Path, pixels: tuple[int, int], version: FileVersion) -> ImageFile:
    image = open_image(path, pixels)
    _check_unchanged(path, version, image.version)
    return image


def _check_unchanged(path: Path, opened: FileVersion, current: FileVersion) -> None:
    # The device is left out: a shared folder has another number on another machine.
    if opened[1:] != current[1:]:
        raise FileError(f"image {path} has changed since it was opened; start again")


def _read_pixels(path: Path, size: int, pixels: tuple[int, int] | None) -> tuple[str, NDArray[Any]]:
    """Return the name of the format and the pixels of an image of ``size`` bytes."""
    if not size:
        raise BrokenImageError("it is empty; name a file with content")
    ending = path.suffix.lower()
    if ending == ".bin":
        return "bin", _map_pixels(path, _BIN_DTYPE, _bin_shape(path, size, pixels))
    try:
        with path.open("rb") as file:
            start = file.read(npy.HEADER_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    if start.startswith(npy.MAGIC):
        layout = npy.read_layout(size, start)
        return "npy", _map_pixels(path, layout.dtype, layout.shape, layout.offset, layout.order)
    if ending == ".npy":
        raise BrokenImageError("it does not begin like a .npy; write it with numpy.save")
    if size > MAX_BYTES:
        raise BrokenImageError(
            f"it has {size} bytes, more than the {MAX_BYTES} allowed; use a .npy"
        )
    try:
        return decode_image(decompressed(read_file(path, "image")))
    except UnknownFormatError as error:
        return by_fabio.read_with_fabio(path, size, str(error))


def _map_pixels(
    path: Path, dtype: np.dtype[Any], shape: tuple[int, int], offset: int = 0, order: Any = "C"
) -> NDArray[Any]:
    try:
        return np.memmap(path, dtype, "r", offset, shape, order)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from error
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> FileError:
    reason = getattr(error, "strerror", None) or error
    return FileError(f"image {path} cannot be read ({reason}); check name and permissions")


def _bin_shape(path: Path, size: int, pixels: tuple[int, int] | None) -> tuple[int, int]:
    if pixels is None:
        raise UsageError(
            f"image {path} does not say how many pixels it has; give nanoBragg flags with "
            "-detpixels or -detsize"
        )
    if size % _BIN_DTYPE.itemsize:
        raise BrokenImageError(f"{size} bytes are no whole number of float32; write it anew")
    needed = pixels[0] * pixels[1] * _BIN_DTYPE.itemsize
    if size != needed:
        raise ShapeError(
            f"image {path} has {size} bytes, where {pixels[0]} slow x {pixels[1]} fast pixels of "
            f"float32 need {needed}; set its size with -detpixels or -detsize"
        )
    return pixels
