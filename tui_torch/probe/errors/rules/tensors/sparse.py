"""Errors of sparse tensors: how they are made, and operations that they do not have."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base


def _made(case: ErrorCase) -> tuple[ast.Call, ast.expr, ast.expr | None, ast.expr | None] | None:
    """Return the call that makes a sparse tensor, with its indices, values and size."""
    call = case.call("sparse_coo_tensor")
    indices = case.argument(call, 0, "indices")
    if call is None or indices is None:
        return None
    return call, indices, case.argument(call, 1, "values"), case.argument(call, 2, "size")


@rule(r"len\(size\) == sparse_dim \+ dense_dim' is not satisfied", RuntimeError)
@rule(r"number of dimensions must be sparse_dim \(\d+\) \+ dense_dim \(\d+\)", RuntimeError)
def indices_by_row(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.sparse_coo_tensor` of indices that hold one entry in each row, or of a size that does not fit."""
    made = _made(case)
    shape = case.shape(made[1]) if made is not None else None
    if made is None or shape is None or len(shape) != 2:
        return RuleResult(
            "A sparse tensor has one size for each row of its indices, and one for each further dimension of its "
            "values: the size that was given has another number of them."
        )
    call, indices, values, size = made
    wide = case.value(size)
    number = len(wide) if type(wide) in (tuple, list, torch.Size) else None
    said = f"{case.with_shape(indices)}: the indices of a sparse tensor have a row for each dimension and a column "
    if number is None or shape[1] != number or shape[0] == number:
        return RuleResult(
            f"{said}for each entry, so these are {shape[1]} entries of {shape[0]} dimensions. The size is to have as "
            "many numbers."
        )
    meaning = f"{said}for each entry; here each entry has a row of {number}. `.t()` turns it."
    fix = SuggestedFix(rewritten(call, {indices: "{}.t()"}), None, call)
    if shape[0] == shape[1] or (case.shape(values) or shape[:1])[0] != shape[0]:
        return RuleResult(meaning)
    return RuleResult(meaning, fix)


@rule(r"indices and values must have same nnz, but got nnz from indices: (\d+), nnz from values: (\d+)", RuntimeError)
def entries_without_values(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain indices of another number of entries than there are values."""
    made = _made(case)
    meaning = (
        f"The indices name {found[1]} entries (columns: they have a row for each dimension), and there are {found[2]} "
        "values. Each entry has one value."
    )
    shape = case.shape(made[1]) if made is not None else None
    if made is not None and shape is not None and len(shape) == 2 and str(shape[0]) == found[2] and shape[1] in (1, 2):
        fix = SuggestedFix(rewritten(made[0], {made[1]: "{}.t()"}), None, made[0])
        return RuleResult(
            f"{meaning} {case.with_shape(made[1])}, with an entry in each row: `.t()` turns it.",
            fix,
        )
    return RuleResult(meaning)


@rule(r"size is inconsistent with indices: for dim (\d+), size is (\d+) but found index (-?\d+)", RuntimeError)
def entry_out_of_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an index of a sparse tensor beyond its size."""
    size, index = int(found[2]), int(found[3])
    end = f" A size of {index + 1} would hold it." if index >= size else ""
    return RuleResult(
        f"Dimension {found[1]} of this sparse tensor has size {size}, so its indices are 0 to {size - 1}, and one "
        f"entry is at {index}.{end}"
    )


@rule(r"Cannot get (indices|values) on an uncoalesced tensor", RuntimeError)
def not_coalesced(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `a.indices()` of a sparse tensor in which an index may be there several times."""
    owner = case.receiver()
    fix = None
    if owner is not None and isinstance(case.node, ast.Call):
        fix = SuggestedFix(rewritten(case.node, {owner: "{}.coalesce()"}), None, case.node)
    who = case.quoted(owner) if owner is not None else "This sparse tensor"
    return RuleResult(
        f"{who} may hold an index several times, whose values count together: `.coalesce()` adds them up, and its "
        f"`{found[1]}` are unique.",
        fix,
    )


@rule(r"(\w+) expected sparse (?:coordinate )?(?:\w+ )*tensor layout but got Strided", RuntimeError)
def dense_for_sparse(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.coalesce()` and `x.indices()` of an ordinary tensor."""
    owner = case.receiver()
    who = case.quoted(owner) if owner is not None else "This tensor"
    fix = None
    if owner is not None and isinstance(case.node, ast.Call):
        fix = SuggestedFix(rewritten(case.node, {owner: "{}.to_sparse()"}), None, case.node)
    return RuleResult(
        f"{who} is an ordinary (dense) tensor, and `{found[1]}` is for sparse ones. `.to_sparse()` makes one of it.",
        fix,
    )


@rule(r"Could not run 'aten::(\w+?)_?(?:\.\w+)?' with arguments from the '(Sparse\w*)' backend", NotImplementedError)
@rule(r"(\w+) is not (?:implemented|supported) for (sparse) tensors", RuntimeError, NotImplementedError)
def not_for_sparse(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an operation that sparse tensors do not have."""
    held = _sparse(case)
    name = called_name(case.node) if isinstance(case.node, ast.Call) else ""
    what = f"`{name or found[1]}`"
    if held is None:
        return RuleResult(f"A sparse tensor has no {what}: `.to_dense()` makes an ordinary tensor of it.")
    fix = SuggestedFix(rewritten(case.node, {held: "{}.to_dense()"}), None, case.node) if case.node else None
    return RuleResult(
        f"{case.quoted(held)} is sparse: only its entries that are not 0 are stored, and {what} is not made for that. "
        "`.to_dense()` makes an ordinary tensor of it, with every 0.",
        fix,
    )


@rule(r"can't convert Sparse layout tensor to numpy", TypeError)
def array_of_sparse(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `a.numpy()` of a sparse tensor."""
    held = _sparse(case)
    fix = SuggestedFix(rewritten(case.node, {held: "{}.to_dense()"}), None, case.node) if held and case.node else None
    who = case.quoted(held) if held is not None else "This tensor"
    return RuleResult(f"{who} is sparse, and an array holds every element: make it dense first.", fix)


@rule(r"Cannot assign to a sparse tensor", TypeError)
def sparse_written(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `a[0, 0] = 1` of a sparse tensor."""
    held = next((target.value for target in _targets(case) if isinstance(target, ast.Subscript)), None)
    who = case.quoted(held) if held is not None else "This tensor"
    return RuleResult(
        f"{who} is sparse, and its elements are not written one by one. Write them in a dense tensor before "
        "`.to_sparse()`, or make the sparse one of all its indices and values."
    )


def _targets(case: ErrorCase) -> list[ast.expr]:
    return case.statement.targets if isinstance(case.statement, ast.Assign) else []


def _sparse(case: ErrorCase) -> ast.expr | None:
    """Return the one piece of the failing code that is a sparse tensor; None if there are several, or none."""
    call = case.call()
    parts: list[ast.expr] = []
    if call is not None:
        owner = case.receiver()
        parts = [*([owner] if owner is not None else []), *call.args]
    elif isinstance(case.node, ast.BinOp):
        parts = [case.node.left, case.node.right]
    elif isinstance(case.node, ast.Subscript):
        parts = [case.node.value]
    found = [part for part in parts if _is_sparse(case.find(part))]
    return found[0] if len(found) == 1 else None


def _is_sparse(value: object) -> bool:
    if not issubclass(type(value), torch.Tensor):
        return False
    with unobserved():
        return Base.layout.__get__(value) is not torch.strided
