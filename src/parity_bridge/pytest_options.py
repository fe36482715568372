"""The options of the pytest plugin, which give way to options of a project with the same names."""

from __future__ import annotations

import argparse
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

_GROUP = "parity"
#: Every option has both names. Where a project has an option of the short one, ours is the long.
SHORT, _LONG = "--parity-", "--parity-bridge-"

_VALUES: dict[str, dict[str, Any]] = {
    "engine": {
        "metavar": "NAME",
        "help": "engine of checks that name none: of `parity_bridge engines`, or "
        "package.module:Class",
    },
    "dtype": {
        "metavar": "DTYPE", "default": "float64", "help": "float64 (default) or float32",
    },
    "device": {
        "metavar": "DEVICE", "default": "cpu", "help": "as torch names it (default: cpu)",
    },
    "report": {"metavar": "DIR", "help": "write a report of every check that fails to DIR"},
}  # fmt: skip
_SWITCHES = {
    "update": "write stored reference records anew, by the C core",
    "force": "let --parity-update store records with which the verdict is weaker than before",
    "skip-missing": "skip checks whose engine is not installed, which fail otherwise",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of parity checks; the short names of switches follow the conftests.

    A value may be left out, until ``pytest_configure``: an option of the same name in a conftest
    may be a switch, and pytest reads the command line once before it has read the conftests.
    """
    group = parser.getgroup(_GROUP, "parity checks against the nanoBragg C core")
    for name, settings in _VALUES.items():
        settings = {**settings, "dest": option_dest(name), "nargs": "?", "const": ""}  # noqa: PLW2901
        try:
            group.addoption(SHORT + name, _LONG + name, **settings)
        except (ValueError, argparse.ArgumentError):  # another plugin has the short name
            group.addoption(_LONG + name, **settings)
    for name, text in _SWITCHES.items():
        group.addoption(_LONG + name, action="store_true", dest=option_dest(name), help=text)


def option_dest(name: str) -> str:
    """Return the name under which an option's value is stored; no other plugin uses it."""
    return f"parity_bridge_{name.replace('-', '_')}"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, object, object]:
    """Let the project's conftests have options of our short names; take those that are free then.

    Every plugin and conftest is loaded by then. ``--force`` is ours too where it is free.
    """
    with _short_names_free(parser):
        result = yield
    for name, switch in (*((SHORT + name, name) for name in _SWITCHES), ("--force", "force")):
        if not _is_taken(parser, name):
            text = f"the same as {_LONG}{switch}"
            with suppress(ValueError, argparse.ArgumentError):
                parser.getgroup(_GROUP).addoption(
                    name, action="store_true", dest=option_dest(switch), help=text
                )
    return result


@contextmanager
def _short_names_free(parser: pytest.Parser) -> Iterator[None]:
    """Take the short names off our options, and give them back unless they are taken then.

    pytest has no public way to do that. Where its parser is built differently nothing is taken off.
    """
    group: Any = parser.getgroup(_GROUP)
    options_by_name = getattr(getattr(group, "_arggroup", None), "_option_string_actions", {})
    taken_off = []
    for option in group.options:
        names = _names_of(option)
        for name in [name for name in names if not name.startswith(_LONG)]:
            names.remove(name)
            taken_off.append((names, name, options_by_name.pop(name, None)))
    yield
    for names, name, action in taken_off:
        if not _is_taken(parser, name):
            names.insert(0, name)
            if action is not None:
                options_by_name[name] = action


def _names_of(option: Any) -> list[str]:
    """Return the list of names that belongs to an option: of pytest 9, of an older one, or none."""
    action = getattr(option, "_action", None)
    names: list[str] = (
        getattr(option, "_long_opts", []) if action is None else action.option_strings
    )
    return names


def _is_taken(parser: pytest.Parser, name: str) -> bool:
    """Check whether an option has this name; one that cannot be looked up counts as taken.

    Older versions of pytest notice only when they have read the command line.
    """
    groups: list[Any] = [*getattr(parser, "_groups", [None]), getattr(parser, "_anonymous", None)]
    return None in groups or any(
        name in option.names() for group in groups for option in group.options
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of parity checks; raises pytest's UsageError for an empty option."""
    for name, settings in _VALUES.items():
        if config.getoption(option_dest(name)) == "":
            raise pytest.UsageError(f"{SHORT}{name}: give its value, {settings['metavar']}")
    config.addinivalue_line(
        "markers",
        "parity(engine=None, taps=('all',), tolerances=None): a check of an engine against the C "
        "core; what is given here holds for the fixture `parity` of the test",
    )
