"""What the build finds out about a compiler, with one that names functions as clang 14 does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CMAKE = shutil.which("cmake", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
ONE_VERSION = "One version of the loops over pixels, for any processor"

pytestmark = pytest.mark.skipif(
    CMAKE is None or shutil.which("gcc") is None, reason="needs cmake and gcc"
)


def renaming_compiler(folder: Path, file: str, function: str) -> Path:
    """A compiler that gives ``function`` another name in ``file``, and only there."""
    path = folder / "cc"
    path.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *{file}*) exec gcc -D{function}={function}_elsewhere "$@" ;; esac\n'
        'exec gcc "$@"\n'
    )
    path.chmod(0o755)
    return path


def cmake(*words: str) -> subprocess.CompletedProcess[str]:
    assert CMAKE is not None
    return subprocess.run(
        [CMAKE, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def configured(build: Path, compiler: Path | str, *words: str) -> str:
    """What is printed while the build in the folder ``build`` is configured."""
    options = ("-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_C_COMPILER={compiler}", *words)
    done = cmake("-S", str(ROOT), "-B", str(build), "-G", "Unix Makefiles", *options)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_versions_that_another_file_cannot_call_are_not_built(tmp_path: Path) -> None:
    compiler = renaming_compiler(tmp_path, "/defined.c", "twice")
    assert ONE_VERSION in configured(tmp_path / "renaming", compiler, "-DPB_EXTENSION=OFF")
    plain = configured(tmp_path / "plain", "gcc", "-DPB_EXTENSION=OFF")
    several = "PB_HAVE_TARGET_CLONES:INTERNAL=TRUE" in (
        tmp_path / "plain" / "CMakeCache.txt"
    ).read_text(encoding="utf-8")
    assert several == (ONE_VERSION not in plain)


@pytest.mark.corpus
def test_an_extension_that_cannot_be_imported_is_not_built(tmp_path: Path) -> None:
    compiler = renaming_compiler(tmp_path, "csrc/scattering.c", "pb_scatter")
    configured(
        tmp_path / "build",
        compiler,
        f"-DPython_EXECUTABLE={sys.executable}",
        "-DSKBUILD_PROJECT_VERSION=0",
    )
    done = cmake("--build", str(tmp_path / "build"), "--parallel", "2")
    assert done.returncode != 0
    assert "undefined symbol: pb_scatter" in done.stdout
