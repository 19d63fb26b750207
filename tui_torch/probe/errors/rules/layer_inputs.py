"""Errors of the sizes that a layer needs: convolution, pooling, normalization, recurrent layers and attention."""

from __future__ import annotations

import re
from typing import Any

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.registry import rule
from tui_torch.protocol.shapes import shape_text


@rule(r"Given groups=(\d+), weight of size (\[.*?\]), expected input(\[.*?\]) to have (\d+) channels, but got (\d+)")
def conv_channels(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a convolution whose input has another number of channels than `in_channels`."""
    weight, given = found[2], sizes_in(found[3])
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
    return RuleResult(
        f"{who} has a weight of {weight} and wants {channels}; the input {shape_text(shape)} has {have} where the "
        f"channels are{where}.{made}",
        suggested_fix,
    )


@rule(r"Expected (\d)D \(unbatched\) or (\d)D \(batched\) input to (conv\dd), but got input of size: (\[.*?\])")
def conv_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a convolution whose input has too few dimensions."""
    held = case.argument(case.call(), 0, "input")
    who = case.layer_or(f"`{found[3]}`")
    axes = {"3": "[channels, length]", "2": "[channels, height, width]"}.get(found[1], "channels first")
    axes = (
        "[channels, height, width]" if found[3] == "conv2d" else axes if found[3] != "conv1d" else "[channels, length]"
    )
    forms = [{held: "{}.unsqueeze(0)"}, {held: "{}.unsqueeze(0).unsqueeze(0)"}] if held is not None else []
    return RuleResult(
        f"{who} takes {axes}, or a batch of them, and was given {found[4]}. `unsqueeze(0)` adds a dimension of size 1.",
        case.working_fix(*forms),
    )


@rule(r"Calculated padded input size per channel: \((.*?)\)\. Kernel size: \((.*?)\)\. Kernel size can't be greater")
def kernel_too_large(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a convolution whose kernel is larger than its padded input."""
    who = case.layer_or("The convolution")
    return RuleResult(
        f"{who} slides a {found[2]} kernel over an input that is only {found[1]} there: it does not fit once. Use a "
        "smaller kernel or padding, or shrink the image less in the layers before."
    )


@rule(r"Given input size: \((.*?)\)\. Calculated output size: \((.*?)\)\. Output size is too small")
def pooled_to_nothing(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a pooling layer whose output would have size 0."""
    who = case.layer_or("The pooling")
    return RuleResult(
        f"{who} was given {found[1]} (channels x height x width), and nothing would be left: {found[2]}. Leave out a "
        "pooling layer, or make its window smaller."
    )


@rule(r"running_mean should contain (\d+) elements not (\d+)")
def batch_norm_features(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a batch norm whose input has another number of features than `num_features`."""
    layer = case.layer()
    who = case.layer_or("The batch norm")
    given = f" in {layer.input_text}" if layer else ""
    return RuleResult(
        f"{who} was made with num_features={found[2]}, and its input has {found[1]} features{given} (dimension 1). "
        f"Make it with num_features={found[1]}."
    )


@rule(r"expected (.+?) input \(got (\d)D input\)", ValueError)
def norm_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.BatchNorm1d` on images, and other layers for another number of dimensions."""
    layer = case.layer()
    who = case.layer_or("This layer")
    name = f" ({an(type(layer.module).__name__)})" if layer and layer.path != type(layer.module).__name__ else ""
    return RuleResult(
        f"{who}{name} takes {found[1]} input, and was given {layer.input_text if layer else found[2] + 'D'}. Use the "
        "layer for that many dimensions (1d, 2d, 3d), or reshape the input."
    )


@rule(r"Expected more than 1 value per channel when training, got input size torch\.Size\((\[.*?\])\)")
def batch_norm_of_one(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a batch norm in training mode on a batch of one sample."""
    who = case.layer_or("Batch norm")
    return RuleResult(
        f"{who} takes the mean and variance of a batch while it trains, and {found[1]} holds one value of each "
        "feature. Give it a batch of 2 or more (`drop_last=True` in the DataLoader), or call `model.eval()` to "
        "predict."
    )


@rule(r"Given normalized_shape=(\[.*?\]), expected input with shape (\[.*?\]), but got input of size(\[.*?\])")
def layer_norm(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a layer norm whose input does not end in its `normalized_shape`."""
    who = case.layer_or("The layer norm")
    made, given = sizes_in(found[1]), sizes_in(found[3])
    if len(made) == 1 and len(given) > 2 and given[1] == made[0] and given[-1] != made[0]:
        # Channels come second, and a layer norm looks at the last sizes.
        return RuleResult(
            f"{who} was made for {made[0]}, which is the number of channels of its input {found[3]}, the second "
            "size; it "
            f"normalizes the last. `nn.GroupNorm(1, {made[0]})` takes the channels where they are; or bring them to "
            "the "
            "end before it (`movedim(1, -1)`), and back."
        )
    last = given[-len(made) :]
    sizes = str(last[0]) if len(last) == 1 else str(last)
    return RuleResult(
        f"{who} normalizes the last sizes {found[1]}, and its input {found[3]} ends in {last}. For this input it would "
        f"be `nn.LayerNorm({sizes})`."
    )


@rule(r"input\.size\(-1\) must be equal to input_size\. Expected (\d+), got (\d+)")
def recurrent_input(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an RNN, LSTM or GRU whose input has another last size than `input_size`."""
    layer = case.layer()
    who = case.layer_or("The recurrent layer")
    given = f"{layer.input_text}, which has {found[2]}" if layer else found[2]
    return RuleResult(
        f"{who} was made with input_size={found[1]}: the last size of its input. It was given {given} there. Make it "
        f"with input_size={found[2]}, or change the input."
    )


@rule(r"embed_dim must be divisible by num_heads", AssertionError)
def attention_heads(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `nn.MultiheadAttention(embed_dim, num_heads)` where one does not divide the other."""
    call = case.call()
    wide, heads = case.find(case.argument(call, 0, "embed_dim")), case.find(case.argument(call, 1, "num_heads"))
    numbers = f": {wide} is not a multiple of {heads}" if type(wide) is int and type(heads) is int else ""
    return RuleResult(
        f"Attention splits embed_dim evenly among its heads{numbers}. Choose a num_heads that divides it."
    )
