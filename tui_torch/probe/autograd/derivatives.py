"""What each operation of autograd is called in plain words, and what it does with a gradient.

The formulas are PyTorch's own (`tools/autograd/derivatives.yaml`), for the operations that a beginner meets. Factors
are given for operations whose result and inputs have one element each; the tests compare each with autograd.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Saved = Mapping[str, float | str | None]
"""What an operation saved, by autograd's names for it: numbers, one-element tensors as numbers, and texts."""

Factors = tuple[float | None, ...]
"""What the gradient is multiplied by on its way to each input; None where the numbers for it were not saved."""


@dataclass(frozen=True, slots=True)
class DerivativeFormula:
    """What one operation does with a gradient, in a sentence and in numbers."""

    name: str
    sentence: str
    factors: Callable[[Saved], Factors] | None = None
    broadcasts: bool = False
    """Whether an input may have fewer elements than the result, and be broadcast."""
    factor_of: tuple[str, ...] = ()
    """For each input, the name under which autograd saved the factor itself; empty if it did not."""


def formula_of(type: str) -> DerivativeFormula | None:
    """Return the formula for one of autograd's classes (`MulBackward0`); None for an operation without one."""
    return _FORMULAS.get(type) or _FORMULAS.get(_stem(type))


def plain_name(type: str) -> str:
    """Return an operation's name in words, `multiply`; without a formula, the words of its class."""
    formula = formula_of(type)
    return formula.name if formula is not None else _words(_stem(type))


def factors(type: str, saved: Saved) -> Factors:
    """Return what the gradient is multiplied by on its way to each input of an operation on one element each.

    Empty for an operation without a formula, where the function has no derivative, and if a number was not saved.

    Args:
        type: The operation's class in autograd, `MulBackward0`.
        saved: What it saved, by autograd's names.
    """
    formula = formula_of(type)
    if formula is None or formula.factors is None:
        return ()
    try:
        found = formula.factors(saved)
    except (ArithmeticError, ValueError, TypeError, KeyError):
        return ()
    return tuple(None if factor is None else float(factor) for factor in found)


def _stem(type: str) -> str:
    return re.sub(r"Backward\d*$", "", type)


