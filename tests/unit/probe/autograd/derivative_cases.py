"""Operations whose derivative is put into a sentence, each with every argument that changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from tests.unit.probe.autograd.sentence_readings import ANY, FROM_0_TO_1, ORDINARY, Case


def tensor(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


TWO = ((6,), (6,))
MATRIX = ((3, 4),)
TARGETS = torch.tensor([1, 0, 2])
IGNORED = torch.tensor([1, -100, 2])
IMAGE = torch.tensor([[[0, 1], [2, 1]], [[2, 2], [1, 0]], [[0, 0], [0, 1]]])
CLASS_WEIGHTS = tensor(0.5, 2.0, 3.0)
ZEROS_AND_ONES = tensor(0, 1, 1, 0, 1, 0.25)
WEIGHTS = tensor(1, 2, 0.5, 3, 0, 1)
ROWS = torch.tensor([0, 2, 2, 0, 1])
MASK = torch.tensor([True, False, True, False, False, True])
PAIRS = ((3, 4), (4,))


def of_matrices(run: Callable[..., Tensor], *shapes: tuple[int, ...]) -> Case:
    return Case(run, shapes, ORDINARY)


def moves(run: Callable[..., Tensor], *shapes: tuple[int, ...]) -> Case:
    return Case(run, shapes or MATRIX, ORDINARY)


def logs(run: Callable[..., Tensor], target: Tensor = TARGETS, shape: tuple[int, ...] = (3, 3), **facts: Any) -> Case:
    return Case(lambda x: run(x, target), (shape,), ORDINARY, {"target": target, **facts})


def pooled(run: Callable[..., Tensor], kernel: int, stride: int, padding: int = 0) -> Case:
    return Case(run, ((1, 1, 4, 5),), ANY, {"kernel": kernel, "stride": stride, "padding": padding})


def convolved(run: Callable[..., Tensor], x: tuple[int, ...], kernel: tuple[int, ...], bias: int) -> Case:
    return Case(run, (x, kernel, (bias,)), ORDINARY)


def limited(run: Callable[..., Tensor], limits: Callable[..., tuple[Any, Any]], count: int = 2) -> Case:
    return Case(run, ((6,),) * count, ANY, {"limits": limits})


def numbered(number: float) -> dict[str, Case]:
    """Powers of a tensor, and of a number."""
    return {
        f"x ** {number}": Case(lambda x: x**number, facts={"n": number}),
        f"{number} ** x": Case(lambda x: torch.pow(number, x), facts={"a": number}),
    }


CASES: dict[str, Case] = {
    "a + b": Case(torch.add, PAIRS),
    "a + 2 b": Case(lambda a, b: torch.add(a, b, alpha=2), TWO),
    "a - b": Case(torch.sub, PAIRS, facts={"parts": ("from", "what")}),
    "a - 3 b": Case(lambda a, b: torch.sub(a, b, alpha=3), TWO, facts={"parts": ("from", "what")}),
    "2 - x": Case(lambda x: 2 - x, facts={"parts": ("what",)}),
    "b - 0.5 a": Case(lambda a, b: torch.rsub(a, b, alpha=0.5), TWO, facts={"parts": ("what", "from")}),
    "a * b": Case(torch.mul, PAIRS),
    "a / b": Case(torch.div, PAIRS),
    "a // b": Case(lambda a, b: torch.div(a, b, rounding_mode="floor"), TWO),
    "truncated a / b": Case(lambda a, b: torch.div(a, b, rounding_mode="trunc"), TWO),
    "truncated x / 2": Case(lambda x: torch.div(x, 2, rounding_mode="trunc")),
    **{name: case for number in (0, 1, 2, 3, 0.5, -1, -2.0) for name, case in numbered(number).items()},
    "x ** n": Case(torch.pow, TWO),
    "negate": Case(torch.neg),
    "exp": Case(torch.exp),
    "log": Case(torch.log),
    "log2": Case(torch.log2),
    "log10": Case(torch.log10),
    "log1p": Case(torch.log1p),
    "sqrt": Case(torch.sqrt),
    "rsqrt": Case(torch.rsqrt),
    "reciprocal": Case(torch.reciprocal),
    "sin": Case(torch.sin),
    "cos": Case(torch.cos),
    "tan": Case(torch.tan),
    "tanh": Case(torch.tanh),
    "sigmoid": Case(torch.sigmoid),
    "relu": Case(torch.relu),
    "relu of many": Case(torch.relu, ((40,),)),
    "leaky relu": Case(lambda x: F.leaky_relu(x, 0.1)),
    "leaky relu of many": Case(F.leaky_relu, ((40,),)),
    "leaky relu in place": Case(lambda x: F.leaky_relu(x * 1, 0.25, inplace=True)),
    "silu": Case(F.silu),
    "gelu": Case(F.gelu),
    "gelu by tanh": Case(lambda x: F.gelu(x, approximate="tanh")),
    "abs": Case(torch.abs),
    "abs of many": Case(torch.abs, ((40,),)),
    "maximum": Case(torch.maximum, PAIRS),
    "minimum": Case(torch.minimum, PAIRS),
    "fmax": Case(torch.fmax, PAIRS),
    "fmin": Case(torch.fmin, PAIRS),
    "max": Case(torch.max, MATRIX),
    "min": Case(torch.min, MATRIX),
    "max along a dimension": Case(lambda x: x.max(1).values, MATRIX),
    "min along a dimension": Case(lambda x: x.min(1).values, MATRIX),
    "amax": Case(lambda x: x.amax(1), MATRIX, facts={"dim": 1}),
    "amin": Case(lambda x: x.amin(1), MATRIX, facts={"dim": 1}),
    "amax of all": Case(torch.amax, MATRIX),
    "clamp": Case(lambda x: x.clamp(-1, 2)),
    "clamp from": Case(lambda x: x.clamp(min=0.5)),
    "clamp to": Case(lambda x: x.clamp(max=1)),
    "clamp between equal numbers": Case(lambda x: x.clamp(1, 1)),
    "clamp in the wrong order": Case(lambda x: x.clamp(2, -1)),
    "clamp of many": Case(lambda x: x.clamp(-1, 2), ((40,),)),
    "clamp_min": Case(lambda x: x.clamp_min(0)),
    "clamp_max": Case(lambda x: x.clamp_max(0.25)),
    "clamp_min of a tensor": limited(torch.clamp_min, lambda low: (low, None)),
    "clamp_max of a tensor": limited(torch.clamp_max, lambda high: (None, high)),
    "clamp between tensors": limited(torch.clamp, lambda low, high: (low, high), 3),
    "clamp from a tensor": limited(lambda x, low: x.clamp(min=low), lambda low: (low, None)),
    "clamp to a tensor": limited(lambda x, high: x.clamp(max=high), lambda high: (None, high)),
    "where": Case(lambda a, b: torch.where(MASK, a, b), TWO, facts={"condition": MASK}),
    "masked fill": Case(lambda x: x.masked_fill(MASK, 7), facts={"mask": MASK}),
    "masked fill of a row": Case(lambda x: x.masked_fill(MASK.repeat(2, 1), 7), facts={"mask": MASK.repeat(2, 1)}),
    "masked fill by a tensor": Case(lambda x, v: x.masked_fill(MASK, v), ((6,), ()), facts={"mask": MASK}),
    "sum": Case(torch.sum, MATRIX),
    "sum along a dimension": Case(lambda x: x.sum(0), MATRIX, facts={"dim": 0}),
    "mean": Case(torch.mean, MATRIX),
    "mean along a dimension": Case(lambda x: x.mean(1), MATRIX, facts={"dim": 1}),
    "matmul": of_matrices(torch.mm, (2, 3), (3, 4)),
    "batched matmul": of_matrices(torch.bmm, (2, 2, 3), (2, 3, 2)),
    "linear": of_matrices(torch.addmm, (4,), (2, 3), (3, 4)),
    "addmm of a column": of_matrices(torch.addmm, (2, 1), (2, 3), (3, 4)),
    "addmm with alpha and beta": of_matrices(
        lambda c, a, b: torch.addmm(c, a, b, alpha=2, beta=0.5), (2, 4), (2, 3), (3, 4)
    ),
    "baddbmm": of_matrices(torch.baddbmm, (2, 1, 2), (2, 2, 3), (2, 3, 2)),
    "baddbmm with alpha and beta": of_matrices(
        lambda c, a, b: torch.baddbmm(c, a, b, alpha=3, beta=0), (2, 2, 2), (2, 2, 3), (2, 3, 2)
    ),
    "matrix and vector": of_matrices(torch.mv, (3, 4), (4,)),
    "dot": of_matrices(torch.dot, (5,), (5,)),
    "t": moves(torch.t),
    "transpose": moves(lambda x: x.transpose(0, 1)),
    "permute": moves(lambda x: x.permute(2, 0, 1), (2, 3, 2)),
    "view": moves(lambda x: x.view(2, 6)),
    "a view of a copy": moves(lambda x: x.t().reshape(2, 6)),
    "unsqueeze": moves(lambda x: x.unsqueeze(1)),
    "squeeze": moves(torch.squeeze, (3, 1, 2)),
    "alias": moves(torch.ops.aten.alias),
    "expand": moves(lambda x: x.expand(5, 3, 4)),
    "repeat": moves(lambda x: x.repeat(2, 1)),
    "index": moves(lambda x: x[[0, 2, 0]]),
    "index by a mask": moves(lambda x: x[MASK[:3]]),
    "select": moves(lambda x: x[1]),
    "slice": moves(lambda x: x[:, 1:3]),
    "index select": moves(lambda x: x.index_select(1, ROWS)),
    "gather": moves(lambda x: x.gather(1, torch.tensor([[0, 0], [3, 1], [2, 2]]))),
    "split": moves(lambda x: x.split(2)[1]),
    "split by sizes": moves(lambda x: x.split([1, 2])[1]),
    "unbind": moves(lambda x: x.unbind()[2]),
    "concatenate": moves(lambda *parts: torch.cat(parts), (2, 3), (1, 3)),
    "stack": moves(lambda *parts: torch.stack(parts, 1), (2, 3), (2, 3)),
    "clone": moves(torch.clone),
    "convert": moves(lambda x: x.to(torch.float32)),
    "softmax": Case(lambda x: x.softmax(1), MATRIX),
    "log softmax": Case(lambda x: x.log_softmax(1), MATRIX),
    "nll": logs(F.nll_loss),
    "nll, summed": logs(lambda x, t: F.nll_loss(x, t, reduction="sum")),
    "nll, each": logs(lambda x, t: F.nll_loss(x, t, reduction="none")),
    "nll, weighted": logs(lambda x, t: F.nll_loss(x, t, CLASS_WEIGHTS), weight=CLASS_WEIGHTS),
    "nll, weighted and summed": logs(
        lambda x, t: F.nll_loss(x, t, CLASS_WEIGHTS, reduction="sum"), weight=CLASS_WEIGHTS
    ),
    "nll, some ignored": logs(F.nll_loss, IGNORED),
    "nll, some ignored and summed": logs(lambda x, t: F.nll_loss(x, t, reduction="sum"), IGNORED),
    "nll, one class ignored": logs(lambda x, t: F.nll_loss(x, t, ignore_index=2)),
    "nll, one class ignored and summed": logs(lambda x, t: F.nll_loss(x, t, ignore_index=0, reduction="sum")),
    "nll, all ignored": logs(F.nll_loss, torch.full((3,), -100)),
    "nll, weighted, some ignored": logs(lambda x, t: F.nll_loss(x, t, CLASS_WEIGHTS), IGNORED, weight=CLASS_WEIGHTS),
    "nll of images": logs(F.nll_loss, IMAGE, (3, 3, 2, 2)),
    "nll of images, one class ignored": logs(lambda x, t: F.nll_loss(x, t, ignore_index=0), IMAGE, (3, 3, 2, 2)),
    **{
        f"squared error, {how}": Case(
            lambda x, how=how: F.mse_loss(x, ZEROS_AND_ONES, reduction=how), facts={"target": ZEROS_AND_ONES}
        )
        for how in ("mean", "sum", "none")
    },
    **{
        f"{name}, {how}{', weighted' if weight is not None else ''}{', with pos_weight' if more else ''}": Case(
            lambda x, loss=loss, how=how, weight=weight, more=more: loss(
                x, ZEROS_AND_ONES, weight=weight, reduction=how, **more
            ),
            numbers=numbers,
            facts={"target": ZEROS_AND_ONES, "weight": weight, **more},
        )
        for name, loss, numbers, mores in (
            ("cross entropy of probabilities", F.binary_cross_entropy, FROM_0_TO_1, ({},)),
            ("cross entropy of logits", F.binary_cross_entropy_with_logits, ANY, ({}, {"pos_weight": WEIGHTS + 1})),
        )
        for more in mores
        for how in ("mean", "sum", "none")
        for weight in (None, WEIGHTS)
    },
    "convolution": convolved(
        lambda x, k, b: F.conv1d(x, k, b, stride=2, padding=1, dilation=2), (2, 2, 5), (3, 2, 2), 3
    ),
    "convolution in groups": convolved(lambda x, k, b: F.conv1d(x, k, b, groups=2), (1, 2, 4), (2, 1, 3), 2),
    "transposed convolution": convolved(
        lambda x, k, b: F.conv_transpose1d(x, k, b, stride=2, padding=1, output_padding=1), (1, 2, 3), (2, 2, 2), 2
    ),
    "max pool": pooled(lambda x: F.max_pool2d(x, 2), 2, 2),
    "max pool of windows that overlap": pooled(lambda x: F.max_pool2d(x, 3, 1, 1), 3, 1, 1),
    "average pool": pooled(lambda x: F.avg_pool2d(x, 2), 2, 2),
    "average pool with padding": pooled(lambda x: F.avg_pool2d(x, 3, 2, 1), 3, 2, 1),
    "average pool with padding, rounded up": pooled(lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), 3, 2, 1),
    "average pool without its padding": pooled(lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), 3, 2, 1),
    "average pool by a divisor": pooled(lambda x: F.avg_pool2d(x, 2, 1, divisor_override=3), 2, 1),
    "batch norm": Case(
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        ((5, 2), (2,), (2,)),
        ORDINARY,
        {"over": (0,)},
    ),
    "batch norm in evaluation": Case(
        lambda x, w, b: F.batch_norm(x, tensor(0.5, 1), tensor(2, 3), w, b),
        ((5, 2), (2,), (2,)),
        ORDINARY,
        {"mean": tensor(0.5, 1), "variance": tensor(2, 3)},
    ),
    "layer norm": Case(lambda x, w, b: F.layer_norm(x, (4,), w, b), ((3, 4), (4,), (4,)), ORDINARY, {"over": (1,)}),
    "embedding": Case(lambda x: F.embedding(ROWS, x), MATRIX, ORDINARY, {"rows": ROWS}),
    "embedding with row 0 as padding": Case(
        lambda x: F.embedding(ROWS, x, padding_idx=0), MATRIX, ORDINARY, {"rows": ROWS}
    ),
    "embedding with the last row as padding": Case(
        lambda x: F.embedding(ROWS, x, padding_idx=-1), MATRIX, ORDINARY, {"rows": ROWS}
    ),
    "embedding, by frequency": Case(
        lambda x: F.embedding(ROWS, x, scale_grad_by_freq=True, padding_idx=1), MATRIX, ORDINARY, {"rows": ROWS}
    ),
    "dropout": Case(lambda x: torch.native_dropout(x, 0.25, True)[0], MATRIX, ORDINARY, {"p": 0.25, "training": True}),
    "dropout in evaluation": Case(lambda x: torch.native_dropout(x, 0.25, False)[0], MATRIX, ORDINARY, {"p": 0.25}),
}
