"""Sentences on derivatives that depend on an operation's arguments, or on what the installed autograd does.

Each is given what the operation saved, and the shapes of its inputs where they matter. Where an argument is unknown,
the sentence is one that holds for all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from torch.nn.functional import leaky_relu

from tui_torch.probe.autograd.asked_autograd import Function, passed_on
from tui_torch.probe.autograd.factors import Saved
from tui_torch.probe.values.elements import Base

Shapes = Sequence[tuple[int, ...] | None]
"""The shape of each input; None where unknown."""
Wording = Callable[[Saved, Shapes], str]

_MEAN, _NO_INDEX = 1, -100
"""PyTorch's numbers for `reduction="mean"`, and for an `ignore_index` that was not given."""

# Of what is asked


_ask = cache(passed_on)


def _asked(function: Function, *values: float | tuple[float, ...]) -> tuple[Any, ...] | None:
    """What the installed autograd passes on of a gradient of ones; None where it cannot be asked."""
    with suppress(Exception):
        return _ask(function, *values)
    return None


def _shared(passed: tuple[Any, ...] | None, names: Sequence[str]) -> str | None:
    """`the first gets it`, `each gets half of it`: what each of several inputs gets; None where unknown."""
    if passed is None:
        return None
    if len(set(passed)) == 1:
        (share,) = set(passed)
        whole = {0.0: "gets 0", 1.0: "gets all of it", 0.5: "gets half of it"}
        return f"each {whole.get(share, f'gets {share:g} times it')}"
    if sorted(passed) == [0.0] * (len(passed) - 1) + [1.0]:
        return f"{names[passed.index(1.0)]} gets it"
    return ", ".join(f"{name} gets {share:g} times it" for name, share in zip(names, passed, strict=True))


def _and_nan(function: Function, *others: float) -> str:
    """` or NaN` for an operation that passes the whole gradient on at NaN."""
    return " or NaN" if _asked(function, math.nan, *others) == (1.0,) else ""


def relu(saved: Saved, shapes: Shapes) -> str:
    """Word `torch.relu`."""
    return f"It passes on the gradient where the input was above 0{_and_nan(Base.relu)}, and 0 elsewhere."


def leaky(saved: Saved, shapes: Shapes) -> str:
    """Word `leaky_relu`, whose slope is an argument."""
    slope = saved.get("negative_slope")
    elsewhere = f"{_written(slope)} times it" if _is_number(slope) else "a fraction of it"
    return (
        f"It passes on the gradient where the input was above 0{_and_nan(_leaky_at_half)}, and {elsewhere} elsewhere."
    )


def _leaky_at_half(x: Any) -> Any:
    return leaky_relu(x, 0.5)


def absolute(saved: Saved, shapes: Shapes) -> str:
    """Word `torch.abs`."""
    at_nan = _asked(Base.abs, math.nan)
    elsewhere = "0 elsewhere" if at_nan == (0.0,) else "0 at 0"
    return f"It passes on the gradient where x is above 0, minus it where x is below, and {elsewhere}."


def larger(saved: Saved, shapes: Shapes) -> str:
    """Word `torch.maximum`."""
    return _extreme("larger", Base.maximum)


def smaller(saved: Saved, shapes: Shapes) -> str:
    """Word `torch.minimum`."""
    return _extreme("smaller", Base.minimum)


_BOTH = ("the first", "the second")


def _extreme(word: str, function: Function) -> str:
    ties = _shared(_asked(function, 1.0, 1.0), _BOTH)
    of_nan = [_asked(function, *pair) for pair in ((math.nan, 1.0), (1.0, math.nan), (math.nan, math.nan))]
    same = len(set(of_nan)) == 1
    nan = _shared(of_nan[0], _BOTH) if same else None
    return (
        f"The {word} of the two gets the gradient"
        + (f"; where they are equal, {ties}" if ties else "")
        + (f"; where one is NaN, {nan}" if nan else "")
        + "."
    )


def larger_number(saved: Saved, shapes: Shapes) -> str:
    """Word `torch.fmax`."""
    return _extreme_number("larger", Base.fmax)


def smaller_number(saved: Saved, shapes: Shapes) -> str:
    """Word `torch.fmin`."""
    return _extreme_number("smaller", Base.fmin)


