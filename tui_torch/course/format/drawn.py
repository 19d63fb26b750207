"""The inputs that a check draws, `for_all:`, and what an answer is timed on, `measure:`, as a file has them."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field, JsonValue

from tui_torch.course.format.fields import Expression
from tui_torch.course.format.part import Part
from tui_torch.course.naming import did_you_mean, in_backticks, one_of
from tui_torch.course.problem import Problem
from tui_torch.course.snippet import SnippetError, readable_code, readable_expression
from tui_torch.protocol.grading.asked import DTYPES, EXAMPLES, DrawnCheck, DrawnInput, Measure

_TENSOR_KEYS = ("shape", "dtype", "values", "special", "distinct", "layout")
_WHOLE_LIMIT = 10**9
MOST_EXAMPLES = 1000


def drawn_inputs(written: Mapping[str, object]) -> tuple[DrawnInput, ...]:
    """The inputs of a `for_all:`, in order. Raises ValueError with the end of a sentence about it."""
    found: list[DrawnInput] = []
    for name, value in written.items():
        if not name.isidentifier():
            raise ValueError(f"names an input {in_backticks(name)}, expected a Python name")
        found.append(_input(name, value))
    return tuple(found)


def _input(name: str, value: object) -> DrawnInput:
    if isinstance(value, dict):
        return _choice_or_tensor(name, cast("dict[str, object]", value))
    match value:
        case str():
            return DrawnInput(name, expression=_expression(name, value))
        case bool():
            return DrawnInput(name, expression=str(value))
        case int() | float():
            return DrawnInput(name, expression=_constant(value))
        case [int(low), int(high)] if not (isinstance(low, bool) or isinstance(high, bool)):
            if not -_WHOLE_LIMIT <= low <= high <= _WHOLE_LIMIT:
                raise ValueError(f"draws `{name}` from [{low}, {high}], expected the smaller whole number first")
            return DrawnInput(name, whole=(low, high))
        case _:
            raise _undrawable(name)


def _choice_or_tensor(name: str, keys: dict[str, object]) -> DrawnInput:
    if keys.keys() == {"one_of"} and (choices := _listed(keys["one_of"])):
        return DrawnInput(name, one_of=tuple(map(_choice, choices)))
    if isinstance(keys.get("shape"), list):
        return _tensor(name, _listed(keys["shape"]), keys)
    raise _undrawable(name)


def _undrawable(name: str) -> ValueError:
    return ValueError(
        f"has an input `{name}` that it cannot draw, expected `[1, 4]` for a whole number, "
        "`{one_of: […]}`, `{shape: […]}` for a tensor, or an expression"
    )


def _listed(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _constant(value: float) -> str:
    return repr(value) if math.isfinite(value) else f"float('{value}')"


def _choice(value: object) -> object:
    # What crosses to the kernel is JSON, which has no infinities.
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _tensor(name: str, shape: list[object], rest: dict[str, object]) -> DrawnInput:
    for key in rest:
        if key not in _TENSOR_KEYS:
            raise ValueError(f"has an unknown key {in_backticks(key)} in `{name}`{did_you_mean(key, _TENSOR_KEYS)}")
    written = rest.get("dtype", "float32")
    dtypes = cast("list[object]", written) if isinstance(written, list) else [written]
    for dtype in dtypes:
        if dtype not in DTYPES:
            raise ValueError(f"has `{name}` with the dtype {in_backticks(str(dtype))}, expected {one_of(DTYPES)}")
    low, high = _limits(name, rest.get("values", [0, 10] if "uint8" in dtypes else [-10, 10]))
    layout = rest.get("layout", "rows")
    if layout not in ("rows", "any"):
        raise ValueError(f"has `{name}` with the `layout` {in_backticks(str(layout))}, expected `rows` or `any`")
    is_distinct = rest.get("distinct", False)
    if is_distinct not in (True, False):
        raise ValueError(f"has `{name}` with a `distinct` that is no truth value, expected true or false")
    return DrawnInput(
        name,
        shape=tuple(_size(name, size) for size in shape),
        dtypes=tuple(map(str, dtypes)),
        low=low,
        high=high,
        special=_numbers(name, rest.get("special", [])),
        is_distinct=bool(is_distinct),
        is_strided=layout == "any",
    )


def _size(name: str, size: object) -> str:
    match size:
        case bool():
            pass
        case int() if size >= 0:
            return str(size)
        case str():
            return _expression(name, size)
        case _:
            pass
    raise ValueError(f"has a size of `{name}` that is {size!r}, expected a whole number or an expression")


def _limits(name: str, written: object) -> tuple[float, float]:
    match written:
        case [int() | float() as low, int() | float() as high] if low <= high:
            return float(low), float(high)
        case _:
            raise ValueError(f"has `values` of `{name}` that are no limits, expected the lower one first: `[-10, 10]`")


def _numbers(name: str, written: object) -> tuple[float, ...]:
    numbers = cast("list[object]", written) if isinstance(written, list) else [written]
    if not all(isinstance(number, int | float) for number in numbers):
        raise ValueError(f"has `special` values of `{name}` that are no numbers, expected such as `[.inf, -1000]`")
    return tuple(float(cast("float", number)) for number in numbers)


def _expression(name: str, text: str) -> str:
    try:
        return readable_expression(text)
    except SnippetError as error:
        raise ValueError(f"has an expression for `{name}` that {error}") from None


def _ends_in_value(code: str) -> str:
    """Check that the last line is an expression, whose value is what is compared."""
    readable_code(code)
    body = ast.parse(code).body
    if not body or not isinstance(body[-1], ast.Expr):
        raise ValueError("ends without a value, expected an expression as its last line")
    return code


def _readable_inputs(written: dict[str, JsonValue]) -> dict[str, JsonValue]:
    drawn_inputs(written)
    return written


ForAll = Annotated[dict[str, JsonValue], AfterValidator(_readable_inputs)]
ValueCode = Annotated[str, AfterValidator(_ends_in_value)]


class DrawnCheckPart(Part):
    """What a check can do besides running code: draw inputs, and compare."""

    for_all: ForAll | None = Field(
        default=None,
        description="The inputs, drawn for each example and shrunk to the smallest that fails: `n: [1, 4]` is a "
        "whole number, `dim: {one_of: [0, -1]}` one of several values, `x: {shape: [n, 3], values: [-5, 5]}` a "
        "tensor, and text an expression of the inputs before it. A tensor may have `dtype`, `special`, `distinct` "
        "and `layout`, too.",
    )
    call: ValueCode | None = Field(
        default=None,
        description="In place of `code`: what is compared, such as `softmax(x)`. The last line is an expression.",
    )
    equals: ValueCode | None = Field(
        default=None,
        description="What the call should give, such as `torch.softmax(x, -1)`. Without it, what the solution gives.",
    )
    gradients: tuple[Expression, ...] = Field(
        default=(), strict=False, description="The inputs whose gradients are compared with the reference's."
    )
    gradcheck: tuple[Expression, ...] = Field(
        default=(), strict=False, description="The inputs whose gradients are compared with differences, in float64."
    )
    within: float | None = Field(
        default=None, gt=0, strict=False, description="The tolerance of numbers, in place of one that suits the dtype."
    )
    keeps_dtype: bool = Field(default=True, description="Whether the dtype has to be that of the reference.")
    keeps_device: bool = Field(
        default=False, description="Whether the value has to be on the device of the inputs, whichever that is."
    )
    may_change: tuple[Expression, ...] = Field(
        default=(), strict=False, description="The inputs that the call may change in place; it leaves the others."
    )
    examples: int = Field(
        default=EXAMPLES, ge=1, le=MOST_EXAMPLES, description=f"How many inputs are tried, {EXAMPLES} without it."
    )

    def drawn(self) -> DrawnCheck | None:
        """What is drawn and compared; None for a check that only runs code."""
        if self.for_all is None and self.call is None:
            return None
        return DrawnCheck(
            drawn_inputs(self.for_all or {}),
            self.call,
            self.equals,
            self.gradients,
            self.gradcheck,
            self.within,
            self.keeps_dtype,
            self.keeps_device,
            self.may_change,
            self.examples,
        )

    @classmethod
    def drawn_rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        """What no single field of a check can promise."""
        code, call = written.get("code"), written.get("call")
        if code is None and call is None:
            yield Problem((), "the check has neither `code` nor `call`, expected Python that raises, or a call")
        if code is not None and call is not None:
            yield Problem(("call",), "the check has both `code` and `call`, expected one")
        inputs = written.get("for_all")
        names = list(cast("dict[str, object]", inputs)) if isinstance(inputs, dict) else []
        for key in ("equals", "gradients", "gradcheck", "within", "keeps_dtype", "keeps_device", "may_change"):
            if key in written and call is None:
                yield Problem((key,), f"`{key}` has no `call` to be about, expected both or neither")
        for key in ("gradients", "gradcheck", "may_change"):
            given = written.get(key)
            for index, name in enumerate(cast("list[object]", given) if isinstance(given, list) else []):
                if isinstance(name, str) and name not in names:
                    sentence = f"`{key}` names {in_backticks(name)}, which is not an input of `for_all`"
                    yield Problem((key, index), sentence + did_you_mean(name, names))


class MeasureSchema(Part):
    """What a right answer is timed on, in turns with PyTorch's own means."""

    makes = Measure

    inputs: dict[str, Expression] = Field(
        default_factory=dict[str, str],
        description="The inputs, each an expression of those before it, such as `x: torch.randn(512, 512)`.",
    )
    call: Expression = Field(description="What is timed, such as `softmax(x)`.")
    against: Expression = Field(description="The same with PyTorch's own means, such as `torch.softmax(x, -1)`.")
    most_time: float | None = Field(
        default=None,
        gt=0,
        strict=False,
        description="How many times as long it may take; without it, it is only shown.",
    )
    most_memory: float | None = Field(
        default=None, gt=0, strict=False, description="How many times the memory it may take; without it, only shown."
    )

    def plain(self) -> Any:
        """The measure, with its inputs in order."""
        return Measure(tuple(self.inputs.items()), self.call, self.against, self.most_time, self.most_memory)
