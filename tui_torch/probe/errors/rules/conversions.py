"""Errors of making tensors from lists, arrays and text, and of taking Python's numbers out of them."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

import numpy as np
import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.readable_memory import is_readable_array


@rule(r"can't convert np\.ndarray of type numpy\.(object|str)_", TypeError)
def array_of_objects(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.from_numpy(a)` of an array of Python objects or text."""
    held = case.argument(case.call(), 0, "data")
    array = case.find(held)
    kinds = ""
    if type(array) is np.ndarray and array.dtype.kind == "O" and is_readable_array(array):
        kinds = ", ".join(sorted({type(item).__name__ for item in array.flat[:100]}))
        kinds = f" (its elements: {kinds})"
    if found[1] == "str":
        return RuleResult(
            f"{case.quoted(held)} is an array of text, and a tensor holds numbers. Give each word a number first, or "
            "`.astype('float32')` where the text is digits."
        )
    return RuleResult(
        f"{case.quoted(held)} is an array of Python objects{kinds}, and a tensor holds numbers: rows of different "
        "lengths, None or text make such an array. Bring the rows to one length and take out what is no number, then "
        "`.astype('float32')`."
    )


@rule(r"expected np\.ndarray \(got (\w+)\)", TypeError)
def from_a_list(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.from_numpy([1, 2])`."""
    call = case.call("from_numpy")
    if call is None:
        return None
    owner = ast.unparse(call.func).rpartition(".")[0]
    arguments = ", ".join(map(ast.unparse, call.args))
    return RuleResult(
        f"`from_numpy` takes a NumPy array, and was given {an(found[1])}. `torch.tensor` takes lists and numbers.",
        case.working_fix(f"{owner}.tensor({arguments})", unseen=True),
    )


@rule(r"expected sequence of length (\d+) at dim (\d+) \(got (\d+)\)", ValueError)
def ragged(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.tensor([[1, 2], [3]])`."""
    return RuleResult(
        f"The rows of this list have different lengths: {found[1]} in the first, {found[3]} in another. A tensor is a "
        "grid; bring the rows to one length (`torch.nn.utils.rnn.pad_sequence` fills up with zeros)."
    )


@rule(r"too many dimensions 'str'|new\(\): invalid data type 'str'|Could not infer dtype of (\w+)")
def not_numbers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.tensor(['a', 'b'])` and `x['a']`."""
    if isinstance(case.node, ast.Subscript):
        return RuleResult(
            f"{case.quoted(case.node.value)} is a tensor: its elements have numbers for an index, not names."
        )
    what = "None" if found[1] == "NoneType" else an(found[1]) if found[1] else "text"
    return RuleResult(
        f"A tensor holds numbers, and this is {what}. Give each word (or whatever it is) a number first, and make the "
        "tensor of those."
    )


@rule(r"^(\w+)\(\): argument '(\w+)' \(position (\d)\) must be Tensor, not ([\w.]+)$", TypeError)
def not_a_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a list, a number or an array given to a function that takes a tensor."""
    call = case.call()
    if call is None or not call.args:
        return None
    layer = case.layer()
    place = min(int(found[3]) - 1, len(call.args) - 1) if layer is None else 0
    given = call.args[place]
    held = case.find(given)
    who = f"`{layer.path if layer is not None else found[1]}` works on tensors, and {case.quoted(given)}"
    if type(held) is np.ndarray:
        form = "torch.from_numpy({})"
        if held.dtype == np.float64 and (layer is not None):
            form += ".float()"
        return RuleResult(f"{who} is a NumPy array. Make a tensor of it.", case.working_fix({given: form}, unseen=True))
    if layer is not None and held is not MISSING and type(held) is not type(layer.given):
        return RuleResult(
            f"{who} is handed on inside of it as {an(found[4])}. Look at what comes before `{layer.path}`."
        )
    if found[4] == "int" and (loop := _counted(case, given)) is not None:
        parts = ast.unparse(loop.target).strip("()")
        return RuleResult(
            f"{who} is the number of a batch: `enumerate` (line {loop.lineno}) gives a number first, and the batch "
            "after it, "
            f"which `{parts}` does not name in that order. Write `for i, ({parts}) in {ast.unparse(loop.iter)}:`, or "
            "leave "
            "`enumerate` out."
        )
    if found[4] in ("list", "tuple", "int", "float", "bool", "range"):
        fix = case.working_fix({given: "torch.tensor({})"}, unseen=True)
        return RuleResult(f"{who} is {an(found[4])}. Make a tensor of it.", fix)
    return RuleResult(f"{who} is {_what(found[4], held, given)}")


def _counted(case: ErrorCase, given: ast.expr) -> ast.For | None:
    """Return the loop over an `enumerate` whose first variable a name is."""
    for outer in case.history.around(case.statement):
        match outer:
            case ast.For(target=ast.Tuple([ast.Name(name), *_]), iter=ast.Call(ast.Name("enumerate"))) if (
                isinstance(given, ast.Name) and name == given.id
            ):
                return outer
            case _:
                continue
    return None


def _what(kind: str, held: Any, given: ast.expr) -> str:
    """Say what a value is that no tensor is to be made of, and what to do."""
    name = ast.unparse(given)
    if kind == "str":
        return "text. Give each word a number first, and make the tensor of those."
    if kind in ("function", "method", "builtin_function_or_method"):
        return f"a function: call it, `{name}()`, and give what it returns."
    if kind == "type":
        return f"a class: make one of it first, `{name}(...)`."
    if type(held) is torch.nn.utils.rnn.PackedSequence:
        return f"a packed sequence: unpack it first, `out, lengths = nn.utils.rnn.pad_packed_sequence({name})`."
    if issubclass(type(held), torch.nn.Module):
        return f"a module: call it with a tensor, `{name}(x)`, and give what it returns."
    if issubclass(type(held), torch.utils.data.DataLoader):
        return f"a loader: go over its batches, `for x, y in {name}:`, and give those."
    if issubclass(type(held), torch.utils.data.Dataset):
        return f"a dataset: take samples of it, `{name}[0]`, or batches by a DataLoader."
    return f"of the class {kind}."


@rule(r"tensor\(\) takes 1 positional argument but (\d+) were given", TypeError)
def tensor_of_loose_numbers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.tensor(1, 2, 3)`."""
    call = case.call("tensor")
    if call is None:
        return None
    numbers = ", ".join(map(ast.unparse, call.args))
    return RuleResult(
        "`torch.tensor` takes one thing: a number, or a list of numbers in square brackets.",
        case.working_fix(f"{ast.unparse(call.func)}([{numbers}])"),
    )


@rule(r"a Tensor with (\d+) elements cannot be converted to Scalar|only one element tensors can be converted to Python")
def item_of_many(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.item()`, `float(x)` and `torch.tensor([x, y])` with tensors of more than one element."""
    call = case.call()
    if call is not None and call.args and case.call("tensor", "as_tensor") is not None:
        listed = call.args[0]
        function = ast.unparse(call.func).rpartition(".")[0] + ".stack"
        return RuleResult(
            "`torch.tensor` makes a tensor of numbers, and this list holds tensors of more than one element. `stack` "
            "joins tensors of one shape.",
            case.working_fix(f"{function}({ast.unparse(listed)})"),
        )
    held = case.argument(call, 0, "input")
    if held is None or case.shape(held) is None:
        return RuleResult(
            "A tensor of more than one element is no single number. Take one element, or a `.mean()` or `.sum()`."
        )
    return RuleResult(
        f"{case.with_shape(held)}: {math.prod(case.shape(held) or ())} elements are no single number. Take one "
        "element, or a `.mean()` or `.sum()` first; `.tolist()` gives them all.",
        readings=case.possible_fixes(
            ("the average is meant", {held: "{}.mean()"}),
            ("the sum is meant", {held: "{}.sum()"}),
            ("all of the numbers are meant", f"({ast.unparse(held)}).tolist()"),
            silent=True,
        ),
    )
