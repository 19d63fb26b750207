"""Modules of ours as one text that imports nothing of ours: for cells that run wherever PyTorch does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tui_torch.protocol.late_dataclass import dataclass

PACKAGE = "portable_checks"
"""The package that they are in a notebook."""

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class BundledPart:
    """A module, or some of what is in one."""

    path: str
    """Its file, in this package."""
    names: tuple[str, ...] = ()
    """What is taken of it; all without names."""
    without: tuple[str, ...] = ()
    """What is left out."""

    def text(self, elsewhere: Mapping[str, str]) -> str:
        """Its code without docstrings, with imports of ours from where they are in a notebook.

        Args:
            elsewhere: The modules that are there, by the names of those here; imports from others are left out.
        """
        source = (_ROOT / self.path).read_text("utf-8")
        lines = source.splitlines(keepends=True)
        tree = ast.parse(source)
        taken = [node for node in tree.body if not _is_import(node) and self._takes(_made_by(node))]
        used = {word for one in taken for word in re.findall(r"\w+", ast.unparse(one))}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and _is_ours(node, elsewhere):
                _replace(lines, node, _imported(node, elsewhere, used))
            elif isinstance(node, ast.Import) and node.names[0].name.startswith("tui_torch"):
                _replace(lines, node, _nothing(node))
        _without_docstrings(tree, lines)
        pieces: list[str] = []
        for node in tree.body[1:]:
            if _is_import(node) or node in taken:
                begin = min((one.lineno for one in getattr(node, "decorator_list", ())), default=node.lineno)
                pieces.append("".join(lines[begin - 1 : node.end_lineno]) + ("\n" if _made_by(node) else ""))
        return re.sub(r"\n{4,}", "\n\n\n", "".join(pieces)).strip("\n")

    def _takes(self, made: set[str]) -> bool:
        return bool(made & set(self.names)) if self.names else not made & set(self.without)


def bundled(modules: Mapping[str, Sequence[BundledPart]], elsewhere: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name and the code of each module.

    Args:
        modules: The parts of each, by its name; each imports those before it.
        elsewhere: What to import in place of a module here, such as `portable_checks.asked`.
    """
    for name, parts in modules.items():
        texts = [part.text(elsewhere) for part in parts]
        # Each part may have the line that has to stand first.
        future = "from __future__ import annotations\n"
        yield name, "\n\n\n".join([future, *(text.replace(future, "").strip("\n") for text in texts)])


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_ours(node: ast.ImportFrom, elsewhere: Mapping[str, str]) -> bool:
    return (node.module or "").startswith("tui_torch") or node.module in elsewhere


def _imported(node: ast.ImportFrom, elsewhere: Mapping[str, str], used: set[str]) -> str:
    margin, module = " " * node.col_offset, elsewhere.get(node.module or "")
    names = [one.name if one.asname in (None, one.name) else f"{one.name} as {one.asname}" for one in node.names]
    names = [name for name in names if name.rpartition(" ")[2] in used]
    if module is None or not names:
        return _nothing(node)
    return f"{margin}from {module} import {', '.join(names)}\n"


def _nothing(node: ast.stmt) -> str:
    """What stands in place of an import: a block needs a statement."""
    return f"{' ' * node.col_offset}pass\n" if node.col_offset else ""


def _without_docstrings(tree: ast.AST, lines: list[str]) -> None:
    """Blank the docstrings, of attributes too, where something else stands beside them."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or len(body) < 2:
            continue
        for one in body:
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str):
                _replace(lines, one, "")


def _replace(lines: list[str], node: ast.stmt, text: str) -> None:
    """Have a text in place of the lines of a statement, which keep their number."""
    end = node.end_lineno or node.lineno
    lines[node.lineno - 1 : end] = [text, *[""] * (end - node.lineno)]


def _made_by(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {one.id for one in targets if isinstance(one, ast.Name)}
        case _:
            return set()
