"""The learner's code as text and as a tree: where something is, and how its line reads with a change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from tui_torch.probe.isolation.undisturbed import warnings_ignored

LONGEST = 50_000
"""Maximum number of characters of code that is parsed."""

Loop = ast.For | ast.AsyncFor | ast.While


class Source:
    """The code of one run. Everything is computed on demand: most runs need nothing."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return lines_of(self.text)

    @cached_property
    def nodes(self) -> list[ast.expr | ast.stmt]:
        """The expressions and statements in the order of the text; none if the code cannot be parsed."""
        if len(self.text) > LONGEST:
            return []
        try:
            with warnings_ignored():
                tree = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []
        found = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    def line(self, number: int) -> str:
        """Return a line, counted from 1, without its indentation; empty if there is no such line."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Yield the calls of a function, or of an attribute of anything, of one of these names."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and called(node) in names:
                yield node

    def uncalled(self, *names: str) -> Iterator[ast.Expr]:
        """Yield the statements that name a method and do nothing else, `opt.step`, of one of these names."""
        for node in self.nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute) and node.value.attr in names:
                yield node

    def assigned(self, name: str) -> ast.Assign | None:
        """Return the last assignment to a name, or to `self.name`, given as such; None if there is none."""
        found: ast.Assign | None = None
        for node in self.nodes:
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == name for target in node.targets):
                found = node
        return found

    def loops_around(self, line: int) -> list[Loop]:
        """Return the loops whose body a line is in, the outermost first."""
        return [node for node in self.nodes if isinstance(node, Loop) and _spans(node, line) and node.lineno != line]

    def function_around(self, line: int) -> ast.FunctionDef | None:
        """Return the innermost function that a line is in; None for a line of the module."""
        around = [node for node in self.nodes if isinstance(node, ast.FunctionDef) and _spans(node, line)]
        return around[-1] if around else None

    def share_a_loop(self, line: int, other: int) -> bool:
        """Return whether the innermost loop around one line contains the other too."""
        loops = self.loops_around(line)
        return bool(loops) and _spans(loops[-1], other)

    def named(self, node: ast.AST) -> str:
        """Return a node as the code has it."""
        return ast.get_source_segment(self.text, node) or ast.unparse(node)


def lines_of(text: str) -> list[str]:
    """Return the lines of code as Python counts them, without their ends.

    `str.splitlines()` begins a line at a form feed, too, and at characters that a string may hold.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def called(call: ast.Call) -> str:
    """Return the last part of the name of what is called: `mse_loss` of `F.mse_loss(…)`; empty if it has none."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)
