"""Errors of indexing: out of range, too many indices, and masks and indices of the wrong kind."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.float_origins import float_among, float_origin
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.given_values import given_values
from tui_torch.probe.errors.registry import rule
from tui_torch.protocol.shapes import shape_text


@rule(r"index (-?\d+) is out of bounds for dimension (\d+) with size (\d+)")
def out_of_bounds(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[5]` along a dimension of size 5."""
    index, dimension, size = map(int, found.groups())
    held = case.node.value if isinstance(case.node, ast.Subscript) else case.argument(case.call(), 0, "input")
    who = f"{case.with_shape(held)}: d" if held is not None and case.shape(held) is not None else "D"
    valid = f"0 to {size - 1}" if size else "none: it is empty"
    suggested_fix = None
    if isinstance(case.node, ast.Subscript) and size:
        inside = case.node.slice
        parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        # Counted from 1, the last of them has the number `size`; what another number was to be is not known.
        wrong = [part for part in parts if isinstance(part, ast.Constant) and part.value == index == size]
        suggested_fix = case.working_fix(*({part: "-1"} for part in wrong))
    last = " -1 is the last." if suggested_fix else ""
    return RuleResult(
        f"{who}imension {dimension} has size {size}, its indices are {valid}, and {index} was asked for.{last}",
        suggested_fix,
    )


@rule(r"index out of range in self", IndexError)
def embedding_out_of_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `embedding(x)` with an index beyond its last row."""
    held = case.argument(case.call(), 0, "input")
    module = case.find(case.call().func) if case.call() is not None else MISSING  # type: ignore[union-attr]
    layer = case.layer()
    if layer is not None:
        module = layer.module
    rows = None
    if type(module) is torch.nn.Embedding:
        rows = object.__getattribute__(module, "__dict__").get("num_embeddings")
    has = (
        f"`{layer.path}` has {rows} rows, for the indices 0 to {rows - 1}"
        if layer and type(rows) is int
        else ("An embedding has a row for each index from 0")
    )
    return RuleResult(
        f"{has}, and {case.quoted(held) if held is not None else 'the input'} holds one beyond. Make it with "
        "num_embeddings larger than the largest index."
    )


@rule(r"too many indices for tensor of dimension (\d+)", IndexError)
def too_many_indices(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[0, 0, 0]` on a matrix."""
    if not isinstance(case.node, ast.Subscript):
        return None
    inside = case.node.slice
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    held = case.node.value
    return RuleResult(
        f"{case.with_shape(held)}: it has {found[1]} dimension{'s' if found[1] != '1' else ''}, and {len(parts)} "
        "indices were given. One index for each dimension, at most.",
    )