def _words(stem: str) -> str:
    """Return `linalg vector norm` for `LinalgVectorNorm`."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z][a-z]*\d*|[a-z]+\d*|\d+", stem)).lower() or stem


def _number(saved: Saved, name: str) -> float:
    value = saved[name]
    if not isinstance(value, float | int):
        raise TypeError(name)
    return float(value)


def _number_or_none(saved: Saved, name: str) -> float | None:
    value = saved.get(name)
    return value if isinstance(value, float | int) else None


def _from(name: str, function: Callable[[float], float]) -> Callable[[Saved], Factors]:
    return lambda saved: (function(_number(saved, name)),)


def _unchanged(saved: Saved) -> Factors:
    return (1.0,)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _sign(x: float) -> float:
    return math.nan if math.isnan(x) else float((x > 0) - (x < 0))


def _div(saved: Saved) -> Factors:
    if saved.get("rounding_mode") is not None:
        return 0.0, 0.0
    below = _number(saved, "other")
    above = _number_or_none(saved, "self")
    return 1 / below, None if above is None else -above / below**2


def _real(value: float | complex) -> float | None:
    return value if isinstance(value, float) else None


def _pow(saved: Saved) -> Factors:
    exponent = _number(saved, "exponent")
    return (0.0 if exponent == 0 else _real(exponent * _number(saved, "self") ** (exponent - 1)),)


def _pow_of_tensors(saved: Saved) -> Factors:
    base, exponent, result = (
        _number_or_none(saved, "self"),
        _number_or_none(saved, "exponent"),
        _number_or_none(saved, "result"),
    )
    first = second = None
    if base is not None and exponent is not None:
        first = 0.0 if exponent == 0 else _real(exponent * base ** (exponent - 1))
    if base is not None and result is not None:
        second = 0.0 if base == 0 else result * math.log(base)
    return first, second


def _pow_of_number(saved: Saved) -> Factors:
    base = _number(saved, "self")
    return (0.0 if base == 0 else _number(saved, "result") * math.log(base),)


def _clamp(saved: Saved) -> Factors:
    x, low, high = _number(saved, "self"), _number_or_none(saved, "min"), _number_or_none(saved, "max")
    return (float((low is None or x >= low) and (high is None or x <= high)),)


def _larger(saved: Saved) -> Factors:
    a, b = _number(saved, "self"), _number(saved, "other")
    return (0.5, 0.5) if a == b else (float(a > b), float(b > a))


def _smaller(saved: Saved) -> Factors:
    a, b = _larger(saved)
    return b, a


def _where(saved: Saved) -> Factors:
    chosen = _number(saved, "condition")
    return float(chosen != 0), float(chosen == 0)


def _gelu(saved: Saved) -> Factors:
    if saved["approximate"] != "none":
        return (None,)
    x = _number(saved, "self")
    below = (1 + math.erf(x / math.sqrt(2))) / 2
    return (below + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),)


def _silu(x: float) -> float:
    return _sigmoid(x) * (1 + x * (1 - _sigmoid(x)))


def _mse(saved: Saved) -> Factors:
    difference = 2 * (_number(saved, "self") - _number(saved, "target"))
    return difference, -difference


_TAKEN = "The gradient goes back to the places that were taken; all others get 0."
_LOOKED_UP = "The gradient goes back to the places that were taken, added up where one was taken twice; others get 0."
_MOVED = "The gradient goes back as it came, each element to where it was taken from."
_SHAPED = "The gradient goes back as it came, in the shape that was there before."
_POOLED = "Each gradient goes to the largest element of its window; all others get 0."
_MATRICES = "Each matrix gets the gradient times the other one transposed: A gets G @ B.T, B gets A.T @ G."

_ADD = DerivativeFormula(
    "add",
    "Each term gets the gradient as it is.",
    lambda saved: (1.0, _number_or_none(saved, "alpha")),
    broadcasts=True,
)
_SUBTRACT_FROM = DerivativeFormula(
    "subtract",
    "What is subtracted from gets the gradient as it is, what is subtracted gets minus it.",
    lambda saved: (-_number(saved, "alpha"), 1.0),
    broadcasts=True,
)
_BATCH = (
    "Input, weight and bias each get theirs; in training, the input's includes that mean and variance depend on it."
)
_LAYER = "Input, weight and bias each get theirs; the input's includes that mean and variance depend on it."
_LARGEST = "The gradient goes to the largest element; equal ones share it."
_SMALLEST = "The gradient goes to the smallest element; equal ones share it."

_FORMULAS: dict[str, DerivativeFormula] = {
    "Add": _ADD,
    "Sub": DerivativeFormula(
        "subtract",
        "What is subtracted from gets the gradient as it is, what is subtracted gets minus it.",
        lambda saved: (1.0, -_number(saved, "alpha")),
        broadcasts=True,
    ),
    "Rsub": _SUBTRACT_FROM,
    "Mul": DerivativeFormula(
        "multiply",
        "Each factor gets the gradient times the other factor.",
        lambda saved: (_number_or_none(saved, "other"), _number_or_none(saved, "self")),
        broadcasts=True,
        factor_of=("other", "self"),
    ),
    "Div": DerivativeFormula(
        "divide",
        "In a / b, a gets the gradient times 1 / b, and b gets it times -a / b².",
        _div,
        broadcasts=True,
    ),
    "Pow": DerivativeFormula("power", "x ** n passes on the gradient times n * x ** (n - 1).", _pow),
    "PowBackward1": DerivativeFormula(
        "power",
        "In x ** n, x gets the gradient times n * x ** (n - 1), and n gets it times x ** n * log(x).",
        _pow_of_tensors,
        broadcasts=True,
    ),
    "PowBackward2": DerivativeFormula("power", "a ** x passes on the gradient times a ** x * log(a).", _pow_of_number),
    "Neg": DerivativeFormula("negate", "It passes on minus the gradient.", lambda saved: (-1.0,)),
    "Exp": DerivativeFormula("exp", "It passes on the gradient times its own result, exp(x).", _from("result", float)),
    "Log": DerivativeFormula("log", "It passes on the gradient times 1 / x.", _from("self", lambda x: 1 / x)),
    "Log2": DerivativeFormula(
        "log2", "It passes on the gradient times 1 / (x * log(2)).", _from("self", lambda x: 1 / x / math.log(2))
    ),
    "Log10": DerivativeFormula(
        "log10", "It passes on the gradient times 1 / (x * log(10)).", _from("self", lambda x: 1 / x / math.log(10))
    ),
    "Log1P": DerivativeFormula(
        "log1p", "It passes on the gradient times 1 / (1 + x).", _from("self", lambda x: 1 / (1 + x))
    ),
    "Sqrt": DerivativeFormula(
        "sqrt", "It passes on the gradient times 1 / (2 * sqrt(x)).", _from("result", lambda r: 1 / (2 * r))
    ),
    "Rsqrt": DerivativeFormula(
        "rsqrt",
        "1 / sqrt(x) passes on the gradient times -1 / (2 * x * sqrt(x)).",
        _from("result", lambda r: -(r**3) / 2),
    ),
    "Reciprocal": DerivativeFormula(
        "reciprocal", "1 / x passes on the gradient times -1 / x².", _from("result", lambda r: -(r**2))
    ),
    "Sin": DerivativeFormula("sin", "It passes on the gradient times cos(x).", _from("self", math.cos)),
    "Cos": DerivativeFormula("cos", "It passes on the gradient times -sin(x).", _from("self", lambda x: -math.sin(x))),
    "Tan": DerivativeFormula(
        "tan", "It passes on the gradient times 1 + tan(x)².", _from("result", lambda r: 1 + r * r)
    ),
    "Tanh": DerivativeFormula(
        "tanh", "It passes on the gradient times 1 - tanh(x)².", _from("result", lambda r: 1 - r * r)
    ),
    "Sigmoid": DerivativeFormula(
        "sigmoid",
        "With s its result, it passes on the gradient times s * (1 - s).",
        _from("result", lambda r: r * (1 - r)),
    ),
    "Relu": DerivativeFormula(
        "relu",
        "It passes on the gradient where the input was above 0, and 0 elsewhere.",
        _from("result", lambda r: float(r > 0)),
    ),
    "LeakyRelu": DerivativeFormula(
        "leaky relu",
        "It passes on the gradient where the input was above 0, and a fraction of it elsewhere.",
        lambda saved: (1.0 if _number(saved, "self") > 0 else _number(saved, "negative_slope"),),
    ),
    "Silu": DerivativeFormula(
        "silu", "With s = sigmoid(x), it passes on the gradient times s * (1 + x * (1 - s)).", _from("self", _silu)
    ),
    "Gelu": DerivativeFormula("gelu", "It passes on the gradient times the slope of gelu at x.", _gelu),
    "Abs": DerivativeFormula(
        "abs",
        "It passes on the gradient where x is above 0, minus it where x is below, and 0 at 0.",
        _from("self", _sign),
    ),
    "Sum": DerivativeFormula("sum", "Every element that was summed gets the gradient as it is.", _unchanged),
    "Mean": DerivativeFormula("mean", "Every one of the n elements gets the gradient divided by n.", _unchanged),
    "Mm": DerivativeFormula("matmul", _MATRICES),
    "Bmm": DerivativeFormula("batched matmul", _MATRICES),
    "Addmm": DerivativeFormula(
        "matmul, then add", f"{_MATRICES} What is added gets G as it is, summed over rows if it is a bias."
    ),
    "Baddbmm": DerivativeFormula("batched matmul, then add", f"{_MATRICES} What is added gets G as it is."),
    "Mv": DerivativeFormula(
        "matrix × vector", "The vector gets A.T @ g; the matrix gets the outer product of g and the vector."
    ),
    "Dot": DerivativeFormula("dot product", "Each vector gets the gradient times the other vector."),
    "T": DerivativeFormula("transpose", "The gradient goes back transposed.", _unchanged),
    "Transpose": DerivativeFormula(
        "transpose", "The gradient goes back with the two dimensions exchanged again.", _unchanged
    ),
    "Permute": DerivativeFormula(
        "permute", "The gradient goes back with the dimensions in their former order.", _unchanged
    ),
    "View": DerivativeFormula("view", _SHAPED, _unchanged),
    "UnsafeView": DerivativeFormula("view", _SHAPED, _unchanged),
    "ReshapeAlias": DerivativeFormula("reshape", _SHAPED, _unchanged),
    "Unsqueeze": DerivativeFormula("unsqueeze", _SHAPED, _unchanged),
    "Squeeze": DerivativeFormula("squeeze", _SHAPED, _unchanged),
    "Alias": DerivativeFormula("alias", "The gradient goes back as it came.", _unchanged),
    "Expand": DerivativeFormula("expand", "Each element gets the sum of the gradients of its copies.", _unchanged),
    "Repeat": DerivativeFormula("repeat", "Each element gets the sum of the gradients of its copies."),
    "Index": DerivativeFormula("index", _LOOKED_UP),
    "Select": DerivativeFormula("select", _TAKEN, _unchanged),
    "Slice": DerivativeFormula("slice", _TAKEN, _unchanged),
    "IndexSelect": DerivativeFormula("index select", _LOOKED_UP),
    "Gather": DerivativeFormula("gather", _LOOKED_UP),
    "Split": DerivativeFormula("split", _MOVED),
    "Unbind": DerivativeFormula("unbind", _MOVED),
    "Cat": DerivativeFormula("concatenate", "Each part gets its own piece of the gradient."),
    "Stack": DerivativeFormula("stack", "Each part gets its own piece of the gradient."),
    "Clone": DerivativeFormula("clone", "The gradient goes back as it came.", _unchanged),
    "ToCopy": DerivativeFormula(
        "convert", "The gradient goes back as it came, in the dtype and on the device of the input.", _unchanged
    ),
    "Softmax": DerivativeFormula(
        "softmax", "With s its result, x gets s * (g - sum(g * s)): raising one output lowers the others."
    ),
    "LogSoftmax": DerivativeFormula("log softmax", "x gets g - softmax(x) * sum(g)."),
    "NllLoss": DerivativeFormula(
        "nll loss",
        "Only the log-probability of the right class gets a gradient: -g, divided by the number of samples for a mean.",
    ),
    "MseLoss": DerivativeFormula(
        "mse loss",
        "Each prediction gets g * 2 * (prediction - target), divided by the number of elements for a mean.",
        _mse,
    ),
    "BinaryCrossEntropy": DerivativeFormula(
        "binary cross entropy",
        "Each probability p with target t gets g * (p - t) / (p * (1 - p)), divided by the number of elements for a "
        "mean.",
    ),
    "BinaryCrossEntropyWithLogits": DerivativeFormula(
        "binary cross entropy of logits",
        "Each logit x with target t gets g * (sigmoid(x) - t), divided by the number of elements for a mean.",
    ),
    "Convolution": DerivativeFormula(
        "convolution",
        "The input gets the gradient convolved with the flipped kernels, the kernels get the input correlated with the "
        "gradient, the bias gets the gradient summed over all positions.",
    ),
    "MaxPool2DWithIndices": DerivativeFormula("max pool", _POOLED),
    "AvgPool2D": DerivativeFormula("average pool", "Each element of a window of n gets the gradient divided by n."),
    "NativeBatchNorm": DerivativeFormula("batch norm", _BATCH),
    "CudnnBatchNorm": DerivativeFormula("batch norm", _BATCH),
    "NativeLayerNorm": DerivativeFormula("layer norm", _LAYER),
    "Embedding": DerivativeFormula(
        "embedding", "Each row that was looked up gets its gradient, summed over its uses; others get 0."
    ),
    "NativeDropout": DerivativeFormula(
        "dropout", "What was dropped gets 0; the rest gets the gradient times 1 / (1 - p)."
    ),
    "Max": DerivativeFormula("max", "Along the dimension, the gradient goes to the largest element; all others get 0."),
    "Min": DerivativeFormula(
        "min", "Along the dimension, the gradient goes to the smallest element; all others get 0."
    ),
    "MaxBackward1": DerivativeFormula("max", _LARGEST),
    "MinBackward1": DerivativeFormula("min", _SMALLEST),
    "Amax": DerivativeFormula("amax", _LARGEST),
    "Amin": DerivativeFormula("amin", _SMALLEST),
    "Maximum": DerivativeFormula(
        "maximum", "The larger of the two gets the gradient; equal ones get half each.", _larger, broadcasts=True
    ),
    "Minimum": DerivativeFormula(
        "minimum", "The smaller of the two gets the gradient; equal ones get half each.", _smaller, broadcasts=True
    ),
    "Clamp": DerivativeFormula(
        "clamp", "It passes on the gradient where the input was within the limits, and 0 elsewhere.", _clamp
    ),
    "Where": DerivativeFormula(
        "where", "Of each pair, the one that was chosen gets the gradient, the other gets 0.", _where, broadcasts=True
    ),
    "MaskedFill": DerivativeFormula(
        "masked fill", "What was overwritten gets 0; the rest gets the gradient as it came."
    ),
    "AccumulateGrad": DerivativeFormula("leaf", "What arrives is added to .grad."),
}
