"""Errors where text, lists and dicts meet tensors: printing, indexing a list, JSON, and writing into a tensor."""

from __future__ import annotations

import ast
import math
import re

import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.origins.samples import iterator_of
from tui_torch.probe.errors.registry import rule


@rule(r"can only concatenate str \(not \"(Tensor|Parameter|float|int)\"\) to str", TypeError)
def text_plus_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `"loss: " + loss`."""
    if not isinstance(case.node, ast.BinOp):
        return None
    held = case.node.right
    word = {"Tensor": "a tensor", "Parameter": "a parameter", "float": "a float", "int": "an int"}[found[1]]
    return RuleResult(
        f"`+` joins text with text, and {case.quoted(held)} is {word}. `str(...)` makes text of it, or write both in "
        "one "
        f'f-string: `f"... {{{ast.unparse(held)}}}"`.',
        SuggestedFix(rewritten(case.node, {held: "str({})"}), None, case.node),
    )


@rule(r"unsupported format string passed to (?:Tensor|Parameter)\.__format__", TypeError)
def format_of_many(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `f"{x:.2f}"` of a tensor of more than one element."""
    formatted = [node for node in ast.walk(case.statement or ast.Pass()) if isinstance(node, ast.FormattedValue)]
    held = next(
        (one.value for one in formatted if one.format_spec is not None and case.shape(one.value) is not None), None
    )
    if held is None:
        return None
    count = math.prod(case.shape(held) or ())
    if count == 1:
        return RuleResult(
            f"{case.with_shape(held)}: a format such as `:.2f` is for a number, and `.item()` takes it out of the "
            "tensor."
        )
    return RuleResult(
        f"{case.with_shape(held)}: a format such as `:.2f` is for one number, and these are {count}. Take one, a "
        "`.mean()`, or print the tensor without a format (`torch.set_printoptions(precision=2)` rounds what is shown)."
    )


