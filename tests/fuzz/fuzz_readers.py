"""Fuzz the readers of input files: they return a value or raise a BridgeError, for any bytes.

Usage: fuzz_readers.py [--only READER] [libFuzzer options and files]

The first byte chooses the reader, the rest is the file. Crashes are written to build/fuzz. Copy a
crash, without its first byte, to tests/fuzz/regressions/READER, under a name that says what it is.
"""

from __future__ import annotations

import argparse
import logging
import sys
from importlib import import_module
from pathlib import Path

import atheris

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

# The compiled core lies where the package is installed; the package itself is loaded anew below.
import_module("parity_bridge._core")
del sys.modules["parity_bridge"]

# An editable install has its own finder; atheris cannot instrument the modules it finds.
sys.meta_path[:] = [one for one in sys.meta_path if "Redirecting" not in type(one).__name__]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

FABIO = ["fabio.dtrekimage", "fabio.edfimage", "fabio.fabioimage"]

with atheris.instrument_imports(include=["parity_bridge", *FABIO]):
    # The readers would load them later, when atheris no longer instruments imports.
    import fabio.dtrekimage
    import fabio.edfimage

    from parity_bridge.experiment import smv
    from parity_bridge.images import image_file, image_formats
    from tests.fuzz.readers import READERS, refusal

FOUND = ROOT / "build" / "fuzz"
#: MiB and seconds: an input that takes more counts as a crash. Longer files show nothing new.
LIMITS = [
    "-verbosity=0",
    "-print_final_stats=1",
    "-rss_limit_mb=2048",
    "-malloc_limit_mb=1024",
    "-timeout=10",
    "-max_len=4096",
]


def write_seeds(names: list[str]) -> Path:
    """Write the saved corpus for libFuzzer, each file after the byte of its reader; its folder."""
    seeds = FOUND / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for name in names:
        first = bytes([list(READERS).index(name)])
        for kind in ("corpus", "regressions"):
            for path in sorted((HERE / kind / name).glob("*")):
                (seeds / f"{name}-{kind}-{path.name}").write_bytes(first + path.read_bytes())
    return seeds


def main() -> None:
    """Run libFuzzer, which ends the process."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--only", choices=READERS)
    arguments, options = parser.parse_known_args()
    names = [arguments.only] if arguments.only else list(READERS)

    def read(data: bytes) -> None:
        if data:
            refusal(names[data[0] % len(names)], data[1:])

    for module in (smv, image_file, image_formats, fabio.dtrekimage, fabio.edfimage):
        if "Atheris" not in type(module.__loader__).__name__:
            sys.exit(f"{module.__name__} is not instrumented: fuzzing it would find nothing")
    logging.disable()
    new = FOUND / ("-".join(names) if arguments.only else "all")
    new.mkdir(parents=True, exist_ok=True)
    files = [str(new), str(write_seeds(names))]
    if any(not option.startswith("-") for option in options):
        files = []  # the command line names files to run once
    words = f"-dict={HERE / 'words.dict'}"
    atheris.Setup(
        [sys.argv[0], *LIMITS, words, f"-artifact_prefix={FOUND}/", *options, *files], read
    )
    atheris.Fuzz()


main()
