"""The C core and the PyTorch port are twins: same files, same functions."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CSRC = ROOT / "csrc"
PORT = ROOT / "src" / "parity_bridge" / "engines" / "torch_port"
#: C alone: texts of statuses, the check of raw arguments that Python's types make needless, the
#: stages that the reference is given instead of computing them, what files hold of an image, and
#: what makes images sooner.
CARETAKERS = {"status", "checks", "overrides", "fingerprint", "certainty"}
CARETAKERS |= {"image_statistics", "integer_image", "poisson", "noise_image"}
FACTORS = sorted({path.stem for path in CSRC.glob("*.c")} - CARETAKERS | {"units"})

_DEFINITION = re.compile(r"^(?:static inline )?[a-z][\w ]*?\**pb_(\w+)\(", re.MULTILINE)
#: A predicate on a value that torch answers with a method of the tensor.
_C_ONLY = {"vec3_is_finite"}


def c_functions(factor: str) -> list[str]:
    """Names of the pb_ functions defined for a factor, in order, without the prefix."""
    files = [CSRC / f"{factor}.h", CSRC / f"{factor}.c"]
    text = "\n".join(file.read_text() for file in files if file.is_file())
    bodies = [match for match in _DEFINITION.finditer(text) if _is_definition(text, match.end())]
    return [match[1] for match in bodies if match[1] not in _C_ONLY]


def _is_definition(text: str, position: int) -> bool:
    return text.index("{", position) < (text.find(";", position) % (len(text) + 1))


def torch_functions(factor: str) -> list[str]:
    """Names of the public functions of a factor, in order."""
    tree = ast.parse((PORT / f"{factor}.py").read_text())
    names = (node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return [name for name in names if not name.startswith("_")]


@pytest.mark.parametrize("factor", FACTORS)
def test_a_factor_has_the_same_functions_in_the_same_order(factor: str) -> None:
    assert c_functions(factor)
    assert torch_functions(factor) == c_functions(factor)


@pytest.mark.parametrize("factor", FACTORS)
def test_the_first_comment_of_a_factor_names_the_same_contract_sections(factor: str) -> None:
    c_file = next(file for end in "ch" if (file := CSRC / f"{factor}.{end}").is_file())
    c_line = c_file.read_text().splitlines()[0]
    torch_line = (PORT / f"{factor}.py").read_text().splitlines()[0]
    assert re.findall(r"§\d", c_line)
    assert re.findall(r"§\d", c_line) == re.findall(r"§\d", torch_line)


def test_engines_never_import_each_other() -> None:
    core = PORT.parent / "c_core"
    for room, other in ((PORT, "c_core"), (core, "torch")):
        files = list(room.glob("*.py"))
        assert files
        for file in files:
            assert other not in file.read_text(), file
