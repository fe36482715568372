"""Statements rewritten so that each reports what it binds, stores and returns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from parity_bridge.locate.capture.expressions import ExpressionInstrumenter
from parity_bridge.locate.capture.sites import Names, SourceText, WatchedSite, names_of

#: Decorators that compile a function from its source or bytecode, which must stay its own.
_COMPILING = frozenset({"jit", "njit", "guvectorize", "cfunc", "stencil"})

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Loop = ast.For | ast.AsyncFor


class StatementInstrumenter(ExpressionInstrumenter):
    """Rewrites the statements of one module."""

    def __init__(self, tree: ast.Module, text: SourceText) -> None:
        """Begin at the top of the module with this tree and text."""
        super().__init__(tree, text)
        #: Qualified names of functions that stay as they are.
        self.unwatched: list[str] = []

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Rewrite statements that follow each other."""
        return [new for statement in statements for new in self._statement(statement)]

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        for kinds, rewrite in self._statement_rewriters:
            if isinstance(node, kinds):
                return [node, *rewrite(self, node)]
        return [node]

    @contextmanager
    def _scope(self, *names: str) -> Iterator[None]:
        self._scopes.extend(names)
        yield
        del self._scopes[-len(names) :]

    def _function(self, node: _Function) -> list[ast.stmt]:
        if any(_compiles(decorator) for decorator in node.decorator_list):
            self.unwatched.append(".".join([*self._scopes, node.name]))
            return []
        sources = self.defaults(node.args)
        with self._scope(node.name):
            entry = self._entry(node, sources)
        with self._scope(node.name, "<locals>"):
            body = self.block(node.body)
        place = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body = [*body[:place], *entry, *body[place:]]
        return []

    def _entry(self, node: _Function, sources: dict[ast.arg, WatchedSite]) -> list[ast.stmt]:
        """Return the statement that reports the arguments with which the function was entered."""
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        given = [argument for argument in given if argument.arg not in ("self", "cls")]
        if not given:
            return []
        parts = [
            self.watched(
                argument,
                "argument",
                f"argument of {node.name}",
                (argument.arg,),
                sources.get(argument),
            )
            for argument in given
        ]
        site = self.watched(given[0], "argument", f"enter {node.name}", parts=parts)
        loads = [
            ast.copy_location(ast.Name(argument.arg, ast.Load()), argument) for argument in given
        ]
        values = ast.copy_location(ast.Tuple([*loads], ast.Load()), given[0])
        return [_as_statement(self.call("enter", given[0], site, values))]

    def _class(self, node: ast.ClassDef) -> list[ast.stmt]:
        with self._scope(node.name):
            node.body = self.block(node.body)
        return []

    def _assign(self, node: ast.Assign) -> list[ast.stmt]:
        names = tuple(name for target in node.targets for name in names_of(target))
        node.value, source = self.root(node.value, "assigned", names)
        calls = (call for target in node.targets for call in self._target(node, target, source))
        return [_as_statement(call) for call in calls]

    def _target(self, node: ast.stmt, target: ast.expr, source: WatchedSite) -> Iterator[ast.expr]:
        """Rewrite a target of ``node``; yield the calls that report afterwards what it holds."""
        if isinstance(target, ast.Subscript):
            yield self._stored_item(node, target, source)
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                part = item.value if isinstance(item, ast.Starred) else item
                if isinstance(part, ast.Name):
                    yield from self.bindings(part, source)
                else:
                    yield from self._target(node, part, source)

    def _stored_item(
        self, node: ast.stmt, target: ast.Subscript | ast.Attribute, source: WatchedSite
    ) -> ast.expr:
        names: Names = (f".{target.attr}",) if isinstance(target, ast.Attribute) else ()
        site = self.watched(node, "store", "store", names, source)
        opening = self.opening(target.value)
        target.value = self.call("base", target.value, site, opening, self.expression(target.value))
        if isinstance(target, ast.Subscript):
            target.slice = self.index(target.slice)
        return self.call("stored", target, site)

    def _annotated(self, node: ast.AnnAssign) -> list[ast.stmt]:
        if node.value is not None:
            node.value, source = self.root(node.value, "assigned", names_of(node.target))
            return [_as_statement(call) for call in self._target(node, node.target, source)]
        return []

    def _augmented(self, node: ast.AugAssign) -> list[ast.stmt]:
        operation, target = type(node.op).__name__, node.target
        if not isinstance(target, ast.Name):
            node.value, source = self.root(node.value)
            return [_as_statement(self._stored_item(node, target, source))]
        site = self.watched(node, "operation", operation, (target.id,))
        load = ast.copy_location(ast.Name(target.id, ast.Load()), target)
        node.value = self.increment(node.value, site, load)
        return [_as_statement(self.call("incremented", node, site, load))]

    def _return(self, node: ast.Return) -> list[ast.stmt]:
        if node.value is not None:
            node.value, _ = self.root(node.value, "returned")
        return []

    def _expression_statement(self, node: ast.Expr) -> list[ast.stmt]:
        if not isinstance(node.value, ast.Constant):
            node.value, _ = self.root(node.value)
        return []

    def _loop(self, node: _Loop) -> list[ast.stmt]:
        node.iter, source = self.root(node.iter)
        bound = [_as_statement(call) for call in self.bindings(node.target, source)]
        node.body = [*bound, *self.block(node.body)]
        node.orelse = self.block(node.orelse)
        return []

    def _branch(self, node: ast.If | ast.While) -> list[ast.stmt]:
        if not isinstance(node.test, ast.Constant):
            node.test, _ = self.root(node.test)
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        return []

    def _with(self, node: ast.With | ast.AsyncWith) -> list[ast.stmt]:
        bound: list[ast.stmt] = []
        for item in node.items:
            item.context_expr, source = self.root(item.context_expr)
            if item.optional_vars is not None:
                calls = self.bindings(item.optional_vars, source)
                bound += [_as_statement(call) for call in calls]
        node.body = [*bound, *self.block(node.body)]
        return []

    def _try(self, node: ast.Try | ast.TryStar) -> list[ast.stmt]:
        for handler in node.handlers:
            handler.body = self.block(handler.body)
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        node.finalbody = self.block(node.finalbody)
        return []

    def _match(self, node: ast.Match) -> list[ast.stmt]:
        node.subject, _ = self.root(node.subject)
        for case in node.cases:
            if case.guard is not None:
                case.guard, _ = self.root(case.guard)
            case.body = self.block(case.body)
        return []

    def _assert(self, node: ast.Assert) -> list[ast.stmt]:
        node.test, _ = self.root(node.test)
        return []

    def _import(self, node: ast.Import) -> list[ast.stmt]:
        self.note_import(node)
        return []

    #: Which method rewrites which kinds of statement and returns what is to follow it.
    _statement_rewriters: ClassVar[tuple[tuple[Any, Callable[..., list[ast.stmt]]], ...]] = (
        (_Function, _function),
        (ast.ClassDef, _class),
        (ast.Assign, _assign),
        (ast.AnnAssign, _annotated),
        (ast.AugAssign, _augmented),
        (ast.Return, _return),
        (ast.Expr, _expression_statement),
        (_Loop, _loop),
        (ast.If | ast.While, _branch),
        (ast.With | ast.AsyncWith, _with),
        (ast.Try | ast.TryStar, _try),
        (ast.Match, _match),
        (ast.Assert, _assert),
        (ast.Import, _import),
    )


def _as_statement(call: ast.expr) -> ast.stmt:
    return ast.copy_location(ast.Expr(call), call)


def _compiles(decorator: ast.expr) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in _COMPILING
