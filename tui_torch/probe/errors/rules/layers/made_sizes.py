"""Errors of the numbers that a layer is made with, and of sizes that padding, pooling and resizing cannot take."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.registry import rule


@rule(
    r"Given transposed=\d+, weight of size (\[.*?\]), expected input(\[.*?\]) to have (\d+) channels, but got (\d+)",
    RuntimeError,
)
def transposed_channels(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a transposed convolution whose input has another number of channels than in_channels."""
    return RuleResult(
        f"{case.layer_or('The transposed convolution')} was made with in_channels={found[3]}, the first size of its "
        f"weight {found[1]}, and its input {found[2]} has {found[4]} channels. Make it with in_channels={found[4]}, "
        f"or give it {found[3]} channels."
    )


@rule(r"output padding must be smaller than either stride or dilation", RuntimeError)
def output_padding(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a transposed convolution with an output_padding that its stride does not allow."""
    return RuleResult(
        "`output_padding` chooses between the sizes that a stride leaves open, so it is smaller than the stride (or "
        "the dilation): with a stride of 1 it is 0, with a stride of 2 it is 0 or 1."
    )


@rule(r"requested an output size of (\[.*?\]|\S+), but valid sizes range from (\[.*?\]) to (\[.*?\])", ValueError)
def output_size(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a transposed convolution that is asked for a size that it cannot give."""
    return RuleResult(
        f"From this input the layer can give sizes from {found[2]} to {found[3]}, and it was asked for {found[1]}. "
        "The stride decides how much larger the output is than the input."
    )


@rule(r"pad should be at most half of effective kernel size, but got pad=(\d+), kernel_size=(\d+)", RuntimeError)
def pooling_padding(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a pooling whose padding is larger than half of its window."""
    return RuleResult(
        f"A window of {found[2]} may be padded by {int(found[2]) // 2} at most, and padding is {found[1]}: beyond "
        "that some windows would hold padding alone."
    )


@rule(r"non-empty 3D or 4D \(batch mode\) tensor expected for input", RuntimeError)
@rule(
    r"(?:avg_pool2d|max_pool2d|adaptive_\w+).*Expected 3D or 4D|Expected 3D or 4D \(batch mode\) tensor", RuntimeError
)
def pooling_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a pooling of an input with too many or too few dimensions."""
    held = case.argument(case.call(), 0, "input")
    given = f"; {case.with_shape(held)}" if held is not None and case.shape(held) is not None else ""
    return RuleResult(
        f"{case.layer_or('This pooling')} takes [channels, height, width], or a batch of them in front{given}."
    )


@rule(
    r"Padding size should be less than the corresponding input dimension, but got: padding \((\d+), (\d+)\) at "
    r"dimension (\d+) of input (\[.*?\])",
    RuntimeError,
)
def reflected_padding(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a reflection that would need more than there is."""
    size = sizes_in(found[4])[int(found[3])]
    return RuleResult(
        f"A reflection takes the padding from the input itself, so it is less than the size, {size} in dimension "
        f"{found[3]} of {found[4]}; it is {found[1]} and {found[2]}. Pad less, or with `mode='replicate'` or zeros."
    )


@rule(
    r"(?:Padding length must be divisible by 2|Padding length should be less than or equal to two times)", RuntimeError
)
def padding_pairs(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.pad` with an odd number of sizes, or with too many."""
    call = case.call("pad")
    held = case.argument(call, 0, "input")
    given = f" {case.with_shape(held)}." if held is not None and case.shape(held) is not None else ""
    return RuleResult(
        "`F.pad` takes two numbers for each dimension, before and after, from the last dimension backwards: `(left, "
        f"right)`, or `(left, right, top, bottom)`.{given}"
    )


@rule(
    r"Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of "
    r"(\[.*?\]) and output size of (.*?)\. ",
    ValueError,
)
def resized_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.interpolate` to a size with another number of dimensions."""
    held = case.argument(case.call(), 0, "input")
    given = f"{case.with_shape(held)}, so " if held is not None and case.shape(held) is not None else ""
    return RuleResult(
        f"`interpolate` takes [batch, channels, ...] and resizes what comes after: {given}{found[1]} is to become "
        f"{found[2]}. An image without a batch gets one by `unsqueeze(0)`."
    )


@rule(r"Got (\d)D input, but (\w+) mode needs (\d)D input", NotImplementedError)
def mode_of_other_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.interpolate` in a mode for another number of dimensions."""
    held = case.argument(case.call(), 0, "input")
    given = f"; {case.with_shape(held)}" if held is not None and case.shape(held) is not None else ""
    fix = None
    if int(found[3]) - int(found[1]) == 1 and held is not None and (call := case.call()) is not None:
        fix = SuggestedFix(rewritten(call, {held: "{}.unsqueeze(0)"}), None, call)
    axes = {"3": "[batch, channels, length]", "4": "[batch, channels, height, width]"}.get(
        found[3], f"{found[3]} dimensions"
    )
    return RuleResult(f"The mode '{found[2]}' is for {axes}{given}.", fix)


@rule(r"either size or scale_factor should be defined", ValueError)
def no_size(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.interpolate(x)` and `nn.Upsample()` without a size."""
    return RuleResult("It has to be said how large the result is to be: `size=(height, width)`, or `scale_factor=2`.")


@rule(
    r"(?:pixel_shuffle|pixel_unshuffle) expects .*?input\.size\(-(\d)\)=(\d+) is not divisible by (\d+)", RuntimeError
)
def shuffled_channels(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a PixelShuffle whose channels cannot be spread."""
    return RuleResult(
        f"A PixelShuffle makes pixels of channels: their number, {found[2]}, has to be a multiple of {found[3]} (the "
        "square of its factor)."
    )


@rule(r"(in_channels|out_channels) must be divisible by groups", ValueError)
@rule(r"(num_channels)(?: \(\d+\))? must be divisible by num_groups", ValueError)
def groups(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a layer whose channels cannot be divided into its groups."""
    call = case.call()
    counted = next((one.value for one in (call.keywords if call else []) if one.arg in ("groups", "num_groups")), None)
    place = {
        "in_channels": (0, "in_channels"),
        "out_channels": (1, "out_channels"),
        "num_channels": (1, "num_channels"),
    }[found[1]]
    channels = case.find(case.argument(call, *place))
    number = case.find(counted) if counted is not None else case.find(case.argument(call, 0, "num_groups"))
    numbers = f": {channels} is not a multiple of {number}" if type(channels) is int and type(number) is int else ""
    return RuleResult(
        f"The groups are of one size each, so `{found[1]}` has to be a multiple of their number{numbers}."
    )


@rule(r"padding='same' is not supported for strided convolutions", ValueError)
def same_with_stride(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.Conv2d(..., stride=2, padding='same')`."""
    return RuleResult(
        "`padding='same'` keeps the size, and a stride makes it smaller: they do not go together. With a stride give "
        "the padding as a number, `kernel_size // 2` for an odd kernel."
    )


@rule(
    r"failed to unpack the object at pos (\d) with error \"type must be tuple of ints,but got (\w+)\"",
    TypeError,
    first=True,
)
@rule(
    r"empty\(\): argument 'size' \(position (\d)\) must be tuple of ints, but found element of type (\w+)",
    TypeError,
    first=True,
)
@rule(r"^empty\(\) received an invalid combination of arguments - got \(tuple", TypeError, first=True)  # 2.6
def size_of_a_layer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.Linear("6", 1)` and `nn.Linear((3, 4), 1)`."""
    call = case.call()
    if call is None or case.is_own:
        return None
    values = {part: case.value(part) for part in (*call.args, *(one.value for one in call.keywords))}
    # A float has a rule of its own.
    kinds = (found[2],) if found.re.groups > 1 else ("str",)
    wrong = next(
        (part for part, value in values.items() if type(value).__name__ in kinds and type(value) is not float), None
    )
    if wrong is None:
        return None
    value = values[wrong]
    if type(value) is str:
        fix = SuggestedFix(rewritten(call, {wrong: value}), None, call) if value.isdecimal() else None
        return RuleResult(f"A size is a whole number, and {case.quoted(wrong)} is text.", fix)
    return RuleResult(
        f"A size is one whole number here, and {case.quoted(wrong)} is {an(type(value).__name__)}. A linear layer "
        "looks at the last size of its input alone; `nn.Flatten()` before it makes one of several."
    )


@rule(r"dropout probability has to be between 0 and 1, but got (\S+)", ValueError)
def dropout(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.Dropout(50)`."""
    call, number = case.call(), float(found[1]) if re.fullmatch(r"-?[\d.]+", found[1]) else -1.0
    hint = f" If {found[1]} % was meant, it is {number / 100:g}." if 1 < number <= 100 else ""
    given = call.args[0] if call is not None and call.args else None
    fix = None
    if call is not None and hint and isinstance(given, ast.Constant):
        fix = SuggestedFix(rewritten(call, {given: f"{number / 100:g}"}), None, call)
    return RuleResult(
        f"A dropout's `p` is the part of the elements that is set to 0, from 0 to 1, and it is {found[1]}.{hint}", fix
    )


@rule(r"(\w+) is not a valid value for reduction", ValueError)
def reduction(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `reduction='avg'`."""
    call = case.call()
    given = next((one.value for one in (call.keywords if call is not None else []) if one.arg == "reduction"), None)
    meant = {"avg": "mean", "average": "mean", "batch_mean": "batchmean", "total": "sum", "add": "sum"}.get(
        found[1].lower()
    )
    fix = None
    if call is not None and given is not None and meant is not None:
        fix = SuggestedFix(rewritten(call, {given: repr(meant)}), None, call)
    return RuleResult(f"A loss is reduced by 'mean' or 'sum', or not at all, 'none'; there is no '{found[1]}'.", fix)


@rule(
    r"weight tensor should be defined either for all (\d+) classes or no classes but got weight tensor of shape: "
    r"(\[.*?\])",
    RuntimeError,
)
def class_weights(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain class weights of another number than classes."""
    meaning = f"The prediction has {found[1]} classes, and `weight` is {found[2]}: it holds one weight for each class."
    nodes = ast.walk(case.tree) if case.tree is not None else iter(())
    counts = [node for node in nodes if isinstance(node, ast.Call) and called_name(node) == "bincount"]
    counts = [
        node for node in counts if not any(key.arg == "minlength" for key in node.keywords) and len(node.args) < 3
    ]
    if len(counts) != 1 or int(found[1]) <= sizes_in(found[2])[0]:
        return RuleResult(meaning)
    count = counts[0]
    minlength = ast.keyword("minlength", ast.Constant(int(found[1])))
    text = ast.unparse(ast.Call(count.func, count.args, [*count.keywords, minlength]))
    return RuleResult(
        f"{meaning} `{ast.unparse(count)}` (line {count.lineno}) counts up to the largest class that occurs; "
        "`minlength` "
        "says how many there are.",
        readings=(PossibleFix("the weights are computed from these counts", SuggestedFix(text, None, count)),),
    )


@rule(r"cannot assign '(\w+)' object to buffer '(weight|pos_weight)'", TypeError)
def weights_of_a_list(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.CrossEntropyLoss(weight=[1.0, 2.0])`."""
    call = case.call()
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Call):
        call = call.func
    given = next((one.value for one in (call.keywords if call is not None else []) if one.arg == found[2]), None)
    if given is None and call is not None and call.args:
        given = call.args[0]
    fix = None
    if call is not None and given is not None and found[1] in ("list", "tuple"):
        fix = SuggestedFix(rewritten(call, {given: "torch.tensor({})"}), None, call)
    return RuleResult(f"`{found[2]}` is a tensor with one weight for each class, and it is {an(found[1])}.", fix)


@rule(r"Expected target size \[(.*?)\], got \[(.*?)\]", RuntimeError)
def target_of_a_sequence(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.cross_entropy` of [batch, steps, classes]: the classes have to be the second size."""
    pair = case.pair()
    prediction = case.shape(pair[0]) if pair is not None else None
    if pair is None or prediction is None:
        return None
    target = case.shape(pair[1])
    call = case.call()
    fix = None
    if len(prediction) == 3 and target is not None and tuple(target) == prediction[:2] and call is not None:
        fix = SuggestedFix(rewritten(call, {pair[0]: "{}.transpose(1, 2)"}), None, call)
    return RuleResult(
        f"{case.with_shape(pair[0])}, {case.with_shape(pair[1])}: the classes are the second size of a prediction, "
        f"so the target would be [{found[1]}].",
        fix,
    )
