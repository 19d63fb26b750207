"""The learner's own `reshape`, `view`, `flatten`, `permute` and the like that give a tensor another first size."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.protocol.shapes import shape_text

_SHAPING = frozenset(
    (
        *("reshape", "view", "flatten", "unflatten", "permute", "transpose", "t", "swapaxes", "swapdims", "movedim"),
        *("moveaxis", "squeeze", "unsqueeze", "ravel", "reshape_as", "view_as", "adjoint"),
    )
)
"""Functions and methods that give the same elements another shape."""
_ATTRIBUTES = frozenset(("T", "mT", "H", "mH"))
_KEEPING = frozenset(
    ("contiguous", "float", "double", "long", "to", "detach", "clone", "log_softmax", "softmax", "log")
)
"""Methods behind which the shape is that of what they are called on."""


@dataclass(frozen=True, slots=True)
class ShapeChange:
    """A piece of code that gives a tensor another first size."""

    piece: ast.expr
    """The call, `out.reshape(-1, 11)`, or the attribute, `out.T`."""
    name: str
    """What is called: `reshape`."""
    inner: ast.expr
    """What it is called on."""
    before: tuple[int, ...]
    after: tuple[int, ...]
    line: int | None = None
    """The line of an earlier assignment that it stands in; None in the line that failed."""


def first_size_change(case: ErrorCase, node: ast.expr) -> ShapeChange | None:
    """Return the piece by which an argument got another first size, in the line itself or where it was assigned."""
    shape = case.shape(node)
    if shape is None:
        return None
    line, whole = None, node
    if isinstance(node, ast.Name):
        made = case.history.last(node.id)
        if made is None or made.unpacked or node.id in _names_in(made.value) or case.shape(made.value) != shape:
            return None
        line, whole = made.statement.lineno, made.value
    piece: ast.expr | None = whole
    while piece is not None:
        name, inner = _shaping(case, piece)
        if inner is None:
            return None
        before, after = case.shape(inner), case.shape(piece)
        if before is None or after is None:
            return None
        if name in _KEEPING:
            piece = inner
            continue
        if before[:1] != after[:1]:
            return ShapeChange(piece, name, inner, before, after, line)
        piece = inner
    return None


def _names_in(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _shaping(case: ErrorCase, piece: ast.expr) -> tuple[str, ast.expr | None]:
    """The name of what shapes a tensor, and that tensor; no tensor where a piece does not."""
    match piece:
        case ast.Call(ast.Attribute(inner, name)) if name in _SHAPING | _KEEPING and case.tensor(inner) is not None:
            return name, inner
        case ast.Call(ast.Attribute(_, name) | ast.Name(name), [inner, *_]) if name in _SHAPING:
            return name, inner
        case ast.Attribute(inner, name) if name in _ATTRIBUTES:
            return name, inner
        case _:
            return "", None


def rows_changed(case: ErrorCase, pair: tuple[ast.expr, ast.expr]) -> RuleResult | None:
    """Explain different numbers of predictions and targets of which the learner's own code has changed one.

    None where no such code is seen.
    """
    found = [(node, change) for node in pair if (change := first_size_change(case, node)) is not None]
    for node, change in found:
        if (fix := _fix(case, node, change)) is not None:
            return _told(case, change, fix)
    return _told(case, found[0][1], None) if len(found) == 1 else None


def _fix(case: ErrorCase, node: ast.expr, change: ShapeChange) -> SuggestedFix | None:
    inner = ast.unparse(change.inner)
    forms = [inner]
    if len(change.before) > 2:
        forms += [f"{inner}.reshape(-1, {change.before[-1]})", f"{inner}.flatten(1)"]
    # Another form of a name's own line is tried in the place of the name.
    piece = change.piece if change.line is None else node
    return case.working_fix(*({piece: form} for form in forms))


def _told(case: ErrorCase, change: ShapeChange, fix: SuggestedFix | None) -> RuleResult:
    where = f" in line {change.line}" if change.line is not None else ""
    rows = _rows(change.after), _rows(change.before)
    return RuleResult(
        f"{case.quoted(change.piece)}{where} is {shape_text(change.after)}, {rows[0]}, and "
        f"{case.quoted(change.inner)} is {shape_text(change.before)}, {rows[1]}: the `{change.name}` changes the first "
        "size, and the loss compares row by row.",
        fix,
    )


def _rows(shape: tuple[int, ...]) -> str:
    if not shape:
        return "no rows"
    return "1 row" if shape[0] == 1 else f"{shape[0]} rows"


def model_changed_rows(case: ErrorCase, node: ast.expr, rows: int) -> str:
    """Return a sentence if a model was given so many rows, and has made others of them; empty otherwise."""
    shape = case.shape(node)
    call: ast.expr | None = node
    if isinstance(node, ast.Name):
        made = case.history.last(node.id)
        call = made.value if made is not None and not made.unpacked else None
    match call:
        case ast.Call(ast.Name() | ast.Attribute() as model, [given]) if case.is_module(model):
            before = case.shape(given)
        case _:
            return ""
    if not shape or not before or before[0] != rows or before[0] == shape[0]:
        return ""
    return (
        f"{case.quoted(model)} was given {shape_text(before)} and made {shape[0]} rows of its {before[0]}: look in it "
        "for a `view`, `reshape` or `flatten` that does not keep the first size, as `x.flatten(1)` does."
    )


def reassigned_rows(case: ErrorCase, node: ast.expr, rows: int) -> str:
    """Return a sentence if a name was given its shape from itself, `out = out.view(-1, 11)`; empty otherwise."""
    shape = case.shape(node)
    made = case.history.last(node.id) if isinstance(node, ast.Name) else None
    if not shape or made is None or made.unpacked:
        return ""
    name, inner = _shaping(case, made.value)
    if inner is None or name in _KEEPING or ast.unparse(inner) != ast.unparse(node):
        return ""
    count, wanted = math.prod(shape), ""
    if rows and count % rows == 0:
        wanted = f"; with {rows} rows its {count} elements are {shape_text((rows, count // rows))}"
    return f"{case.quoted(made.value)} in line {made.statement.lineno} gives it that shape{wanted}."
