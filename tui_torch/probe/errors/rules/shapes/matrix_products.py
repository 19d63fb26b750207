"""Errors of matrix products: inner sizes, products with vectors and scalars, batches, and `nn.Linear`."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.names import attribute_of
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.rules.shapes.linear_inputs import linear_layer_sizes


def _product(case: ErrorCase, pair: tuple[ast.expr, ast.expr] | None, meaning: str) -> RuleResult:
    """Add the fix by which two pieces can be multiplied; of several products, each with what it says."""
    if pair is None:
        return RuleResult(meaning)
    left, right = pair
    turned = "t()" if all(len(case.shape(part) or ()) < 3 for part in pair) else "mT"
    rows = f"each row of {case.quoted(left)} meets each row of {case.quoted(right)}"
    columns = f"each column of {case.quoted(left)} meets each column of {case.quoted(right)}"
    readings = case.possible_fixes(
        *((rows, {right: f"{{}}.{turned}"}) for _ in [0] if len(case.shape(right) or ()) > 1),
        *((columns, {left: f"{{}}.{turned}"}) for _ in [0] if len(case.shape(left) or ()) > 1),
    )
    if not readings:
        return RuleResult(meaning, case.working_fix({left: ast.unparse(right), right: ast.unparse(left)}))
    return RuleResult(meaning, readings[0].fix) if len(readings) == 1 else RuleResult(meaning, readings=readings)


@rule(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)", RuntimeError)
def inner_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x @ w` and `linear(x)` whose inner sizes differ."""
    rows, have, want, columns = map(int, found.groups())
    layer = case.layer()
    if layer is not None:
        weight = attribute_of(layer.module, "in_features")
        if type(weight) is int:
            return linear_layer_sizes(case, layer, have, want)
    pair = case.pair()
    if pair is None or case.shape(pair[0]) is None or case.shape(pair[1]) is None:
        return RuleResult(
            f"A [{rows}, {have}] tensor is multiplied by a [{want}, {columns}] one: the inner sizes {have} and {want} "
            "must match. Transpose one of them, or give the layer that was called the size that comes in."
        )
    left, right = pair
    shapes = case.with_shape(left), case.with_shape(right)
    both = f"{shapes[0]} on both sides" if shapes[0] == shapes[1] else ", ".join(shapes)
    return _product(case, pair, f"{both}; in a product the inner sizes {have} and {want} must match.")


@rule(r"size mismatch, got input \((\d+)\), mat \((\d+)x(\d+)\), vec \((\d+)\)", RuntimeError)
def matrix_by_vector(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w @ v` with a vector of another length than the matrix has columns."""
    _, rows, columns, length = map(int, found.groups())
    pair = case.pair()
    meaning = (
        f"A [{rows}, {columns}] matrix times a vector of {length}: the vector needs {columns} elements, one for each "
        "column."
    )
    if pair is not None and case.shape(pair[0]) is not None:
        meaning = f"{case.with_shape(pair[0])} and {case.with_shape(pair[1])}: " + (
            f"the vector needs {columns} elements, one for each column of the matrix, and has {length}."
        )
    return _product(case, pair, meaning)


@rule(r"inconsistent tensor size, expected tensor \[(\d+)\] and src \[(\d+)\]", RuntimeError)
def dot_lengths(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.dot(a, b)` of vectors of different lengths."""
    first, second = found.groups()
    pair = case.pair()
    who = f"{case.quoted(pair[0])} and {case.quoted(pair[1])}" if pair else "The two vectors"
    return RuleResult(
        f"{who} have {first} and {second} elements; a dot product multiplies them one by one, so it needs as many of "
        "each. Look where the longer one gets its extra elements.",
    )


@rule(r"1D tensors expected, but got (\d)D and (\d)D tensors", RuntimeError)
def dot_of_matrices(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.dot(a, b)` of matrices."""
    pair = case.pair()
    if pair is None:
        return None
    left, right = ast.unparse(pair[0]), ast.unparse(pair[1])
    meaning = f"`dot` takes two vectors, and {case.with_shape(pair[0])}, {case.with_shape(pair[1])}."
    if case.shape(pair[0]) != case.shape(pair[1]):
        fix = case.working_fix(f"({left}) @ ({right})")
        return RuleResult(meaning + " For matrices write `@` (the matrix product).", fix)
    return RuleResult(
        meaning,
        readings=case.possible_fixes(
            ("each row has a product of its own", f"(({left}) * ({right})).sum(dim=-1)"),
            ("all elements count together", f"(({left}) * ({right})).sum()"),
        ),
    )


@rule(r"(self|mat2|vector|input) must be a (matrix|vector)|batch[12] must be a 3D tensor", RuntimeError)
def wrong_kind_of_product(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.mm`, `torch.mv` and `torch.bmm` with other numbers of dimensions."""
    pair = case.pair()
    if pair is None:
        return None
    left, right = ast.unparse(pair[0]), ast.unparse(pair[1])
    name = (case.call() and ast.unparse(case.call().func)) or "this product"  # type: ignore[union-attr]
    return RuleResult(
        f"`{name}` takes tensors of one kind of shape only, and {case.with_shape(pair[0])}, "
        f"{case.with_shape(pair[1])}. `@` takes matrices, vectors and batches of them.",
        case.working_fix(f"({left}) @ ({right})"),
    )


@rule(r"both arguments to matmul need to be at least 1D, but they are (\d)D and (\d)D", RuntimeError)
def product_with_a_scalar(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x @ 2`: the matrix product with a scalar tensor."""
    pair = case.pair()
    if pair is None:
        return None
    return RuleResult(
        f"{case.with_shape(pair[0])} and {case.with_shape(pair[1])}: `@` is the matrix product, and a scalar is no "
        "matrix. To multiply every element by it, write `*`.",
        case.working_fix(f"({ast.unparse(pair[0])}) * ({ast.unparse(pair[1])})"),
    )


@rule(
    r"Expected size for first two dimensions of batch2 tensor to be: \[(\d+), (\d+)\] but got: \[(\d+), (\d+)\]",
    RuntimeError,
)
def batched_inner_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.bmm(a, b)` whose inner sizes or batch sizes differ."""
    batch, inner, other_batch, other_inner = found.groups()
    pair = case.pair()
    what = f"{case.with_shape(pair[0])}, {case.with_shape(pair[1])}; " if pair else ""
    if batch != other_batch:
        return RuleResult(
            f"{what}there are {batch} matrices on one side and {other_batch} on the other: give as many of each."
        )
    return _product(
        case, pair, f"{what}in each product of the batch the inner sizes {inner} and {other_inner} must match."
    )


@rule(r"linalg\.\w+: A must be batches of square matrices, but they are (\d+) by (\d+)")
def not_square(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.linalg.inv(x)` of a matrix that is not square."""
    held = case.argument(case.call(), 0, "A")
    who = case.with_shape(held) if held is not None else f"The matrix is {found[1]} by {found[2]}"
    return RuleResult(
        f"{who}: only a square matrix has an inverse. `torch.linalg.pinv` gives the pseudo-inverse of any."
    )
