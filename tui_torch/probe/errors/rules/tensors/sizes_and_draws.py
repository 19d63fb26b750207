"""Errors of splitting, joining and choosing elements, of empty tensors, of ranges, and of random numbers."""

from __future__ import annotations

import ast
import re

import numpy as np

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule


def _given(case: ErrorCase, *, name: str = "input") -> str:
    """`` `x` is [2, 3]: ``, of the first argument of the call, where its shape is known."""
    held = case.argument(case.call(), 0, name)
    return f"{case.with_shape(held)}: " if held is not None and case.shape(held) is not None else ""


@rule(r"only one dimension can be inferred", RuntimeError)
def two_rests(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.view(-1, -1)`."""
    return RuleResult(
        f"{_given(case)}-1 stands for the size that is left over, and there is only one rest: give all other sizes "
        "as numbers."
    )


@rule(
    r"cannot reshape tensor of 0 elements into shape (\[.*?\]) because the unspecified dimension size -1", RuntimeError
)
def rest_of_nothing(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.view(-1, 0)` of an empty tensor."""
    return RuleResult(
        f"{_given(case)}it has no elements, so any size would do for the -1 in {found[1]}. Look at where it became "
        "empty (a filter, a slice), or give every size as a number."
    )


@rule(
    r"split_with_sizes expects split_sizes to sum exactly to (\d+).*?dimension (\d+)\), but got split_sizes=(\[.*?\])"
)
def split_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.split([3, 4])` of 10 rows."""
    sizes = sizes_in(found[3])
    return RuleResult(
        f"{_given(case, name='tensor')}dimension {found[2]} has size {found[1]}, and the parts are "
        f"{' + '.join(map(str, sizes))} = {sum(sizes)}: together they must be all of it. One number, "
        f"`split({sizes[0] if sizes else 'n'})`, makes parts of that size, the last one smaller."
    )


@rule(r"unflatten: Provided sizes (\[.*?\]) don't multiply up to the size of dim (\d+) \((\d+)\)", RuntimeError)
def unflattened(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.unflatten(1, (3, 5))` of a size of 12."""
    sizes = sizes_in(found[1])
    product = int(np.prod(sizes))
    return RuleResult(
        f"{_given(case)}dimension {found[2]} has size {found[3]}, and {' x '.join(map(str, sizes))} = {product}. The "
        "product must be that size; -1 stands for the one that is left over."
    )


@rule(r"stack expects a non-empty TensorList|expected a non-empty list of Tensors", RuntimeError, ValueError)
def nothing_to_join(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.stack([])`."""
    call = case.call()
    held = call.args[0] if call is not None and call.args else None
    return RuleResult(
        f"{case.quoted(held) if held is not None else 'The list'} is empty: there is nothing to join. Look at the "
        "loop or the condition that fills it."
    )


@rule(r"zero-dimensional tensor \(at position (\d+)\) cannot be concatenated", RuntimeError)
def scalars_joined(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.cat([loss_a, loss_b])` of scalars."""
    call = case.call("cat", "concat", "concatenate")
    fix = None
    if call is not None and isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords:
        fix = case.working_fix(f"{ast.unparse(call.func.value)}.stack({ast.unparse(call.args[0])})")
    return RuleResult(
        "`cat` joins along a dimension, and a scalar has none. `stack` makes a vector of scalars.",
        fix,
    )


@rule(r"expected Tensor as element (\d+) in argument 0, but got (\w[\w.]*)", TypeError)
def no_tensor_to_join(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.stack([1.0, 2.0])` and `torch.cat([x, array])`."""
    call = case.call()
    held = call.args[0] if call is not None and call.args else None
    if call is None or held is None:
        return None
    place, kind, name = int(found[1]), found[2].rpartition(".")[2], called_name(call)
    items = held.elts if isinstance(held, ast.List | ast.Tuple) else []
    item = items[place] if place < len(items) else None
    who = case.quoted(item) if item is not None else f"element {place} of {case.quoted(held)}"
    fix = None
    if kind in ("float", "int", "bool") and (all(isinstance(one, ast.Constant) for one in items) or not items):
        owner = ast.unparse(call.func).rpartition(".")[0]
        value = case.value(held)
        if (
            type(value) in (list, tuple)
            and all(type(one) in (float, int, bool) for one in value)
            and len(call.args) == 1
        ):
            fix = case.working_fix(f"{owner}.tensor({ast.unparse(held)})", unseen=True)
    elif kind == "ndarray" and item is not None:
        fix = SuggestedFix(rewritten(call, {item: "torch.from_numpy({})"}), None, call)
    elif kind == "list" and item is not None and name == "cat":
        fix = case.working_fix({item: "torch.tensor({})"}, unseen=True)
    word = {"ndarray": "a NumPy array"}.get(kind, an(kind))
    end = " `torch.tensor` makes a tensor of numbers." if kind in ("float", "int") else ""
    return RuleResult(f"`{name}` joins tensors, and {who} is {word}.{end}", fix)


@rule(r"(max|min|argmax|argmin)\(\): Expected reduction dim to be specified for input\.numel\(\) == 0")
def extreme_of_nothing(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.max()` of an empty tensor."""
    return RuleResult(
        f"{_given(case)}it is empty, and nothing has no `{found[1]}`. Look at where it became empty (a filter, a "
        "mask, a slice)."
    )


@rule(r"selected index k out of range", RuntimeError)
def too_many_wanted(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.topk(5)` of three elements."""
    call = case.call("topk", "kthvalue")
    held, wanted = case.argument(call, 0, "input"), case.argument(call, 1, "k")
    shape, count = case.shape(held), case.find(wanted)
    if call is None or shape is None or held is None or wanted is None:
        return None
    size = shape[-1] if shape else 1
    return RuleResult(
        f"{case.with_shape(held)}, and {count if type(count) is int else case.quoted(wanted)} are wanted of its last "
        f"dimension, which has {size}."
    )


@rule(r"Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor", RuntimeError)
def repeats(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.repeat(2)` of a matrix."""
    held = case.argument(case.call("repeat"), 0, "input")
    shape = case.shape(held)
    if shape is None:
        return None
    example = ", ".join(["2", *["1"] * (len(shape) - 1)])
    return RuleResult(
        f"{_given(case)}`repeat` takes a number for each of its {len(shape)} dimensions, as `repeat({example})`. To "
        "repeat each element instead, there is `repeat_interleave`."
    )


@rule(
    r"Size does not match at dimension (\d+) expected index (\[.*?\]) to be (?:no larger|smaller) than self (\[.*?\]) "
    r"apart from dimension (\d+)"
)
def gathered_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.gather(1, i)` with an index of more rows than `x` has."""
    return RuleResult(
        f"`gather` along dimension {found[4]} takes an index that is no larger than the tensor in the other "
        f"dimensions: it is {found[2]}, and the tensor {found[3]} (dimension {found[1]})."
    )


@rule(r"(gather|scatter\w*)\(\): Expected dtype int(?:32/)?(?:int)?64 for index", RuntimeError)
def gathered_by_floats(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.gather(1, i)` with an `i` of floats."""
    index = case.argument(case.call(), 2, "index")
    if index is None:
        return None
    return RuleResult(
        f"{case.quoted(index)} is {case.dtype(index) or 'of another dtype'}, and an index is a whole number (int64).",
        case.working_fix({index: "{}.long()"}, unseen=True),
    )


@rule(r"index_select\(\): Index is supposed to be a vector", IndexError)
def index_of_more(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.index_select(0, i)` with an `i` that is a matrix."""
    index = case.argument(case.call(), 2, "index")
    if index is None or case.shape(index) is None:
        return None
    return RuleResult(
        f"`index_select` takes rows by a vector of their numbers; {case.with_shape(index)}. `x[i]` takes an index of "
        "any shape.",
    )


@rule(r"upper bound and (?:larger bound|lower bound) inconsistent with step sign", RuntimeError)
def range_backwards(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.arange(0, 10, -1)`."""
    call = case.call("arange", "range")
    given = ", ".join(map(ast.unparse, call.args)) if call is not None else ""
    return RuleResult(
        f"The step leads away from the end (`{given}`): a positive step goes up, and a negative one down. Change its "
        "sign, or turn the bounds around."
    )


@rule(r"random_ expects 'from' to be less than 'to', but got from=(-?\d+) >= to=(-?\d+)", RuntimeError)
def empty_range_of_integers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.randint(5, 5, (2,))`."""
    return RuleResult(
        f"`randint` draws from {found[1]} up to, and without, {found[2]}: there is no number in between. The upper "
        "bound is one more than the largest that is wanted."
    )


@rule(r"invalid multinomial distribution \(sum of probabilities <= 0\)", RuntimeError)
def all_zero(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.multinomial` of weights that are all 0."""
    return RuleResult(
        f"{_given(case)}all weights of a row are 0, so nothing can be drawn. One of them has to be above 0."
    )


@rule(r"probability tensor contains either `inf`, `nan` or element < 0", RuntimeError)
def no_weights(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.multinomial` of logits, or of values that are not numbers."""
    return RuleResult(
        f"{_given(case)}a weight is negative, infinite or not a number. `multinomial` takes weights of 0 or more: of "
        "logits take `softmax` first; nan means that something before went wrong."
    )


@rule(r"cannot sample n_sample > prob_dist\.size\(-1\) samples without replacement", RuntimeError)
def more_than_there_are(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.multinomial(w, 5)` of three weights."""
    return RuleResult(f"{_given(case)}more are to be drawn than there are. `replacement=True` may draw one again.")


@rule(r"normal expects (?:all elements of )?std >= 0\.0", RuntimeError)
def negative_spread(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.normal(mean, std)` with a negative `std`."""
    return RuleResult(
        "A standard deviation is 0 or more, and one here is negative. If a model predicts it, take `exp()` or "
        "`F.softplus` of what it gives."
    )


@rule(
    r"Expected parameter (\w+) \(.*?\) of distribution (\w+)\(.*?\) to satisfy the constraint (.*?), but found invalid",
    ValueError,
)
def parameter_of_a_distribution(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a distribution with a parameter out of its range, or that is not a number."""
    is_nan = "nan" in str(case.error).rpartition("found invalid values")[2]
    what = "is not a number (nan) somewhere" if is_nan else "is outside of its range"
    constraint = found[3]
    if is_nan:
        why = " Something before went wrong: a division by 0, the log of 0, weights that grew without bound."
    elif constraint.startswith("Simplex"):
        why = " They are probabilities: each 0 or more, and together 1. Of scores take `softmax`, or give `logits=`."
    elif constraint.startswith("PositiveDefinite"):
        why = (
            " A covariance is symmetric, and its eigenvalues are above 0: `A @ A.mT` plus a small number on the "
            "diagonal "
            "is such a matrix, and `scale_tril=` takes a factor of it."
        )
    elif constraint.startswith("LowerCholesky"):
        why = " It is a lower triangle with a positive diagonal: `torch.linalg.cholesky` of a covariance."
    elif "lower_bound=0.0, upper_bound=1.0" in constraint:
        why = " It is a probability, from 0 to 1. Of scores take `sigmoid`, or give `logits=`."
    elif re.match(r"Greater|HalfOpen|Positive|NonNegative", constraint):
        why = f" It has to satisfy: {constraint}. If a model predicts it, `exp()` or `F.softplus` makes it positive."
    else:
        why = f" It has to satisfy: {constraint}."
    return RuleResult(f"`{found[1]}` of this {found[2]} {what}.{why}")


@rule(r"(?:input matrix is singular|The solver failed because the input matrix is singular)")
def singular_matrix(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain the inverse of a matrix without one."""
    held = case.argument(case.call(), 0, "A")
    who = case.quoted(held) if held is not None else "This matrix"
    return RuleResult(
        f"{who} is singular: a row (or column) follows from the others, so it has no inverse. `torch.linalg.lstsq` "
        "solves as well as can be, `torch.linalg.pinv` is the pseudo-inverse; a small number on the diagonal, `+ "
        "1e-6 * torch.eye(n)`, is usual for covariances."
    )


@rule(r"the input is not positive-definite")
def not_positive_definite(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain the Cholesky factors of a matrix that has none."""
    return RuleResult(
        "A Cholesky factor exists for a symmetric matrix whose eigenvalues are all above 0, as covariances have. "
        "Make it symmetric, `(A + A.mT) / 2`, and if rounding is the cause add a small number to the diagonal."
    )


@rule(r"linalg\.cross: inputs dimension (-?\d+) must have length 3\. Got (\d+) and (\d+)", RuntimeError)
def cross_product(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a cross product of vectors that are not of length 3."""
    return RuleResult(
        f"A cross product is of vectors of length 3, and these have {found[2]} and {found[3]} in dimension "
        f"{found[1]}. `dim` says which dimension holds the vectors."
    )


@rule(r"(outer|ger): Expected 1-D argument (\w+), but got (\d)-D", RuntimeError)
def outer_product(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.outer` of a matrix."""
    pair = case.pair()
    what = f"{case.with_shape(pair[0])}, {case.with_shape(pair[1])}; " if pair is not None else ""
    return RuleResult(f"{what}`outer` takes two vectors, and one is {found[3]}D. `flatten()` makes a vector of it.")


@rule(r"At least one of '?min'? or '?max'? must not be None", RuntimeError, ValueError)
def clamp_without_bounds(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.clamp()`."""
    return RuleResult("`clamp` takes a lower bound, an upper bound, or both: `clamp(min=0)`, `clamp(0, 1)`.")


@rule(r"transpose\(\) takes 2 positional arguments but (\d+) were given", TypeError)
@rule(
    r"^transpose\(\) received an invalid combination of arguments - got \(int, int, int", TypeError, first=True
)  # 2.6
def transpose_of_all(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.transpose(0, 2, 1)`."""
    call = case.call("transpose")
    if call is None or not isinstance(call.func, ast.Attribute):
        return None
    arguments = ", ".join(map(ast.unparse, call.args))
    return RuleResult(
        "`transpose` exchanges two dimensions; `permute` takes the order of all of them.",
        case.working_fix(f"{ast.unparse(call.func.value)}.permute({arguments})"),
    )


@rule(r"unsupported operand type\(s\) for (\S+): 'list' and '(?:int|float)'", TypeError)
def list_in_arithmetic(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `losses / 2` of a list of numbers."""
    pair = case.pair()
    if pair is None:
        return None
    value = case.find(pair[0])
    if type(value) is not list or not value or not all(type(one) in (int, float) for one in value):
        return None
    return RuleResult(
        f"{case.quoted(pair[0])} is a list, and a list does not compute element by element. A tensor does.",
        case.working_fix({pair[0]: "torch.tensor({})"}, unseen=True),
    )


@rule(
    r"'torch\.Size' and '(?:int|float)'|instances of 'torch\.Size' and|concatenate tuple \(not .*\) to ",
    TypeError,
)
@rule(r"'torch\.Size' object cannot be interpreted as an integer", TypeError)
def size_in_arithmetic(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.shape + 1` and `range(x.shape)`."""
    for node in ast.walk(case.node) if case.node is not None else ():
        if isinstance(node, ast.Attribute) and node.attr == "shape" and (shape := case.shape(node.value)) is not None:
            return RuleResult(
                f"{case.quoted(node)} is {list(shape)}, all sizes together, and no number: take one, "
                f"`{ast.unparse(node)}[0]`, or count all elements by `{ast.unparse(node.value)}.numel()`."
            )
    return None


@rule(
    r"Mismatch in shape: grad_output\[(\d+)\] has a shape of torch\.Size\((\[.*?\])\) and output\[\d+\] has a shape of "
    r"torch\.Size\((\[.*?\])\)"
)
def shape_of_a_given_gradient(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `y.backward(g)` with a `g` of another shape."""
    return RuleResult(
        "The gradient that `backward` is given says how much each element counts, so it has the tensor's shape: it "
        f"is {found[2]}, and the tensor {found[3]}. `torch.ones_like(y)` counts all alike."
    )


@rule(r"assigned grad expected to be a Tensor or None but got grad of type (\w+)", TypeError)
def gradient_of_a_number(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `w.grad = 0`."""
    match case.statement:
        case ast.Assign([ast.Attribute(_, "grad") as target], ast.Constant(0 | 0.0)):
            return RuleResult(
                f"A gradient is a tensor or None, and this is {an(found[1])}. None is a gradient that is not there, as "
                "`zero_grad()` leaves it.",
                SuggestedFix(f"{ast.unparse(target)} = None", None, case.statement),
            )
        case _:
            return RuleResult(f"A gradient is a tensor of its tensor's shape, or None, and this is {an(found[1])}.")
