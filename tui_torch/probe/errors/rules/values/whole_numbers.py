"""Whether a tensor of floats holds whole numbers, so that it may be what an index, a class or a mask is made of."""

from __future__ import annotations

import ast

import torch

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, SuggestedFix
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base

_MOST_ELEMENTS = 1 << 20


def are_whole(case: ErrorCase, node: ast.expr) -> bool | None:
    """Return whether all elements of a stored tensor are whole numbers; None if that is not known."""
    held = _elements(case, node)
    if held is None:
        return None
    with unobserved():
        return not held.is_floating_point() or bool((held == held.floor()).all())


def are_zeros_and_ones(case: ErrorCase, node: ast.expr) -> bool | None:
    """Return whether all elements of a stored tensor are 0 or 1; None if that is not known."""
    held = _elements(case, node)
    if held is None:
        return None
    with unobserved():
        return bool(((held == 0) | (held == 1)).all())


def holds_nan(case: ErrorCase, node: ast.expr) -> bool:
    """Return whether a stored tensor is known to have an element that is NaN."""
    held = _elements(case, node)
    if held is None or not held.is_floating_point():
        return False
    with unobserved():
        return bool((held != held).any())


def _elements(case: ErrorCase, node: ast.expr) -> torch.Tensor | None:
    """The tensor that a piece names, if it may be looked through."""
    tensor = case.find(node)
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        return None
    with unobserved():
        is_plain = Base.layout.__get__(tensor) is torch.strided and not Base.is_nested.__get__(tensor)
        if not is_plain or Base.is_meta.__get__(tensor) or Base.numel(tensor) > _MOST_ELEMENTS:
            return None
        return tensor.detach()


def whole_fix(
    case: ErrorCase, node: ast.expr, *, unseen: bool = False, with_dtype: bool = False
) -> tuple[SuggestedFix | None, tuple[PossibleFix, ...]]:
    """Return the conversion of a piece to int64 as a fix, or as a reading if its elements are not known.

    Both are empty where it holds fractions: to cut them off would be something else.
    """
    known = are_whole(case, node)
    if known is False:
        return None, ()
    fix = case.working_fix({node: "{}.long()"}, unseen=unseen, with_dtype=with_dtype)
    if fix is None or known:
        return fix, ()
    return None, (PossibleFix(f"{case.quoted(node)} holds whole numbers", fix),)
