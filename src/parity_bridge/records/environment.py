"""Where a run took place: versions, machine and, in a checkout, the commit."""

from __future__ import annotations

import json
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from parity_bridge.engines.c_core.fingerprint import libm_fingerprint
from parity_bridge.files.atomic_write import write_text
from parity_bridge.records.folder import make_folder

_PACKAGE = Path(__file__).resolve().parents[1]
_PACKAGES = ("parity_bridge", "torch", "numpy", "pydantic", "cffi", "tabulate", "zarr")


@cache
def package_versions() -> dict[str, str | None]:
    """Return the version of every package that takes part; None where it is not installed.

    Imports none of them.
    """
    return {name: _version(name) for name in _PACKAGES}


def environment() -> dict[str, object]:
    """Return everything about the place of a run that may change a last bit."""
    return {
        "python": platform.python_version(),
        "python_implementation": platform.python_implementation(),
        "platform": f"{platform.system()} {platform.machine()}",
        "libc": libc(),
        "libm_fingerprint": libm_fingerprint(),
        "cpu": _cpu(),
        "cpu_count": os.cpu_count(),
        "packages": package_versions(),
        "git_commit": git_commit(_PACKAGE),
    }


def write_environment(folder: Path) -> None:
    """Write ``environment`` into the report ``folder``; raises FileError where it cannot."""
    make_folder(folder / "env")
    write_text(folder / "env" / "trace_env.json", json.dumps(environment(), indent=2) + "\n")


def git_commit(package: Path) -> str | None:
    """Return the commit of the checkout whose ``src/`` holds ``package``; None without one.

    An installed copy has no commit, even in an environment inside a checkout.
    """
    git = package.parents[1] / ".git"
    return _head_commit(git) if package.parent.name == "src" and git.is_dir() else None


def _head_commit(git: Path) -> str | None:
    head = _read_text(git / "HEAD").strip()
    name = head.removeprefix("ref: ")
    if name == head:
        return head or None
    return _read_text(git / name).strip() or _packed_ref_commit(git, name)


def _packed_ref_commit(git: Path, name: str) -> str | None:
    for line in _read_text(git / "packed-refs").splitlines():
        commit, _, reference = line.partition(" ")
        if reference == name:
            return commit
    return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def libc() -> str | None:
    """Return the name and version of the C library; None where they are not known."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):  # not glibc
        return " ".join(platform.libc_ver()).strip() or None


def _cpu() -> str | None:
    for line in _read_text(Path("/proc/cpuinfo")).splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine() or None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
