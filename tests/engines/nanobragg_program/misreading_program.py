"""``pb-nanobragg`` that misreads a flag: it takes ``FLAG FROM`` for ``FLAG TO``, or for nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from parity_bridge.cli.drop_in import main


def misread(words: Sequence[str], flag: str, before: str, after: str) -> Iterator[str]:
    """``words`` with ``after`` for ``before`` after ``flag``; without both where it is empty."""
    places = [at for at in range(len(words) - 1) if (words[at], words[at + 1]) == (flag, before)]
    for at, word in enumerate(words):
        if at - 1 in places and after:
            yield after
        elif after or not {at, at - 1} & {*places}:
            yield word


if __name__ == "__main__":
    sys.exit(main(list(misread(sys.argv[4:], *sys.argv[1:4]))))