def _extreme_number(word: str, function: Function) -> str:
    tie, nans = _asked(function, 1.0, 1.0), _asked(function, math.nan, math.nan)
    ties, of_nans = _shared(tie, _BOTH), _shared(nans, _BOTH)
    beats = _asked(function, math.nan, 1.0) == (0.0, 1.0) and _asked(function, 1.0, math.nan) == (1.0, 0.0)
    if not beats:  # PyTorch 2.14 passes the gradient on to a NaN, too
        return _extreme(word, function)
    where = "equal or both NaN" if tie == nans else "equal"
    return (
        f"The {word} of the two gets the gradient, and a number rather than NaN"
        + (f"; where they are {where}, {ties}" if ties else "")
        + (f"; of two NaN, {of_nans}" if of_nans and tie != nans else "")
        + "."
    )


def largest(saved: Saved, shapes: Shapes) -> str:
    """Word `max()` of all elements."""
    return f"The gradient goes to the largest element; equal ones share it.{_at_nan(Base.max, 'largest')}"


def smallest(saved: Saved, shapes: Shapes) -> str:
    """Word `min()` of all elements."""
    return f"The gradient goes to the smallest element; equal ones share it.{_at_nan(Base.min, 'smallest')}"


def largest_along(saved: Saved, shapes: Shapes) -> str:
    """Word `amax()`."""
    return f"The gradient goes to the largest element; equal ones share it.{_at_nan(Base.amax, 'largest')}"


def smallest_along(saved: Saved, shapes: Shapes) -> str:
    """Word `amin()`."""
    return f"The gradient goes to the smallest element; equal ones share it.{_at_nan(Base.amin, 'smallest')}"


def _at_nan(function: Function, word: str) -> str:
    passed = _asked(function, (1.0, math.nan, math.nan))
    if passed is None:
        return ""
    shares = passed[0]
    if shares == [0.0, 0.5, 0.5]:
        return f" NaN counts as the {word}."
    if all(math.isnan(share) for share in shares):
        return " Where the result is NaN, every element gets NaN."
    return " Where the result is NaN, every element gets 0." if shares == [0.0] * 3 else ""


# Clamp


def clamp_between_numbers(saved: Saved, shapes: Shapes) -> str:
    """Word `clamp()` with numbers as limits."""
    low, high = saved.get("min"), saved.get("max")
    left = f"{_written(low)} {_within(_at_low)} " if _is_number(low) else ""
    right = f" {_within(_at_high)} {_written(high)}" if _is_number(high) else ""
    if not left and not right:
        return "It passes on the gradient where the input was between the limits, and 0 beyond."
    if not right:
        left, right = "", f" {_within(_at_low, turned=True)} {_written(low)}"
    nan = _and_nan(_at_high if _is_number(high) else _at_low)
    return f"It passes on the gradient where {left}x{right}{nan}, and 0 elsewhere."


def _at_low(x: Any) -> Any:
    return Base.clamp(x, min=0.0)


def _at_high(x: Any) -> Any:
    return Base.clamp(x, max=0.0)


def _within(function: Function, *, turned: bool = False) -> str:
    """`<=` if the installed autograd passes the gradient on at a bound, `<` if it does not."""
    sign = ">" if turned else "<"
    return f"{sign}=" if _asked(function, 0.0) == (1.0,) else sign


def clamp_at_number(saved: Saved, shapes: Shapes) -> str:
    """Word `clamp_min()` and `clamp_max()`, which `hinge_embedding_loss` and `margin_ranking_loss` use."""
    is_low = "min" in saved
    bound = saved.get("min" if is_low else "max")
    function = _at_least if is_low else _at_most
    limit = _written(bound) if _is_number(bound) else "the limit"
    return (
        f"It passes on the gradient where x {_within(function, turned=is_low)} {limit}{_and_nan(function)}, "
        "and 0 elsewhere."
    )


def _at_least(x: Any) -> Any:
    return Base.clamp_min(x, 0.0)


def _at_most(x: Any) -> Any:
    return Base.clamp_max(x, 0.0)


def clamp_at_tensors(saved: Saved, shapes: Shapes) -> str:
    """Word `clamp()` with tensors as limits."""
    if "max" not in saved:
        return _clamp_at(_asked(_clamp_from, 1.0, 1.0), _clamp_from, 1.0)
    if "min" not in saved:
        return _clamp_at(_asked(_clamp_to, 1.0, 1.0), _clamp_to, 1.0)
    low, high = _asked(Base.clamp, 1.0, 1.0, 2.0), _asked(Base.clamp, 2.0, 1.0, 2.0)
    are_alike = low is not None and high is not None and low == (high[0], high[2], high[1])
    said = _clamp_at(low if are_alike else None, Base.clamp, 1.0, 2.0)
    if _asked(Base.clamp, 0.0, 1.0, 1.0) == (0.0, 0.0, 0.0):
        said = f"{said[:-1]}; below two equal limits, none gets any."
    return said


