"""Drawing the inputs of a check, and shrinking those on which an answer fails to the smallest that still fails."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import torch

from tui_torch.probe.lesson.arena.drawn_values import WholeNumbers, drawn_elements, floats
from tui_torch.probe.lesson.arena.time_limit import TooSlowError, stopped_after
from tui_torch.probe.values.evaluate import error_line
from tui_torch.protocol.grading.asked import RANGES, DrawnInput

MOST_ELEMENTS = 1000
"""Of a drawn tensor: beyond that, shrinking takes longer than anyone waits."""
MOST_RANDOM = 2**20
"""Of a tensor of random numbers, whose shape alone is shrunk."""
SEEDS = 1000
"""Number of different tensors of random numbers of one shape."""
SHARE = 0.45
"""The part of a check's time that goes to drawing at most; it is stopped after all of it."""
SHRINKING = 1.5
"""Maximum seconds of the processor's time in which smaller inputs are tried: the learner waits for them.

A busy neighbour does not change what is found, unless the check's own time is over.
"""
_LAYOUTS = 3
"""Row by row, column by column, every second element."""

_F = TypeVar("_F")


class DeclarationError(Exception):
    """The lesson says something about inputs that cannot be done; the message says what."""


@dataclass(slots=True)
class Found(Generic[_F]):
    """What drawing came to."""

    examples: int = 0
    """Number of inputs that were tried."""
    failure: tuple[dict[str, Any], _F] | None = None
    """The smallest inputs that fail, and how; None if none were found."""
    unfinished: dict[str, Any] | None = field(default=None)
    """The inputs on which the answer had not come to an end when the time was over."""
    last: dict[str, Any] | None = None
    """The inputs that were tried last."""


def failing_inputs(
    inputs: Sequence[DrawnInput],
    names: Mapping[str, Any],
    fails: Callable[[dict[str, Any]], _F | None],
    *,
    examples: int,
    seconds: float,
    is_smallest_sought: bool = True,
) -> Found[_F]:
    """Try drawn inputs, always the same ones, until `fails` says how the answer fails, and then smaller ones.

    Args:
        inputs: What is drawn, in order.
        names: What expressions may use besides the inputs before them.
        fails: Called with each; returns None where the answer is right.
        examples: Number of inputs to try.
        seconds: After which the answer is stopped where it is.
        is_smallest_sought: Whether smaller ones are tried at all.

    Raises DeclarationError if an input cannot be made.
    """
    # Half a second to import, which only a check with drawn inputs pays, and once.
    from hypothesis import Phase, Verbosity, find, settings
    from hypothesis.errors import HypothesisException
    from hypothesis.strategies import composite, integers

    from tui_torch.probe.isolation.hypothesis_internals import the_same_draws_everywhere

    @composite
    def drawn(draw: Any) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for one in inputs:
            made[one.name] = drawn_input(one, draw, {**names, **made})
        return made

    found = Found[_F]()
    trying: dict[str, Any] | None = None
    drawn_until = time.monotonic() + SHARE * seconds
    shrunk_until = 0.0

    def is_failing(made: dict[str, Any]) -> bool:
        nonlocal trying, shrunk_until
        if time.monotonic() > drawn_until if found.failure is None else time.thread_time() > shrunk_until:
            return False
        found.examples += 1
        trying = found.last = made
        failure = fails(made)
        trying = None
        if failure is None:
            return False
        if found.failure is None:
            shrunk_until = time.thread_time() + SHRINKING
        found.failure = made, failure
        return True

    asked = settings(
        max_examples=examples if any(is_drawn(one) for one in inputs) else 1,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, *([Phase.shrink] if is_smallest_sought else [])],
        verbosity=Verbosity.quiet,
    )
    try:
        with the_same_draws_everywhere(), stopped_after(seconds):
            find(drawn() if inputs else integers(0, 0).map(lambda _: {}), is_failing, settings=asked)
    except TooSlowError:
        found.unfinished = trying
    except HypothesisException:
        # Nothing fails; or when the time was over, an answer that failed did not fail once more.
        pass
    return found


