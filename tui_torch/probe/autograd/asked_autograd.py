"""Asks the installed autograd what an operation does with a gradient, on a few numbers of our own.

Releases of PyTorch differ at kinks, ties and bounds. An operation's node is called by itself: no engine and no thread
is started, no `.grad` is filled, no hook is called, and the learner's graphs are not touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

# By name, since the learner's code may put something else in the module.
from torch import float64, inference_mode, tensor

from tui_torch.probe.isolation.torch_internals import set_grad_enabled, without_saved_tensors_hooks
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values.elements import Base

Function = Callable[..., Any]
"""One operation of autograd's, of float64 tensors."""


class Replaced(float):
    """A factor of 0 that a gradient is replaced by, and not multiplied with: what goes on is 0 even of inf and NaN."""

    __slots__ = ()


REPLACED = Replaced(0.0)


def passed_on(function: Function, *values: float | Sequence[float], gradient: float = 1.0) -> tuple[Any, ...]:
    """Return what the installed autograd passes on to each input, as numbers or lists of them.

    Args:
        function: The operation.
        values: Its inputs: a number for a tensor without dimensions, a list for one with one dimension.
        gradient: Each element of the gradient that arrives at its result.

    Raises:
        Exception: Whatever PyTorch raises.
    """
    with unobserved(), inference_mode(False), without_saved_tensors_hooks():
        inputs = [tensor(value, dtype=float64, device="cpu", requires_grad=True) for value in values]
        set_grad_enabled(True)  # until `inference_mode` ends, which restores it
        try:
            result = function(*inputs)
        finally:
            set_grad_enabled(False)
        node = Base.grad_fn.__get__(result)
        found = node(Base.new_full(result, Base.shape.__get__(result), gradient))
        found = found if isinstance(found, tuple) else (found,)
        # A limit that was not given has a place among the results, too.
        of_inputs = [one for one, (parent, _) in zip(found, node.next_functions, strict=True) if parent is not None]
        return tuple(0.0 if one is None else Base.tolist(one) for one in of_inputs)


def asked_factors(function: Function, *values: float) -> tuple[float, ...]:
    """Return what the installed autograd multiplies a gradient by on its way to each input.

    Raises what `passed_on()` raises.
    """
    of_one = passed_on(function, *values)
    of_infinity = passed_on(function, *values, gradient=math.inf)
    return tuple(
        REPLACED if factor == 0 and passed == 0 else factor for factor, passed in zip(of_one, of_infinity, strict=True)
    )
