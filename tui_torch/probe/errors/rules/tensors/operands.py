"""Errors of operands whose sizes do not fit an operation: distances, equations, windows, grids, indices below 0."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.registry import rule


def _both(case: ErrorCase) -> str:
    pair = case.pair()
    if pair is None or case.shape(pair[0]) is None or case.shape(pair[1]) is None:
        return ""
    return f"{case.with_shape(pair[0])}, {case.with_shape(pair[1])}: "


def _first(case: ErrorCase, name: str = "input") -> str:
    held = case.argument(case.call(), 0, name)
    return f"{case.with_shape(held)}: " if held is not None and case.shape(held) is not None else ""


@rule(r"X1 and X2 must have the same number of columns\. X1: (\d+) X2: (\d+)", RuntimeError)
def distances(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.cdist` of points with another number of coordinates."""
    return RuleResult(
        f"{_both(case)}`cdist` takes the distances between rows, which are points of equally many coordinates: the "
        "last "
        f"sizes are {found[1]} and {found[2]}."
    )


@rule(r"linalg\.solve\w*: Incompatible (?:batch )?shapes of A and B .*\((\d+)x(\d+) and (\d+)x(\d+)\)", RuntimeError)
@rule(r"lstsq: input\.size\(-2\) should match other\.size\(-2\)", RuntimeError)
def equations(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.linalg.solve(A, b)` of a `b` with another number of rows than `A` has."""
    return RuleResult(
        f"{_both(case)}each row of A is an equation, and `b` holds its right side, so both have equally many rows."
    )


@rule(r"maximum size for tensor at dimension (-?\d+) is (\d+) but size is (\d+)", RuntimeError)
def window_too_long(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.unfold(0, 12, 1)` of ten elements."""
    return RuleResult(
        f"{_first(case)}a window of {found[3]} is longer than dimension {found[1]}, which has {found[2]}. Make it "
        "shorter, or pad what it goes over."
    )


@rule(
    r"Given output_size=(\(.*?\)), kernel_size=(\(.*?\)),.*expected size of input's dimension (\d) to match the "
    r"calculated number of sliding blocks (.*?), but got input\.size\(\d\)=(\d+)",
    RuntimeError,
)
def folded_blocks(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a Fold of another number of blocks than its output has."""
    return RuleResult(
        f"An output of {found[1]} is made of {found[4]} blocks of {found[2]}, and the input has {found[5]} in "
        "dimension "
        f"{found[3]}. `stride`, `padding` and `dilation` have to be those of the `unfold` that made the blocks."
    )


@rule(r"expected grid to have size (\d) in last dimension, but got grid with sizes (\[.*?\])", RuntimeError)
def grid_of_coordinates(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.grid_sample` with a grid whose coordinates are not last."""
    sizes = sizes_in(found[2])
    what = (
        "[batch, height, width, 2], an x and a y" if found[1] == "2" else "[batch, depth, height, width, 3], x, y and z"
    )
    at = sizes.index(int(found[1]), 1) if int(found[1]) in sizes[1:] else -1
    move = f" If dimension {at} holds them, `movedim({at}, -1)` brings them there." if at > 0 else ""
    return RuleResult(
        f"A grid says for each pixel of the result where it is taken from: {what} for each, in the last dimension. "
        "This "
        f"one is {found[2]}.{move}"
    )


@rule(r"offsets has to be a 1D Tensor but got None", ValueError)
def bags_without_offsets(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an EmbeddingBag of a vector of indices."""
    held = case.argument(case.call(), 0, "input")
    given = f"{case.with_shape(held)}: " if held is not None and case.shape(held) is not None else ""
    return RuleResult(
        f"{given}of a vector of indices it has to be said where each bag begins (`offsets=torch.tensor([0])` for one "
        "bag); "
        "a matrix has a bag in each row."
    )


@rule(r"bincount only supports 1-d non-negative integral inputs", RuntimeError)
def counted_numbers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.bincount` of negative numbers, fractions or a matrix."""
    held = case.argument(case.call(), 0, "input")
    shape, dtype = case.shape(held), case.dtype(held)
    if held is None or shape is None:
        return None
    if len(shape) != 1:
        why = f"{case.with_shape(held)}: `flatten()` makes a vector of it"
    elif str(dtype).startswith("float"):
        why = f"{case.quoted(held)} is {dtype}"
    else:
        why = f"{case.quoted(held)} holds one below 0 (such as -1 for what is to be ignored: leave it out, `y[y >= 0]`)"
    return RuleResult(f"`bincount` counts how often 0, 1, 2, … occur in a vector of whole numbers. {why}.")


@rule(r"Class values must be non-negative", RuntimeError)
def negative_class(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.one_hot(y)` of a `y` with a number below 0."""
    held = case.argument(case.call("one_hot"), 0, "tensor")
    who = case.quoted(held) if held is not None else "The input"
    return RuleResult(
        f"{who} holds a class below 0, and classes are counted from 0. Where -1 stands for something that is to be "
        "ignored, leave those out before, or give them a class of their own."
    )


@rule(r"Tensor must have a last dimension of size 2", RuntimeError)
def pairs_for_complex(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.view_as_complex` of a tensor that holds no pairs."""
    return RuleResult(
        f"{_first(case)}a complex number is made of two, which the last dimension has to hold: real and imaginary "
        "part. `torch.complex(real, imag)` takes two tensors."
    )


@rule(r"Invalid number of data points \((-?\d+)\) specified", RuntimeError)
def transform_of_nothing(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.fft.fft(x, n=0)` and the transform of an empty signal."""
    return RuleResult(
        f"A Fourier transform is of 1 point or more, and here it is {found[1]}: `n` is the length of the signal, and "
        "without it that of its last dimension. Look at where it became empty."
    )


@rule(r"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes (\[.*?\])", ValueError)
def mapped_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `vmap(f)(a, b)` of different numbers of samples, and of an argument that is for all of them."""
    call = case.call()
    shapes = [case.with_shape(one) for one in call.args if case.shape(one) is not None] if call is not None else []
    given = f" ({', '.join(shapes)})" if shapes else ""
    return RuleResult(
        "`vmap` calls the function once for each sample, and its arguments have "
        f"{found[1][1:-1].replace(', ', ' and ')} "
        f"of them{given}. What is the same for all samples gets `None` in `in_dims=(0, None)`."
    )


@rule(r"param_group must be a dict, but got <class '(\w+)'>", TypeError)
def group_without_a_name(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `optimizer.add_param_group(model.parameters())`."""
    call = case.call("add_param_group")
    held = call.args[0] if call is not None and call.args else None
    if call is None or held is None:
        return None
    return RuleResult(
        f"A group is a dict of its parameters and its options: `{{'params': {ast.unparse(held)}, 'lr': 0.01}}`.",
        SuggestedFix(f"{ast.unparse(call.func)}({{'params': {ast.unparse(held)}}})", None, call),
    )
