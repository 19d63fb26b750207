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
from tui_torch.protocol.grading.asked import DTYPES, EXAMPLES, RANDOM, RANGES, DrawnCheck, DrawnInput, Measure

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
        case [int() | str() as low, int() | str() as high] if not (isinstance(low, bool) or isinstance(high, bool)):
            limits = [_expression(name, limit) if isinstance(limit, str) else str(limit) for limit in (low, high)]
            return DrawnInput(name, whole=(0, 0), limits=tuple(limits))
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
    names = tuple(map(str, dtypes))
    random = _random(name, rest, names)
    limits = (
        (0.0, 0.0) if random else _limits(name, rest.get("values", [0, 10] if "uint8" in dtypes else [-10, 10]), names)
    )
    low, high = (limit if not isinstance(limit, str) else 0.0 for limit in limits)
    derived = tuple(map(str, limits)) if any(isinstance(limit, str) for limit in limits) else ()
    layout = rest.get("layout", "rows")
    if layout not in ("rows", "any"):
        raise ValueError(f"has `{name}` with the `layout` {in_backticks(str(layout))}, expected `rows` or `any`")
    is_distinct = rest.get("distinct", False)
    if is_distinct not in (True, False):
        raise ValueError(f"has `{name}` with a `distinct` that is no truth value, expected true or false")
    return DrawnInput(
        name,
        shape=tuple(_size(name, size) for size in shape),
        dtypes=names,
        low=float(low),
        high=float(high),
        limits=derived,
        random=random,
        special=_special(name, rest.get("special", []), names),
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


def _random(name: str, rest: dict[str, object], dtypes: tuple[str, ...]) -> str | None:
    """The kind of random numbers that a tensor has; None where each of its elements is drawn."""
    written = rest.get("values")
    if not isinstance(written, str):
        return None
    if written not in RANDOM:
        expected = f"expected {one_of(RANDOM)}, or limits such as `[-10, 10]`"
        raise ValueError(f"has `values` of `{name}` that are {in_backticks(written)}, {expected}")
    for key in ("special", "distinct"):
        if key in rest:
            raise ValueError(f"has `{name}` with `{key}` among {written} values, expected limits for `values`")
    for dtype in dtypes:
        if "float" not in dtype:
            raise ValueError(f"has `{name}` with {written} values in `{dtype}`, expected a dtype of floats")
    return written


def _limits(name: str, written: object, dtypes: tuple[str, ...]) -> tuple[float | str, float | str]:
    """The limits of a tensor's values, each a number or an expression."""
    match written:
        case [int() | float() | str() as low, int() | float() | str() as high] if _are_limits(low, high):
            pass
        case _:
            raise ValueError(f"has `values` of `{name}` that are no limits, expected the lower one first: `[-10, 10]`")
    for limit in (low, high):
        if isinstance(limit, str):
            _expression(name, limit)
            continue
        for dtype in dtypes:
            least, largest = RANGES.get(dtype, (-math.inf, math.inf))
            if not least <= limit <= largest:
                held = f"which {in_backticks(dtype)} cannot hold, expected numbers from {least:,} to {largest:,}"
                raise ValueError(f"has `values` of `{name}` with {limit:g}, {held}")
    return low, high


def _are_limits(low: float | str, high: float | str) -> bool:
    numbers = [limit for limit in (low, high) if not isinstance(limit, str)]
    if any(isinstance(number, bool) or not math.isfinite(number) for number in numbers):
        return False
    return numbers == sorted(numbers)


def _special(name: str, written: object, dtypes: tuple[str, ...]) -> tuple[float, ...]:
    numbers = cast("list[object]", written) if isinstance(written, list) else [written]
    if not all(isinstance(number, int | float) for number in numbers):
        raise ValueError(f"has `special` values of `{name}` that are no numbers, expected such as `[.inf, -1000]`")
    special = tuple(float(cast("float", number)) for number in numbers)
    for number in special:
        if not any(_holds(dtype, number) for dtype in dtypes):
            said = f"which {' and '.join(map(in_backticks, dtypes))} cannot hold"
            raise ValueError(f"has `special` values of `{name}` with {number:g}, {said}, expected one that it can")
    return special


def _holds(dtype: str, number: float) -> bool:
    """Whether a special value can stand in a tensor."""
    if "float" in dtype:
        return True
    least, largest = RANGES.get(dtype, (0, -1))
    return number.is_integer() and least <= number <= largest


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
        "whole number, `k: [1, n]` one up to another, `dim: {one_of: [0, -1]}` one of several values, "
        "`x: {shape: [n, 3], values: [-5, 5]}` a tensor, and text an expression of the inputs before it. The limits of "
        "`values` may be expressions of them, too; `normal` and `uniform` are random numbers. A tensor may have "
        "`dtype`, `special`, `distinct` and `layout` besides.",
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


def reference_rules(written: Mapping[str, object]) -> Iterator[Problem]:
    """Check that what an exercise's `reference` makes is not what the answer is asked for: it would stand in for it."""
    reference, solution = written.get("reference"), written.get("solution")
    if not (isinstance(reference, str) and isinstance(solution, str)):
        return
    try:
        own, asked = _made(reference), _made(solution)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # which the fields themselves say
        return
    for name, line in own.items():
        if name in asked:
            sentence = f"`reference` makes {in_backticks(name)}, which the solution makes too, expected another name"
            yield Problem(("reference",), sentence, line=line, column=1)


def _made(code: str) -> dict[str, int]:
    """The names that code makes, and the line of each; not those that it imports."""
    found: dict[str, int] = {}
    for statement in ast.parse(code).body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.setdefault(name, statement.lineno)
            case ast.Import() | ast.ImportFrom():
                pass
            case _:
                stored = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
                for node in stored:
                    if isinstance(node.ctx, ast.Store):
                        found.setdefault(node.id, node.lineno)
    return found


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
