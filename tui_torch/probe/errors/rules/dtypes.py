"""Errors of dtype: products and layers that need one dtype, and whole numbers where floats are needed."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.articles import an_in_code
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.rules.values.whole_numbers import are_zeros_and_ones, whole_fix
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.module_tree import parameters
from tui_torch.probe.values.tensor_facts import dtype_text

_FLOATS = ("float32", "float64", "float16", "bfloat16")
_CONVERSIONS = {"float32": "{}.float()", "float64": "{}.double()", "float16": "{}.half()", "int64": "{}.long()"}
"""Templates of the conversion to each dtype."""


def _same_dtype_fix(case: ErrorCase, pair: tuple[ast.expr, ast.expr]) -> SuggestedFix | None:
    left, right = case.dtype(pair[0]), case.dtype(pair[1])
    forms = []
    for part, own, other in ((pair[1], right, left), (pair[0], left, right)):
        # A conversion to float32 is tried before one to float64, and none from floats to whole numbers.
        if other in _CONVERSIONS and own != other and other in _FLOATS:
            forms.append((other != "float32", {part: _CONVERSIONS[other]}))
    return case.working_fix(*(form for _, form in sorted(forms, key=lambda form: form[0])), with_dtype=True)


@rule(
    r"expected m1 and m2 to have the same dtype, but got|dot : expected both vectors to have same dtype", RuntimeError
)
@rule(r"mat1 and mat2 must have the same dtype, but got|expected scalar type \w+ but found \w+", RuntimeError)
@rule(r"Input type \((.*?)\) and (?:bias|weight) type \((.*?)\) should be the same", RuntimeError)
def one_dtype(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x @ w` and `layer(x)` with two dtypes."""
    layer = case.layer()
    if layer is not None and issubclass(type(layer.given), torch.Tensor):
        return _layer_dtype(case)
    pair = case.pair()
    if pair is None or case.dtype(pair[0]) is None or case.dtype(pair[1]) in (None, case.dtype(pair[0])):
        return None
    return RuleResult(
        f"{case.quoted(pair[0])} is {case.dtype(pair[0])} and {case.quoted(pair[1])} is {case.dtype(pair[1])}; a "
        "product wants one dtype of both.",
        _same_dtype_fix(case, pair),
    )


def _layer_dtype(case: ErrorCase) -> RuleResult | None:
    layer = case.layer()
    if layer is None:
        return None
    with unobserved():
        given = dtype_text(Base.dtype.__get__(layer.given))
        first = next((tensor for _, tensor in parameters(layer.module)), None)
        held = dtype_text(Base.dtype.__get__(first)) if first is not None else "float32"
    if held == given:
        return None
    part = case.argument(case.call(), 0, "input")
    form = _CONVERSIONS.get(held)
    suggested_fix = case.working_fix({part: form}, with_dtype=True) if part is not None and form is not None else None
    why = " (NumPy's floats are float64 unless you say otherwise)" if given == "float64" else ""
    return RuleResult(
        f"`{layer.path}` has {held} weights, and its input is {given}{why}. Convert the input to {held}.",
        suggested_fix,
    )


