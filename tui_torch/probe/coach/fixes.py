"""Corrected code: the lines that a note shows, and the edits that make the learner's code be so."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tui_torch.probe.isolation.undisturbed import warnings_ignored
from tui_torch.probe.source.lines import Source
from tui_torch.protocol.notes import LineEdit, Note, applied


@dataclass(frozen=True, slots=True)
class Fix:
    """Corrected lines."""

    shown: str
    """The new lines without their indentation, and those beside them that say where they belong."""
    edits: tuple[LineEdit, ...]
    """The edit that is shown, and the others."""


def noted(rule: str, says: str, line: int | None, fix: Fix | None = None) -> Note:
    """Return a note with its suggested fix, if there is one."""
    return Note(rule, says, line) if fix is None else Note(rule, says, line, fix.shown, fix.edits)


def replaced(source: Source, node: ast.expr | ast.stmt, text: str) -> Fix | None:
    """Return the lines that a node is on with `text` in its place; None if that is no code."""
    first, last = node.lineno, _last(node)
    before = _cut(source, first, 0, node.col_offset)
    after = _cut(source, last, node.end_col_offset or 0, None)
    return _fix(source, [LineEdit(first, last, before + text + after)])


def called_where_named(source: Source, bare: ast.Expr) -> Fix | None:
    """Return a fix in which a statement that only names a method calls it."""
    return replaced(source, bare, f"{source.named(bare.value)}()")


def inserted_before(source: Source, node: ast.stmt, *texts: str) -> Fix | None:
    """Return a fix with new statements, a line each, before a statement, which is shown below them."""
    node = _above_decorators(node)
    first = node.lineno
    if _starts_its_line(source, node):
        shown = "\n".join([*texts, _outline(source, node)])
        return _fix(source, [LineEdit(first, first - 1, _indented(source, node, texts))], shown)
    return _spliced(source, node, node.col_offset, "".join(f"{text}; " for text in texts), first)


def inserted_after(source: Source, node: ast.stmt, *texts: str) -> Fix | None:
    """Return a fix with new statements, a line each, after a statement, which is shown above them."""
    last = _last(node)
    if _starts_its_line(source, node) and _ends_its_line(source, node):
        shown = "\n".join([_outline(source, node), *texts])
        return _fix(source, [LineEdit(last + 1, last, _indented(source, node, texts))], shown)
    return _spliced(source, node, node.end_col_offset or 0, "".join(f"; {text}" for text in texts), last)


def moved_before(source: Source, node: ast.stmt, other: ast.stmt) -> Fix | None:
    """Return a fix in which a statement stands before another one."""
    text = textwrap.dedent(_text(source, node))
    return _moved(source, node, inserted_before(source, other, *text.splitlines()), text)


def moved_after(source: Source, node: ast.stmt, other: ast.stmt) -> Fix | None:
    """Return a fix in which a statement stands after another one, which may follow it on the same line."""
    if node.lineno == _last(node) == other.lineno == _last(other):
        return _exchanged(source, node, other)
    text = textwrap.dedent(_text(source, node))
    return _moved(source, node, inserted_after(source, other, *text.splitlines()), text)


def removed(source: Source, node: ast.stmt) -> Fix | None:
    """Return a fix in which a statement is a comment; before that of the only one of a block stands `pass`."""
    if not _starts_its_line(source, node) or not _ends_its_line(source, node):
        return None
    lines = [f"# {line}" for line in textwrap.dedent(_text(source, node)).splitlines()]
    if len(block_of(source, node)) == 1:
        lines = ["pass", *lines]
    return _fix(source, [LineEdit(node.lineno, _last(node), _indented(source, node, lines))])


def both(source: Source, one: Fix | None, other: Fix | None) -> Fix | None:
    """Return a fix with the edits of two, of which the lines of both are shown; None if either is missing."""
    if one is None or other is None:
        return None
    return _fix(source, [*one.edits, *other.edits], f"{one.shown}\n{other.shown}")


def statement_at(source: Source, line: int, calls: str | None = None) -> ast.stmt | None:
    """Return the innermost statement that a line belongs to, the last of several; None if there is none.

    Args:
        source: The learner's code.
        line: The line, counted from 1.
        calls: What the statement calls, if it calls something: `backward`.
    """
    around = [node for node in source.nodes if isinstance(node, ast.stmt) and node.lineno <= line <= _last(node)]
    if calls is not None:
        wanted = [call for call in source.calls(calls) if call.lineno <= line <= _last(call)]
        calling = [node for node in around if any(part in wanted for part in ast.walk(node))]
        around = calling or around
    return around[-1] if around else None


def statement_of(source: Source, node: ast.expr) -> ast.stmt | None:
    """Return the statement that an expression is part of."""
    found = [one for one in source.nodes if isinstance(one, ast.stmt) and any(part is node for part in ast.walk(one))]
    return found[-1] if found else None


def block_of(source: Source, node: ast.stmt) -> Sequence[ast.stmt]:
    """Return the statements of the block that a statement is in."""
    blocks = [block for other in source.nodes if isinstance(other, ast.stmt) for block in _blocks(other)]
    inside = {id(one) for block in blocks for one in block}
    outermost = [one for one in source.nodes if isinstance(one, ast.stmt) and id(one) not in inside]
    return next((block for block in blocks if any(one is node for one in block)), outermost)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for part in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(part, name, None)
            if isinstance(block, list):
                yield block


def _fix(source: Source, edits: Sequence[LineEdit], shown: str | None = None) -> Fix | None:
    try:
        with warnings_ignored():
            ast.parse(applied(source.text, edits))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Fix(textwrap.dedent(edits[0].text).strip() if shown is None else shown, tuple(edits))


def _exchanged(source: Source, one: ast.stmt, other: ast.stmt) -> Fix | None:
    """Return a fix in which two statements on a line, of which the second follows the first, stand the other way."""
    line, between = one.lineno, _cut(source, one.lineno, one.end_col_offset or 0, other.col_offset)
    if hasattr(one, "body") or hasattr(other, "body") or between.strip() != ";":
        return None
    text = f"{source.named(other)}{between}{source.named(one)}"
    before, after = _cut(source, line, 0, one.col_offset), _cut(source, line, other.end_col_offset or 0, None)
    return _fix(source, [LineEdit(line, line, before + text + after)])


def _moved(source: Source, node: ast.stmt, inserted: Fix | None, text: str) -> Fix | None:
    removal = _removal(source, node)
    if inserted is None or removal is None:
        return None
    first = text.splitlines()[0]
    shown = inserted.shown.replace(first, f"{first}  # moved from line {node.lineno}", 1)
    return _fix(source, [*inserted.edits, removal], shown)


def _removal(source: Source, node: ast.stmt) -> LineEdit | None:
    if not _starts_its_line(source, node) or not _ends_its_line(source, node):
        return None
    alone = len(block_of(source, node)) == 1
    return LineEdit(node.lineno, _last(node), _indented(source, node, ["pass"]) if alone else "")


def _spliced(source: Source, node: ast.stmt, column: int, text: str, line: int) -> Fix | None:
    if isinstance(node, ast.For | ast.While | ast.If | ast.With | ast.FunctionDef | ast.ClassDef | ast.Try):
        return None
    return _fix(source, [LineEdit(line, line, _cut(source, line, 0, column) + text + _cut(source, line, column, None))])


def _cut(source: Source, line: int, start: int, end: int | None) -> str:
    """Return a piece of a line, by columns as `ast` counts them: in bytes of UTF-8."""
    return source.lines[line - 1].encode()[start:end].decode()


def _text(source: Source, node: ast.stmt) -> str:
    return "\n".join(source.lines[node.lineno - 1 : _last(node)])


def _indented(source: Source, node: ast.stmt, texts: Iterable[str]) -> str:
    return "\n".join(_cut(source, node.lineno, 0, node.col_offset) + text for text in texts)


def _outline(source: Source, node: ast.stmt) -> str:
    """Return a statement as it is written; of a block, its first line."""
    compound = hasattr(node, "body")
    text = source.lines[node.lineno - 1] if compound else _text(source, node)
    return textwrap.dedent(text).strip()


def _above_decorators(node: ast.stmt) -> ast.stmt:
    """Return a statement, or a stand-in for the first line of its decorators."""
    decorators = getattr(node, "decorator_list", [])
    if not decorators:
        return node
    above = ast.copy_location(ast.Pass(), node)
    above.lineno = above.end_lineno = decorators[0].lineno
    return above


def _starts_its_line(source: Source, node: ast.stmt) -> bool:
    return not _cut(source, node.lineno, 0, node.col_offset).strip()


def _ends_its_line(source: Source, node: ast.stmt) -> bool:
    rest = _cut(source, _last(node), node.end_col_offset or 0, None).strip()
    return not rest or rest.startswith("#")


def _last(node: ast.expr | ast.stmt) -> int:
    return node.end_lineno or node.lineno
