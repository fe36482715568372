"""A report folder from its JSON records: the one path by which verdict and Markdown come about."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from parity_bridge.comparison.compare import compare_runs
from parity_bridge.comparison.result import Comparison
from parity_bridge.comparison.tolerances import tolerances_for
from parity_bridge.errors import FileError
from parity_bridge.explain.explanation import Finding
from parity_bridge.files.atomic_write import write_text
from parity_bridge.files.reading import read_file
from parity_bridge.records.pixel_records import as_json, read_model
from parity_bridge.records.reading import RecordedSide, read_side, read_strict_side
from parity_bridge.report.view import PairAnswer, Side
from parity_bridge.report.witnesses import Witnesses, memo_of, summary_of

SUMMARY_JSON = "summary.json"
EXPLANATION = "explanation.json"
TOLERANCES = "tolerances.toml"
#: The folders of a report's sides, the reference's first.
SIDES = "sides.json"
#: Folders of a report on records of any making; those of ``run`` have the engines' names.
OF_RECORDS = ("a", "b")

_Folders = TypeAdapter(list[str])


def render(folder: Path) -> PairAnswer:
    """Read both sides' records, compare them, write memo, summary and ``summary.json``.

    Raises FileError for records that cannot be read, UsageError where there is nothing to compare.
    """
    witnesses = load(folder)
    write_rendered(folder, witnesses)
    return witnesses.against[0]


def write_rendered(folder: Path, witnesses: Witnesses) -> None:
    """Write everything that is derived from the records into the existing ``folder``."""
    for name, text in rendered(witnesses).items():
        write_text(folder / name, text)


def rendered(witnesses: Witnesses) -> dict[str, str]:
    """Everything that is derived from the records, by file name."""
    first = witnesses.against[0].comparison
    return {
        SUMMARY_JSON: as_json(witnesses.comparisons if len(witnesses.against) > 1 else first),
        "f_cell_comparison.md": memo_of(witnesses),
        "f_cell_summary.md": summary_of(witnesses),
    }


def load(folder: Path) -> Witnesses:
    """The records of a report folder, the comparisons they give and the explanations beside them.

    Raises FileError for records that cannot be read.
    """
    names = side_folders(folder)
    # What is of our own making is held against its schema.
    read = read_side if names == OF_RECORDS else read_strict_side
    own = folder / TOLERANCES
    overrides = own if own.exists() else None
    reference, *others = (read(folder / name) for name in names)
    return Witnesses(
        tuple(
            report_of(reference, other, overrides=overrides, finding=_finding(folder, names, name))
            for name, other in zip(names[1:], others, strict=True)
        ),
        tuple(
            report_of(*pair, overrides=overrides)
            for pair in combinations(others, 2)
            if _have_common_taps(*pair)
        ),
    )


def _have_common_taps(first: RecordedSide, second: RecordedSide) -> bool:
    """Whether two sides tell any tap that the other tells too."""
    return any(ours.taps.keys() & theirs.taps.keys() for ours in first.pixels
               for theirs in second.pixels)  # fmt: skip


def explanation_file(names: Sequence[str], name: str) -> str:
    """Where the explanation of the side in folder ``name`` lies; ``names`` are all sides."""
    return EXPLANATION if len(names) == len(OF_RECORDS) else f"explanation_{name}.json"


def _finding(folder: Path, names: Sequence[str], name: str) -> Finding | None:
    explained = folder / explanation_file(names, name)
    return read_model(explained, Finding) if explained.exists() else None


def side_folders(folder: Path) -> tuple[str, ...]:
    """The folders of the sides of a report, the reference first; raises FileError."""
    if (folder / SIDES).exists():
        return _listed(folder)
    found = sorted(path.name for path in folder.iterdir() if any(path.glob("*_metadata.json")))
    names = OF_RECORDS if all((folder / name).is_dir() for name in OF_RECORDS) else tuple(found)
    if len(names) != len(OF_RECORDS):
        raise FileError(
            f"{folder} is not a report: it holds records in {len(names)} folders and not in two"
        )
    return names


def _listed(folder: Path) -> tuple[str, ...]:
    try:
        names = _Folders.validate_json(read_file(folder / SIDES, "list of sides"))
    except ValidationError as error:
        raise FileError(f"{folder / SIDES} is no list of folders; make the report again") from error
    there = all((folder / name).is_dir() for name in names)
    if len(names) < len(OF_RECORDS) or not there or len(set(names)) < len(names):
        raise FileError(
            f"{folder} is not a report: {SIDES} lists {', '.join(names) or 'nothing'}, and not "
            "two or more folders that are there"
        )
    return tuple(names)


def report_of(
    reference: RecordedSide,
    other: RecordedSide,
    *,
    overrides: Path | None = None,
    finding: Finding | None = None,
) -> PairAnswer:
    """Two sides from files and the comparison they give."""
    return PairAnswer(
        _side(reference), _side(other), _compare(reference, other, overrides), finding
    )


def _side(recorded: RecordedSide) -> Side:
    return Side(recorded.pixels, recorded.metadata, recorded.noise)


def _compare(reference: RecordedSide, other: RecordedSide, overrides: Path | None) -> Comparison:
    own_case = _own_case(other) or _own_case(reference)
    made = other.metadata[0] if other.metadata else None
    tolerances = (
        tolerances_for(made.dtype, made.device, overrides, own_case)
        if made
        else tolerances_for(overrides=overrides)
    )
    return compare_runs(reference.pixels, other.pixels, tolerances, reference.noise)


def _own_case(recorded: RecordedSide) -> str | None:
    """The case of tolerances that the engine of a side asks for."""
    return recorded.metadata[0].tolerances if recorded.metadata else None