@rule(r"(mean|std|var).*(?:could not infer output dtype|only support floating point).*?(?:Got: (\w+))?$", RuntimeError)
def mean_of_integers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.mean()` of whole numbers."""
    held = case.argument(case.call(), 0, "input")
    if held is None:
        return None
    name = (case.call() and ast.unparse(case.call().func).rpartition(".")[2]) or found[1]  # type: ignore[union-attr]
    return RuleResult(
        f"{case.quoted(held)} is {case.dtype(held) or 'of whole numbers'}, and {an_in_code(name)} is a fraction: "
        "convert it to floats first.",
        case.working_fix({held: "{}.float()"}, with_dtype=True),
    )


@rule(r"[Oo]nly Tensors of floating point (?:and complex )?dtype can require gradients", RuntimeError)
def gradients_of_integers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.tensor([1, 2], requires_grad=True)`."""
    call = case.call("tensor", "ones", "zeros", "arange", "full", "randint")
    forms: list[str] = []
    of: ast.AST | None = None
    who = "This tensor holds whole numbers"
    match case.node:
        case ast.Call() if call is not None:
            kept = [ast.unparse(part) for part in (*call.args, *(key for key in call.keywords if key.arg != "dtype"))]
            torch_name = ast.unparse(call.func).rpartition(".")[0]
            forms = [f"{ast.unparse(call.func)}({', '.join([*kept, f'dtype={torch_name}.float32'])})"]
        case ast.Call(args=[held, *_]) as made if called_name(made) == "Parameter":
            forms = [rewritten(made, {held: "{}.float()"})]
            who = f"{case.quoted(held)} is {case.dtype(held)}" if case.dtype(held) else who
            return RuleResult(
                f"{who}, and a parameter is moved by its gradient, a little at a time: it is to be a float tensor. "
                "What is "
                "not trained takes `requires_grad=False`, or `register_buffer`.",
                SuggestedFix(forms[0], None, made),
            )
        case ast.Call(func=ast.Attribute(held, "requires_grad_"), args=[]):
            forms = [f"{ast.unparse(held)}.float().requires_grad_()"]
            who = f"{case.quoted(held)} is {case.dtype(held)}"
        case ast.Attribute(held, "requires_grad"):
            who = f"{case.quoted(held)} is {case.dtype(held)}"
            if isinstance(case.statement, ast.Assign) and isinstance(held, ast.Name):
                forms, of = [f"{held.id} = {held.id}.float().requires_grad_()"], case.statement
        case _:
            pass
    return RuleResult(
        f"{who}, and a gradient needs numbers that can move a little: make it a float tensor.",
        case.working_fix(*forms, of=of, with_dtype=True, unseen=of is not None),
    )


@rule(r"result type (\w+) can't be cast to the desired output type (\w+)", RuntimeError)
def in_place_dtype(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x += 0.5` on a tensor of whole numbers."""
    pair = case.pair()
    if isinstance(case.node, ast.Call) and pair is not None and case.dtype(pair[1]) is not None:
        return None  # a loss: `loss_targets` explains its target
    suggested_fix = None
    who = "the tensor that is changed in place"
    if isinstance(case.node, ast.AugAssign):
        target, op, value = case.node.target, case.node.op, case.node.value
        who = case.quoted(target)
        new = ast.Assign([target], ast.BinOp(target, op, value), lineno=0)
        suggested_fix = case.working_fix(ast.unparse(ast.fix_missing_locations(new)), with_dtype=True)
    return RuleResult(
        f"The result is {found[1]}, and {who} holds {found[2]} (whole numbers): an in-place operation cannot change a "
        "dtype. Make a new tensor instead.",
        suggested_fix,
    )


