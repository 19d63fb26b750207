"""Errors of indices and calls: out of range, too many, brackets for parentheses, and arguments of the wrong kind."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import Case, Told, called
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule


@rule(r"index (-?\d+) is out of bounds for dimension (\d+) with size (\d+)")
def out_of_bounds(case: Case, found: re.Match[str]) -> Told | None:
    index, dimension, size = map(int, found.groups())
    held = case.node.value if isinstance(case.node, ast.Subscript) else case.argument(case.call(), 0, "input")
    who = f"{case.is_shaped(held)}: d" if held is not None and case.shape(held) is not None else "D"
    valid = f"0 to {size - 1}" if size else "none: it is empty"
    suggested_fix = None
    if isinstance(case.node, ast.Subscript) and size:
        inside = case.node.slice
        parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        wrong = [part for part in parts if case.find(part) == index and type(case.find(part)) is int]
        suggested_fix = case.working_fix(*({part: "-1"} for part in wrong))
    last = " -1 is the last." if suggested_fix else ""
    return Told(
        f"{who}imension {dimension} has size {size}, its indices are {valid}, and {index} was asked for.{last}",
        suggested_fix,
    )


@rule(r"index out of range in self", IndexError)
def embedding_out_of_range(case: Case, found: re.Match[str]) -> Told | None:
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
    return Told(
        f"{has}, and {case.said(held) if held is not None else 'the input'} holds one beyond. Make it with "
        f"num_embeddings "
        "larger than the largest index."
    )


@rule(r"too many indices for tensor of dimension (\d+)", IndexError)
def too_many_indices(case: Case, found: re.Match[str]) -> Told | None:
    if not isinstance(case.node, ast.Subscript):
        return None
    inside = case.node.slice
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    kept = ", ".join(ast.unparse(part) for part in parts[: int(found[1])])
    held = case.node.value
    return Told(
        f"{case.is_shaped(held)}: it has {found[1]} dimension{'s' if found[1] != '1' else ''}, and {len(parts)} "
        f"indices "
        "were given. One index for each dimension, at most.",
        case.working_fix(f"{ast.unparse(held)}[{kept}]") if kept else None,
    )


@rule(r"invalid index of a 0-dim tensor|slice\(\) cannot be applied to a 0-dim tensor", IndexError)
def index_of_a_scalar(case: Case, found: re.Match[str]) -> Told | None:
    if not isinstance(case.node, ast.Subscript):
        return None
    held = case.node.value
    return Told(
        f"{case.said(held)} is a scalar: a tensor of one number and no dimension, with nothing to index. "
        f"`.item()` gives "
        "the number.",
        case.working_fix(f"({ast.unparse(held)}).item()", silent=True),
    )


@rule(r"len\(\) of a 0-d tensor|iteration over a 0-d tensor", TypeError)
def length_of_a_scalar(case: Case, found: re.Match[str]) -> Told | None:
    return Told(
        "This tensor is a scalar: one number, no dimension, so it has no length and nothing to go over. Was it "
        "reduced by "
        "a `sum()` or `mean()` too early? `.item()` gives its number."
    )


@rule(r"tuple index out of range", IndexError)
def size_out_of_range(case: Case, found: re.Match[str]) -> Told | None:
    match case.node:
        case ast.Subscript(ast.Attribute(held, "shape"), index):
            shape = case.shape(held)
        case _:
            return None
    if shape is None:
        return None
    asked = ast.unparse(index)
    return Told(
        f"{case.is_shaped(held)}: it has {len(shape)} size{'s' if len(shape) != 1 else ''}, counted from 0, and number "
        f"{asked} was asked for. -1 is the last.",
        case.working_fix({index: "-1"}) if shape else None,
    )


@rule(
    r"The shape of the mask (\[.*?\]) at index (\d+) does not match the shape of the indexed tensor (\[.*?\]) at index"
)
def mask_shape(case: Case, found: re.Match[str]) -> Told | None:
    held = case.node.value if isinstance(case.node, ast.Subscript) else None
    return Told(
        f"{case.said(held) if held is not None else 'The tensor'} is {found[3]} and the mask {found[1]}: a mask "
        f"says yes "
        "or no to each element, so it needs the same shape (or that of the first dimensions). Make it from the tensor "
        "itself, `x > 0`."
    )


@rule(r"only integers, slices \(`:`\), ellipsis .* are valid indices \(got (\w+)\)", IndexError)
def index_is_no_integer(case: Case, found: re.Match[str]) -> Told | None:
    suggested_fix = None
    which = "The index"
    if isinstance(case.node, ast.Subscript):
        index = case.node.slice
        which = case.said(index)
        number = case.find(index)
        if type(number) is float and number.is_integer():
            suggested_fix = case.working_fix({index: str(int(number))})
        elif isinstance(index, ast.BinOp) and isinstance(index.op, ast.Div):
            suggested_fix = case.working_fix({index: f"({ast.unparse(index.left)}) // ({ast.unparse(index.right)})"})
    return Told(
        f"{which} is a {found[1]}, and an index is a whole number. `//` divides whole numbers into one.", suggested_fix
    )


@rule(r"Index tensor must have the same number of dimensions as input tensor", RuntimeError)
def gather_dimensions(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("gather")
    held, dimension, index = (case.argument(call, place, name) for place, name in enumerate(("input", "dim", "index")))
    if held is None or index is None:
        return None
    along = case.find(dimension)
    forms = [{index: f"{{}}.unsqueeze({along})"}] if type(along) is int else []
    return Told(
        f"{case.is_shaped(held)}, {case.is_shaped(index)}: `gather` wants an index of as many dimensions as its input.",
        case.working_fix(*forms),
    )


@rule(r"^(\w+)\(\) received an invalid combination of arguments - got \((.*?)\)", TypeError)
def wrong_arguments(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    name, got = found[1], found[2]
    takes = re.findall(r"\* \((.*?)\)\n|but expected \((.*?)\)\s*$", str(case.error))
    ways = "; ".join(f"`{name}({_short(first or last)})`" for first, last in takes[:3])
    if call is not None and got == "Tensor, Tensor" and name in ("sum", "mean", "prod", "max", "min"):
        first, second = call.args[:2] if len(call.args) > 1 else (None, None)
        if first is None or second is None:
            return None
        owner = ast.unparse(call.func).rpartition(".")[0]
        added = {"sum": f"{ast.unparse(first)} + {ast.unparse(second)}"}
        forms = [added[name]] if name in added else []
        forms.append(f"{owner}.{name}({owner}.stack([{ast.unparse(first)}, {ast.unparse(second)}]), dim=0)")
        return Told(
            f"`{name}` reduces one tensor; its second argument is the dimension, and {case.said(second)} is a tensor. "
            + ("To add two tensors, write `+`." if name == "sum" else "Stack them first to reduce over both."),
            case.working_fix(*forms),
        )
    tail = f" It is called as {ways}." if ways else ""
    return Told(f"`{name}` does not take ({got}).{tail}")


def _short(arguments: str) -> str:
    """The names of a signature's arguments that have to be given."""
    parts = [part.strip() for part in arguments.split(",")]
    names = [part.split()[-1] for part in parts if part != "*" and "=" not in part and part]
    return ", ".join(names)


