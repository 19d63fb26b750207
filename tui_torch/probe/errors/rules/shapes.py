"""Errors of shape: products, broadcasting, reshaping, joining, and the sizes that a layer or a loss wants."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

import torch

from tui_torch.probe.errors.case import Case, Layer, SuggestedFix, Told
from tui_torch.probe.errors.names import attribute_of, shape_of, shape_text
from tui_torch.probe.errors.registry import rule

_TRANSPOSED = "{}.t()"


def _sizes(text: str) -> list[int]:
    return [int(size) for size in re.findall(r"-?\d+", text)]


def _given(layer: Layer) -> str:
    value = layer.given
    return shape_text(shape_of(value)) if issubclass(type(value), torch.Tensor) else "something else"  # type: ignore[arg-type]


def _product_fix(case: Case, pair: tuple[ast.expr, ast.expr] | None) -> SuggestedFix | None:
    if pair is None:
        return None
    left, right = pair
    swapped = {left: ast.unparse(right), right: ast.unparse(left)}
    return case.working_fix(
        {right: _TRANSPOSED},
        {left: _TRANSPOSED},
        {right: "{}.mT"},
        {left: "{}.mT"},
        {left: "{}.squeeze()"},
        {right: "{}.squeeze()"},
        swapped,
    )


@rule(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)", RuntimeError)
def inner_sizes(case: Case, found: re.Match[str]) -> Told | None:
    rows, have, want, columns = map(int, found.groups())
    layer = case.layer()
    if layer is not None:
        weight = attribute_of(layer.module, "in_features")
        if type(weight) is int:
            return _linear(case, layer, have, want)
    pair = case.pair()
    if pair is None or case.shape(pair[0]) is None or case.shape(pair[1]) is None:
        return Told(
            f"A [{rows}, {have}] tensor is multiplied by a [{want}, {columns}] one: the inner sizes {have} and {want} "
            "must match. Transpose one of them, or give the layer that was called the size that comes in."
        )
    left, right = pair
    shapes = case.is_shaped(left), case.is_shaped(right)
    both = f"{shapes[0]} on both sides" if shapes[0] == shapes[1] else ", ".join(shapes)
    return Told(
        f"{both}; in a product the inner sizes {have} and {want} must match.",
        _product_fix(case, pair),
    )


def _linear(case: Case, layer: Layer, have: int, want: int) -> Told:
    meaning = (
        f"`{layer.path}` was made with in_features={want}, and was given {_given(layer)}: "
        f"the last size must be {want}, not {have}. "
    )
    suggested_fix = _input_fix(case, want)
    if suggested_fix is not None:
        return Told(meaning + "Bring the input into that shape.", suggested_fix)
    return Told(meaning + f"Make the layer with in_features={have}, or bring the input into that shape.")


def _input_fix(case: Case, want: int) -> SuggestedFix | None:
    """The input of a failing call, brought into another shape."""
    call = case.call()
    given = case.argument(call, 0, "input")
    shape = case.shape(given)
    if given is None or shape is None:
        return None
    forms = []
    if len(shape) > 2 and math.prod(shape[1:]) == want:
        forms.append({given: "{}.flatten(1)"})
    if len(shape) > 1 and math.prod(shape) == want:
        forms.append({given: "{}.flatten()"})
    if len(shape) == 2 and shape[0] == want:
        forms.append({given: _TRANSPOSED})
    if want == 1:
        forms.append({given: "{}.unsqueeze(-1)"})
    return case.working_fix(*forms)


@rule(r"size mismatch, got input \((\d+)\), mat \((\d+)x(\d+)\), vec \((\d+)\)", RuntimeError)
def matrix_by_vector(case: Case, found: re.Match[str]) -> Told | None:
    _, rows, columns, length = map(int, found.groups())
    pair = case.pair()
    meaning = (
        f"A [{rows}, {columns}] matrix times a vector of {length}: the vector needs {columns} elements, one for each "
        "column."
    )
    if pair is not None and case.shape(pair[0]) is not None:
        meaning = f"{case.is_shaped(pair[0])} and {case.is_shaped(pair[1])}: " + (
            f"the vector needs {columns} elements, one for each column of the matrix, and has {length}."
        )
    return Told(meaning, _product_fix(case, pair))


@rule(r"inconsistent tensor size, expected tensor \[(\d+)\] and src \[(\d+)\]", RuntimeError)
def dot_lengths(case: Case, found: re.Match[str]) -> Told | None:
    first, second = found.groups()
    pair = case.pair()
    who = f"{case.said(pair[0])} and {case.said(pair[1])}" if pair else "The two vectors"
    return Told(
        f"{who} have {first} and {second} elements; a dot product multiplies them one by one, so it needs as many of "
        "each. Look where the longer one gets its extra elements.",
    )


@rule(r"1D tensors expected, but got (\d)D and (\d)D tensors", RuntimeError)
def dot_of_matrices(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    left, right = ast.unparse(pair[0]), ast.unparse(pair[1])
    return Told(
        f"`dot` takes two vectors, and {case.is_shaped(pair[0])}, {case.is_shaped(pair[1])}. "
        "For matrices write `@` (the matrix product).",
        case.working_fix(f"({left}) @ ({right})", f"({left}).flatten() @ ({right}).flatten()"),
    )


@rule(r"(self|mat2|vector|input) must be a (matrix|vector)|batch[12] must be a 3D tensor", RuntimeError)
def wrong_kind_of_product(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    left, right = ast.unparse(pair[0]), ast.unparse(pair[1])
    name = (case.call() and ast.unparse(case.call().func)) or "this product"  # type: ignore[union-attr]
    return Told(
        f"`{name}` takes tensors of one kind of shape only, and {case.is_shaped(pair[0])}, {case.is_shaped(pair[1])}. "
        "`@` takes matrices, vectors and batches of them.",
        case.working_fix(f"({left}) @ ({right})"),
    )


@rule(r"both arguments to matmul need to be at least 1D, but they are (\d)D and (\d)D", RuntimeError)
def product_with_a_scalar(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    return Told(
        f"{case.is_shaped(pair[0])} and {case.is_shaped(pair[1])}: `@` is the matrix product, and a scalar is no "
        "matrix. To multiply every element by it, write `*`.",
        case.working_fix(f"({ast.unparse(pair[0])}) * ({ast.unparse(pair[1])})"),
    )


@rule(
    r"Expected size for first two dimensions of batch2 tensor to be: \[(\d+), (\d+)\] but got: \[(\d+), (\d+)\]",
    RuntimeError,
)
def batched_inner_sizes(case: Case, found: re.Match[str]) -> Told | None:
    batch, inner, other_batch, other_inner = found.groups()
    pair = case.pair()
    what = f"{case.is_shaped(pair[0])}, {case.is_shaped(pair[1])}; " if pair else ""
    if batch != other_batch:
        return Told(
            f"{what}there are {batch} matrices on one side and {other_batch} on the other: give as many of each."
        )
    return Told(
        f"{what}in each product of the batch the inner sizes {inner} and {other_inner} must match.",
        _product_fix(case, pair),
    )


@rule(
    r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
    RuntimeError,
)
def broadcast(case: Case, found: re.Match[str]) -> Told | None:
    first, second, dimension = found.groups()
    pair = case.pair()
    rule_of_broadcasting = (
        f"Shapes are compared from the last dimension backwards, and two sizes must be equal, or one of them 1: "
        f"{first} and {second} (dimension {dimension}) are neither."
    )
    if pair is None or case.shape(pair[0]) is None or case.shape(pair[1]) is None:
        return Told(rule_of_broadcasting)
    left, right = pair
    if isinstance(case.node, ast.BinOp) and isinstance(case.node.op, ast.MatMult):
        return Told(
            f"{case.is_shaped(left)}, {case.is_shaped(right)}: there are {first} matrices on one side and "
            f"{second} on the "
            "other. Give as many of each, or a single one."
        )
    forms = [
        {right: "{}.unsqueeze(1)"},
        {left: "{}.unsqueeze(1)"},
        {right: _TRANSPOSED},
        {left: _TRANSPOSED},
        {right: "{}.squeeze()"},
        {left: "{}.squeeze()"},
    ]
    one_each = case.shape(left) is not None and len(case.shape(left) or ()) == len(case.shape(right) or ()) == 1
    # Of two vectors the outer sum works, and is seldom meant.
    suggested_fix = None if one_each else case.working_fix(*forms)
    meaning = f"{case.is_shaped(left)}, {case.is_shaped(right)}. {rule_of_broadcasting}"
    return Told(meaning if suggested_fix else meaning + " Make them equally long.", suggested_fix)


@rule(r"output with shape (\[.*?\]) doesn't match the broadcast shape (\[.*?\])", RuntimeError)
def grows_in_place(case: Case, found: re.Match[str]) -> Told | None:
    held, result = found.groups()
    suggested_fix = None
    if isinstance(case.node, ast.AugAssign):
        target, value = case.node.target, case.node.value
        plain = ast.Assign([target], ast.BinOp(target, case.node.op, value), lineno=0)
        suggested_fix = case.working_fix(ast.unparse(ast.fix_missing_locations(plain)))
    return Told(
        f"The result would be {result}, and an in-place operation has to fit it into the {held} that is there. "
        "Make a new tensor instead.",
        suggested_fix,
    )


@rule(r"shape '(\[.*?\])' is invalid for input of size (\d+)", RuntimeError)
def reshape(case: Case, found: re.Match[str]) -> Told | None:
    wanted, numel = _sizes(found[1]), int(found[2])
    call = case.call("reshape", "view")
    held = case.argument(call, 0, "input")
    known = math.prod(size for size in wanted if size != -1)
    if -1 in wanted:
        wants = f"`{found[1]}` needs a multiple of {known}"
    else:
        wants = f"`{found[1]}` needs {' x '.join(map(str, wanted))} = {known}"
    have = (
        f"{case.is_shaped(held)} and has {numel} elements" if held is not None else f"The tensor has {numel} elements"
    )
    forms = []
    if call is not None and -1 not in wanted:
        for place in (0, len(wanted) - 1) if len(wanted) > 1 else (0,):
            others = known // wanted[place] if wanted[place] else 0
            if others and numel % others == 0:
                sizes = ", ".join("-1" if index == place else str(size) for index, size in enumerate(wanted))
                forms.append(f"{ast.unparse(call.func)}({sizes})")
    suggested_fix = None
    if call is not None and held is not None and case.find(call.func) is not torch.reshape:
        suggested_fix = case.working_fix(*forms)
    hint = " -1 stands for the size that is left over." if suggested_fix else f" Choose sizes whose product is {numel}."
    return Told(f"{have}; {wants}. Reshaping keeps every element.{hint}", suggested_fix)


@rule(r"view size is not compatible with input tensor's size and stride", RuntimeError)
def view_of_what_is_not_contiguous(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("view")
    suggested_fix = None
    if call is not None and isinstance(call.func, ast.Attribute):
        suggested_fix = case.working_fix({call.func: f"{ast.unparse(call.func.value)}.reshape"})
    held = case.argument(call, 0, "input")
    who = case.said(held) if held is not None else "This tensor"
    return Told(
        f"{who} is not contiguous: its elements do not lie in memory in the order in which they are read (after a "
        "transpose, for one), so `view` cannot give them another shape. `reshape` copies them when it has to.",
        suggested_fix,
    )


@rule(r"Sizes of tensors must match except in dimension (\d+)\. Expected size (\d+) but got size (\d+)", RuntimeError)
def cat_sizes(case: Case, found: re.Match[str]) -> Told | None:
    dimension, first, second = found.groups()
    call = case.call("cat", "concat")
    parts = case.argument(call, 0, "tensors")
    shapes = _shapes_of_all(case, parts)
    forms = []
    if call is not None and parts is not None:
        head = f"{ast.unparse(call.func)}({ast.unparse(parts)}"
        forms = [f"{head}, dim={other})" for other in (1, 0, 2) if str(other) != dimension]
    return Told(
        f"`cat` joins along dimension {dimension}, and every other size must agree: {shapes}{first} is not {second}.",
        case.working_fix(*forms),
    )


@rule(r"Tensors must have same number of dimensions: got (\d+) and (\d+)", RuntimeError)
def cat_dimensions(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("cat", "concat")
    parts = case.argument(call, 0, "tensors")
    forms = []
    if isinstance(parts, ast.List | ast.Tuple):
        most = max((len(case.shape(part) or ()) for part in parts.elts), default=0)
        fewer = [part for part in parts.elts if len(case.shape(part) or ()) == most - 1]
        forms = [dict.fromkeys(fewer, "{}.unsqueeze(0)"), dict.fromkeys(fewer, "{}.unsqueeze(1)")]
    return Told(
        f"`cat` needs as many dimensions of each: {_shapes_of_all(case, parts)}one has {found[1]}, another {found[2]}. "
        "`unsqueeze` adds a dimension of size 1.",
        case.working_fix(*forms),
    )


def _shapes_of_all(case: Case, parts: ast.expr | None) -> str:
    held = parts.elts if isinstance(parts, ast.List | ast.Tuple) else []
    shapes = [case.is_shaped(part) for part in held[:4] if case.shape(part) is not None]
    return f"{', '.join(shapes)}; " if shapes else ""


@rule(r"stack expects each tensor to be equal size, but got (\[.*?\]) at entry 0 and (\[.*?\]) at entry (\d+)")
def stack_sizes(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("stack")
    if call is None:
        return None
    parts = case.argument(call, 0, "tensors")
    suggested_fix = None
    if parts is not None:
        function = ast.unparse(call.func).removesuffix("stack") + "cat"
        suggested_fix = case.working_fix(f"{function}({ast.unparse(parts)})")
    return Told(
        f"`stack` makes a new dimension of tensors of one shape, and entry 0 is {found[1]}, entry {found[3]} is "
        f"{found[2]}. `cat` joins them along a dimension that they have.",
        suggested_fix,
    )


@rule(
    r"(cat|stack|hstack|vstack)\(\): argument 'tensors' \(position 1\) must be tuple of Tensors, not Tensor", TypeError
)
def tensors_not_in_a_list(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    if call is None:
        return None
    parts = ", ".join(ast.unparse(argument) for argument in call.args)
    keywords = "".join(f", {ast.unparse(keyword)}" for keyword in call.keywords)
    return Told(
        f"`{found[1]}` takes its tensors in one list, and the second argument is the dimension: put brackets "
        f"around them.",
        case.working_fix(f"{ast.unparse(call.func)}([{parts}]{keywords})"),
    )


@rule(r"Given groups=(\d+), weight of size (\[.*?\]), expected input(\[.*?\]) to have (\d+) channels, but got (\d+)")
def conv_channels(case: Case, found: re.Match[str]) -> Told | None:
    weight, given = found[2], _sizes(found[3])
    want, have = int(found[4]), int(found[5])
    who = case.layer_or("The convolution")
    held = case.argument(case.call(), 0, "input")
    shape = case.shape(held)
    suggested_fix = None
    if held is not None and shape is not None:
        forms: list[Any] = []
        if want == 1 and len(shape) == 3:
            forms.append({held: "{}.unsqueeze(1)"})
        if len(shape) == 4 and shape[-1] == want:
            forms.append({held: "{}.permute(0, 3, 1, 2)"})
        if len(shape) == 3 and shape[-1] == want:
            forms.append({held: "{}.permute(2, 0, 1)"})
        suggested_fix = case.working_fix(*forms)
    channels = "1 channel" if want == 1 else f"{want} channels"
    made = "" if suggested_fix else f" Make it with in_channels={have}, or give it images of {channels}."
    shape = shape or tuple(given)
    where = " (batch, channels, height, width)" if len(shape) == 4 else ""
    return Told(
        f"{who} has a weight of {weight} and wants {channels}; the input {shape_text(shape)} has "
        f"{have} where the channels are{where}.{made}",
        suggested_fix,
    )


@rule(r"Expected (\d)D \(unbatched\) or (\d)D \(batched\) input to (conv\dd), but got input of size: (\[.*?\])")
def conv_dimensions(case: Case, found: re.Match[str]) -> Told | None:
    held = case.argument(case.call(), 0, "input")
    who = case.layer_or(f"`{found[3]}`")
    axes = {"3": "[channels, length]", "2": "[channels, height, width]"}.get(found[1], "channels first")
    axes = (
        "[channels, height, width]" if found[3] == "conv2d" else axes if found[3] != "conv1d" else "[channels, length]"
    )
    forms = [{held: "{}.unsqueeze(0)"}, {held: "{}.unsqueeze(0).unsqueeze(0)"}] if held is not None else []
    return Told(
        f"{who} takes {axes}, or a batch of them, and was given {found[4]}. `unsqueeze(0)` adds a dimension of size 1.",
        case.working_fix(*forms),
    )


@rule(r"Calculated padded input size per channel: \((.*?)\)\. Kernel size: \((.*?)\)\. Kernel size can't be greater")
def kernel_too_large(case: Case, found: re.Match[str]) -> Told | None:
    who = case.layer_or("The convolution")
    return Told(
        f"{who} slides a {found[2]} kernel over an input that is only {found[1]} there: it does not fit once. Use a "
        "smaller kernel or padding, or shrink the image less in the layers before."
    )


@rule(r"Given input size: \((.*?)\)\. Calculated output size: \((.*?)\)\. Output size is too small")
def pooled_to_nothing(case: Case, found: re.Match[str]) -> Told | None:
    who = case.layer_or("The pooling")
    return Told(
        f"{who} was given {found[1]} (channels x height x width), and nothing would be left: {found[2]}. Leave out a "
        "pooling layer, or make its window smaller."
    )


@rule(r"running_mean should contain (\d+) elements not (\d+)")
def batch_norm_features(case: Case, found: re.Match[str]) -> Told | None:
    layer = case.layer()
    who = case.layer_or("The batch norm")
    given = f" in {_given(layer)}" if layer else ""
    return Told(
        f"{who} was made with num_features={found[2]}, and its input has {found[1]} features{given} (dimension 1). "
        f"Make it with num_features={found[1]}."
    )


@rule(r"expected (.+?) input \(got (\d)D input\)", ValueError)
def norm_dimensions(case: Case, found: re.Match[str]) -> Told | None:
    layer = case.layer()
    who = case.layer_or("This layer")
    name = f" (a {type(layer.module).__name__})" if layer and layer.path != type(layer.module).__name__ else ""
    return Told(
        f"{who}{name} takes {found[1]} input, and was given {_given(layer) if layer else found[2] + 'D'}. "
        "Use the layer for that many dimensions (1d, 2d, 3d), or reshape the input."
    )


@rule(r"Expected more than 1 value per channel when training, got input size torch\.Size\((\[.*?\])\)")
def batch_norm_of_one(case: Case, found: re.Match[str]) -> Told | None:
    who = case.layer_or("Batch norm")
    return Told(
        f"{who} takes the mean and variance of a batch while it trains, and {found[1]} holds one value of each "
        f"feature. "
        "Give it a batch of 2 or more (`drop_last=True` in the DataLoader), or call `model.eval()` to predict."
    )


@rule(r"Given normalized_shape=(\[.*?\]), expected input with shape (\[.*?\]), but got input of size(\[.*?\])")
def layer_norm(case: Case, found: re.Match[str]) -> Told | None:
    who = case.layer_or("The layer norm")
    last = _sizes(found[3])[-1:]
    return Told(
        f"{who} normalizes the last sizes {found[1]}, and its input {found[3]} does not end so. "
        f"Make it with nn.LayerNorm({last[0] if last else ''})."
    )


@rule(r"input\.size\(-1\) must be equal to input_size\. Expected (\d+), got (\d+)")
def recurrent_input(case: Case, found: re.Match[str]) -> Told | None:
    layer = case.layer()
    who = case.layer_or("The recurrent layer")
    given = f"{_given(layer)}, which has {found[2]}" if layer else found[2]
    return Told(
        f"{who} was made with input_size={found[1]}: the last size of its input. It was given {given} there. "
        f"Make it with input_size={found[2]}, or change the input."
    )


@rule(r"embed_dim must be divisible by num_heads", AssertionError)
def attention_heads(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    wide, heads = case.find(case.argument(call, 0, "embed_dim")), case.find(case.argument(call, 1, "num_heads"))
    numbers = f": {wide} is not a multiple of {heads}" if type(wide) is int and type(heads) is int else ""
    return Told(f"Attention splits embed_dim evenly among its heads{numbers}. Choose a num_heads that divides it.")


@rule(r"a Tensor with (\d+) elements cannot be converted to Scalar|only one element tensors can be converted to Python")
def item_of_many(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call()
    if call is not None and call.args and case.call("tensor", "as_tensor") is not None:
        listed = call.args[0]
        function = ast.unparse(call.func).rpartition(".")[0] + ".stack"
        return Told(
            "`torch.tensor` makes a tensor of numbers, and this list holds tensors of more than one element. `stack` "
            "joins tensors of one shape.",
            case.working_fix(f"{function}({ast.unparse(listed)})"),
        )
    held = case.argument(call, 0, "input")
    if held is None or case.shape(held) is None:
        return Told(
            "A tensor of more than one element is no single number. Take one element, or a `.mean()` or `.sum()`."
        )
    return Told(
        f"{case.is_shaped(held)}: {math.prod(case.shape(held) or ())} elements are no single number. Take one element, "
        "or a `.mean()` or `.sum()` first; `.tolist()` gives them all.",
        # Of whole numbers PyTorch takes no mean.
        case.working_fix({held: "{}.mean()"}, {held: "{}.sum()"}, silent=True),
    )


@rule(
    r"The expanded size of the tensor \((\d+)\) must match the existing size \((\d+)\) at non-singleton dimension (\d+)"
)
def expand(case: Case, found: re.Match[str]) -> Told | None:
    held = case.argument(case.call("expand", "broadcast_to"), 0, "input")
    who = case.is_shaped(held) if held is not None else "What is written there has another shape"
    forms = [{held: "{}.unsqueeze(1)"}] if held is not None else []
    return Told(
        f"{who}: dimension {found[3]} would go from {found[2]} to {found[1]}, and only a size of 1 can be stretched.",
        case.working_fix(*forms),
    )


@rule(r"Dimension out of range \(expected to be in range of \[(-\d+), (\d+)\], but got (-?\d+)\)", IndexError)
def dimension_out_of_range(case: Case, found: re.Match[str]) -> Told | None:
    last, got = int(found[2]), found[3]
    call = case.call()
    held = case.argument(call, 0, "input")
    count = last + 1
    who = f"{case.is_shaped(held)}: it has" if held is not None and case.shape(held) is not None else "The tensor has"
    numbered = "only dimension 0" if count == 1 else f"dimensions 0 to {last}"
    forms = []
    if call is not None:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        forms = [{part: "-1"} for part in given if case.find(part) == int(got)]
    return Told(f"{who} {numbered}, and was asked for {got}. -1 is the last one.", case.working_fix(*forms))


@rule(r"permute.*input\.dim\(\) = (\d+) is not equal to len\(dims\) = (\d+)")
def permute(case: Case, found: re.Match[str]) -> Told | None:
    held = case.argument(case.call("permute"), 0, "input")
    who = case.is_shaped(held) if held is not None else "The tensor"
    return Told(
        f"{who}: it has {found[1]} dimensions, and `permute` was given {found[2]}. Name each of its dimensions once."
    )


@rule(r"t\(\) expects a tensor with <= 2 dimensions, but self is (\d+)D")
def t_of_a_batch(case: Case, found: re.Match[str]) -> Told | None:
    call = case.call("t")
    held = case.argument(call, 0, "input")
    if held is None:
        return None
    return Told(
        f"{case.is_shaped(held)}: `t()` turns a matrix, and this has {found[1]} dimensions. `mT` turns each "
        f"matrix of a "
        "batch (the last two dimensions).",
        case.working_fix(f"({ast.unparse(held)}).mT"),
    )


@rule(r"Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)", ValueError)
def loss_batch(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    what = f"{case.is_shaped(pair[0])}, {case.is_shaped(pair[1])}; " if pair else ""
    return Told(
        f"{what}the loss compares row by row, and there are {found[1]} predictions and {found[2]} targets. Take "
        f"both from "
        "the same batch."
    )


@rule(r"0D or 1D target tensor expected, multi-target not supported")
def target_column(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return None
    return Told(
        f"{case.is_shaped(pair[0])}, so the target should be one class index for each row, "
        f"[{(case.shape(pair[0]) or ('N',))[0]}]; "
        f"{case.is_shaped(pair[1])}.",
        case.working_fix({pair[1]: "{}.squeeze(1)"}, {pair[1]: "{}.argmax(1)"}),
    )


@rule(r"target size \(torch\.Size\((\[.*?\])\)\) that is different to the input size", ValueError)
@rule(r"Target size \(torch\.Size\((\[.*?\])\)\) must be the same as input size", ValueError)
def binary_target_shape(case: Case, found: re.Match[str]) -> Told | None:
    pair = case.pair()
    if pair is None:
        return Told(f"This loss wants a target of its input's shape, and the target is {found[1]}.")
    prediction, target = pair
    return Told(
        f"{case.is_shaped(prediction)}, {case.is_shaped(target)}: this loss compares element by element, so both need "
        "one shape.",
        case.working_fix({target: "{}.unsqueeze(1)"}, {prediction: "{}.squeeze(1)"}, {target: "{}.squeeze(1)"}),
    )


@rule(r"linalg\.\w+: A must be batches of square matrices, but they are (\d+) by (\d+)")
def not_square(case: Case, found: re.Match[str]) -> Told | None:
    held = case.argument(case.call(), 0, "A")
    who = case.is_shaped(held) if held is not None else f"The matrix is {found[1]} by {found[2]}"
    return Told(f"{who}: only a square matrix has an inverse. `torch.linalg.pinv` gives the pseudo-inverse of any.")


@rule(
    r"expand\(torch\.\w+\{(\[.*?\])\}, size=(\[.*?\])\)|shape mismatch: value tensor of shape (\[.*?\]) cannot "
    r"be broadcast"
)
def does_not_fit_the_place(case: Case, found: re.Match[str]) -> Told | None:
    value = found[1] or found[3]
    sizes = tuple(_sizes(found[2] or ""))
    place = f"a place of {shape_text(sizes)}" if sizes else "one element" if found[2] is not None else "that place"
    return Told(f"A tensor of {value} does not fit {place}: write what has its shape, or a longer slice on the left.")


@rule(r"you tried to allocate (\d+) bytes|CUDA out of memory")
def out_of_memory(case: Case, found: re.Match[str]) -> Told | None:
    if found[1] is None:
        return Told(
            "The GPU has no room for another tensor of that size. Use a smaller batch, predict under "
            "`torch.no_grad()`, "
            "and keep `loss.item()` rather than `loss` when you collect losses."
        )
    return Told(
        f"This line needs {int(found[1]) / 2**30:,.1f} GiB of memory at once, more than there is. Look at the sizes: a "
        "product of [N, 1] and [1, N] has N x N elements."
    )