@rule(r"Object of type (Tensor|Parameter|float32|ndarray|float64|int64) is not JSON serializable", TypeError)
def no_json(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `json.dumps({"loss": loss})`."""
    return RuleResult(
        f"JSON holds numbers, text, lists and dicts, and one of the values is {an(found[1])}. `.item()` takes the "
        "number out of a tensor of one element, `.tolist()` makes lists of a larger one."
    )


@rule(r"only integer tensors of a single element can be converted to an index", TypeError)
def tensor_as_an_index(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `classes[i]` of a list, and `range(n)`, with a tensor that is no single whole number."""
    match case.node:
        case ast.Subscript(held, index):
            what = f"{case.quoted(held)} is a list, and is indexed"
        case ast.Call(ast.Name("range"), [index]):
            what = "`range` counts"
        case _:
            return None
    shape = case.shape(index)
    if shape is None:
        return None
    if math.prod(shape) != 1:
        if isinstance(case.node, ast.Subscript):
            text = f"[{ast.unparse(case.node.value)}[i] for i in {ast.unparse(index)}]"
            fix = SuggestedFix(text, None, case.node) if str(case.dtype(index)).startswith("int") else None
            return RuleResult(f"{what} by one whole number; {case.with_shape(index)}: take one after another.", fix)
        return RuleResult(f"{what} up to one whole number; {case.with_shape(index)}.")
    text = rewritten(case.node, {index: "int({})"})
    return RuleResult(
        f"{what} by whole numbers, and {case.quoted(index)} is {case.dtype(index)}. `int(...)` takes the number and "
        "cuts off what is behind the point.",
        SuggestedFix(text, None, case.node),
    )


@rule(r"^tensor\(.*\)$", KeyError)
def tensor_as_a_key(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `names[label]` of a dict, with a tensor for a label."""
    if not isinstance(case.node, ast.Subscript) or case.shape(case.node.slice) != ():
        return None
    text = rewritten(case.node, {case.node.slice: "{}.item()"})
    return RuleResult(
        f"{case.quoted(case.node.slice)} is a tensor, and a dict finds it by which tensor it is, not by its number. "
        "`.item()` takes the number.",
        SuggestedFix(text, None, case.node),
    )


@rule(r"can't assign a (\w+) to a torch\.(\w+)", TypeError)
def written_into_a_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x[0] = [1, 2]`, `x[0] = "a"` and `x[0] = None`."""
    statement = case.statement
    if not isinstance(statement, ast.Assign):
        return None
    if found[1] in ("list", "tuple"):
        text = rewritten(statement, {statement.value: "torch.tensor({})"})
        return RuleResult(
            f"A {found[1]} cannot be written into a tensor; another tensor can.", SuggestedFix(text, None, statement)
        )
    what = {"str": "text", "NoneType": "None", "dict": "a dict", "numpy": "NumPy's object"}.get(found[1], an(found[1]))
    hint = " `float('nan')` stands for a number that is missing." if found[1] == "NoneType" else ""
    return RuleResult(f"A tensor holds numbers, and {what} is none.{hint}")


@rule(
    r"attribute '(shape|dtype|device|ndim|is_leaf|grad_fn)' of 'torch\._C\.\w+' objects is not writable", AttributeError
)
def attribute_written(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.shape = (3, 2)`, which NumPy allows."""
    how = {
        "shape": "`x = x.reshape(...)` gives the elements another shape",
        "dtype": "`x = x.to(torch.float32)` converts it",
        "device": "`x = x.to(device)` moves it",
    }.get(found[1], "it follows from how the tensor was made")
    return RuleResult(f"A tensor's `{found[1]}` is read, and not written: {how}.")


@rule(r"Tensor does not support deleting items", TypeError)
def element_deleted(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `del x[0]`."""
    return RuleResult(
        "A tensor has a fixed size: nothing is taken out of it. Make a smaller one of what is to stay: `x[1:]`, "
        "`x[mask]`, or `torch.cat([x[:i], x[i + 1:]])`."
    )


@rule(r"'torch\.Size' object does not support item assignment", TypeError)
def size_written(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.shape[0] = 4`."""
    return RuleResult(
        "A shape is read, and not written. `reshape` gives the elements another one, `torch.cat` adds more."
    )


@rule(r"'(list)' object is not callable", TypeError)
@rule(r'Module \[(ModuleList|ModuleDict)\] is missing the required "forward" function', NotImplementedError, first=True)
def layers_called(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `layers(x)` on a list of layers, an `nn.ModuleList` or an `nn.ModuleDict`."""
    call = case.call()
    if call is None:
        return None
    held, name = case.find(call.func), ast.unparse(call.func)
    arguments = ", ".join(map(ast.unparse, call.args)) or "x"
    if found[1] == "ModuleDict":
        return RuleResult(
            f"`{name}` holds layers by their names, and computes nothing itself. Call the one that is meant: "
            f"`{name}['...']({arguments})`."
        )
    if found[1] == "list" and not (type(held) is list and held and issubclass(type(held[0]), torch.nn.Module)):
        return None
    kind = "a list of layers" if found[1] == "list" else "a ModuleList, which holds layers"
    return RuleResult(
        f"`{name}` is {kind}, and computes nothing itself. Call them one after another, `for layer in {name}: "
        f"{arguments} = layer({arguments})`, or make an `nn.Sequential` of them."
    )


@rule(
    r"object has no attribute '(_parameters|_modules|_buffers|_backward_hooks|_forward_hooks|training)'",
    AttributeError,
    first=True,
)
def module_before_its_init(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a module that is used before `super().__init__()` has run."""
    error = case.error
    module = error.obj if isinstance(error, AttributeError) else None
    if not issubclass(type(module), torch.nn.Module):
        return None
    return RuleResult(
        f"`{type(module).__name__}` is an nn.Module whose own `__init__` has not run, so it has nowhere to keep "
        "layers and parameters. Make `super().__init__()` the first line of your `__init__`.",
        parts=[],
    )


@rule(r"could not convert string to float: '(.*)'|invalid literal for int\(\) with base 10: '(.*)'", ValueError)
def text_that_is_no_number(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `float("1,5")`, and `int("3.0")`."""
    text = found[1] if found[1] is not None else found[2]
    if not text.strip():
        return RuleResult("The text is empty, and no number: an empty field, or an empty line at the end of a file.")
    if found[2] is not None and re.fullmatch(r"\s*-?\d*\.\d*(e-?\d+)?\s*", text):
        return RuleResult(f"'{text}' is written with a point, and `int` reads whole numbers alone: `int(float(...))`.")
    if re.fullmatch(r"\s*-?\d+,\d+\s*", text):
        return RuleResult(
            f"'{text}' has a comma: Python writes a point before the fraction, and none between thousands."
        )
    if iterator_of(case.error) is None:
        return None  # it says so itself
    return RuleResult(
        f"'{text}' is no number. Look at the text that is read: a line of names at the top, a missing value, or "
        "another "
        "character between the fields."
    )
