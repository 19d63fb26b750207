"""What each operation of autograd is called in plain words, and what it does with a gradient.

The formulas are PyTorch's own (`tools/autograd/derivatives.yaml`), for the operations that a beginner meets. The tests
compare each sentence, and each factor, with what the installed autograd does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.autograd.function import BackwardCFunction

from tui_torch.probe.autograd import factors as by
from tui_torch.probe.autograd import wordings as say
from tui_torch.probe.autograd.asked_autograd import Replaced
from tui_torch.probe.autograd.factors import Factors, Saved
from tui_torch.probe.autograd.saved_tensors import SavedTensors, inputs
from tui_torch.probe.autograd.wordings import Shapes, Wording
from tui_torch.probe.isolation.torch_internals import result_metadata
from tui_torch.probe.values.elements import Base

_YOURS = "Your own torch.autograd.Function: its backward() says what happens to the gradient."


@dataclass(frozen=True, slots=True)
class DerivativeFormula:
    """What one operation does with a gradient, in a sentence and in numbers."""

    name: str
    sentence: str | Wording
    """A function where it depends on what the operation saved, or on the installed PyTorch."""
    factors: Callable[[Saved], Factors] | None = None
    """For operations whose result and inputs have one element each."""
    broadcasts: bool = False
    """Whether an input may have fewer elements than the result, and be broadcast."""
    factor_of: tuple[str, ...] = ()
    """For each input, the name under which autograd saved the factor itself; empty if it did not."""
    conjugates: bool = False
    """Whether what the gradient is multiplied by depends on the inputs, and is conjugated if it is complex."""


def formula_of(type: str) -> DerivativeFormula | None:
    """Return the formula for one of autograd's classes (`MulBackward0`); None for an operation without one."""
    return FORMULAS.get(type) or FORMULAS.get(_stem(type))


def plain_name(type: str) -> str:
    """Return an operation's name in words, `multiply`; without a formula, the words of its class."""
    formula = formula_of(type)
    return formula.name if formula is not None else _words(_stem(type))


def sentence_of(
    type: str,
    saved: Saved,
    shapes: Shapes = (),
    *,
    is_complex: bool = False,
    has_real_input: bool = False,
) -> str | None:
    """Return what an operation does with a gradient in the installed PyTorch; None for one without a formula.

    Args:
        type: The operation's class in autograd, `MulBackward0`.
        saved: What it saved, by autograd's names; empty if nothing of that is known.
        shapes: The shape of each input.
        is_complex: Whether its result or an input is complex.
        has_real_input: Whether its result is complex, and an input is real.
    """
    formula = formula_of(type)
    if formula is None:
        return None
    if is_complex and _stem(type) == "Abs":
        return "It passes on the gradient times x / |x|, and 0 at 0."
    said = formula.sentence if isinstance(formula.sentence, str) else formula.sentence(saved, shapes)
    if is_complex and formula.conjugates:
        said += " Of complex numbers, what it is multiplied by is conjugated."
    return f"{said} A real input gets the real part." if has_real_input else said


def sentence_of_node(node: Any, saved: SavedTensors) -> str | None:
    """Return what a node of autograd's does with a gradient; None for one without a formula.

    Args:
        node: Not a leaf.
        saved: What it saved.
    """
    if is_learners(node):
        return _YOURS
    found = [(None, None) if parent is None else result_metadata(parent, at) for parent, at in inputs(node)]
    entering = [dtype.is_complex for _, dtype in found if dtype is not None]
    result = result_metadata(node, 0)[1]
    is_complex = result is not None and result.is_complex
    return sentence_of(
        saved.type,
        saved.numbers(),
        [shape for shape, _ in found],
        is_complex=is_complex or any(entering),
        has_real_input=is_complex and not all(entering),
    )


def is_learners(node: Any) -> bool:
    """Return whether a node is that of a learner's own `torch.autograd.Function`, which may have any name."""
    return issubclass(type(node), BackwardCFunction)


def factors(type: str, saved: Saved, dtype: str | None = None) -> Factors:
    """Return what the gradient is multiplied by on its way to each input of an operation on one element each.

    Empty for an operation without a formula, and if a number was not saved. A factor that is `Replaced` stands in for
    the gradient.

    Args:
        type: The operation's class in autograd, `MulBackward0`.
        saved: What it saved, by autograd's names.
        dtype: That of its result, `float32`: numbers of Python become such, and what is too large in it is infinite.
    """
    formula = formula_of(type)
    if formula is None or formula.factors is None:
        return ()
    try:
        with np.errstate(all="ignore"):
            found = formula.factors(_all_in(saved, dtype))
    except Exception:  # a number that is not there, and whatever PyTorch raises where it is asked
        return ()
    return tuple(_bounded(factor, dtype) for factor in found)


