"""What can be broken: cosmic-ray's mutations of a module, one of ours, and where in the module each of them is."""

from __future__ import annotations

import ast
import difflib
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import cosmic_ray.plugins
import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator

from tests.mutation.areas import AREAS, ROOT
from tests.mutation.equivalents import without_blanks

_POINTLESS = re.compile(
    r"ReplaceComparisonOperator_(?!Is)\w+_Is(Not)?$"  # `==` for `is`: the same for small numbers, interned names, None
    r"|ReplaceComparisonOperator_Is(Not)?_(?!Is)"  # `is None` for `== None`, or a comparison that raises
    r"|Variable(Replacer|Inserter)$"  # they need names
)


class RemoveStatement(Operator):
    """Does nothing in the place of a call, of an assignment to an attribute or an item, or of a raise."""

    def mutation_positions(self, node):  # type: ignore[no-untyped-def]
        if node.parent is not None and node.parent.type == "simple_stmt":
            kind = node.type
            is_stored = kind == "expr_stmt" and (
                node.children[0].type in ("atom_expr", "power") or getattr(node.children[1], "value", "=") != "="
            )
            if kind in ("atom_expr", "power", "await_expr", "raise_stmt") or is_stored:
                yield node.start_pos, node.end_pos

    def mutate(self, node, index):  # type: ignore[no-untyped-def]
        return parso.python.tree.Keyword("pass", node.start_pos, prefix=node.get_first_leaf().prefix)

    @classmethod
    def examples(cls):  # type: ignore[no-untyped-def]
        return ()


def _operators() -> Iterator[Operator]:
    for name in cosmic_ray.plugins.operator_names():
        if not _POINTLESS.search(name):
            yield cosmic_ray.plugins.get_operator(name)()
    yield RemoveStatement()


@dataclass(frozen=True)
class Place:
    """A piece of a module that at least one mutation changes."""

    module: str
    start: tuple[int, int]
    end: tuple[int, int]
    lines: tuple[int, int]
    """The first and the last line of the statement, or of the head of a compound one."""
    function: tuple[str, int] | None
    """The outermost function whose body it is in: its qualified name and first line. None: it is run at import."""


@dataclass(frozen=True)
class Mutant:
    area: str
    place: Place
    operator: Operator
    occurrence: int

    @property
    def kind(self) -> str:
        return type(self.operator).__name__

    @cached_property
    def source(self) -> str:
        """The module's source, broken."""
        before = (ROOT / self.place.module).read_text("utf-8")
        broken = mutate_code(before, self.operator, self.occurrence)
        assert broken is not None and broken != before, self
        return broken

    @cached_property
    def change(self) -> tuple[str, str]:
        """The lines that differ, before and after, stripped."""
        before = (ROOT / self.place.module).read_text("utf-8").splitlines()
        sides: dict[str, list[str]] = {"-": [], "+": []}
        for line in difflib.unified_diff(before, self.source.splitlines(), n=0):
            if line[:3] not in ("---", "+++") and line[0] in sides:
                sides[line[0]].append(without_blanks(line[1:]))
        return "\n".join(sides["-"]), "\n".join(sides["+"])


def draw(each: int, seed: int, areas: list[str]) -> tuple[list[Mutant], int]:
    """At `each` places of every area at random one mutant, and how many places there are.

    Each area counts alike, so that small modules are not lost among large ones; one that has fewer places gives all.
    """
    drawn, places = list[Mutant](), 0
    for area in areas:
        chance, by_place = random.Random(f"{seed} {area}"), _mutants(area)
        order = chance.sample(list(by_place), len(by_place))
        mutants = (_compiled(area, place, by_place[place], chance) for place in order)
        drawn += islice((mutant for mutant in mutants if mutant is not None), each)
        places += len(by_place)
    return drawn, places


def _compiled(area: str, place: Place, ways: list[tuple[Operator, int]], chance: random.Random) -> Mutant | None:
    """One of the mutants at a place that is Python: `//` for the `**` of `{**names}` is not."""
    for operator, occurrence in chance.sample(ways, len(ways)):
        mutant = Mutant(area, place, operator, occurrence)
        with suppress(SyntaxError, AttributeError):  # cosmic-ray has no answer to `except zlib.error`
            compile(mutant.source, place.module, "exec")
            return mutant
    return None


def _mutants(area: str) -> dict[Place, list[tuple[Operator, int]]]:
    found: dict[Place, list[tuple[Operator, int]]] = {}
    for module in AREAS[area].paths():
        source = (ROOT / module).read_text("utf-8")
        nodes, tree, noise = list(ast_nodes(get_ast(source))), ast.parse(source), list(_noise(source))
        for operator in _operators():
            positions = ((node, *position) for node in nodes for position in operator.mutation_positions(node))
            for occurrence, (node, start, end) in enumerate(positions):
                is_star = (
                    node.parent is not None and node.parent.type in ("parameters", "param") and node.type == "operator"
                )
                if not is_star and not any(first <= start and end <= last for first, last in noise):
                    place = Place(module, start, end, *_around(tree, start[0]))
                    found.setdefault(place, []).append((operator, occurrence))
    return found


def _noise(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """From where to where (line, character) the module holds what is never run, or guards against its authors alone."""
    tree, lines = ast.parse(source), source.splitlines()

    def span(node: ast.AST, before: int = 0) -> tuple[tuple[int, int], tuple[int, int]]:
        ends = (node.lineno, node.col_offset - before), (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        first, last = ((line, len(lines[line - 1].encode()[:offset].decode())) for line, offset in ends)
        return first, last

    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
                yield span(annotation)
            case ast.ClassDef():
                yield from (span(decorator, len("@")) for decorator in node.decorator_list)  # dataclass(frozen=True)
            case ast.FunctionDef(returns=ast.expr() as annotation) | ast.AsyncFunctionDef(returns=annotation):
                yield span(annotation)
            case ast.keyword(arg="strict") | ast.Assign(targets=[ast.Name(id="__slots__" | "__all__")]):
                yield span(node)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield span(node)
            case ast.Assign(value=ast.BinOp() | ast.Subscript()) if node in tree.body:  # perhaps a type with a name
                if any(isinstance(part, ast.Subscript) for part in ast.walk(node)):
                    yield span(node)


def _around(tree: ast.Module, line: int) -> tuple[tuple[int, int], tuple[str, int] | None]:
    """The lines of the statement at that line, and the outermost function whose body it is in."""
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node.lineno <= line <= _last(node)]
    around.sort(key=lambda node: (node.lineno, -_last(node)))
    names = []
    for node in around:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.append(node.name)
            if not isinstance(node, ast.ClassDef):
                if line < node.body[0].lineno:
                    break
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                return _lines(around[-1], line), (".".join(names), first)
    return (_lines(around[-1], line) if around else (line, line)), None  # a decorator is before its statement


def _lines(statement: ast.stmt, line: int) -> tuple[int, int]:
    body = getattr(statement, "body", None)
    if body and line < body[0].lineno:
        return statement.lineno, body[0].lineno - 1
    return (line, line) if body or isinstance(statement, ast.Match) else (statement.lineno, _last(statement))


def _last(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno
