"""What each operation of autograd is called in plain words, and what it does with a gradient.

The rules are PyTorch's own (`tools/autograd/derivatives.yaml`), for the operations that a beginner meets. `factors` is
that of an operation whose result and inputs have one element each; the tests hold each against autograd.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Saved = Mapping[str, float | str | None]
"""What an operation saved, by autograd's names for it: numbers, one-element tensors as numbers, and texts."""

Factors = tuple[float | None, ...]
"""What the gradient is multiplied by on its way to each input; None where what it takes was not saved."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One operation."""

    name: str
    sentence: str
    factors: Callable[[Saved], Factors] | None = None
    broadcasts: bool = False
    """Whether an input may have fewer elements than the result, each of them used several times."""
    factor_of: tuple[str, ...] = ()
    """For each input, under which name the factor itself was saved, where it was."""


def rule_of(type: str) -> Rule | None:
    """The rule for one of autograd's classes (`MulBackward0`); None for an operation that we do not know."""
    return _RULES.get(type) or _RULES.get(_stem(type))


def plain_name(type: str) -> str:
    """An operation's name in words: `multiply`; of one that we do not know, what can be read from its class."""
    rule = rule_of(type)
    return rule.name if rule is not None else _words(_stem(type))


def factors(type: str, saved: Saved) -> Factors:
    """What the gradient is multiplied by on its way to each input of an operation on scalars; empty when unknown."""
    rule = rule_of(type)
    if rule is None or rule.factors is None:
        return ()
    try:
        found = rule.factors(saved)
    except (ArithmeticError, ValueError, TypeError, KeyError):
        # Where the function has no derivative, or something that it takes was not saved.
        return ()
    return tuple(None if factor is None else float(factor) for factor in found)


def _stem(type: str) -> str:
    return re.sub(r"Backward\d*$", "", type)


