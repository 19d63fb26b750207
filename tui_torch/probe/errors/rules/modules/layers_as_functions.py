"""Errors of functions that are looked for among the layers: `nn.relu(x)`, where `nn.ReLU(x)` would be wrong too."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.registry import rule


@rule(r"module 'torch\.nn' has no attribute '(\w+)'", AttributeError, first=True)
def a_function_among_layers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.relu(x)`: a layer is made without the tensor, and the function takes it."""
    name = found[1]
    outer = next(iter(case.history.around(case.node)), None)
    if not isinstance(case.node, ast.Attribute) or not isinstance(outer, ast.Call) or outer.func is not case.node:
        return None
    functional = torch.nn.functional
    if not outer.args or case.tensor(outer.args[0]) is None or not callable(vars(functional).get(name)):
        return None
    owner = "F" if case.find(ast.Name("F")) is functional else "torch.nn.functional"
    layer = next((one for one in vars(torch.nn) if one.lower() == name.replace("_", "").lower()), None)
    of_layer = f" The layer `nn.{layer}` is made first, and then called with it." if layer is not None else ""
    return RuleResult(
        f"`torch.nn` has layers, and no `{name}`. The function that takes a tensor is `{owner}.{name}`.{of_layer}",
        SuggestedFix(f"{owner}.{name}", None, case.node),
        parts=[],
    )
