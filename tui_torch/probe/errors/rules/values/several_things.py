"""Errors of several things where one tensor should be: what an LSTM returns, a batch, a sample, a tensor's chunks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import Dataset

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.description import tensor_shape_text
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.feeding_layers import LayerBefore, layer_before
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.origins.history import Assignment
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.stand_ins import is_return_type
from tui_torch.probe.values.short_repr import class_name

_MOST_NAMED = 4
_STATES = "its output at every step, and its last state"
_RETURNED = {
    torch.nn.LSTM: "its output at every step, and its last states",
    torch.nn.GRU: _STATES,
    torch.nn.RNN: _STATES,
    torch.nn.LSTMCell: "the hidden state and the cell state",
    torch.nn.MultiheadAttention: "its output, and the weights of the attention",
}
"""The two things that PyTorch's own layers return."""


@dataclass(frozen=True, slots=True)
class _Several:
    """A tuple, a list or a dict where a tensor should be."""

    value: Any
    node: ast.expr | None
    """The piece of the line that it is; None if it is handed on inside of a model."""
    before: LayerBefore | None = None
    """The layer of a Sequential that handed it on."""


@rule(
    r"must be Tensor, not (?:tuple|list|dict|torch\.return_types)|'(?:tuple|list|dict)' object has no attribute"
    r"|(?:tuple|list) indices must be integers|got \((?:tuple|list|dict)\b|^(?:can only concatenate|can't multiply)"
    r"|unsupported operand type\(s\) for .*'(?:tuple|list|dict)'|got (?:tuple|list)$",
    TypeError,
    AttributeError,
    first=True,
)
def several_for_one(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `linear(lstm(x))`, `model(batch)` and `lstm(x)[:, -1]`."""
    several = next(_several(case), None)
    if several is None or not _is_used_as_a_tensor(case, several):
        return None
    if several.node is not None and type(several.value) is list and _are_numbers(several.value):
        return _of_numbers(case, several.node, found)
    if several.before is not None:
        return _in_a_sequential(several, several.before)
    node = several.node
    assert node is not None
    made = case.history.last(ast.unparse(node)) if isinstance(node, ast.Name | ast.Attribute) else None
    source = made.value if made is not None and not made.unpacked else node
    if isinstance(source, ast.Call) and (module := _module(case, source)) is not None:
        return _of_a_layer(case, several, source, module, made)
    if type(several.value) is dict:
        keys = ", ".join(repr(key) for key in list(several.value)[:_MOST_NAMED] if type(key) is str)
        return RuleResult(f"{case.quoted(node)} is a dict with the keys {keys}: take the tensor meant by its key.")
    if is_return_type(several.value):
        return RuleResult(
            f"{case.quoted(node)} holds two things: the values, and where they are. Take `.values` (or `.indices`).",
            case.working_fix({node: "{}.values"}, unseen=True),
        )
    if not _holds_tensors(several.value):
        return None
    return _of_other_things(case, several, source)


def _is_used_as_a_tensor(case: ErrorCase, several: _Several) -> bool:
    """Whether the failing piece takes a tuple, a list or a dict for a tensor, and not for a container of other kind."""
    match case.node:
        case ast.Attribute(owner, name) if owner is several.node:
            return hasattr(torch.Tensor, name)
        case ast.Call(ast.Attribute(owner, name)) if owner is several.node:
            return hasattr(torch.Tensor, name)
        case ast.Subscript(owner, index) if owner is several.node:
            return isinstance(index, ast.Tuple)
        case _:
            return True


def _several(case: ErrorCase) -> Iterator[_Several]:
    """Yield what the failing line has of tuples, lists and dicts in places for a tensor."""
    layer = case.layer()
    given = layer.given if layer is not None else MISSING
    if layer is not None and _is_several(given):
        if (before := layer_before(case, given)) is not None:
            yield _Several(given, None, before)
            return
        call = case.call()
        for argument in call.args if call is not None else ():
            held = case.find(argument)
            if held is given or (held is MISSING and _module(case, argument) is not None):
                yield _Several(given, argument)
        return
    for piece in _pieces(case.node):
        held = case.find(piece)
        if _is_several(held):
            yield _Several(held, piece)
        elif isinstance(piece, ast.Call) and _gives_several(_module(case, piece)):
            yield _Several(MISSING, piece)


def _pieces(node: ast.AST | None) -> Iterator[ast.expr]:
    """Yield the parts of a failing piece that stand where a tensor could."""
    match node:
        case ast.Call(function, arguments):
            if isinstance(function, ast.Attribute):
                yield function.value
            yield from arguments
        case ast.Attribute(owner) | ast.Subscript(owner):
            yield owner
        case ast.BinOp(left, _, right):
            yield left
            yield right
        case _:
            return


def _is_several(value: object) -> bool:
    return (type(value) in (tuple, list, dict) and bool(value)) or is_return_type(value)


def _holds_tensors(value: Any) -> bool:
    return type(value) in (tuple, list) and any(issubclass(type(item), torch.Tensor) for item in value)


def _are_numbers(value: list[Any]) -> bool:
    return all(type(item) in (int, float, bool) for item in value)


def _of_numbers(case: ErrorCase, node: ast.expr, found: re.Match[str]) -> RuleResult | None:
    """Explain a list of numbers that PyTorch took for a tensor, as a loss does."""
    if "has no attribute" not in found[0] or not isinstance(case.node, ast.Call) or case.is_own:
        return None
    return RuleResult(
        f"{case.quoted(node)} is a list of numbers, and `{ast.unparse(case.node.func)}` works on tensors. Make a "
        "tensor of it.",
        case.working_fix({node: "torch.tensor({})"}, unseen=True),
    )


def _module(case: ErrorCase, call: ast.expr) -> torch.nn.Module | None:
    held = case.find(call.func) if isinstance(call, ast.Call) else MISSING
    return held if issubclass(type(held), torch.nn.Module) else None


def _gives_several(module: torch.nn.Module | None) -> bool:
    return _returned(module) is not None


def _returned(module: object) -> str | None:
    return next((text for cls, text in _RETURNED.items() if issubclass(type(module), cls)), None)


def _kind(module: object) -> str:
    name = class_name(module)
    # An abbreviation is read letter by letter: an LSTM, a GRU.
    is_abbreviated = len(name) > 1 and name[:2].isupper()
    return f"{'an' if name[0] in ('AEFHILMNORSX' if is_abbreviated else 'AEIO') else 'a'} {name}"


def _things(value: Any) -> str:
    """Return `2 things ([4, 20, 8], a tuple)`."""
    if value is MISSING:
        return "several things"
    texts = [
        tensor_shape_text(item) if issubclass(type(item), torch.Tensor) else an(class_name(item))
        for item in value[:_MOST_NAMED]
    ]
    more = ", …" if len(value) > _MOST_NAMED else ""
    return f"{len(value)} things ({', '.join(texts)}{more})"


def _in_a_sequential(several: _Several, before: LayerBefore) -> RuleResult:
    name = f"`{before.path}`"
    what = _returned(before.module)
    if what is not None:
        given = f"{name} is {_kind(before.module)}, which returns two things, {what}"
    else:
        given = f"{name}, {_kind(before.module)}, returns {_things(several.value)}"
    return RuleResult(
        f"{given}; the Sequential hands both on, and the next layer, `{before.path_after}`, takes one tensor. Write a "
        "module of your own, whose `forward` takes the output alone: `out, _ = self.layer(x)`."
    )


def _of_a_layer(
    case: ErrorCase, several: _Several, call: ast.Call, module: torch.nn.Module, made: Assignment | None
) -> RuleResult | None:
    what = _returned(module)
    layer = f"`{ast.unparse(call.func)}`"
    if what is None:
        if not _holds_tensors(several.value):
            return None
        names = ", ".join(f"part{index}" for index in range(1, min(len(several.value), 3) + 1))
        return RuleResult(
            f"{case.quoted(several.node)} is a tuple: {layer}, {_kind(module)}, returns {_things(several.value)}. Give "
            f"each a name, `{names} = {ast.unparse(call)}`, and take the one that is meant.",
        )
    output = several.value[0] if _holds_tensors(several.value) else None
    shape = f" {tensor_shape_text(output)}" if issubclass(type(output), torch.Tensor) else ""  # type: ignore[arg-type]
    form = f"out, _ = {ast.unparse(call)}"
    return RuleResult(
        f"{layer} is {_kind(module)}, which returns two things: {what}. The next step takes the output{shape} alone: "
        f"`{form}`.",
        _unpacked(case, several, made),
    )


def _unpacked(case: ErrorCase, several: _Several, made: Assignment | None) -> SuggestedFix | None:
    """The assignment that takes the output alone, or the failing piece with the output."""
    match made:
        case Assignment(ast.Assign([target], value) as statement) if not _is_indexed(case, ast.unparse(target)):
            return SuggestedFix(f"{ast.unparse(target)}, _ = {ast.unparse(value)}", None, statement)
        case _:
            pass
    return _replacing(case, several, "{}[0]")


def _is_indexed(case: ErrorCase, path: str) -> bool:
    """Whether the code takes parts of a name elsewhere, `h[1]`, as of the tuple that it is."""
    nodes = ast.walk(case.tree) if case.tree is not None else ()
    indexed = [node for node in nodes if isinstance(node, ast.Subscript) and ast.unparse(node.value) == path]
    return any(isinstance(node.slice, ast.Constant) for node in indexed)


def _of_other_things(case: ErrorCase, several: _Several, source: ast.expr) -> RuleResult:
    node, value = several.node, several.value
    who = case.quoted(node)
    loop = next((one for one in case.history.around(case.statement) if isinstance(one, ast.For)), None)
    if loop is not None and node is not None and ast.unparse(loop.target) == ast.unparse(node):
        names = "x, y" if len(value) == 2 else ", ".join(f"part{index}" for index in range(1, len(value) + 1))
        return RuleResult(
            f"{who} is {an(class_name(value))} of {_things(value)}: a batch as the loader gives it, inputs first. Take "
            f"it apart: `for {names} in {ast.unparse(loop.iter)}:`.",
            _replacing(case, several, "{}[0]") if case.layer() is not None else None,
        )
    gave = f", which {case.quoted(source)} gave," if isinstance(source, ast.Call | ast.Subscript) else ""
    same = {tensor_shape_text(item) for item in value if issubclass(type(item), torch.Tensor)}
    if len(same) == 1 and len(value) > 2:
        return RuleResult(
            f"{who}{gave} is {an(class_name(value))} of {_things(value)}, and a tensor is wanted. `torch.stack` makes "
            "one of tensors of one shape; one of them is taken by its number, `[0]`.",
            readings=case.possible_fixes(("they are the rows of one batch", {node: "torch.stack({})"}), unseen=True),
        )
    is_sample = isinstance(source, ast.Subscript) and issubclass(type(case.find(source.value)), Dataset)
    return RuleResult(
        f"{who}{gave} is {an(class_name(value))} of {_things(value)}, and one tensor is wanted. Give each a name, and "
        "take the one that is meant.",
        _replacing(case, several, "{}[0]") if is_sample and case.layer() is not None else None,
    )


def _replacing(case: ErrorCase, several: _Several, form: str) -> SuggestedFix | None:
    if several.node is None or not isinstance(case.node, ast.expr):
        return None
    return SuggestedFix(rewritten(case.node, {several.node: form}), None, case.node)