def _words(stem: str) -> str:
    """`LinalgVectorNorm` as `linalg vector norm`."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z][a-z]*\d*|[a-z]+\d*|\d+", stem)).lower() or stem


def _number(saved: Saved, name: str) -> float:
    value = saved[name]
    if not isinstance(value, float | int):
        raise TypeError(name)
    return float(value)


def _known(saved: Saved, name: str) -> float | None:
    value = saved.get(name)
    return value if isinstance(value, float | int) else None


def _of(name: str, function: Callable[[float], float]) -> Callable[[Saved], Factors]:
    return lambda saved: (function(_number(saved, name)),)


def _same(saved: Saved) -> Factors:
    return (1.0,)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _sign(x: float) -> float:
    return math.nan if math.isnan(x) else float((x > 0) - (x < 0))


def _div(saved: Saved) -> Factors:
    if saved.get("rounding_mode") is not None:
        return 0.0, 0.0
    below = _number(saved, "other")
    above = _known(saved, "self")
    return 1 / below, None if above is None else -above / below**2


def _real(value: float | complex) -> float | None:
    return value if isinstance(value, float) else None


def _pow(saved: Saved) -> Factors:
    exponent = _number(saved, "exponent")
    return (0.0 if exponent == 0 else _real(exponent * _number(saved, "self") ** (exponent - 1)),)


def _pow_of_tensors(saved: Saved) -> Factors:
    base, exponent, result = _known(saved, "self"), _known(saved, "exponent"), _known(saved, "result")
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
    x, low, high = _number(saved, "self"), _known(saved, "min"), _known(saved, "max")
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

_ADD = Rule(
    "add",
    "Each term gets the gradient as it is.",
    lambda saved: (1.0, _known(saved, "alpha")),
    broadcasts=True,
)
_SUBTRACT_FROM = Rule(
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

_RULES: dict[str, Rule] = {
    "Add": _ADD,
    "Sub": Rule(
        "subtract",
        "What is subtracted from gets the gradient as it is, what is subtracted gets minus it.",
        lambda saved: (1.0, -_number(saved, "alpha")),
        broadcasts=True,
    ),
    "Rsub": _SUBTRACT_FROM,
    "Mul": Rule(
        "multiply",
        "Each factor gets the gradient times the other factor.",
        lambda saved: (_known(saved, "other"), _known(saved, "self")),
        broadcasts=True,
        factor_of=("other", "self"),
    ),
    "Div": Rule(
        "divide",
        "In a / b, a gets the gradient times 1 / b, and b gets it times -a / b².",
        _div,
        broadcasts=True,
    ),
    "Pow": Rule("power", "x ** n passes on the gradient times n * x ** (n - 1).", _pow),
    "PowBackward1": Rule(
        "power",
        "In x ** n, x gets the gradient times n * x ** (n - 1), and n gets it times x ** n * log(x).",
        _pow_of_tensors,
        broadcasts=True,
    ),
    "PowBackward2": Rule("power", "a ** x passes on the gradient times a ** x * log(a).", _pow_of_number),
    "Neg": Rule("negate", "It passes on minus the gradient.", lambda saved: (-1.0,)),
    "Exp": Rule("exp", "It passes on the gradient times its own result, exp(x).", _of("result", float)),
    "Log": Rule("log", "It passes on the gradient times 1 / x.", _of("self", lambda x: 1 / x)),
    "Log2": Rule(
        "log2", "It passes on the gradient times 1 / (x * log(2)).", _of("self", lambda x: 1 / x / math.log(2))
    ),
    "Log10": Rule(
        "log10", "It passes on the gradient times 1 / (x * log(10)).", _of("self", lambda x: 1 / x / math.log(10))
    ),
    "Log1P": Rule("log1p", "It passes on the gradient times 1 / (1 + x).", _of("self", lambda x: 1 / (1 + x))),
    "Sqrt": Rule("sqrt", "It passes on the gradient times 1 / (2 * sqrt(x)).", _of("result", lambda r: 1 / (2 * r))),
    "Rsqrt": Rule(
        "rsqrt",
        "1 / sqrt(x) passes on the gradient times -1 / (2 * x * sqrt(x)).",
        _of("result", lambda r: -(r**3) / 2),
    ),
    "Reciprocal": Rule("reciprocal", "1 / x passes on the gradient times -1 / x².", _of("result", lambda r: -(r**2))),
    "Sin": Rule("sin", "It passes on the gradient times cos(x).", _of("self", math.cos)),
    "Cos": Rule("cos", "It passes on the gradient times -sin(x).", _of("self", lambda x: -math.sin(x))),
    "Tan": Rule("tan", "It passes on the gradient times 1 + tan(x)².", _of("result", lambda r: 1 + r * r)),
    "Tanh": Rule("tanh", "It passes on the gradient times 1 - tanh(x)².", _of("result", lambda r: 1 - r * r)),
    "Sigmoid": Rule(
        "sigmoid",
        "With s its result, it passes on the gradient times s * (1 - s).",
        _of("result", lambda r: r * (1 - r)),
    ),
    "Relu": Rule(
        "relu",
        "It passes on the gradient where the input was above 0, and 0 elsewhere.",
        _of("result", lambda r: float(r > 0)),
    ),
    "LeakyRelu": Rule(
        "leaky relu",
        "It passes on the gradient where the input was above 0, and a fraction of it elsewhere.",
        lambda saved: (1.0 if _number(saved, "self") > 0 else _number(saved, "negative_slope"),),
    ),
    "Silu": Rule(
        "silu", "With s = sigmoid(x), it passes on the gradient times s * (1 + x * (1 - s)).", _of("self", _silu)
    ),
    "Gelu": Rule("gelu", "It passes on the gradient times the slope of gelu at x.", _gelu),
    "Abs": Rule(
        "abs",
        "It passes on the gradient where x is above 0, minus it where x is below, and 0 at 0.",
        _of("self", _sign),
    ),
    "Sum": Rule("sum", "Every element that was summed gets the gradient as it is.", _same),
    "Mean": Rule("mean", "Every one of the n elements gets the gradient divided by n.", _same),
    "Mm": Rule("matmul", _MATRICES),
    "Bmm": Rule("batched matmul", _MATRICES),
    "Addmm": Rule("matmul, then add", f"{_MATRICES} What is added gets G as it is, summed over rows if it is a bias."),
    "Baddbmm": Rule("batched matmul, then add", f"{_MATRICES} What is added gets G as it is."),
    "Mv": Rule("matrix × vector", "The vector gets A.T @ g; the matrix gets the outer product of g and the vector."),
    "Dot": Rule("dot product", "Each vector gets the gradient times the other vector."),
    "T": Rule("transpose", "The gradient goes back transposed.", _same),
    "Transpose": Rule("transpose", "The gradient goes back with the two dimensions exchanged again.", _same),
    "Permute": Rule("permute", "The gradient goes back with the dimensions in their former order.", _same),
    "View": Rule("view", _SHAPED, _same),
    "UnsafeView": Rule("view", _SHAPED, _same),
    "ReshapeAlias": Rule("reshape", _SHAPED, _same),
    "Unsqueeze": Rule("unsqueeze", _SHAPED, _same),
    "Squeeze": Rule("squeeze", _SHAPED, _same),
    "Alias": Rule("alias", "The gradient goes back as it came.", _same),
    "Expand": Rule("expand", "Each element gets the sum of the gradients of its copies.", _same),
    "Repeat": Rule("repeat", "Each element gets the sum of the gradients of its copies."),
    "Index": Rule("index", _LOOKED_UP),
    "Select": Rule("select", _TAKEN, _same),
    "Slice": Rule("slice", _TAKEN, _same),
    "IndexSelect": Rule("index select", _LOOKED_UP),
    "Gather": Rule("gather", _LOOKED_UP),
    "Split": Rule("split", _MOVED),
    "Unbind": Rule("unbind", _MOVED),
    "Cat": Rule("concatenate", "Each part gets its own piece of the gradient."),
    "Stack": Rule("stack", "Each part gets its own piece of the gradient."),
    "Clone": Rule("clone", "The gradient goes back as it came.", _same),
    "ToCopy": Rule("convert", "The gradient goes back as it came, in the dtype and on the device of the input.", _same),
    "Softmax": Rule("softmax", "With s its result, x gets s * (g - sum(g * s)): raising one output lowers the others."),
    "LogSoftmax": Rule("log softmax", "x gets g - softmax(x) * sum(g)."),
    "NllLoss": Rule(
        "nll loss",
        "Only the log-probability of the right class gets a gradient: -g, divided by the number of samples for a mean.",
    ),
    "MseLoss": Rule(
        "mse loss",
        "Each prediction gets g * 2 * (prediction - target), divided by the number of elements for a mean.",
        _mse,
    ),
    "BinaryCrossEntropy": Rule(
        "binary cross entropy",
        "Each probability p with target t gets g * (p - t) / (p * (1 - p)), divided by the number of elements for a "
        "mean.",
    ),
    "BinaryCrossEntropyWithLogits": Rule(
        "binary cross entropy of logits",
        "Each logit x with target t gets g * (sigmoid(x) - t), divided by the number of elements for a mean.",
    ),
    "Convolution": Rule(
        "convolution",
        "The input gets the gradient convolved with the flipped kernels, the kernels get the input correlated with the "
        "gradient, the bias gets the gradient summed over all positions.",
    ),
    "MaxPool2DWithIndices": Rule("max pool", _POOLED),
    "AvgPool2D": Rule("average pool", "Each element of a window of n gets the gradient divided by n."),
    "NativeBatchNorm": Rule("batch norm", _BATCH),
    "CudnnBatchNorm": Rule("batch norm", _BATCH),
    "NativeLayerNorm": Rule("layer norm", _LAYER),
    "Embedding": Rule(
        "embedding", "Each row that was looked up gets its gradient, summed over its uses; others get 0."
    ),
    "NativeDropout": Rule("dropout", "What was dropped gets 0; the rest gets the gradient times 1 / (1 - p)."),
    "Max": Rule("max", "Along the dimension, the gradient goes to the largest element; all others get 0."),
    "Min": Rule("min", "Along the dimension, the gradient goes to the smallest element; all others get 0."),
    "MaxBackward1": Rule("max", _LARGEST),
    "MinBackward1": Rule("min", _SMALLEST),
    "Amax": Rule("amax", _LARGEST),
    "Amin": Rule("amin", _SMALLEST),
    "Maximum": Rule(
        "maximum", "The larger of the two gets the gradient; equal ones get half each.", _larger, broadcasts=True
    ),
    "Minimum": Rule(
        "minimum", "The smaller of the two gets the gradient; equal ones get half each.", _smaller, broadcasts=True
    ),
    "Clamp": Rule("clamp", "It passes on the gradient where the input was within the limits, and 0 elsewhere.", _clamp),
    "Where": Rule(
        "where", "Of each pair, the one that was chosen gets the gradient, the other gets 0.", _where, broadcasts=True
    ),
    "MaskedFill": Rule("masked fill", "What was overwritten gets 0; the rest gets the gradient as it came."),
    "AccumulateGrad": Rule("leaf", "What arrives is added to .grad."),
}