def copy_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The same inputs with tensors of their own, which lie in memory as those do."""
    return {name: _copied(value) for name, value in inputs.items()}


def _copied(value: Any) -> Any:
    match value:
        case torch.Tensor() if is_expanded(value):
            # Elements that are one in memory stay one, and cannot be written apart.
            return _copied(value[_once(value)]).expand(value.shape)
        case torch.Tensor():
            made = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=value.device)
            return made.copy_(value.detach())
        case list() | tuple():
            return type(value)(map(_copied, value))
        case dict():
            return {key: _copied(item) for key, item in value.items()}
        case _:
            return value


def is_expanded(value: torch.Tensor) -> bool:
    """Whether a tensor repeats elements without having them in memory more than once, as `expand` makes it."""
    return any(step == 0 and size > 1 for step, size in zip(value.stride(), value.shape, strict=True))


def _once(value: torch.Tensor) -> tuple[slice, ...]:
    return tuple(slice(0, 1) if step == 0 else slice(None) for step in value.stride())


def is_drawn(one: DrawnInput) -> bool:
    """Whether an input is drawn for each example, and not derived."""
    return one.expression is None


def drawn_input(one: DrawnInput, draw: Any, names: dict[str, Any]) -> Any:
    """An input, drawn by `draw` of a strategy or derived from `names`. Raises DeclarationError if it cannot be made."""
    from hypothesis.strategies import integers

    if one.expression is not None:
        return _evaluated(one.expression, one.name, names)
    if one.whole is not None:
        return draw(integers(*_whole(one, names)))
    if one.one_of:
        return _as_python(one.one_of[draw(integers(0, len(one.one_of) - 1))])
    return _tensor(one, draw, names)


def _as_python(value: Any) -> Any:
    """A value as it was declared: what crosses the processes has texts in place of infinities."""
    return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}.get(value, value) if isinstance(value, str) else value


def _tensor(one: DrawnInput, draw: Any, names: dict[str, Any]) -> torch.Tensor:
    from hypothesis.strategies import integers

    shape = [_size(size, one.name, names) for size in one.shape or ()]
    count = math.prod(shape)
    most = MOST_ELEMENTS if one.random is None else MOST_RANDOM
    if count > most:
        raise DeclarationError(f"`{one.name}` has {count:,} elements, expected at most {most:,}")
    name = one.dtypes[draw(integers(0, len(one.dtypes) - 1)) if len(one.dtypes) > 1 else 0]
    made = _elementwise(one, name, count, draw, names) if one.random is None else _random(one.random, count, draw)
    made = made.to(getattr(torch, name)).reshape(shape)
    return _laid_out(made, draw(integers(0, _LAYOUTS - 1))) if one.is_strided else made


def _elementwise(one: DrawnInput, dtype: str, count: int, draw: Any, names: dict[str, Any]) -> torch.Tensor:
    # An empty tensor has no element that would have to lie anywhere.
    values = _values(one, dtype, names) if count else (0,)
    if one.is_distinct and count > len(values):
        raise DeclarationError(f"`{one.name}` has {count} elements, but only {len(values)} distinct values")
    elements = drawn_elements(draw, count, values, is_distinct=one.is_distinct)
    return torch.tensor(elements, dtype=getattr(torch, dtype))


def _random(kind: str, count: int, draw: Any) -> torch.Tensor:
    from hypothesis.strategies import integers

    generator = torch.Generator().manual_seed(draw(integers(0, SEEDS - 1)))
    make = torch.randn if kind == "normal" else torch.rand
    return make(count, generator=generator, dtype=torch.float64)


def _values(one: DrawnInput, dtype: str, names: dict[str, Any]) -> Sequence[Any]:
    """What an element of a tensor can be, the simplest first."""
    if dtype == "bool":
        return False, True
    low, high = _limits(one, names)
    if (held := RANGES.get(dtype)) is not None and not held[0] <= low <= high <= held[1]:
        limits = f"from {held[0]:,} to {held[1]:,}"
        raise DeclarationError(f"`{one.name}` has `values` [{low:g}, {high:g}], and {dtype} goes {limits}")
    if held is None or getattr(torch, dtype).is_floating_point:
        return floats(low, high, one.special, is_distinct=one.is_distinct)
    whole = math.ceil(low), math.floor(high)
    if whole[0] > whole[1]:
        raise DeclarationError(f"`{one.name}` has `values` [{low:g}, {high:g}], between which is no whole number")
    special = [int(value) for value in one.special if value.is_integer() and held[0] <= value <= held[1]]
    return WholeNumbers(*whole, special, is_distinct=one.is_distinct)


def _whole(one: DrawnInput, names: dict[str, Any]) -> tuple[int, int]:
    if not one.limits:
        return one.whole or (0, 0)
    low, high = (_evaluated(expression, one.name, names) for expression in one.limits)
    if type(low) is not int or type(high) is not int or low > high:
        raise DeclarationError(f"`{one.name}` is from {low!r} to {high!r}, expected the smaller whole number first")
    return low, high


def _limits(one: DrawnInput, names: dict[str, Any]) -> tuple[float, float]:
    if not one.limits:
        return one.low, one.high
    limits = [_evaluated(expression, one.name, names) for expression in one.limits]
    for expression, value in zip(one.limits, limits, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise DeclarationError(f"`{one.name}` has `values` in which `{expression}` is {value!r}, expected a number")
    low, high = limits
    if low > high:
        raise DeclarationError(f"`{one.name}` has `values` [{low:g}, {high:g}], expected the lower one first")
    return low, high


def _size(expression: str, name: str, names: dict[str, Any]) -> int:
    size = int(expression) if expression.isdecimal() else _evaluated(expression, name, names)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise DeclarationError(f"a size of `{name}` is {size!r}, expected a whole number from 0")
    return size


def _evaluated(expression: str, name: str, names: dict[str, Any]) -> Any:
    try:
        return eval(expression, {"torch": torch, "np": np, **names})
    except Exception as error:
        raise DeclarationError(f"`{name}` cannot be made: {error_line(error)}") from None


def _laid_out(made: torch.Tensor, layout: int) -> torch.Tensor:
    match layout:
        case 1 if made.ndim >= 2:
            return made.transpose(-1, -2).contiguous().transpose(-1, -2)
        case 2 if made.ndim >= 1:
            return torch.stack([made, torch.zeros_like(made)], dim=-1)[..., 0]
        case _:
            return made
