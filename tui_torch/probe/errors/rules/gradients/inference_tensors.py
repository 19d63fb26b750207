"""Errors of tensors that were made under `torch.inference_mode()`, and are used where autograd records."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import paths
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.module_tree import parameters


def _made_there(case: ErrorCase) -> str:
    """What the line names that is an inference tensor, or has such parameters: `` `z` was made ``."""
    for piece in (*paths(case.node), *paths(case.statement)):
        tensor = case.tensor(piece) if isinstance(piece, ast.Name | ast.Attribute | ast.Subscript) else None
        if tensor is not None:
            with unobserved():
                if Base.is_inference(tensor):
                    return f"{case.quoted(piece)} was made"
        elif case.is_module(piece):
            with unobserved():
                if any(Base.is_inference(one) for _, one in parameters(case.find(piece))):
                    return f"{case.quoted(piece)} has parameters that were made"
    return "A tensor that this line uses was made"


_CURE = (
    "`torch.no_grad()` in the place of `inference_mode` makes ordinary tensors; a `.clone()` outside of it is one, too."
)


@rule(r"Inference tensors cannot be saved for backward", RuntimeError)
def saved_for_backward(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain features of `inference_mode` in a loss."""
    return RuleResult(
        f"{_made_there(case)} under `torch.inference_mode()`, and autograd would have to keep it for `backward()`, "
        f"which is not possible for such tensors. {_CURE}",
        of_autograd=True,
    )


@rule(r"Inplace update to inference tensor outside InferenceMode is not allowed", RuntimeError)
def changed_outside(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a tensor of `inference_mode` that is changed in place later, by an optimizer too."""
    return RuleResult(
        f"{_made_there(case)} under `torch.inference_mode()`, and such a tensor cannot be changed in place outside "
        f"of it. {_CURE}",
        of_autograd=True,
    )


@rule(r"Setting requires_grad=True on inference tensor outside InferenceMode is not allowed", RuntimeError)
def requires_grad_outside(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.requires_grad_()` of a tensor of `inference_mode`."""
    return RuleResult(
        f"{_made_there(case)} under `torch.inference_mode()`, and such a tensor cannot require grad. {_CURE}",
        of_autograd=True,
    )


@rule(r"Cannot set version_counter for inference tensor", RuntimeError)
def seen_outside(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain other uses of a tensor of `inference_mode` where autograd records."""
    return RuleResult(
        f"{_made_there(case)} under `torch.inference_mode()`, and is used where autograd keeps count of its changes. "
        f"{_CURE}",
        of_autograd=True,
    )