def clamp_at_tensor(saved: Saved, shapes: Shapes) -> str:
    """Word `clamp_min()` and `clamp_max()` with a tensor as the limit."""
    function = Base.clamp_min if "min" in saved else Base.clamp_max
    return _clamp_at(_asked(function, 1.0, 1.0), function, 1.0)


def _clamp_from(x: Any, low: Any) -> Any:
    return Base.clamp(x, min=low)


def _clamp_to(x: Any, high: Any) -> Any:
    return Base.clamp(x, max=high)


def _clamp_at(tie: tuple[Any, ...] | None, function: Function, *limits: float) -> str:
    ties = None if tie is None else _shared(tie[:2], ("the input", "the limit"))
    of_nan = [_asked(function, math.nan, *limits)]
    if len(limits) == 1:  # of two limits, the other one may still be what the result was taken from
        of_nan.append(_asked(function, 1.0, math.nan))
    where = "the input" if len(of_nan) == 1 else "one"
    are_zero = all(nan is not None and not any(nan) for nan in of_nan)
    return (
        "What the result was taken from gets the gradient, the input or a limit"
        + (f"; where the two are equal, {ties}" if ties else "")
        + (f"; where {where} is NaN, none gets any" if are_zero else "")
        + "."
    )


# Arithmetic


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def _times(saved: Saved, name: str) -> str | None:
    """` times 3` for a multiplier that is not 1, empty for 1; None where it is unknown."""
    value = saved.get(name)
    if not _is_number(value):
        return None
    return "" if value == 1 else f" times {_written(value)}"


def add(saved: Saved, shapes: Shapes) -> str:
    """Word a sum, with `alpha`."""
    times = _times(saved, "alpha")
    if times == "":
        return "Each term gets the gradient as it is."
    return f"The first term gets the gradient as it is, the second gets it{' times alpha' if times is None else times}."


def subtract(saved: Saved, shapes: Shapes) -> str:
    """Word a difference, with `alpha`."""
    times = _times(saved, "alpha")
    said = "What is subtracted from gets the gradient as it is, what is subtracted gets minus it"
    return f"{said}{' times alpha' if times is None else times}."


def divide(saved: Saved, shapes: Shapes) -> str:
    """Word a quotient, with `rounding_mode`."""
    if saved.get("rounding_mode") is not None:
        return "Its result is rounded, and so goes in steps, whose slope is 0: it passes on 0."
    return "In a / b, a gets the gradient times 1 / b, and b gets it times -a / b²."


def power(saved: Saved, shapes: Shapes) -> str:
    """Word a power of a tensor, with its exponent."""
    if saved.get("exponent") == 0:
        return "x ** 0 is 1 whatever x is: it passes on 0."
    return "x ** n passes on the gradient times n * x ** (n - 1)."


def power_of_number(saved: Saved, shapes: Shapes) -> str:
    """Word a power of a number."""
    if saved.get("self") == 0:
        return "0 ** x passes on 0 where x is 0 or more, and elsewhere the gradient times 0 ** x * log(0)."
    return "a ** x passes on the gradient times a ** x * log(a)."


def matmul_and_add(saved: Saved, shapes: Shapes) -> str:
    """Word `addmm()` and `linear()`, with `alpha` and `beta`."""
    return _product_and_sum(saved, "Each matrix gets the gradient times the other one transposed")


def batched_matmul_and_add(saved: Saved, shapes: Shapes) -> str:
    """Word `baddbmm()`, with `alpha` and `beta`."""
    return _product_and_sum(saved, "Each batch of matrices gets the gradient times the other one transposed")


def _product_and_sum(saved: Saved, matrices: str) -> str:
    alpha, beta = _times(saved, "alpha"), _times(saved, "beta")
    product = ", times alpha" if alpha is None else f",{alpha}" if alpha else ""
    added = " times beta" if beta is None else beta or " as it is"
    return (
        f"{matrices}{product}: A gets G @ B.T, B gets A.T @ G. "
        f"What is added gets G{added}, summed over its copies if it was broadcast."
    )


# Losses


def _over_elements(saved: Saved) -> str:
    """What a `reduction` divides by: `, divided by the number of elements`."""
    match saved.get("reduction"):
        case int(reduction):
            return ", divided by the number of elements" if reduction == _MEAN else ""
        case _:
            return ", divided by the number of elements for a mean"