@rule(r"invalid index of a 0-dim tensor|slice\(\) cannot be applied to a 0-dim tensor", IndexError)
def index_of_a_scalar(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[0]` on a scalar tensor."""
    if not isinstance(case.node, ast.Subscript):
        return None
    held, index = case.node.value, case.find(case.node.slice)
    is_first = type(index) is int and index in (0, -1)
    return RuleResult(
        f"{case.quoted(held)} is a scalar: a tensor of one number and no dimension, with nothing to index. `.item()` "
        "gives the number.",
        case.working_fix(f"({ast.unparse(held)}).item()", silent=True) if is_first else None,
    )


@rule(r"len\(\) of a 0-d tensor|iteration over a 0-d tensor", TypeError)
def length_of_a_scalar(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `len(x)`, `for row in x` and `loss, acc = step(x)` on a scalar tensor."""
    match case.statement:
        case ast.Assign([ast.Tuple(names)], value) if case.is_own or isinstance(value, ast.Call):
            named = ", ".join(map(ast.unparse, names))
            return RuleResult(
                f"{case.quoted(value)} gives one scalar tensor, and `{named}` would be {len(names)} things: give it "
                "one name, "
                "or let the function return as many.",
                parts=[value],
            )
        case ast.For(target=ast.Tuple(names), iter=iterated) if len(case.shape(iterated) or ()) == 1:
            text = f"for {ast.unparse(case.statement.target)} in enumerate({ast.unparse(iterated)}):"
            ways = f" To count them as well, write `{text}`." if len(names) == 2 else ""
            return RuleResult(
                f"{case.with_shape(iterated)}: to go over it gives one number after another, a scalar tensor each, "
                "and not "
                f"{len(names)} things.{ways}",
                parts=[iterated],
            )
        case _:
            pass
    return RuleResult(
        "This tensor is a scalar: one number, no dimension, so it has no length and nothing to go over. Was it "
        "reduced by a `sum()` or `mean()` too early? `.item()` gives its number."
    )


@rule(r"tuple index out of range", IndexError)
def size_out_of_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.shape[2]` on a matrix."""
    match case.node:
        case ast.Subscript(ast.Attribute(held, "shape"), index):
            shape = case.shape(held)
        case _:
            return None
    if shape is None:
        return None
    asked = ast.unparse(index)
    return RuleResult(
        f"{case.with_shape(held)}: it has {len(shape)} size{'s' if len(shape) != 1 else ''}, counted from 0, and "
        f"number {asked} was asked for. -1 is the last.",
    )


@rule(
    r"The shape of the mask (\[.*?\]) at index (\d+) does not match the shape of the indexed tensor (\[.*?\]) at index"
)
def mask_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[mask]` with a mask of another shape."""
    held = case.node.value if isinstance(case.node, ast.Subscript) else None
    meaning = (
        f"{case.quoted(held) if held is not None else 'The tensor'} is {found[3]} and the mask {found[1]}: a mask says "
        "yes or no to each element, so it needs the same shape (or that of the first dimensions)."
    )
    if held is not None and isinstance(case.node, ast.Subscript):
        mask = case.node.slice
        for given in given_values(mask, case.history, case.names):
            of = [
                one
                for one in ast.walk(given.value)
                if isinstance(one, ast.Name) and _begins(case, one, case.shape(mask))
            ]
            if len(of) != 1 or given.statement is case.statement:
                continue
            form = rewritten(given.statement, {of[0]: ast.unparse(held)})
            fix = SuggestedFix(form, None, given.statement) if isinstance(held, ast.Name) else None
            ways = (PossibleFix(f"it is to be about the rows of {case.quoted(held)}", fix),) if fix is not None else ()
            return RuleResult(
                f"{meaning} {case.quoted(mask)} was made from {case.quoted(of[0])}, "
                f"{shape_text(case.shape(of[0]) or ())} (line {given.statement.lineno}), "
                f"and not from {case.quoted(held)}.",
                readings=ways,
            )
    return RuleResult(f"{meaning} Make it from the tensor itself, `x > 0`.")


def _begins(case: ErrorCase, piece: ast.expr, sizes: tuple[int, ...] | None) -> bool:
    """Whether a piece is a tensor whose first sizes are these."""
    shape = case.shape(piece)
    return bool(sizes) and shape is not None and sizes is not None and shape[: len(sizes)] == sizes


@rule(r"only integers, slices \(`:`\), ellipsis .* are valid indices \(got (\w+)\)", IndexError)
def index_not_an_integer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[n / 2]`."""
    among = float_among(case, case.node)
    origin = float_origin(case, among[0], case.node) if among is not None and isinstance(case.node, ast.expr) else None
    if origin is not None:
        return RuleResult(f"An index is a whole number, and {origin.words}.", origin.fix, origin.readings)
    which = case.quoted(case.node.slice) if isinstance(case.node, ast.Subscript) else "The index"
    return RuleResult(
        f"{which} is {an(found[1])}, and an index is a whole number. `//` divides whole numbers into one.",
    )


@rule(r"Index tensor must have the same number of dimensions as input tensor", RuntimeError)
def gather_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.gather(1, i)` with an `i` that has fewer dimensions than `x`."""
    call = case.call("gather")
    held, dimension, index = (case.argument(call, place, name) for place, name in enumerate(("input", "dim", "index")))
    if held is None or index is None:
        return None
    along, shape = case.find(dimension), case.shape(held) or ()
    rest = tuple(size for place, size in enumerate(shape) if type(along) is int and place != along % len(shape))
    forms = [{index: f"{{}}.unsqueeze({along})"}] if case.shape(index) == rest else []
    return RuleResult(
        f"{case.with_shape(held)}, {case.with_shape(index)}: `gather` wants an index of as many dimensions as its "
        "input.",
        case.working_fix(*forms),
    )
