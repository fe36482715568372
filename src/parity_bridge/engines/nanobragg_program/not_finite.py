"""Why a program computed an image that is not finite, by name (contract §4)."""

from __future__ import annotations

from pathlib import Path

from parity_bridge.experiment.model import Experiment
from parity_bridge.files.reading import read_file

#: Columns of a source file: X Y Z weight wavelength.
_COLUMNS = 5
_LONGEST_LINE = 60


def not_finite_reason(experiment: Experiment) -> str:
    """Return what makes a program compute NaN, and the remedy; raise FileError as files do."""
    source_file = experiment.beam.source_file
    comment = None if source_file is None else _comment_taken_for_source(source_file)
    if comment is not None:
        return (
            f"it takes {comment} of -sourcefile {source_file} for a source at the origin or "
            "without a wavelength, which makes every pixel NaN; remove the comment"
        )
    return "run it with these flags by itself to see what it prints"


def _comment_taken_for_source(source_file: Path) -> str | None:
    """Return the first line whose values end in a comment; the original knows no comments.

    A comment after all five values does no harm.
    """
    lines = read_file(source_file, "source file").decode("ascii", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        values, mark, _ = line.partition("#")
        if mark and len(values.split()) < _COLUMNS:
            return f"line {number} ({line.strip()[:_LONGEST_LINE]!r})"
    return None
