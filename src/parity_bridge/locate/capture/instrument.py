"""A source text turned into code that does the same and reports every value it makes."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

from parity_bridge.locate.capture.sites import SourceText, WatchedSite
from parity_bridge.locate.capture.statements import StatementInstrumenter


@dataclass(frozen=True)
class Instrumented:
    """The code of a module, the places that its hooks refer to, and what stays as it was."""

    code: CodeType
    sites: tuple[WatchedSite, ...]
    #: Functions that are compiled from their source by a decorator.
    unwatched: tuple[str, ...]


@lru_cache(maxsize=256)
def instrument(source: str, file: str) -> Instrumented:
    """Return ``source`` of ``file`` (absolute path) as instrumented code.

    Raise SyntaxError where it is not Python, RecursionError where it is nested too deeply.
    """
    with warnings.catch_warnings():
        # Those of the compiler have been given, or are in a cache and are not.
        warnings.simplefilter("ignore")
        tree = ast.parse(source, file)
        instrumenter = StatementInstrumenter(tree, SourceText(file, source))
        tree.body = instrumenter.block(tree.body)
        code = compile(tree, file, "exec", dont_inherit=True)
    return Instrumented(code, instrumenter.sites, tuple(instrumenter.unwatched))
