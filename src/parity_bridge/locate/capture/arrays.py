"""What of a program's objects is a value: its kind, its content as an array, where it lies."""

from __future__ import annotations

import sys
import zlib
from contextlib import AbstractContextManager, nullcontext
from enum import IntEnum
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Smaller Python integers are one object each, whatever computed them.
_SHARED_INTEGERS = range(-5, 257)

#: Arrays up to so many bytes are summed whole to find out whether they have changed.
_SUMMED_BYTES = 65_536

_INT64 = range(-(2**63), 2**63)


class Kind(IntEnum):
    """What a type of object is to a capture."""

    OTHER = 0
    #: A tuple or list, whose items are looked at.
    SEQUENCE = 1
    #: ``int``, ``float``, ``complex``, ``bool``.
    NUMBER = 2
    #: A scalar of NumPy.
    SCALAR = 3
    ARRAY = 4
    TENSOR = 5
    #: An array of another library, which NumPy can read.
    FOREIGN_ARRAY = 6


_KINDS: dict[type, Kind] = {
    **dict.fromkeys((int, float, complex, bool), Kind.NUMBER),
    **dict.fromkeys((tuple, list), Kind.SEQUENCE),
    np.ndarray: Kind.ARRAY,
    type(None): Kind.OTHER,
    str: Kind.OTHER,
}


def kind_of(value: object) -> Kind:
    """Return what ``value`` is to a capture."""
    own: Any = type(value)
    kind = _KINDS.get(own)
    return _kind_of_type(own) if kind is None else kind


@lru_cache(maxsize=4096)
def _kind_of_type(own: type) -> Kind:
    torch = sys.modules.get("torch")
    if torch is not None and issubclass(own, torch.Tensor):
        return Kind.TENSOR
    if issubclass(own, np.ndarray):
        return Kind.ARRAY
    if issubclass(own, np.number | np.bool_):
        return Kind.SCALAR
    if issubclass(own, tuple | list):
        return Kind.SEQUENCE
    if all(hasattr(own, name) for name in ("__array__", "dtype", "shape")):
        return Kind.FOREIGN_ARRAY
    return Kind.OTHER


def is_shared(value: object) -> bool:
    """Return whether the same object stands for equal values wherever they were computed."""
    return type(value) is bool or (type(value) is int and value in _SHARED_INTEGERS)


def byte_size(value: Any, kind: Kind) -> int:
    """Return how many bytes the content of a value takes, as float64 or the like."""
    if kind in (Kind.NUMBER, Kind.SCALAR):
        return 16
    count = value.numel() if kind is Kind.TENSOR else int(np.prod(value.shape, dtype=np.int64))
    return 8 * int(count)


def content(value: Any, kind: Kind) -> tuple[NDArray[Any], str] | None:
    """Return a value as float64, complex128, int64 or bool, and the name of its own type.

    The array may share memory with the value. None where there are no numbers to be had: strings,
    no elements at all, a tensor that torch only traces.
    """
    if kind is Kind.NUMBER:
        if type(value) is int and value not in _INT64:
            return None
        return np.array(value), type(value).__name__
    plain = tensor_array(value) if kind is Kind.TENSOR else np.asarray(value)
    if plain is None or plain.size == 0:
        return None
    widened = _widened(plain)
    if widened is None:
        return None
    own = str(value.dtype).removeprefix("torch.") if kind is Kind.TENSOR else str(plain.dtype)
    return widened, own


def _widened(plain: NDArray[Any]) -> NDArray[Any] | None:
    wide = {"f": np.float64, "c": np.complex128, "i": np.int64, "b": np.bool_}
    if plain.dtype == np.uint64:
        return plain.astype(np.float64 if plain.max() >= 2**63 else np.int64)
    own = wide.get("i" if plain.dtype.kind == "u" else plain.dtype.kind)
    return None if own is None else np.asarray(plain, dtype=own)


def tensor_array(tensor: Any) -> NDArray[Any] | None:
    """Return the numbers of a tensor, in its own memory where NumPy can read that."""
    torch = sys.modules["torch"]
    if tensor.is_meta or tensor.layout is not torch.strided or torch.jit.is_tracing():
        return None
    plain = _unwrapped(tensor)
    with nullcontext() if plain is tensor else _outside_transforms():
        plain = plain.detach().cpu().resolve_conj().resolve_neg()
        if plain.dtype in (torch.bfloat16, torch.float16):
            plain = plain.to(torch.float64)
        array: NDArray[Any] = plain.numpy()
        return array


def _unwrapped(tensor: Any) -> Any:
    """Return the tensor within those by which ``torch.func`` batches and differentiates."""
    functorch = sys.modules["torch"]._C._functorch  # noqa: SLF001 - has no other name
    while functorch.is_functorch_wrapped_tensor(tensor):
        tensor = functorch.get_unwrapped(tensor)
    return tensor


def _outside_transforms() -> AbstractContextManager[Any]:
    """Leave the transforms of ``torch.func`` that are being computed."""
    transforms = import_module("torch._functorch.pyfunctorch")
    outside: AbstractContextManager[Any] = transforms.temporarily_clear_interpreter_stack()
    return outside


def port_modes_off() -> AbstractContextManager[Any]:
    """Keep what a capture does with tensors from modes and subclasses that the port has."""
    torch = sys.modules.get("torch")
    if torch is None:
        return nullcontext()
    off: AbstractContextManager[Any] = torch._C.DisableTorchFunction()  # noqa: SLF001
    return off


def version(value: Any, kind: Kind) -> int:
    """Return a number that changes when the content of an array or tensor does."""
    if kind is Kind.TENSOR:
        plain = _unwrapped(value)
        return 0 if plain.is_inference() else int(plain._version)  # noqa: SLF001 - has no other name
    if kind is Kind.ARRAY and not value.dtype.hasobject:
        return _checksum(value)
    return 0


def _checksum(array: NDArray[Any]) -> int:
    array = np.asarray(array)  # without the methods of a class that the port derives
    if array.nbytes > _SUMMED_BYTES:
        flat = array.reshape(-1) if array.flags.c_contiguous else array.ravel(order="K")
        array = flat[:: max(1, flat.size // 1024)]
    return zlib.crc32(array.tobytes())


def addresses(value: Any, kind: Kind) -> tuple[int, ...]:
    """Return where an array or tensor lies, and where the memory begins of which it is a part."""
    if kind is Kind.TENSOR:
        plain = _unwrapped(value)
        if plain.is_meta or plain.layout is not sys.modules["torch"].strided:
            return ()
        return plain.data_ptr(), plain.untyped_storage().data_ptr()
    if kind is not Kind.ARRAY:
        return ()
    whole = value
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    begin = whole.__array_interface__["data"][0]
    if (tensors := sys.modules.get("torch")) and isinstance(whole.base, tensors.Tensor):
        return value.__array_interface__["data"][0], begin, whole.base.untyped_storage().data_ptr()
    return value.__array_interface__["data"][0], begin
