"""What the sentences on moved elements, losses and layers say, in another notation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import torch
from hypothesis import assume
from torch import Tensor

from tests.unit.probe.autograd.sentence_readings import Called, says

# What moves elements


@says(
    r"The gradient goes back (?:transposed|with the two dimensions exchanged again"
    r"|with the dimensions in their former order|as it came, in the shape that was there before|as it came"
    r"|as it came, in the dtype and on the device of the input"
    r"|to the places that were taken; all others get 0"
    r"|to the places that were taken, added up where one was taken twice; others get 0"
    r"|as it came, each element to where it was taken from)\."
)
@says(r"Each part gets its own piece of the gradient\.")
@says(r"Each element gets the sum of the gradients of its copies\.")
def _(called: Called) -> list[Tensor]:
    # Each element is given its place as its value, so that what was made of them says where each has come from.
    found = []
    for at, x in enumerate(called.inputs):
        places = [torch.full_like(other, -1.0) for other in called.inputs]
        places[at] = torch.arange(float(x.numel()), dtype=x.dtype).reshape(x.shape)
        came_from = called.case.run(*places).flatten().long()
        is_here = came_from >= 0
        gradient = torch.zeros(x.numel(), dtype=x.dtype)
        gradient.index_add_(0, came_from[is_here], called.g.flatten().to(x.dtype)[is_here])
        found.append(gradient.reshape(x.shape))
    return found


# Losses


@says(r"With s its result, x gets s \* \(g - sum\(g \* s\)\): raising one output lowers the others\.")
def _(called: Called) -> list[Tensor]:
    s = called.result
    return [s * (called.g - (called.g * s).sum(1, keepdim=True))]


@says(r"x gets g - softmax\(x\) \* sum\(g\)\.")
def _(called: Called) -> list[Tensor]:
    (x,) = called.inputs
    return [called.g - x.softmax(1) * called.g.sum(1, keepdim=True)]


@says(
    r"Only the log-probability of the right class gets a gradient: -g( times the weight of the class)?"
    r"(?:, divided by (the sum of these weights|the number of samples)( that are not ignored)?)?\."
    r"(?: A sample whose target is (-?\d+) is ignored: it gets 0\.)?"
)
def _(called: Called, weighted: str | None, by: str | None, not_ignored: str | None, index: str | None) -> list[Tensor]:
    (x,), target = called.inputs, called["target"]
    samples, classes = target.flatten().tolist(), x.movedim(1, -1).reshape(-1, x.shape[1])
    ignored = None if index is None else int(index)
    weights = called["weight"].tolist() if weighted else [1.0] * x.shape[1]
    # Where the sentence does not speak of it, a target below 0 is of no class all the same.
    of_samples = [0.0 if target == ignored or target < 0 else weights[target] for target in samples]
    divisor = {
        None: 1.0,
        "the sum of these weights": sum(of_samples),
        "the number of samples": sum(target != ignored for target in samples) if not_ignored else len(samples),
    }[by]
    found = torch.zeros_like(classes)
    for row, (target, weight) in enumerate(zip(samples, of_samples, strict=True)):
        g = called.g.expand(called["target"].shape).flatten()[row]
        if target != ignored and target >= 0:
            found[row, target] = -g * weight / divisor
    return [found.reshape(x.movedim(1, -1).shape).movedim(-1, 1)]


def divided(called: Called, elements: str | None, found: Tensor) -> Tensor:
    return found / found.numel() if elements else found


ELEMENTS = r"(, divided by the number of elements)?\."


@says(r"Each prediction gets g \* 2 \* \(prediction - target\)" + ELEMENTS)
def _(called: Called, elements: str | None) -> list[Tensor]:
    (x,) = called.inputs
    return [divided(called, elements, called.g * 2 * (x - called["target"]))]


@says(
    r"Each probability p with target t gets g \* \(p - t\) / \(p \* \(1 - p\)\)(, times its weight)?"
    + ELEMENTS
    + r" The p \* \(1 - p\) counts as 1e-12 at least\."
)
def _(called: Called, weighted: str | None, elements: str | None) -> list[Tensor]:
    (p,), t = called.inputs, called["target"]
    found = called.g * (p - t) / (p * (1 - p)).clamp(min=1e-12) * (called["weight"] if weighted else 1)
    return [divided(called, elements, found)]


@says(
    r"(?:With w its pos_weight, each|Each) logit x with target t gets g \* "
    r"\((sigmoid\(x\) - t|\(1 - t \+ w \* t\) \* sigmoid\(x\) - w \* t)\)(, times its weight)?" + ELEMENTS
)
def _(called: Called, formula: str, weighted: str | None, elements: str | None) -> list[Tensor]:
    (x,), t = called.inputs, called["target"]
    w = called["pos_weight"] if "w" in formula else 1
    found = called.g * ((1 - t + w * t) * x.sigmoid() - w * t) * (called["weight"] if weighted else 1)
    return [divided(called, elements, found)]


# Layers


@says(
    r"Each row that was looked up gets its gradient, (summed|averaged) over its uses; others get 0\."
    r"(?: Row (\d+), the padding, gets 0, too\.)?"
)
def _(called: Called, how: str, padding: str | None) -> list[Tensor]:
    (x,), rows = called.inputs, called["rows"]
    found = torch.zeros_like(x)
    for place, row in enumerate(rows.tolist()):
        if padding is None or row != int(padding):
            found[row] += called.g[place] / (rows == row).sum() ** (how == "averaged")
    return [found]


@says(
    r"What was dropped gets 0; the rest gets the gradient times 1 / \(1 - p\), or as it came outside of training\.",
)
def _(called: Called) -> list[Tensor]:
    return [torch.where(called.result == 0, 0.0, called.g / (1 - called["p"]) if called["training"] else called.g)]


@says(
    r"Each element of the input gets the gradients of all outputs that it went into, each times the number of the "
    r"kernel that it met there; each number of a kernel likewise, times the inputs that it met; the bias gets the "
    r"gradient summed over all positions\."
)
def _(called: Called) -> list[Tensor]:
    x, kernel, bias = called.inputs
    nothing = torch.zeros_like(bias)

    def met(at: int) -> Tensor:
        """The sum, for each element of one input, of the outputs that it alone makes, times their gradients."""
        parts = []
        for place in range((x, kernel)[at].numel()):
            one = torch.zeros_like((x, kernel)[at])
            one.view(-1)[place] = 1
            parts.append((called.g * called.case.run(*((one, kernel) if at == 0 else (x, one)), nothing)).sum())
        return torch.stack(parts).reshape((x, kernel)[at].shape)

    return [met(0), met(1), called.g.sum((0, 2))]


def windows(called: Called) -> Iterator[tuple[tuple[int, int], list[tuple[int, int]], int]]:
    """For each output its place, the elements in its window, and their number with those of the padding."""
    (x,) = called.inputs
    kernel, stride, padding = called["kernel"], called["stride"], called["padding"]
    ends = [size + padding for size in x.shape[-2:]]
    for place in product(*(range(size) for size in called.g.shape[-2:])):
        starts = [at * stride - padding for at in place]
        spans = [range(start, min(start + kernel, end)) for start, end in zip(starts, ends, strict=True)]
        inside = [
            spot for spot in product(*spans) if all(0 <= at < n for at, n in zip(spot, x.shape[-2:], strict=True))
        ]
        yield place, inside, math.prod(len(span) for span in spans)


@says(
    r"Each gradient goes to the largest element of its window, the first of equal ones; all others get 0\. NaN counts "
    r"as the largest\."
)
def _(called: Called) -> list[Tensor]:
    (x,) = called.inputs
    assume(x.isnan().sum() <= 1)  # which of several NaN it is, the sentence leaves open
    found = torch.zeros_like(x)
    for place, inside, _ in windows(called):
        numbers = [x[(0, 0, *spot)].item() for spot in inside]
        nans = [at for at, number in enumerate(numbers) if math.isnan(number)]
        found[(0, 0, *inside[nans[0] if nans else numbers.index(max(numbers))])] += called.g[(0, 0, *place)]
    return [found]


@says(
    r"Each element gets the gradient of every window that it is in, divided by "
    r"(?:(\d+), the divisor_override|the number of elements of that window(, padding included|, without padding)?)\."
)
def _(called: Called, divisor: str | None, padding: str | None) -> list[Tensor]:
    (x,) = called.inputs
    found = torch.zeros_like(x)
    for place, inside, padded in windows(called):
        count = float(divisor) if divisor else padded if padding == ", padding included" else len(inside)
        for spot in inside:
            found[(0, 0, *spot)] += called.g[(0, 0, *place)] / count
    return [found]


def normalized(called: Called, over: tuple[int, ...], kept: tuple[int, ...]) -> list[Tensor]:
    """What a norm gives back to its input, whose mean and variance over some dimensions depend on it."""
    x, weight, _ = called.inputs
    mean, variance = x.mean(over, keepdim=True), x.var(over, keepdim=True, correction=0)
    std = (variance + 1e-5).sqrt()
    z = (x - mean) / std
    g = called.g * weight
    share = (g - g.mean(over, keepdim=True) - z * (g * z).mean(over, keepdim=True)) / std
    return [share, (called.g * z).sum(kept), called.g.sum(kept)]


@says(
    r"With z the normalized input, the bias gets the sum of g, the weight the sum of g \* z; the input's includes that "
    r"mean and variance depend on it\."
)
def _(called: Called) -> list[Tensor]:
    return normalized(called, called["over"], (0,))


@says(
    r"With z the normalized input, the bias gets the sum of g, the weight the sum of g \* z; the input gets "
    r"g \* weight / std, with the running mean and variance as constants\."
)
def _(called: Called) -> list[Tensor]:
    x, weight, _ = called.inputs
    std = (called["variance"] + 1e-5).sqrt()
    return [called.g * weight / std, (called.g * (x - called["mean"]) / std).sum(0), called.g.sum(0)]
