"""Errors of dtype: products and layers that want one dtype, whole numbers where autograd wants floats, and targets."""

from __future__ import annotations

import ast
import math
import re

import numpy as np
import torch

from tui_torch.probe.errors.case import Case, SuggestedFix, Told
from tui_torch.probe.errors.names import dtype_text
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.module_tree import parameters

_FLOATS = ("float32", "float64", "float16", "bfloat16")
_CONVERSIONS = {"float32": "{}.float()", "float64": "{}.double()", "float16": "{}.half()", "int64": "{}.long()"}


def _same_dtype_fix(case: Case, pair: tuple[ast.expr, ast.expr]) -> SuggestedFix | None:
    left, right = case.dtype(pair[0]), case.dtype(pair[1])
    forms = []
    for part, own, other in ((pair[1], right, left), (pair[0], left, right)):
        # To float32 rather than to float64, and never from a float to whole numbers.
        if other in _CONVERSIONS and own != other and other in _FLOATS:
            forms.append((other != "float32", {part: _CONVERSIONS[other]}))
    return case.working_fix(*(form for _, form in sorted(forms, key=lambda form: form[0])), with_dtype=True)


@rule(
    r"expected m1 and m2 to have the same dtype, but got|dot : expected both vectors to have same dtype", RuntimeError
)
@rule(r"mat1 and mat2 must have the same dtype, but got|expected scalar type \w+ but found \w+", RuntimeError)
@rule(r"Input type \((.*?)\) and (?:bias|weight) type \((.*?)\) should be the same", RuntimeError)
def one_dtype(case: Case, found: re.Match[str]) -> Told | None:
    layer = case.layer()
    if layer is not None and issubclass(type(layer.given), torch.Tensor):
        return _layer_dtype(case)
    pair = case.pair()
    if pair is None or case.dtype(pair[0]) is None or case.dtype(pair[1]) is None:
        return None
    return Told(
        f"{case.said(pair[0])} is {case.dtype(pair[0])} and {case.said(pair[1])} is {case.dtype(pair[1])}; a product "
        "wants one dtype of both.",
        _same_dtype_fix(case, pair),
    )


def _layer_dtype(case: Case) -> Told | None:
    layer = case.layer()
    if layer is None:
        return None
    with unobserved():
        given = dtype_text(Base.dtype.__get__(layer.given))
        first = next((tensor for _, tensor in parameters(layer.module)), None)
        held = dtype_text(Base.dtype.__get__(first)) if first is not None else "float32"
    part = case.argument(case.call(), 0, "input")
    form = _CONVERSIONS.get(held)
    suggested_fix = case.working_fix({part: form}, with_dtype=True) if part is not None and form is not None else None
    why = " (NumPy's floats are float64 unless you say otherwise)" if given == "float64" else ""
    return Told(
        f"`{layer.path}` has {held} weights, and its input is {given}{why}. Convert the input to {held}.",
        suggested_fix,
    )


@rule(r"(mean|std|var).*(?:could not infer output dtype|only support floating point).*?(?:Got: (\w+))?$", RuntimeError)
def mean_of_integers(case: Case, found: re.Match[str]) -> Told | None:
    held = case.argument(case.call(), 0, "input")
    if held is None:
        return None
    name = (case.call() and ast.unparse(case.call().func).rpartition(".")[2]) or found[1]  # type: ignore[union-attr]
    return Told(
        f"{case.said(held)} is {case.dtype(held) or 'of whole numbers'}, and a `{name}` is a fraction: convert it to "
        "floats first.",
        case.working_fix({held: "{}.float()"}, with_dtype=True),
    )


