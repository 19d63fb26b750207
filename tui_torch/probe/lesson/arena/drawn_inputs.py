"""Drawing the inputs of a check, and shrinking those on which an answer fails to the smallest that still fails.

Hypothesis draws a number for each size and a text of bytes for each tensor, a byte an element. A byte stands for one of
the tensor's possible values, of which the simplest comes first: so what it shrinks becomes a small tensor of zeros and
whole numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

import numpy as np
import torch

from tui_torch.probe.lesson.arena.time_limit import TooSlowError, stopped_after
from tui_torch.probe.values.evaluate import error_line
from tui_torch.protocol.grading.asked import DrawnInput

MOST_ELEMENTS = 1000
"""Of a drawn tensor: beyond that, shrinking takes longer than anyone waits."""
VALUES = 200
"""Maximum number of different values that a tensor's elements are drawn from, special ones not counted."""
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


def smallest_failing(
    inputs: Sequence[DrawnInput],
    names: Mapping[str, Any],
    fails: Callable[[dict[str, Any]], _F | None],
    *,
    examples: int,
    seconds: float,
) -> Found[_F]:
    """Try drawn inputs, always the same ones, until `fails` says how the answer fails, and then smaller ones.

    Args:
        inputs: What is drawn, in order.
        names: What expressions may use besides the inputs before them.
        fails: Called with each; returns None where the answer is right.
        examples: Number of inputs to try.
        seconds: After which the answer is stopped where it is.

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
            made[one.name] = _drawn(one, draw, {**names, **made})
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
        max_examples=examples if any(_is_drawn(one) for one in inputs) else 1,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
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
        case torch.Tensor():
            made = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=value.device)
            return made.copy_(value.detach())
        case list() | tuple():
            return type(value)(map(_copied, value))
        case dict():
            return {key: _copied(item) for key, item in value.items()}
        case _:
            return value


def _is_drawn(one: DrawnInput) -> bool:
    return one.expression is None


def _drawn(one: DrawnInput, draw: Any, names: dict[str, Any]) -> Any:
    from hypothesis.strategies import integers

    if one.expression is not None:
        return _evaluated(one.expression, one.name, names)
    if one.whole is not None:
        return draw(integers(*one.whole))
    if one.one_of:
        return _as_python(one.one_of[draw(integers(0, len(one.one_of) - 1))])
    return _tensor(one, draw, names)


def _as_python(value: Any) -> Any:
    """A value as it was declared: what crosses the processes has texts in place of infinities."""
    return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}.get(value, value) if isinstance(value, str) else value


def _tensor(one: DrawnInput, draw: Any, names: dict[str, Any]) -> torch.Tensor:
    from hypothesis.strategies import binary, integers

    shape = [_size(size, one.name, names) for size in one.shape or ()]
    count = math.prod(shape)
    if count > MOST_ELEMENTS:
        raise DeclarationError(f"`{one.name}` has {count:,} elements, expected at most {MOST_ELEMENTS:,}")
    name = one.dtypes[draw(integers(0, len(one.dtypes) - 1)) if len(one.dtypes) > 1 else 0]
    dtype: torch.dtype = getattr(torch, name)
    values = _possible(one.low, one.high, one.special, is_whole=not dtype.is_floating_point, is_bool=name == "bool")
    # An element is a byte, and the first bytes stand for the simplest values.
    places = [byte % len(values) for byte in draw(binary(min_size=count, max_size=count))]
    if one.is_distinct:
        if count > len(values):
            raise DeclarationError(f"`{one.name}` has {count} elements, but only {len(values)} distinct values")
        places = _apart(places, len(values))
    made = torch.tensor([values[place] for place in places], dtype=dtype).reshape(shape)
    return _laid_out(made, draw(integers(0, _LAYOUTS - 1))) if one.is_strided else made


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


@lru_cache(maxsize=64)
def _possible(low: float, high: float, special: tuple[float, ...], *, is_whole: bool, is_bool: bool) -> tuple[Any, ...]:
    """What an element can be, the simplest first: 0, whole numbers, halves, quarters, and then special values."""
    if is_bool:
        return False, True
    step = 1.0
    if not is_whole:
        while high > low and (high - low) / step < VALUES / 4:
            step /= 2
    while (high - low) / step > VALUES:
        step *= 2
    first, last = math.ceil(low / step), math.floor(high / step)
    numbers = {place * step for place in range(first, last + 1)} | {low, high}
    ordered: list[Any] = sorted(numbers, key=lambda number: (_denominator(number), abs(number), number < 0))
    if is_whole:
        return tuple(dict.fromkeys(map(int, ordered)))
    # Each about as often as one element in twenty.
    return (*ordered, *(value for value in special for _ in range(max(1, len(ordered) // 20))))[:256]


def _denominator(number: float) -> int:
    return 0 if number == int(number) else number.as_integer_ratio()[1]


def _apart(places: Sequence[int], count: int) -> list[int]:
    """The places, each moved on to the next that is not taken."""
    taken: set[int] = set()
    found: list[int] = []
    for place in places:
        free = next(at % count for at in _from(place) if at % count not in taken)
        taken.add(free)
        found.append(free)
    return found


def _from(place: int) -> Iterator[int]:
    while True:
        yield place
        place += 1


def _laid_out(made: torch.Tensor, layout: int) -> torch.Tensor:
    match layout:
        case 1 if made.ndim >= 2:
            return made.transpose(-1, -2).contiguous().transpose(-1, -2)
        case 2 if made.ndim >= 1:
            return torch.stack([made, torch.zeros_like(made)], dim=-1)[..., 0]
        case _:
            return made
