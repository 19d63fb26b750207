"""The learner's code as text and as a tree: where something stands, and how the line reads once it is fixed."""

from __future__ import annotations

import ast
import textwrap
import warnings
from collections.abc import Iterator
from functools import cached_property

LONGEST = 50_000
"""Characters. Longer code is not parsed."""

Loop = ast.For | ast.AsyncFor | ast.While


class Source:
    """One run's code. Everything is computed when it is asked for: most runs ask for nothing."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def nodes(self) -> list[ast.expr | ast.stmt]:
        """Every node of the tree in the order of the text; none when the code cannot be read."""
        if len(self.text) > LONGEST:
            return []
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []
        found = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    def line(self, number: int) -> str:
        """The text of a line without its indentation; empty when there is no such line."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """The calls of what is named so, as a function or as an attribute of anything."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and called(node) in names:
                yield node

    def assigned(self, name: str) -> ast.Assign | None:
        """The last assignment to a plain name (or `self.name`, given as such)."""
        found: ast.Assign | None = None
        for node in self.nodes:
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == name for target in node.targets):
                found = node
        return found

    def loops_around(self, line: int) -> list[Loop]:
        """The loops that a line stands in, the outermost first."""
        return [node for node in self.nodes if isinstance(node, Loop) and _spans(node, line) and node.lineno != line]

    def function_around(self, line: int) -> ast.FunctionDef | None:
        around = [node for node in self.nodes if isinstance(node, ast.FunctionDef) and _spans(node, line)]
        return around[-1] if around else None

    def share_a_loop(self, line: int, other: int) -> bool:
        """Whether the innermost loop around one line has the other in it too."""
        loops = self.loops_around(line)
        return bool(loops) and _spans(loops[-1], other)

    def replaced(self, node: ast.expr, text: str) -> str | None:
        """The lines that a piece stands on, with `text` in its place and without their indentation."""
        end_line, end_column = node.end_lineno, node.end_col_offset
        if end_line is None or end_column is None:
            return None
        first = self.lines[node.lineno - 1].encode()[: node.col_offset].decode()
        last = self.lines[end_line - 1].encode()[end_column:].decode()
        return textwrap.dedent(first + text + last).strip()

    def named(self, node: ast.AST) -> str:
        """A piece as it stands in the text."""
        return ast.get_source_segment(self.text, node) or ast.unparse(node)


def called(call: ast.Call) -> str:
    """The last part of the name of what is called: `mse_loss` of `F.mse_loss(…)`."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)