@rule(r"[Oo]nly Tensors of floating point (?:and complex )?dtype can require gradients", RuntimeError)
def gradients_of_integers(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("tensor", "ones", "zeros", "arange", "full", "randint")
    forms: list[str] = []
    of: ast.AST | None = None
    who = "This tensor holds whole numbers"
    match case.node:
        case ast.Call() if call is not None:
            kept = [ast.unparse(part) for part in (*call.args, *(key for key in call.keywords if key.arg != "dtype"))]
            torch_name = ast.unparse(call.func).rpartition(".")[0]
            forms = [f"{ast.unparse(call.func)}({', '.join([*kept, f'dtype={torch_name}.float32'])})"]
        case ast.Call(func=ast.Attribute(held, "requires_grad_"), args=[]):
            forms = [f"{ast.unparse(held)}.float().requires_grad_()"]
            who = f"{case.said(held)} is {case.dtype(held)}"
        case ast.Attribute(held, "requires_grad"):
            who = f"{case.said(held)} is {case.dtype(held)}"
            if isinstance(case.statement, ast.Assign) and isinstance(held, ast.Name):
                forms, of = [f"{held.id} = {held.id}.float().requires_grad_()"], case.statement
        case _:
            pass
    return Told(
        f"{who}, and a gradient needs numbers that can move a little: make it a float tensor.",
        case.working_fix(*forms, of=of, with_dtype=True, unseen=of is not None),
    )


@rule(r"result type (\w+) can't be cast to the desired output type (\w+)", RuntimeError)
def does_not_fit_the_dtype(case: Case, found: re.Match[str]) -> Told | None:
    if isinstance(case.node, ast.Call) and (told := _float_target(case)) is not None:
        return told
    suggested_fix = None
    who = "the tensor that is changed in place"
    if isinstance(case.node, ast.AugAssign):
        target, op, value = case.node.target, case.node.op, case.node.value
        who = case.said(target)
        new = ast.Assign([target], ast.BinOp(target, op, value), lineno=0)
        suggested_fix = case.working_fix(ast.unparse(ast.fix_missing_locations(new)), with_dtype=True)
    return Told(
        f"The result is {found[1]}, and {who} holds {found[2]} (whole numbers): an in-place operation cannot change a "
        "dtype. Make a new tensor instead.",
        suggested_fix,
    )


@rule(r"Found dtype (\w+) but expected (\w+)", RuntimeError)
def float_target(case: Case, found: re.Match[str]) -> Told | None:
    return _float_target(case)


def _float_target(case: Case) -> Told | None:
    pair = case.pair()
    if pair is None or case.dtype(pair[1]) is None:
        return None
    return Told(
        f"{case.said(pair[1])} is {case.dtype(pair[1])}; this loss computes with its target, so it wants floats like "
        f"{case.said(pair[0])} ({case.dtype(pair[0])}).",
        case.working_fix({pair[1]: "{}.float()"}, with_dtype=True),
    )


@rule(
    r"expected target dtype to be Long or Byte, but got (\w+)|expected scalar type Long but found (\w+)", RuntimeError
)
def class_indices(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    return Told(
        f"{case.said(pair[1])} is {case.dtype(pair[1]) or found[1]}; the target of this loss is a class index for each "
        "row, and an index is int64 (Long).",
        case.working_fix({pair[1]: "{}.long()"}, with_dtype=True),
    )


@rule(r"Expected floating point type for target with class probabilities, got (\w+)", RuntimeError)
def probabilities_or_no_classes(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    shape = case.shape(pair[0])
    forms = [{pair[0]: "{}.unsqueeze(0)"}] if shape is not None and len(shape) == 1 else []
    return Told(
        f"{case.is_shaped(pair[0])}, {case.is_shaped(pair[1])}: of equal shapes, `cross_entropy` takes the target for "
        "probabilities. With class indices the prediction is [N, classes] and the target [N]; for yes or no use "
        "`binary_cross_entropy_with_logits`.",
        case.working_fix(*forms) if len(case.shape(pair[1]) or ()) == 0 else None,
    )


@rule(r"Target (-?\d+) is out of bounds", IndexError)
def class_out_of_range(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    shape = case.shape(pair[0]) if pair is not None else None
    if pair is None or shape is None:
        return Told(f"A target is class {found[1]}, and there is no such output: classes are counted from 0.")
    classes = shape[1] if len(shape) > 1 else math.prod(shape)
    return Told(
        f"{case.said(pair[1])} holds the class {found[1]}, and {case.said(pair[0])} is {list(shape)}: {classes} "
        f"classes, "
        f"0 to {classes - 1}. Give the last layer more outputs, or count your classes from 0.",
    )


@rule(r"all elements of input should be between 0 and 1", RuntimeError)
def not_probabilities(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    function = case.call()
    forms: list[dict[ast.AST, str]] = [{pair[0]: "{}.sigmoid()"}]
    return Told(
        f"{case.said(pair[0])} is not a probability everywhere: it has elements below 0 or above 1. Use a loss that "
        "takes logits (`binary_cross_entropy_with_logits`, `nn.BCEWithLogitsLoss`), or put a sigmoid before it.",
        case.working_fix(*forms, unseen=True) if function is not None else None,
    )


@rule(r"Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got (\S+)")
def embedding_of_floats(case: Case, found: re.Match[str]) -> Told | None:
    held = case.argument(case.call(), 0, "input")
    if held is None:
        return None
    return Told(
        f"{case.said(held)} is {case.dtype(held) or found[1]}; an embedding looks rows up by their index, and an index "
        "is a whole number (int64).",
        case.working_fix({held: "{}.long()"}),
    )


@rule(r"tensors used as indices must be long, int, byte or bool tensors", IndexError)
def index_of_floats(case: Case, found: re.Match[str]) -> Told | None:
    if not isinstance(case.node, ast.Subscript):
        return None
    index = case.node.slice
    return Told(
        f"{case.said(index)} is {case.dtype(index)}, and an index is a whole number. Convert it; or compare it, "
        f"and take "
        "the elements where that is true.",
        case.working_fix({index: "{}.long()"}),
    )


@rule(r"can't convert np\.ndarray of type numpy\.(object|str)_", TypeError)
def array_of_objects(case: Case, found: re.Match[str]) -> Told | None:
    held = case.argument(case.call(), 0, "data")
    array = case.find(held)
    kinds = ""
    if type(array) is np.ndarray and array.dtype.kind == "O":
        kinds = ", ".join(sorted({type(item).__name__ for item in array.flat[:100]}))
        kinds = f" (its elements: {kinds})"
    if found[1] == "str":
        return Told(
            f"{case.said(held)} is an array of text, and a tensor holds numbers. Give each word a number first, or "
            "`.astype('float32')` where the text is digits."
        )
    return Told(
        f"{case.said(held)} is an array of Python objects{kinds}, and a tensor holds numbers: rows of different "
        f"lengths, "
        "None or text make such an array. Bring the rows to one length and take out what is no number, then "
        "`.astype('float32')`."
    )


@rule(r"expected np\.ndarray \(got (\w+)\)", TypeError)
def from_a_list(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("from_numpy")
    if call is None:
        return None
    owner = ast.unparse(call.func).rpartition(".")[0]
    arguments = ", ".join(map(ast.unparse, call.args))
    return Told(
        f"`from_numpy` takes a NumPy array, and was given a {found[1]}. `torch.tensor` takes lists and numbers.",
        case.working_fix(f"{owner}.tensor({arguments})", unseen=True),
    )


@rule(r"(Subtraction|Negation), the `-` operator, (?:with|on) .*?bool tensor", RuntimeError)
def minus_of_bools(case: Case, found: re.Match[str]) -> Told | None:
    match case.node:
        case ast.UnaryOp(ast.USub(), operand):
            return Told(
                f"{case.said(operand)} is bool, and True has no negative number. `~` turns True into False and back.",
                case.working_fix(f"~({ast.unparse(operand)})"),
            )
        case ast.BinOp(left, ast.Sub(), right):
            return Told(
                f"{case.said(left)} and {case.said(right)} hold True and False, which are not subtracted. "
                f"Convert them to "
                "numbers first, or use `^` for where they differ.",
                case.working_fix({left: "{}.int()", right: "{}.int()"}, {left: "{}.int()"}, {right: "{}.int()"}),
            )
        case _:
            return None


@rule(r"one_hot is only applicable to index tensor", RuntimeError)
def one_hot_of_floats(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("one_hot")
    held = case.argument(call, 0, "tensor")
    if held is None:
        return None
    return Told(
        f"{case.said(held)} is {case.dtype(held)}; `one_hot` takes class indices, which are int64.",
        case.working_fix({held: "{}.long()"}, unseen=True),
    )


@rule(r"Class values must be smaller than num_classes", RuntimeError)
def one_hot_range(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("one_hot")
    held, count = case.argument(call, 0, "tensor"), case.find(case.argument(call, 1, "num_classes"))
    number = f"num_classes={count} allows 0 to {count - 1}" if type(count) is int else "num_classes is too small"
    return Told(f"{case.said(held)} holds a class that is too large: {number}. Raise num_classes, or count from 0.")


@rule(r"where expected condition to be a boolean tensor, but got a tensor with dtype (\w+)", RuntimeError)
@rule(r"only supports boolean masks, but got mask with dtype (\w+)", RuntimeError)
def mask_of_numbers(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    mask = case.argument(call, 1 if case.call("masked_fill", "masked_select") else 0, "mask")
    if mask is None:
        return None
    return Told(
        f"{case.said(mask)} is {case.dtype(mask) or found[1]}, and a mask is bool. A comparison (`x > 0`) makes one.",
        case.working_fix({mask: "{}.bool()"}),
    )


@rule(r"(\w+)\(\): argument 'dtype'.* must be torch\.dtype, not (\w+)", TypeError)
def dtype_by_name(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "dtype"), None) if call else None
    if call is None or given is None:
        return None
    value = case.find(given)
    name = value if type(value) is str else type.__dict__["__name__"].__get__(value) if type(value) is type else ""
    name = {"float": "float32", "int": "int64"}.get(name, name)
    owner = ast.unparse(call.func).rpartition(".")[0] or "torch"
    return Told(
        f"{case.said(given)} is no dtype of PyTorch's: its own are named `torch.float32`, `torch.int64`, ….",
        case.working_fix({given: f"{owner}.{name}"}, with_dtype=True) if name.isidentifier() else None,
    )


@rule(r"Invalid device string: '(float|int|long|double|half|bool)(\d*)'", RuntimeError)
def dtype_as_a_device(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("to")
    if call is None or not call.args:
        return None
    return Told(
        f"`to` takes text for a device ('cpu', 'cuda'), and '{found[1]}{found[2]}' is a dtype: write it without "
        f"quotes, as torch's.",
        case.working_fix({call.args[0]: f"torch.{found[1]}{found[2]}"}, with_dtype=True, unseen=True),
    )


@rule(r"expected sequence of length (\d+) at dim (\d+) \(got (\d+)\)", ValueError)
def ragged(case: Case, found: re.Match[str]) -> Told | None:
    return Told(
        f"The rows of this list have different lengths: {found[1]} in the first, {found[3]} in another. A tensor is a "
        "grid; bring the rows to one length (`torch.nn.utils.rnn.pad_sequence` fills up with zeros)."
    )


@rule(r"too many dimensions 'str'|new\(\): invalid data type 'str'|Could not infer dtype of (\w+)")
def not_numbers(case: Case, found: re.Match[str]) -> Told | None:
    if isinstance(case.node, ast.Subscript):
        return Told(f"{case.said(case.node.value)} is a tensor: its elements have numbers for an index, not names.")
    what = {"NoneType": "None", None: "text"}.get(found[1], f"a {found[1]}")
    return Told(
        f"A tensor holds numbers, and this is {what}. Give each word (or whatever it is) a number first, and make the "
        "tensor of those."
    )


@rule(r"^(\w+)\(\): argument '(\w+)' \(position (\d)\) must be Tensor, not ([\w.]+)$", TypeError)
def not_a_tensor(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    if call is None or not call.args:
        return None
    layer = case.layer()
    place = min(int(found[3]) - 1, len(call.args) - 1) if layer is None else 0
    given = call.args[place]
    array = case.find(given)
    if type(array) is np.ndarray:
        form = "torch.from_numpy({})"
        if array.dtype == np.float64 and (layer is not None):
            form += ".float()"
    else:
        form = "torch.tensor({})"
    who = f"`{layer.path if layer is not None else found[1]}`"
    kind = {"numpy.ndarray": "a NumPy array", "list": "a list", "int": "an int", "tuple": "a tuple"}.get(
        found[4], f"a {found[4]}"
    )
    return Told(
        f"{who} works on tensors, and {case.said(given)} is {kind}. Make a tensor of it.",
        case.working_fix({given: form}, unseen=True),
    )