def _all_in(saved: Saved, dtype: str | None) -> Saved:
    return {name: _in(value, dtype) if isinstance(value, float) else value for name, value in saved.items()}


def _bounded(factor: float | None, dtype: str | None) -> float | None:
    if factor is None or isinstance(factor, Replaced):
        return factor
    rounded = _in(float(factor), dtype)
    return rounded if rounded == 0 or np.isinf(rounded) else float(factor)


def _in(value: float, dtype: str | None) -> float:
    """Return a number as one of a dtype; as it is in double precision, and where it is unknown."""
    if dtype is None or dtype == "float64" or not (kind := getattr(torch, dtype)).is_floating_point:
        return value
    return float(Base.item(Base.to(torch.tensor(value, dtype=torch.float64, device="cpu"), kind)))


def _stem(type: str) -> str:
    return re.sub(r"Backward\d*$", "", type)


def _words(stem: str) -> str:
    """Return `linalg vector norm` for `LinalgVectorNorm`."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z][a-z]*\d*|[a-z]+\d*|\d+", stem)).lower() or stem


_TAKEN = "The gradient goes back to the places that were taken; all others get 0."
_LOOKED_UP = "The gradient goes back to the places that were taken, added up where one was taken twice; others get 0."
_MOVED = "The gradient goes back as it came, each element to where it was taken from."
_SHAPED = "The gradient goes back as it came, in the shape that was there before."
_COPIES = "Each element gets the sum of the gradients of its copies."
_POOLED = (
    "Each gradient goes to the largest element of its window, the first of equal ones; all others get 0. NaN counts "
    "as the largest."
)
_MATRICES = "Each matrix gets the gradient times the other one transposed: A gets G @ B.T, B gets A.T @ G."
_ALONG = (
    "Along the dimension, the gradient goes to the {0} element, the first of equal ones; all others get 0. NaN counts "
    "as the {0}."
)
_CONVOLVED = (
    "Each element of the input gets the gradients of all outputs that it went into, each times the number of the "
    "kernel that it met there; each number of a kernel likewise, times the inputs that it met; the bias gets the "
    "gradient summed over all positions."
)

FORMULAS: dict[str, DerivativeFormula] = {
    "Add": DerivativeFormula("add", say.add, lambda saved: (1.0, by.number_or_none(saved, "alpha")), broadcasts=True),
    "Sub": DerivativeFormula(
        "subtract", say.subtract, lambda saved: (1.0, -by.number(saved, "alpha")), broadcasts=True
    ),
    "Rsub": DerivativeFormula(
        "subtract", say.subtract, lambda saved: (-by.number(saved, "alpha"), 1.0), broadcasts=True
    ),
    "Mul": DerivativeFormula(
        "multiply",
        "Each factor gets the gradient times the other factor.",
        lambda saved: (by.number_or_none(saved, "other"), by.number_or_none(saved, "self")),
        broadcasts=True,
        factor_of=("other", "self"),
        conjugates=True,
    ),
    "Div": DerivativeFormula("divide", say.divide, by.quotient, broadcasts=True, conjugates=True),
    "Pow": DerivativeFormula("power", say.power, by.power, conjugates=True),
    "PowBackward1": DerivativeFormula(
        "power",
        "In x ** n, x gets the gradient times n * x ** (n - 1), and 0 where n is 0; n gets it times x ** n * log(x), "
        "and times 0 where x is 0 and n is 0 or above.",
        by.asked(Base.pow, "self", "exponent"),
        broadcasts=True,
        conjugates=True,
    ),
    "PowBackward2": DerivativeFormula("power", say.power_of_number, by.power_of_number, conjugates=True),
    "Neg": DerivativeFormula("negate", "It passes on minus the gradient.", lambda saved: (-1.0,)),
    "Exp": DerivativeFormula(
        "exp", "It passes on the gradient times its own result, exp(x).", by.of("result", float), conjugates=True
    ),
    "Log": DerivativeFormula(
        "log", "It passes on the gradient times 1 / x.", by.of("self", lambda x: 1 / x), conjugates=True
    ),
    "Log2": DerivativeFormula(
        "log2",
        "It passes on the gradient times 1 / (x * log(2)).",
        by.of("self", lambda x: 1 / (x * np.log(2))),
        conjugates=True,
    ),
    "Log10": DerivativeFormula(
        "log10",
        "It passes on the gradient times 1 / (x * log(10)).",
        by.of("self", lambda x: 1 / (x * np.log(10))),
        conjugates=True,
    ),
    "Log1P": DerivativeFormula(
        "log1p", "It passes on the gradient times 1 / (1 + x).", by.of("self", lambda x: 1 / (1 + x)), conjugates=True
    ),
    "Sqrt": DerivativeFormula(
        "sqrt",
        "It passes on the gradient times 1 / (2 * sqrt(x)).",
        by.of("result", lambda r: 1 / (2 * r)),
        conjugates=True,
    ),
    "Rsqrt": DerivativeFormula(
        "rsqrt",
        "1 / sqrt(x) passes on the gradient times -1 / (2 * x * sqrt(x)).",
        by.of("result", lambda r: -(r**3) / 2),
        conjugates=True,
    ),
    "Reciprocal": DerivativeFormula(
        "reciprocal",
        "1 / x passes on the gradient times -1 / x².",
        by.of("result", lambda r: -(r * r)),
        conjugates=True,
    ),
    "Sin": DerivativeFormula("sin", "It passes on the gradient times cos(x).", by.of("self", np.cos), conjugates=True),
    "Cos": DerivativeFormula(
        "cos", "It passes on the gradient times -sin(x).", by.of("self", lambda x: -np.sin(x)), conjugates=True
    ),
    "Tan": DerivativeFormula(
        "tan", "It passes on the gradient times 1 + tan(x)².", by.of("result", lambda r: 1 + r * r), conjugates=True
    ),
    "Tanh": DerivativeFormula(
        "tanh", "It passes on the gradient times 1 - tanh(x)².", by.of("result", lambda r: 1 - r * r), conjugates=True
    ),
    "Sigmoid": DerivativeFormula(
        "sigmoid",
        "With s its result, it passes on the gradient times s * (1 - s).",
        by.of("result", lambda r: r * (1 - r)),
        conjugates=True,
    ),
    "Relu": DerivativeFormula("relu", say.relu, by.relu),
    "LeakyRelu": DerivativeFormula("leaky relu", say.leaky, by.leaky),
    "Silu": DerivativeFormula(
        "silu", "With s = sigmoid(x), it passes on the gradient times s * (1 + x * (1 - s)).", by.of("self", by.silu)
    ),
    "Gelu": DerivativeFormula("gelu", "It passes on the gradient times the slope of gelu at x.", by.gelus),
    "Abs": DerivativeFormula("abs", say.absolute, by.asked(Base.abs, "self")),
    "Sum": DerivativeFormula("sum", "Every element that was summed gets the gradient as it is.", by.unchanged),
    "Mean": DerivativeFormula("mean", "Every one of the n elements gets the gradient divided by n.", by.unchanged),
    "Mm": DerivativeFormula("matmul", _MATRICES, conjugates=True),
    "Bmm": DerivativeFormula("batched matmul", _MATRICES, conjugates=True),
    "Addmm": DerivativeFormula("matmul, then add", say.matmul_and_add, conjugates=True),
    "Baddbmm": DerivativeFormula("batched matmul, then add", say.batched_matmul_and_add, conjugates=True),
    "Mv": DerivativeFormula(
        "matrix × vector",
        "The vector gets A.T @ g; the matrix gets the outer product of g and the vector.",
        conjugates=True,
    ),
    "Dot": DerivativeFormula("dot product", "Each vector gets the gradient times the other vector.", conjugates=True),
    "T": DerivativeFormula("transpose", "The gradient goes back transposed.", by.unchanged),
    "Transpose": DerivativeFormula(
        "transpose", "The gradient goes back with the two dimensions exchanged again.", by.unchanged
    ),
    "Permute": DerivativeFormula(
        "permute", "The gradient goes back with the dimensions in their former order.", by.unchanged
    ),
    "View": DerivativeFormula("view", _SHAPED, by.unchanged),
    "UnsafeView": DerivativeFormula("view", _SHAPED, by.unchanged),
    "ReshapeAlias": DerivativeFormula("reshape", _SHAPED, by.unchanged),
    "Unsqueeze": DerivativeFormula("unsqueeze", _SHAPED, by.unchanged),
    "Squeeze": DerivativeFormula("squeeze", _SHAPED, by.unchanged),
    "Alias": DerivativeFormula("alias", "The gradient goes back as it came.", by.unchanged),
    "Expand": DerivativeFormula("expand", _COPIES, by.unchanged),
    "Repeat": DerivativeFormula("repeat", _COPIES),
    "Index": DerivativeFormula("index", _LOOKED_UP),
    "Select": DerivativeFormula("select", _TAKEN, by.unchanged),
    "Slice": DerivativeFormula("slice", _TAKEN, by.unchanged),
    "IndexSelect": DerivativeFormula("index select", _LOOKED_UP),
    "Gather": DerivativeFormula("gather", _LOOKED_UP),
    "Split": DerivativeFormula("split", _MOVED),
    "SplitWithSizes": DerivativeFormula("split", _MOVED),
    "Unbind": DerivativeFormula("unbind", _MOVED),
    "Cat": DerivativeFormula("concatenate", "Each part gets its own piece of the gradient."),
    "Stack": DerivativeFormula("stack", "Each part gets its own piece of the gradient."),
    "Clone": DerivativeFormula("clone", "The gradient goes back as it came.", by.unchanged),
    "ToCopy": DerivativeFormula(
        "convert", "The gradient goes back as it came, in the dtype and on the device of the input.", by.unchanged
    ),
    "Softmax": DerivativeFormula(
        "softmax", "With s its result, x gets s * (g - sum(g * s)): raising one output lowers the others."
    ),
    "LogSoftmax": DerivativeFormula("log softmax", "x gets g - softmax(x) * sum(g)."),
    "NllLoss": DerivativeFormula("nll loss", say.nll),
    "NllLoss2D": DerivativeFormula("nll loss", say.nll),
    "MseLoss": DerivativeFormula("mse loss", say.squared_error, by.squared_error),
    "BinaryCrossEntropy": DerivativeFormula("binary cross entropy", say.cross_entropy_of_probabilities),
    "BinaryCrossEntropyWithLogits": DerivativeFormula("binary cross entropy of logits", say.cross_entropy_of_logits),
    "Convolution": DerivativeFormula("convolution", _CONVOLVED, conjugates=True),
    "MaxPool2DWithIndices": DerivativeFormula("max pool", _POOLED),
    "MaxPool3DWithIndices": DerivativeFormula("max pool", _POOLED),
    "AvgPool2D": DerivativeFormula("average pool", say.average_pool),
    "AvgPool3D": DerivativeFormula("average pool", say.average_pool),
    "NativeBatchNorm": DerivativeFormula("batch norm", say.batch_norm),
    "CudnnBatchNorm": DerivativeFormula("batch norm", say.batch_norm),
    "NativeLayerNorm": DerivativeFormula("layer norm", say.layer_norm),
    "Embedding": DerivativeFormula("embedding", say.embedding),
    "NativeDropout": DerivativeFormula(
        "dropout",
        "What was dropped gets 0; the rest gets the gradient times 1 / (1 - p), or as it came outside of training.",
    ),
    "Max": DerivativeFormula("max", _ALONG.format("largest")),
    "Min": DerivativeFormula("min", _ALONG.format("smallest")),
    "MaxBackward1": DerivativeFormula("max", say.largest),
    "MinBackward1": DerivativeFormula("min", say.smallest),
    "Amax": DerivativeFormula("amax", say.largest_along),
    "Amin": DerivativeFormula("amin", say.smallest_along),
    "Maximum": DerivativeFormula("maximum", say.larger, by.asked(Base.maximum, "self", "other"), broadcasts=True),
    "Minimum": DerivativeFormula("minimum", say.smaller, by.asked(Base.minimum, "self", "other"), broadcasts=True),
    "Fmax": DerivativeFormula("fmax", say.larger_number, by.asked(Base.fmax, "self", "other"), broadcasts=True),
    "Fmin": DerivativeFormula("fmin", say.smaller_number, by.asked(Base.fmin, "self", "other"), broadcasts=True),
    "Clamp": DerivativeFormula("clamp", say.clamp_at_tensors, by.clamp, broadcasts=True),
    "ClampBackward1": DerivativeFormula("clamp", say.clamp_between_numbers, by.clamp_between_numbers),
    "ClampMin": DerivativeFormula("clamp", say.clamp_at_number, by.clamp_at_number),
    "ClampMax": DerivativeFormula("clamp", say.clamp_at_number, by.clamp_at_number),
    "ClampMinBackward1": DerivativeFormula("clamp", say.clamp_at_tensor, by.clamp_at_tensor, broadcasts=True),
    "ClampMaxBackward1": DerivativeFormula("clamp", say.clamp_at_tensor, by.clamp_at_tensor, broadcasts=True),
    "Where": DerivativeFormula(
        "where", "Of each pair, the one that was chosen gets the gradient, the other gets 0.", by.where, broadcasts=True
    ),
    "MaskedFill": DerivativeFormula(
        "masked fill", "What was overwritten gets 0; the rest gets the gradient as it came.", broadcasts=True
    ),
    "MaskedFillBackward1": DerivativeFormula(
        "masked fill",
        "What was overwritten gets 0, the rest the gradient as it came; the value gets the sum of what it overwrote.",
    ),
    "AccumulateGrad": DerivativeFormula("leaf", "What arrives is added to .grad."),
}
