"""Expressions rewritten so that each reports its value; what they compute stays the same.

Each operand is evaluated where and when it was: a hook is handed the value of the native expression
and returns that very object. Hooks are names of the module, ``HOOKS``; the places they are given
lie in one tuple of the module, ``SITES``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from parity_bridge.locate.capture.events import EventKind
from parity_bridge.locate.capture.sites import Names, SourceText, WatchedSite, operation_of

#: Name of the tuple of watched places in an instrumented module. Names with two underscores at both
#: ends are not mangled in classes.
SITES = "__parity_bridge_sites__"

#: The hooks of an instrumented module; methods of ``Recorder``.
HOOKS = (
    "open", "value", "load", "owner", "constant", "assigned", "returned", "root", "bind", "enter",
    "base", "stored", "increment", "incremented",
)  # fmt: skip

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DISPLAYS = (ast.Set, ast.Dict, ast.Starred, ast.Slice)
_SUSPENDING = (ast.Await, ast.Yield, ast.YieldFrom)
_OPERATIONS = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.IfExp, ast.Attribute,
    ast.Subscript,
)  # fmt: skip


def hook_name(hook: str) -> str:
    """Return the name of a hook in an instrumented module."""
    return f"__parity_bridge_{hook}__"


class ExpressionInstrumenter:
    """Rewrites the expressions of one module."""

    def __init__(self, tree: ast.Module, text: SourceText) -> None:
        """Begin at the top of the module with this tree and text."""
        self._suspending = _suspending_nodes(tree)
        self._numbers: dict[WatchedSite, int] = {}
        self._text = text
        #: Names of the classes and functions around the present place.
        self._scopes: list[str] = []
        #: Names that stand for modules, or for the object a method belongs to.
        self._plain_names = {"self", "cls"}

    @property
    def _function_name(self) -> str:
        return ".".join(self._scopes).removesuffix(".<locals>") or "<module>"

    @property
    def sites(self) -> tuple[WatchedSite, ...]:
        """The watched places, in the order in which hooks refer to them."""
        return tuple(self._numbers)

    def note_import(self, node: ast.Import) -> None:
        """Note the names that an import binds to modules."""
        for alias in node.names:
            self._plain_names.add(alias.asname or alias.name.partition(".")[0])

    def watched(
        self,
        node: ast.AST,
        kind: EventKind,
        operation: str,
        names: Names = (),
        source: WatchedSite | None = None,
        parts: Sequence[WatchedSite] = (),
    ) -> WatchedSite:
        """Add ``node`` to the watched places and return its entry."""
        site = self._text.site(node, self._function_name)
        watched = WatchedSite(site, kind, operation, names, source, tuple(parts))
        self._numbers[watched] = len(self._numbers)
        return watched

    def root(
        self, node: ast.expr, hook: str = "root", names: Names = ()
    ) -> tuple[ast.expr, WatchedSite]:
        """Rewrite an expression that is no part of another, and report its value to ``hook``."""
        kind: EventKind = "return" if hook == "returned" else "name"
        watched = self.watched(node, kind, hook, names)
        if node in self._suspending:
            return self.expression(node), watched
        return self.call(hook, node, watched, self.opening(node), self.expression(node)), watched

    def expression(self, node: ast.expr) -> ast.expr:
        """Rewrite an expression that is evaluated, and all within it."""
        for kinds, rewrite in self._rewriters:
            if isinstance(node, kinds):
                return rewrite(self, node)
        return node

    def increment(self, node: ast.expr, site: WatchedSite, current: ast.expr) -> ast.expr:
        """Rewrite what is added to a variable, and report it beside the value it is added to."""
        if node in self._suspending:
            return self.expression(node)
        opening = self.opening(node)
        return self.call("increment", node, site, opening, current, self.expression(node))

    def index(self, node: ast.expr) -> ast.expr:
        """Rewrite what stands between the brackets of an item; a tuple there is no sequence."""
        return self._display(node) if isinstance(node, ast.Tuple) else self.expression(node)

    def bindings(self, target: ast.expr, source: WatchedSite) -> list[ast.expr]:
        """Return a call of ``bind`` for each name in ``target``, evaluated after it was bound."""
        names = (part for part in ast.walk(target) if isinstance(part, ast.Name))
        stored = (name for name in names if isinstance(name.ctx, ast.Store))
        return [self._binding(name, source) for name in stored]

    def call(self, hook: str, at: ast.AST, site: WatchedSite, *arguments: ast.expr) -> ast.Call:
        """Return a call of ``hook`` with a watched place, located at ``at``."""
        number = ast.Constant(self._numbers[site])
        where = ast.Subscript(ast.Name(SITES, ast.Load()), number, ast.Load())
        call = ast.Call(ast.Name(hook_name(hook), ast.Load()), [where, *arguments], [])
        for node in (number, where.value, where, call.func, call):
            ast.copy_location(node, at)
        return call

    def opening(self, at: ast.AST) -> ast.expr:
        """Return the call that opens an expression, evaluated before its operands."""
        call = ast.Call(ast.Name(hook_name("open"), ast.Load()), [], [])
        ast.copy_location(call.func, at)
        return ast.copy_location(call, at)

    def defaults(self, arguments: ast.arguments) -> dict[ast.arg, WatchedSite]:
        """Rewrite the defaults of parameters; return the places that compute them."""
        positional = [*arguments.posonlyargs, *arguments.args]
        last = positional[len(positional) - len(arguments.defaults) :]
        sources = {}
        for index, node in enumerate(arguments.defaults):
            arguments.defaults[index], sources[last[index]] = self.root(node)
        for index, default in enumerate(arguments.kw_defaults):
            if default is not None:
                own = arguments.kwonlyargs[index]
                arguments.kw_defaults[index], sources[own] = self.root(default)
        return sources

    def _binding(self, name: ast.Name, source: WatchedSite) -> ast.expr:
        site = self.watched(name, "name", "bind", (name.id,), source)
        load = ast.copy_location(ast.Name(name.id, ast.Load()), name)
        return self.call("bind", name, site, load)

    def _constant(self, node: ast.Constant) -> ast.expr:
        if type(node.value) not in (int, float, complex):
            return node
        return self.call("constant", node, self.watched(node, "constant", "constant"), node)

    def _name(self, node: ast.Name, hook: str = "load") -> ast.expr:
        if node.id in self._plain_names:
            return node
        return self.call(hook, node, self.watched(node, "name", "load", (node.id,)), node)

    def _named(self, node: ast.NamedExpr) -> ast.expr:
        names = (node.target.id,)
        node.value, _ = self.root(node.value, "assigned", names)
        return self.call("load", node, self.watched(node, "name", "load", names), node)

    def _lambda(self, node: ast.Lambda) -> ast.expr:
        self.defaults(node.args)
        node.body, _ = self.root(node.body, "returned")
        return node

    def _comprehension(self, node: _Comprehension) -> ast.expr:
        for generator in node.generators:
            generator.iter, source = self.root(generator.iter)
            conditions = [self.root(condition)[0] for condition in generator.ifs]
            generator.ifs = [*self.bindings(generator.target, source), *conditions]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.expression(node.key), self.expression(node.value)
        else:
            node.elt = self.expression(node.elt)
        return node

    def _suspension(self, node: ast.Await | ast.Yield | ast.YieldFrom) -> ast.expr:
        if node.value is not None:
            node.value, _ = self.root(node.value)
        return node

    def _written(self, node: ast.Tuple | ast.List) -> ast.expr:
        """Rewrite a sequence; report one with integers, which have no identity."""
        has_integer = any(
            isinstance(item, ast.Constant) and type(item.value) is int for item in node.elts
        )
        self._display(node)
        if not has_integer or node in self._suspending:
            return node
        watched = self.watched(node, "operation", type(node).__name__)
        return self.call("value", node, watched, self.opening(node), node)

    def _display(self, node: ast.expr) -> ast.expr:
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                setattr(node, field, self.expression(value))
            elif isinstance(value, list):  # a key of a dictionary is None before ``**``
                setattr(node, field, [item and self.expression(item) for item in value])
        return node

    def _operation(self, node: ast.expr) -> ast.expr:
        names: Names = (f".{node.attr}",) if isinstance(node, ast.Attribute) else ()
        watched = self.watched(node, _kind(node), operation_of(node), names)
        is_plain = self._is_attribute_of_plain_name(node)
        self._operands(node)
        if node in self._suspending:
            return node
        if is_plain:
            return self.call("load", node, watched, node)
        return self.call("value", node, watched, self.opening(node), node)

    def _operands(self, node: ast.expr) -> None:
        if isinstance(node, ast.Subscript):
            node.value, node.slice = self._owner(node.value), self.index(node.slice)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                node.func.value = self._owner(node.func.value)
            elif not isinstance(node.func, ast.Name):
                node.func = self.expression(node.func)
            node.args = [self.expression(argument) for argument in node.args]
            for keyword in node.keywords:
                keyword.value = self.expression(keyword.value)
        else:
            self._display(node)

    def _owner(self, node: ast.expr) -> ast.expr:
        return self._name(node, "owner") if isinstance(node, ast.Name) else self.expression(node)

    def _is_attribute_of_plain_name(self, node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in self._plain_names
        )

    #: Which method rewrites which kinds of expression; others, f-strings say, stay as they are.
    _rewriters: ClassVar[tuple[tuple[Any, Callable[..., ast.expr]], ...]] = (
        (ast.Constant, _constant),
        (ast.Name, _name),
        (_OPERATIONS, _operation),
        ((ast.Tuple, ast.List), _written),
        (_DISPLAYS, _display),
        (_COMPREHENSIONS, _comprehension),
        (ast.Lambda, _lambda),
        (ast.NamedExpr, _named),
        (_SUSPENDING, _suspension),
    )


def _kind(node: ast.expr) -> EventKind:
    return "name" if isinstance(node, ast.Attribute) else "operation"


def _suspending_nodes(tree: ast.AST) -> set[ast.AST]:
    """Return the nodes within which a generator or coroutine may be left and entered again."""
    around = {part: node for node in ast.walk(tree) for part in ast.iter_child_nodes(node)}
    suspending: set[ast.AST] = set()
    for part in around:
        if isinstance(part, _SUSPENDING) or (isinstance(part, ast.comprehension) and part.is_async):
            node: ast.AST = part
            while not isinstance(node, ast.stmt):
                suspending.add(node)
                node = around[node]
    return suspending
