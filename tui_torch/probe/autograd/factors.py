"""What a gradient is multiplied by on its way through an operation on one element each, from what was saved.

The arithmetic is that of IEEE 754, as PyTorch's is: 1 / 0 is infinite, and the logarithm of -1 is NaN. At kinks, ties
and bounds, the installed autograd is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import pow
from torch.nn.functional import gelu, leaky_relu

from tui_torch.probe.autograd.asked_autograd import REPLACED, Function, asked_factors
from tui_torch.probe.values.elements import Base

Saved = Mapping[str, float | str | tuple[int, ...] | None]
"""What an operation saved, by autograd's names for it: numbers, texts, sizes, and one-element tensors as numbers.

None is a tensor that is there, and whose number is not known.
"""

Factors = tuple[float | None, ...]
"""What the gradient is multiplied by on its way to each input; None where the numbers for it were not saved."""


def number(saved: Saved, name: str) -> np.float64:
    """Return a number that was saved. Raises KeyError or TypeError if it was not."""
    value = saved[name]
    if not isinstance(value, float | int):
        raise TypeError(name)
    return np.float64(value)


def number_or_none(saved: Saved, name: str) -> np.float64 | None:
    """Return a number that was saved; None if it was not."""
    value = saved.get(name)
    return np.float64(value) if isinstance(value, float | int) else None


def of(name: str, function: Callable[[Any], Any]) -> Callable[[Saved], Factors]:
    """Compute the only factor from one number."""
    return lambda saved: (function(number(saved, name)),)


def asked(function: Function, *names: str) -> Callable[[Saved], Factors]:
    """Ask autograd for the factors of an operation whose inputs were saved by these names."""
    return lambda saved: asked_factors(function, *(float(number(saved, name)) for name in names))


def unchanged(saved: Saved) -> Factors:
    """Return the factor of an operation that passes the gradient on as it came."""
    return (1.0,)


def sigmoid(x: np.float64) -> np.float64:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def silu(x: np.float64) -> np.float64:
    """Return the slope of silu at x."""
    return sigmoid(x) * (1 + x * (1 - sigmoid(x)))


def relu(saved: Saved) -> Factors:
    """Ask for the factor of `relu()`."""
    # The input is gone, and its result has the same derivative: the same number, or 0.
    return asked_factors(Base.relu, float(number(saved, "result")))


def leaky(saved: Saved) -> Factors:
    """Ask for the factor of `leaky_relu()`."""
    # In place it saves its result, which has the sign of the input.
    name = "self" if "self" in saved else "result"
    slope = float(number(saved, "negative_slope"))
    return asked_factors(lambda x: leaky_relu(x, slope), float(number(saved, name)))


def gelus(saved: Saved) -> Factors:
    """Ask for the factor of `gelu()`."""
    kind = saved["approximate"]
    return asked_factors(lambda x: gelu(x, approximate=kind), float(number(saved, "self")))  # type: ignore[arg-type]


def quotient(saved: Saved) -> Factors:
    """Compute both factors of a quotient, rounded or not."""
    if saved.get("rounding_mode") is not None:
        return REPLACED, REPLACED
    below = number(saved, "other")
    above = number_or_none(saved, "self")
    return 1 / below, None if above is None else -(above / below / below)


def power(saved: Saved) -> Factors:
    """Ask for the factor of a power of a tensor."""
    exponent = float(number(saved, "exponent"))
    return asked_factors(lambda x: Base.pow(x, exponent), float(number(saved, "self")))


def power_of_number(saved: Saved) -> Factors:
    """Ask for the factor of the exponent of a number."""
    base = float(number(saved, "self"))
    return asked_factors(lambda x: pow(base, x), float(number(saved, "exponent")))


def clamp(saved: Saved) -> Factors:
    """Ask for the factors of the input, and of the bounds, which are tensors."""
    x = float(number(saved, "self"))
    low, high = (float(number(saved, name)) if name in saved else None for name in ("min", "max"))
    if low is not None and high is not None:
        return asked_factors(Base.clamp, x, low, high)
    if low is not None:
        return *asked_factors(lambda x, low: Base.clamp(x, min=low), x, low), None
    if high is None:
        raise KeyError("min")
    first, last = asked_factors(lambda x, high: Base.clamp(x, max=high), x, high)
    return first, None, last


def clamp_between_numbers(saved: Saved) -> Factors:
    """Ask for the factor of the input. A bound that was not given was saved as None."""
    low, high = (None if (bound := number_or_none(saved, name)) is None else float(bound) for name in ("min", "max"))
    return asked_factors(lambda x: Base.clamp(x, low, high), float(number(saved, "self")))


def clamp_at_number(saved: Saved) -> Factors:
    """Ask for the factor of the input of `clamp_min()` or `clamp_max()`."""
    function, name = (Base.clamp_min, "min") if "min" in saved else (Base.clamp_max, "max")
    bound = float(number(saved, name))
    return asked_factors(lambda x: function(x, bound), float(number(saved, "self")))


def clamp_at_tensor(saved: Saved) -> Factors:
    """Ask for the factors of both inputs of `clamp_min()` or `clamp_max()`."""
    function, name = (Base.clamp_min, "min") if "min" in saved else (Base.clamp_max, "max")
    return asked_factors(function, float(number(saved, "self")), float(number(saved, name)))


def where(saved: Saved) -> Factors:
    """Return the factors of what was chosen between."""
    chosen = bool(number(saved, "condition"))
    return (1.0, REPLACED) if chosen else (REPLACED, 1.0)


def squared_error(saved: Saved) -> Factors:
    """Compute the factors of prediction and target."""
    difference = 2 * (number(saved, "self") - number(saved, "target"))
    return difference, -difference
