"""The part of the learner's code that a loss is computed by, as far as its text shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tui_torch.probe.coach.rule import SiteRecord
from tui_torch.probe.source.lines import Source

_MOST = 60
"""Maximum number of statements that a slice contains."""


def loss_slice(source: Source, record: SiteRecord) -> list[ast.Assign | ast.AugAssign | ast.For]:
    """Return the statements above a `backward()`, in its function, that its loss depends on; the nearest first."""
    call = _backward(source, record)
    wanted = set() if call is None else {name.id for name in _names(call)}
    function = source.function_around(record.line)
    column = min((len(source.lines[record.line - 1]) - len(source.lines[record.line - 1].lstrip()), 80))
    found: list[ast.Assign | ast.AugAssign | ast.For] = []
    for node in reversed(source.nodes):
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.For) or node.lineno > record.line:
            continue
        if len(found) == _MOST or source.function_around(node.lineno) is not function:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        stored = {ast.unparse(part) for target in targets for part in _names(target)}
        if not stored & wanted:
            continue
        found.append(node)
        # A statement further inside may not always run.
        if isinstance(node, ast.Assign) and node.col_offset <= column:
            wanted -= {ast.unparse(target) for target in targets if isinstance(target, ast.Name)}
        wanted |= {ast.unparse(part) for part in _names(node.iter if isinstance(node, ast.For) else node.value)}
    return found


def parts(source: Source, record: SiteRecord) -> Iterator[ast.expr]:
    """Yield the expressions that a loss depends on, those of the nearest statement first, each before its parts."""
    call = _backward(source, record)
    roots: Sequence[ast.AST] = [
        *([] if call is None else [call]),
        *(node.iter if isinstance(node, ast.For) else node.value for node in loss_slice(source, record)),
    ]
    for root in roots:
        for node in ast.walk(root):
            if isinstance(node, ast.expr):
                yield node


def _backward(source: Source, record: SiteRecord) -> ast.Call | None:
    """Return the call of `backward()`: what is on its line, since the recorder may not know how the loss is called."""
    calls = [call for call in source.calls("backward") if call.lineno <= record.line <= (call.end_lineno or 0)]
    return calls[-1] if len(calls) == 1 else None


def _names(node: ast.AST) -> list[ast.Name]:
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
