"""Errors of the parts of modules: what may be assigned, how layers are reached, `super()`, and lazy layers."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.names import MISSING
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.values.short_repr import class_name


@rule(r"cannot assign '(\S+)' as child module '(\w+)' \(torch\.nn\.Module or None expected\)", TypeError)
def no_module_for_a_module(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `model.fc = 3` where `fc` is a layer, and `model[0] = torch.relu`."""
    kind = found[1].rpartition(".")[2]
    is_function = "Functions" in found[1] or kind in ("function", "builtin_function_or_method")
    meant = {"relu": "nn.ReLU()", "sigmoid": "nn.Sigmoid()", "tanh": "nn.Tanh()"}.get(kind)
    hint = (
        f" The layer is `{meant}`."
        if meant is not None
        else " A function's layer is written `nn.ReLU()`." * is_function
    )
    return RuleResult(
        f"`{found[2]}` is a layer, and only a layer (or None) can take its place; this is `{kind}`.{hint} Keep other "
        "values under another name."
    )


@rule(r"^\"?attribute '(\w+)' already exists\"?$", KeyError)
def name_taken(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `register_buffer("mean", ...)` after `self.mean = ...`."""
    return RuleResult(
        f"The module has `{found[1]}` already, as a plain attribute or a method. Leave out the line that sets it "
        "before, or register it under another name."
    )


@rule(r"(?:module|parameter|buffer) name can\\?'t contain \"\.\"(?:, got: (\S+?))?\"?'?$", KeyError)
def name_with_a_dot(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.ModuleDict({"a.b": layer})`."""
    name = f", and `{found[1]}` has one" if found[1] else ""
    return RuleResult(
        f"A dot in a name stands for a layer within a layer (`block.fc`), so a name of one's own has none{name}. Use "
        "`_`."
    )


@rule(r"index (-?\d+) is out of range", IndexError)
def layer_out_of_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `model[3]` of a Sequential of three layers."""
    if not isinstance(case.node, ast.Subscript):
        return None
    held = case.find(case.node.value)
    if type(held) not in (torch.nn.Sequential, torch.nn.ModuleList):
        return None
    count = len(registered(held, "modules"))
    valid = f"0 to {count - 1}" if count else "none"
    return RuleResult(
        f"{case.quoted(case.node.value)} holds {count} layer{'s' if count != 1 else ''}, numbered {valid}, and "
        f"{found[1]} was asked for. -1 is the last."
    )


@rule(r"'(\w+)' object is not (iterable|subscriptable)|object of type '(\w+)' has no len\(\)", TypeError)
def no_container(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `for layer in model`, `model[0]` and `len(model)` of a model that is no container."""
    held: ast.expr
    match case.node:
        case ast.Subscript(value):
            held = value
        case ast.Call(ast.Name("len" | "list" | "enumerate"), [argument]):
            held = argument
        case ast.Call(_, [argument, *_]) as call if called_name(call).startswith("clip_grad"):
            held = argument
        case _ if isinstance(case.statement, ast.For) and case.is_own:
            held = case.statement.iter
        case _:
            return None
    module = case.find(held)
    if not issubclass(type(module), torch.nn.Module):
        return None
    name = ast.unparse(held)
    if isinstance(case.node, ast.Call) and called_name(case.node).startswith("clip_grad"):
        return RuleResult(
            f"`{called_name(case.node)}` takes parameters, and {case.quoted(held)} is a module.",
            SuggestedFix(rewritten(case.node, {held: "{}.parameters()"}), None, case.node),
        )
    parts = list(registered(module, "modules"))
    inside = f"its layers are {', '.join(f'`{name}.{part}`' for part in parts[:4])}" if parts else "it holds no layers"
    return RuleResult(
        f"{case.quoted(held)} is {an(class_name(module))}, which is no list of layers: {inside}. `{name}.children()` "
        f"goes over them, and `{name}.parameters()` over its weights."
    )


@rule(r"(\w+)\.forward\(\) got an unexpected keyword argument '(\w+)'", TypeError)
def forward_keyword(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `layer(x=data)` where `forward` calls its argument otherwise."""
    call = case.call()
    callee = case.find(call.func) if call is not None else MISSING
    if call is not None and isinstance(call.func, ast.Call):
        callee = case.find(call.func.func)
    cls = callee if isinstance(callee, type) else type(callee)
    code = getattr(vars(cls).get("forward"), "__code__", None) if issubclass(cls, torch.nn.Module) else None
    names = ", ".join(code.co_varnames[1 : code.co_argcount]) if code is not None else ""
    takes = f" It takes {names}." if names else ""
    return RuleResult(f"`{found[1]}` is called without the name `{found[2]}`: its `forward` does not know it.{takes}")


@rule(r"[Uu]ninitialized parameter", RuntimeError, ValueError)
def size_not_known_yet(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a lazy layer whose weights are looked at before its first input."""
    return RuleResult(
        "A lazy layer learns the size of its weights from its first input, and has had none. Call the model once "
        "with a batch (of zeros, for one) before you look at its parameters, or give them to an optimizer."
    )


@rule(r"descriptor '__init__' of 'super' object needs an argument", TypeError)
def super_without_parentheses(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `super.__init__()`."""
    call = case.call("__init__")
    fix = SuggestedFix("super().__init__()", None, call) if call is not None and not call.args else None
    return RuleResult("`super` is called before its `__init__` is reached: two pairs of parentheses.", fix)


@rule(r"__init__\(\) takes 1 positional argument but 2 were given", TypeError)
def arguments_of_super(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `super().__init__(self)`, and a class whose `__init__` is misspelt."""
    call = case.call()
    match case.node:
        case ast.Call(
            ast.Attribute(ast.Call(ast.Name("super"), []), "__init__"), [ast.Name("self"), *others], keywords
        ):
            parts = ", ".join(ast.unparse(part) for part in (*others, *keywords))
            return RuleResult(
                "`super().__init__` already knows its object, and `self` is not given to it again.",
                SuggestedFix(f"super().__init__({parts})", None, case.node),
            )
        case _:
            pass
    made = case.find(call.func) if call is not None else MISSING
    if not isinstance(made, type) or not issubclass(made, torch.nn.Module):
        return None
    alike = next(
        (name for name in vars(made) if name in ("_init_", "__int__", "__init", "init", "_init__", "__ini__")), None
    )
    if alike is None or "__init__" in vars(made):
        return None
    return RuleResult(
        f"`{made.__name__}` takes no arguments, since it has no `__init__` of its own: it has `{alike}`. Two "
        "underscores stand on each side of `init`."
    )


@rule(r"Invalid device string: '(cpu|cuda|mps|xpu):(.*?)'", RuntimeError)
def number_of_a_device(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.to("cuda:x")`."""
    return RuleResult(
        f"After `{found[1]}:` comes the number of the device, as in `{found[1]}:0`, and this is '{found[2]}'."
    )


@rule(r"clip_grad_(norm|value)_\(\) missing 1 required positional argument: '(\w+)'", TypeError)
def clip_without_a_limit(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `clip_grad_norm_(model.parameters())`."""
    return RuleResult(
        f"`clip_grad_{found[1]}_` has to know the limit, `{found[2]}`: gradients that are larger are made smaller to "
        "it. 1.0 is usual for a norm."
    )


@rule(r"only batches of spatial targets supported \(3D tensors\) but got targets of dimension: (\d)", RuntimeError)
def classes_of_pixels(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.cross_entropy` of images with a target of [N, 1, H, W]."""
    pair = case.pair()
    if pair is None:
        return None
    shape = case.shape(pair[1])
    fix = (
        case.working_fix({pair[1]: "{}.squeeze(1)"})
        if shape is not None and len(shape) == 4 and shape[1] == 1
        else None
    )
    return RuleResult(
        f"{case.with_shape(pair[0])}, {case.with_shape(pair[1])}: the target of an image is one class for each "
        "pixel, [batch, height, width], without a size for channels.",
        fix,
    )


@rule(r"all elements of target should be between 0 and 1", RuntimeError)
def target_of_yes_and_no(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.binary_cross_entropy` with class numbers beyond 1."""
    pair = case.pair()
    who = case.quoted(pair[1]) if pair is not None else "The target"
    return RuleResult(
        f"{who} holds a number below 0 or above 1, and this loss asks yes or no (1 or 0, or a probability). For more "
        "than two classes there is `cross_entropy`."
    )