@rule(r"'torch\.Size' object is not callable", TypeError)
def size_called(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    if call is None:
        return None
    function = ast.unparse(call.func)
    text = f"{function}[{', '.join(map(ast.unparse, call.args))}]" if call.args else function
    held = call.func.value if isinstance(call.func, ast.Attribute) else None
    return Told(
        f"`{function}` is a value, not a method: "
        f"{'one size is taken with square brackets' if call.args else 'no parentheses'}. "
        + (f"{case.is_shaped(held)}." if held is not None else ""),
        case.working_fix(text),
    )


@rule(r"'builtin_function_or_method' object is not subscriptable|'method' object is not subscriptable", TypeError)
def method_indexed(case: Case, found: re.Match[str]) -> Told | None:
    if not isinstance(case.node, ast.Subscript):
        return None
    function, index = ast.unparse(case.node.value), ast.unparse(case.node.slice)
    return Told(
        f"`{function}` is a method: it is called with parentheses, and square brackets take elements.",
        case.working_fix(f"{function}({index})"),
    )


@rule(r"(\w+)\(\): argument 'size' \(position (\d)\) must be tuple of ints, not (\w+)", TypeError)
def size_is_no_integer(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    given = call.args[0] if call is not None and call.args else None
    suggested_fix = None
    if given is not None:
        value = case.find(given)
        if isinstance(given, ast.BinOp) and isinstance(given.op, ast.Div):
            suggested_fix = case.working_fix({given: f"({ast.unparse(given.left)}) // ({ast.unparse(given.right)})"})
        elif (type(value) is float and value.is_integer()) or (type(value) is str and value.isdecimal()):
            suggested_fix = case.working_fix({given: str(int(value))})
    return Told(
        f"A size is a whole number, and {case.said(given)} is a {found[3]}. `/` always gives a float: divide "
        f"sizes with "
        "`//`.",
        suggested_fix,
    )


@rule(r"Trying to create tensor with negative dimension (-\d+)", RuntimeError)
def negative_size(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    name = called(call) if call is not None else "a new tensor"
    return Told(
        f"A size cannot be {found[1]}. -1 for “whatever is left” is understood by `reshape` and `view` only, and "
        f"`{name}` makes a new tensor: say how large."
    )


@rule(r"tensor\(\) takes 1 positional argument but (\d+) were given", TypeError)
def tensor_of_loose_numbers(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("tensor")
    if call is None:
        return None
    numbers = ", ".join(map(ast.unparse, call.args))
    return Told(
        "`torch.tensor` takes one thing: a number, or a list of numbers in square brackets.",
        case.working_fix(f"{ast.unparse(call.func)}([{numbers}])"),
    )


@rule(r"can only concatenate tuple \(not \"(\w+)\"\) to tuple", TypeError)
def arithmetic_with_max(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    for part in pair:
        value = case.value(part)
        if type(value).__module__ == "torch.return_types":
            return Told(
                f"{case.said(part)} gives two things: the values, and where they are. Take `.values` (or `.indices`).",
                case.working_fix({part: "{}.values"}),
            )
    return None
