"""Print what pyproject.toml asks for, one requirement a line, so that any pip can install it.

Usage: requirements.py GROUP ...   where GROUP is ``run`` (the package's own dependencies) or a name
in [dependency-groups], which pip reads by itself only since 25.1.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def requirements(group: str) -> list[str]:
    """Return the requirements of ``group``; raises KeyError for a group that does not exist."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = {
        **project["dependency-groups"],
        "run": project["project"]["dependencies"],
    }
    return groups[group]


for name in sys.argv[1:]:
    print(*requirements(name), sep="\n")
