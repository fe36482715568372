"""Run every reader over every saved file in a process with little memory.

Usage: limited_memory.py MEBIBYTES. It prints the file and the exception of each that does not end
in a value or one sentence; its exit status is their number.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1])]

from tests.fuzz.readers import READERS, refusal  # noqa: E402 - what stands above finds it


def main(mebibytes: str) -> int:
    """Return the number of files with which a reader fails."""
    resource.setrlimit(resource.RLIMIT_AS, (int(mebibytes) * 2**20,) * 2)
    failures = 0
    for name in READERS:
        for path in sorted(HERE.glob(f"*/{name}/*")):
            try:
                refusal(name, path.read_bytes())
            except BaseException as error:  # noqa: BLE001 - each is what is searched for
                failures += 1
                print(f"{path.relative_to(HERE)}: {type(error).__name__}: {error}")  # noqa: T201
    return failures


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
