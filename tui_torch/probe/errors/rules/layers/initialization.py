"""Errors of `torch.nn.init`: tensors of too few dimensions, options that it does not know, modules for tensors."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.torch_internals import registered
from tui_torch.probe.values.short_repr import class_name

_GAINS = {"gelu": "relu", "silu": "relu", "swish": "relu", "elu": "relu", "softplus": "relu", "leakyrelu": "leaky_relu"}
"""The known nonlinearity that is usual for one that `calculate_gain` does not know."""


@rule(r"Fan in and fan out can not be computed for tensor with fewer than 2 dimensions", ValueError)
@rule(r"Only tensors with (2|2 or more) dimensions are supported", ValueError)
def too_few_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.init.xavier_uniform_(bias)`: such a draw is scaled by the sizes of a matrix."""
    call = case.call()
    held = call.args[0] if call is not None and call.args else None
    if call is None or held is None or not called_name(call).endswith("_"):
        return None
    name, shape = called_name(call), case.shape(held)
    # `Only tensors with 2 dimensions` is said of tensors with more of them, too.
    if shape is not None and len(shape) > 2:
        return RuleResult(f"{case.with_shape(held)}, and `{name}` fills matrices alone: tensors of two dimensions.")
    why = "makes rows that are perpendicular" if name == "orthogonal_" else "scales its numbers by inputs and outputs"
    who = f"{case.with_shape(held)}, a single dimension" if shape is not None else f"{case.quoted(held)} has too few"
    if shape == ():
        who = f"{case.quoted(held)} is a scalar"
    text = f"{ast.unparse(call)} if {ast.unparse(held)}.dim() > 1 else {_zeros(call)}({ast.unparse(held)})"
    is_any = isinstance(held, ast.Name) and isinstance(case.statement, ast.Expr)
    fix = SuggestedFix(text, None, case.statement) if is_any and shape and _is_only_bias(case, held) else None
    return RuleResult(
        f"{who}, as biases and the weights of a norm have: `nn.init.{name}` {why}, for which a tensor needs two "
        "dimensions or more. Use it for the weights of layers alone, and `nn.init.zeros_` for a bias.",
        fix,
    )


def _zeros(call: ast.Call) -> str:
    return f"{ast.unparse(call.func).rpartition('.')[0] or 'torch.nn.init'}.zeros_"


def _is_only_bias(case: ErrorCase, held: ast.expr) -> bool:
    """Whether a tensor is the bias of a linear layer or a convolution, as far as a `module` at hand says."""
    if "Norm" in case.source:
        return False  # whose weights have one dimension, too, and start at 1
    value = case.find(held)
    for scope in case.names.scopes[:1]:
        for module in list(scope.values())[:100]:
            if (
                class_name(module).startswith(("Linear", "Conv"))
                and registered(module, "parameters").get("bias") is value
            ):
                return True
    return False


@rule(r"Mode (\w+) not supported, please use one of \[(.*?)\]", ValueError)
def unknown_mode(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.init.kaiming_normal_(w, mode='fanin')`."""
    meant = {"fanin": "fan_in", "fanout": "fan_out", "in": "fan_in", "out": "fan_out"}.get(found[1].replace("_", ""))
    return RuleResult(
        f"The mode '{found[1]}' is unknown: there is 'fan_in', which keeps the size of what goes forward, and "
        "'fan_out', which keeps that of the gradients.",
        _with_option(case, "mode", meant),
    )


@rule(r"Unsupported nonlinearity (\w+)", ValueError)
def unknown_nonlinearity(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.init.kaiming_normal_(w, nonlinearity='gelu')`."""
    usual = _GAINS.get(found[1].lower())
    end = f" For '{found[1]}' people take '{usual}', whose gain is close to it." if usual else ""
    return RuleResult(
        f"`nn.init` knows the gain of 'linear', 'sigmoid', 'tanh', 'relu', 'leaky_relu' and 'selu', and not of "
        f"'{found[1]}'.{end}",
        _with_option(case, "nonlinearity", "leaky_relu") if found[1].lower() == "leakyrelu" else None,
    )


def _with_option(case: ErrorCase, name: str, value: str | None) -> SuggestedFix | None:
    call = case.call()
    given = next((key.value for key in (call.keywords if call is not None else []) if key.arg == name), None)
    if call is None or value is None or not isinstance(given, ast.Constant):
        return None
    return SuggestedFix(rewritten(call, {given: repr(value)}), None, call)


@rule(r"'(\w+)' object has no attribute", AttributeError, first=True)
def layer_for_a_weight(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.init.xavier_uniform_(layer)`: what is filled is a tensor."""
    call = case.call()
    held = call.args[0] if call is not None and call.args else None
    if call is None or held is None or not case.is_module(held) or not _is_init(case, call):
        return None
    module = case.find(held)
    if class_name(module) != found[1]:
        return None
    parameters = [name for name, value in registered(module, "parameters").items() if value is not None]
    fix = SuggestedFix(rewritten(call, {held: "{}.weight"}), None, call) if "weight" in parameters else None
    end = "" if fix is not None else f" It has {', '.join(f'`{one}`' for one in parameters) or 'none of its own'}."
    return RuleResult(
        f"`{called_name(call)}` fills a tensor, and {case.quoted(held)} is a layer ({found[1]}): give it one of its "
        f"parameters.{end}",
        fix,
    )


@rule(r"^(\w+_)\(\) missing \d+ required positional arguments?: (.*)", TypeError)
def filled_with_what(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.init.constant_(w)`."""
    call = case.call()
    if call is None or not _is_init(case, call):
        return None
    missing = found[2].replace("'", "`")
    return RuleResult(f"`nn.init.{found[1]}` was called without {missing}, which it has no usual value for.")


def _is_init(case: ErrorCase, call: ast.Call) -> bool:
    function = case.find(call.func)
    home = getattr(getattr(function, "__code__", None), "co_filename", "").replace("\\", "/")
    return home.endswith("torch/nn/init.py")
