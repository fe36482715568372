"""An Experiment as a flat mapping: path of a field -> value, tuples split into their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parity_bridge.experiment.flags.flag import Value
from parity_bridge.experiment.model import Cell, Crystal, Experiment


def fields_of(experiment: Experiment) -> dict[str, Value]:
    """Return every field of ``experiment``: ``beam.wavelength``, ``crystal.misset.0`` and so on."""
    return dict(_field_leaves(experiment.model_dump(), ""))


def experiment_of(fields: Mapping[str, Value]) -> Experiment:
    """Return the experiment of ``fields``, the inverse of ``fields_of``.

    Fields that are left out take their default.

    Raises pydantic.ValidationError, whose locations are the paths split at the dots.
    """
    tree: dict[str, Any] = {}
    for path, value in fields.items():
        *branches, leaf = path.split(".")
        node = tree
        for branch in branches:
            node = node.setdefault(branch, {})
        node[leaf] = value
    return Experiment.model_validate(_with_tuples(tree))


def _field_leaves(value: Any, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value, tuple):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _field_leaves(item, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def _with_tuples(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if "0" in node:
        return tuple(node[str(place)] for place in range(len(node)))
    return {name: _with_tuples(item) for name, item in node.items()}


#: The default of every field; the cell has none.
DEFAULTS: Mapping[str, Value] = {
    path: value
    for path, value in fields_of(Experiment(crystal=Crystal(cell=Cell(a=1.0)))).items()
    if not path.startswith("crystal.cell.")
}