@rule(r"(Subtraction|Negation), the `-` operator, (?:with|on) .*?bool tensor", RuntimeError)
def minus_of_bools(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `mask_a - mask_b` and `-mask` of bool tensors."""
    match case.node:
        case ast.UnaryOp(ast.USub(), operand):
            return RuleResult(
                f"{case.quoted(operand)} is bool, and True has no negative number.",
                readings=case.possible_fixes(
                    ("True and False are to change places", f"~({ast.unparse(operand)})"),
                    ("True counts as -1", f"-({ast.unparse(operand)}).int()"),
                ),
            )
        case ast.BinOp(ast.Constant(1), ast.Sub(), right):
            return RuleResult(
                f"{case.quoted(right)} holds True and False, which are not subtracted. `~` turns True into False and "
                "back, as `1 - x` does for ones and zeros.",
                case.working_fix(f"~({ast.unparse(right)})"),
            )
        case ast.BinOp(left, ast.Sub(), right):
            return RuleResult(
                f"{' and '.join(_bools(case, left, right))} hold True and False, which are not subtracted. Convert "
                "them to numbers first, or use `^` for where they differ.",
                case.working_fix({left: "{}.int()", right: "{}.int()"}, {left: "{}.int()"}, {right: "{}.int()"}),
            )
        case _:
            return None


def _bools(case: ErrorCase, *parts: ast.expr) -> list[str]:
    return [case.quoted(part) for part in parts if case.dtype(part) in ("bool", None)]


@rule(r"Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got (\S+)")
def embedding_of_floats(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `embedding(x)` with an `x` of floats."""
    held = case.argument(case.call(), 0, "input")
    if held is None:
        return None
    return RuleResult(
        f"{case.quoted(held)} is {case.dtype(held) or found[1]}; an embedding looks rows up by their index, and an "
        "index is a whole number (int64).",
        *whole_fix(case, held),
    )


@rule(r"tensors used as indices must be long, int, byte or bool tensors", IndexError)
def index_of_floats(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[i]` with an `i` of floats."""
    if not isinstance(case.node, ast.Subscript):
        return None
    index = case.node.slice
    meaning = (
        f"{case.quoted(index)} is {case.dtype(index)}, and an index is a whole number. Convert it; or compare it, and "
        "take the elements where that is true."
    )
    held, given = case.shape(case.node.value), case.shape(index)
    if given is not None and held is not None and held[: len(given)] == given and are_zeros_and_ones(case, index):
        ways = case.possible_fixes(
            (f"{case.quoted(index)} is a mask, 1 where an element is taken", {index: "{}.bool()"}),
            ("they are the numbers of rows", {index: "{}.long()"}),
        )
        return RuleResult(meaning, readings=ways)
    return RuleResult(meaning, *whole_fix(case, index))


@rule(r"one_hot is only applicable to index tensor", RuntimeError)
def one_hot_of_floats(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.one_hot(y)` of a `y` that is not int64."""
    call = case.call("one_hot")
    held = case.argument(call, 0, "tensor")
    if held is None:
        return None
    return RuleResult(
        f"{case.quoted(held)} is {case.dtype(held)}; `one_hot` takes class indices, which are int64.",
        *whole_fix(case, held, unseen=True),
    )


@rule(r"Class values must be smaller than num_classes", RuntimeError)
def one_hot_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.one_hot(y, num_classes=3)` where `y` holds a 3."""
    call = case.call("one_hot")
    held, count = case.argument(call, 0, "tensor"), case.find(case.argument(call, 1, "num_classes"))
    number = f"num_classes={count} allows 0 to {count - 1}" if type(count) is int else "num_classes is too small"
    return RuleResult(
        f"{case.quoted(held)} holds a class that is too large: {number}. Raise num_classes, or count from 0."
    )


@rule(r"where expected condition to be a boolean tensor, but got a tensor with dtype (\w+)", RuntimeError)
@rule(r"only supports boolean masks, but got mask with dtype (\w+)", RuntimeError)
def mask_of_numbers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.where(m, x, y)` and `x.masked_fill(m, 0)` with an `m` of numbers."""
    call = case.call()
    mask = case.argument(call, 1 if case.call("masked_fill", "masked_select") else 0, "mask")
    if mask is None:
        return None
    meaning = (
        f"{case.quoted(mask)} is {case.dtype(mask) or found[1]}, and a mask is bool. A comparison (`x > 0`) makes one."
    )
    known = are_zeros_and_ones(case, mask)
    if known:
        return RuleResult(meaning, case.working_fix({mask: "{}.bool()"}))
    ways = case.possible_fixes(
        (f"{case.quoted(mask)} holds 0 and 1", {mask: "{}.bool()"}),
        *(((f"it is to hold where {case.quoted(mask)} is positive", {mask: "{} > 0"}),) if known is False else ()),
    )
    return RuleResult(meaning, readings=ways[known is False :])


@rule(r"^(\w+)\(\) received an invalid combination of arguments - got \(.*\bdtype=(str|type)\b", TypeError)  # 2.6
@rule(r"(\w+)\(\): argument 'dtype'.* must be torch\.dtype, not (\w+)", TypeError)
def dtype_by_name(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `dtype='float32'` and `dtype=np.float32`."""
    call = case.call()
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "dtype"), None) if call else None
    if call is None or given is None:
        return None
    value = case.find(given)
    name = value if type(value) is str else type.__dict__["__name__"].__get__(value) if type(value) is type else ""
    name = {"float": "float32", "int": "int64"}.get(name, name)
    owner = ast.unparse(call.func).rpartition(".")[0] or "torch"
    return RuleResult(
        f"{case.quoted(given)} is no dtype of PyTorch's: its own are named `torch.float32`, `torch.int64`, ….",
        case.working_fix({given: f"{owner}.{name}"}, with_dtype=True) if name.isidentifier() else None,
    )


@rule(r"Invalid device string: '(float|int|long|double|half|bool)(\d*)'", RuntimeError)
def dtype_as_a_device(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.to('float32')`."""
    call = case.call("to")
    if call is None or not call.args:
        return None
    return RuleResult(
        f"`to` takes text for a device ('cpu', 'cuda'), and '{found[1]}{found[2]}' is a dtype: write it without "
        "quotes, as torch's.",
        case.working_fix({call.args[0]: f"torch.{found[1]}{found[2]}"}, with_dtype=True, unseen=True),
    )