def nll(saved: Saved, shapes: Shapes) -> str:
    """Word `nll_loss()`, with `weight`, `ignore_index` and `reduction`."""
    reduction, ignored = saved.get("reduction"), saved.get("ignore_index")
    is_weighted = "weight" in saved
    count = _number_of_targets(shapes)
    # PyTorch sums the weights, which are 1, of the samples that count.
    all_count = not is_weighted and ignored == _NO_INDEX and saved.get("total_weight") == count is not None
    share = "-g times the weight of the class" if is_weighted else "-g"
    divisor = "the sum of these weights" if is_weighted else "the number of samples"
    if not all_count and not is_weighted:
        divisor += " that are not ignored"
    said = f"Only the log-probability of the right class gets a gradient: {share}"
    if reduction == _MEAN:
        said += f", divided by {divisor}."
    elif reduction is None:
        said += f", divided by {divisor} for a mean."
    else:
        said += "."
    index = ignored if _is_number(ignored) else "ignore_index"
    return said if all_count or (reduction != _MEAN and ignored == _NO_INDEX) else said + _ignored(index)


def _ignored(index: object) -> str:
    return f" A sample whose target is {index} is ignored: it gets 0."


def _number_of_targets(shapes: Shapes) -> int | None:
    """The number of targets of log-probabilities of shape (C), (N, C) or (N, C, …)."""
    shape = shapes[0] if shapes else None
    if not shape:
        return None
    classes = shape[0] if len(shape) == 1 else shape[1]
    return math.prod(shape) // classes if classes else None


def squared_error(saved: Saved, shapes: Shapes) -> str:
    """Word `mse_loss()`, with `reduction`."""
    return f"Each prediction gets g * 2 * (prediction - target){_over_elements(saved)}."


def cross_entropy_of_probabilities(saved: Saved, shapes: Shapes) -> str:
    """Word `binary_cross_entropy()`, with `weight` and `reduction`."""
    weight = ", times its weight" if "weight" in saved else ""
    return (
        f"Each probability p with target t gets g * (p - t) / (p * (1 - p)){weight}{_over_elements(saved)}. "
        "The p * (1 - p) counts as 1e-12 at least."
    )


def cross_entropy_of_logits(saved: Saved, shapes: Shapes) -> str:
    """Word `binary_cross_entropy_with_logits()`, with `weight`, `pos_weight` and `reduction`."""
    weight = ", times its weight" if "weight" in saved else ""
    if "pos_weight" in saved:
        found = "With w its pos_weight, each logit x with target t gets g * ((1 - t + w * t) * sigmoid(x) - w * t)"
    else:
        found = "Each logit x with target t gets g * (sigmoid(x) - t)"
    return f"{found}{weight}{_over_elements(saved)}."


# Layers


def embedding(saved: Saved, shapes: Shapes) -> str:
    """Word `embedding()`, with `padding_idx` and `scale_grad_by_freq`."""
    is_scaled, padding = saved.get("scale_grad_by_freq"), saved.get("padding_idx")
    uses = "averaged over its uses" if is_scaled else "summed over its uses"
    said = f"Each row that was looked up gets its gradient, {uses}; others get 0."
    if not _is_number(padding):
        return f"{said} A padding_idx gets 0, too."
    # PyTorch's number for no padding is -1; others from the end were counted from the start.
    return said if padding == -1 else f"{said} Row {padding}, the padding, gets 0, too."


def average_pool(saved: Saved, shapes: Shapes) -> str:
    """Word `avg_pool2d()`, with what changes the divisor."""
    divisor, padding = saved.get("divisor_override"), saved.get("padding")
    said = "Each element gets the gradient of every window that it is in, divided by "
    if _is_number(divisor):
        return f"{said}{divisor}, the divisor_override."
    said += "the number of elements of that window"
    if "count_include_pad" not in saved or (isinstance(padding, tuple) and not any(padding)):
        return f"{said}."
    return f"{said}, padding included." if saved["count_include_pad"] else f"{said}, without padding."


def batch_norm(saved: Saved, shapes: Shapes) -> str:
    """Word `batch_norm()`, in training or not."""
    share = (
        "the input's includes that mean and variance depend on it"
        if saved.get("training")
        else "in training, the input's includes that mean and variance depend on it"
    )
    if saved.get("training") is False:
        share = "the input gets g * weight / std, with the running mean and variance as constants"
    return f"With z the normalized input, the bias gets the sum of g, the weight the sum of g * z; {share}."


def layer_norm(saved: Saved, shapes: Shapes) -> str:
    """Word `layer_norm()`."""
    return (
        "With z the normalized input, the bias gets the sum of g, the weight the sum of g * z; the input's includes "
        "that mean and variance depend on it."
    )
