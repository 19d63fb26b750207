"""What an answer is held to besides the code of its checks: drawn inputs, rules about its code, time and memory.

The lesson holds these as they are, and they cross to the kernel with the order to grade.
"""

from __future__ import annotations

from typing import Literal, get_args

from tui_torch.protocol.late_dataclass import dataclass

DType = Literal["float64", "float32", "bfloat16", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
"""The dtypes that an input can be drawn in."""
DTYPES: tuple[DType, ...] = get_args(DType)
RANDOM = ("normal", "uniform")
"""What `values` may be in place of limits: around 0 with a spread of 1, or from 0 to 1."""
RANGES: dict[str, tuple[int, int]] = {
    "float16": (-65504, 65504),
    "int64": (-(2**53), 2**53),
    "int32": (-(2**31), 2**31 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "uint8": (0, 2**8 - 1),
}
"""The least and the largest value that is drawn in a dtype, of those that cannot hold every limit that one may write.

Limits are floats, which have all whole numbers up to 2**53.
"""

ALLOWED_CALLS = "allowed calls"
REQUIRED_CALLS = "required calls"
NO_LOOPS = "no Python loops"
SHORT_ENOUGH = "short enough"
FAST_ENOUGH = "fast enough"
LITTLE_MEMORY = "little memory"
"""The names of the checks that come of `forbid`, `require`, `loops`, `statements` and the limits of `measure`."""

EXAMPLES = 50
"""Number of inputs that are drawn for a check, unless it says another."""
SECONDS = 5.0
"""How long a check may take, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class DrawnInput:
    """An input of a check: drawn for each example, or derived from those before it."""

    name: str
    whole: tuple[int, int] | None = None
    """A whole number from the first to the second."""
    one_of: tuple[object, ...] = ()
    """One of these values, the first of which is the simplest."""
    expression: str | None = None
    """Derived: an expression of the inputs before it."""
    shape: tuple[str, ...] | None = None
    """A tensor: the size of each dimension, an expression of the inputs before it; () for a single number."""
    dtypes: tuple[str, ...] = ("float32",)
    """One of these dtypes, the first of which is the simplest."""
    low: float = -10.0
    high: float = 10.0
    """The limits of a tensor's values."""
    limits: tuple[str, ...] = ()
    """Two expressions of the inputs before it, in place of `whole`, or of `low` and `high`; () for those."""
    random: str | None = None
    """Of a tensor of random numbers, `normal` or `uniform`, of which one seed is drawn; None: each element is drawn."""
    special: tuple[float, ...] = ()
    """Values that stand among the others, such as inf."""
    is_distinct: bool = False
    """Whether no two elements are the same."""
    is_strided: bool = False
    """Whether it may lie in memory otherwise than row by row."""


@dataclass(frozen=True, slots=True)
class DrawnCheck:
    """A check with drawn inputs, which compares a call of the learner's with a reference, or runs code."""

    inputs: tuple[DrawnInput, ...]
    call: str | None = None
    """Python whose last line is an expression of what the answer made: the value to compare; None: it has code."""
    equals: str | None = None
    """Python whose last line is what it should be; None: the same call of the solution's."""
    gradients: tuple[str, ...] = ()
    """The inputs whose gradients are compared with those through the reference."""
    gradcheck: tuple[str, ...] = ()
    """The inputs whose gradients are compared, in float64, with differences of the call's own values."""
    within: float | None = None
    """Relative and absolute tolerance; None: one that suits the dtype."""
    is_dtype_kept: bool = True
    """Whether the dtype is compared, too."""
    is_device_kept: bool = False
    """Whether the value has to come where the inputs are: tried on a device that is not the processor."""
    may_change: tuple[str, ...] = ()
    """The inputs that the call may change in place."""
    examples: int = EXAMPLES


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """Rules about the code of an answer, which are read off its syntax tree. Each that is set is a check."""

    forbid: tuple[str, ...] = ()
    """Names that it may not use: `softmax` by whatever path, `torch.softmax` by that one, or an operator such as `@`.
    """
    require: tuple[str, ...] = ()
    """Names of which it has to use each."""
    has_loops: bool = True
    """Whether it may have Python loops: `for`, `while`, comprehensions, `map`."""
    statements: int | None = None
    """Most statements that it may have, besides imports, docstrings and the lines of `def` and `class`."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Inputs on which a right answer is timed in turns with a reference."""

    inputs: tuple[tuple[str, str], ...]
    """(name, expression) pairs; an expression may use the names before it."""
    call: str
    """An expression of what the answer made and of the inputs."""
    against: str
    """An expression that does the same with PyTorch's own means."""
    most_time: float | None = None
    """How many times the reference's time it may take; None: it is only shown."""
    most_memory: float | None = None
    """How many times the reference's memory it may take; None: it is only shown."""


@dataclass(frozen=True, slots=True)
class NamedDrawnCheck:
    """A check with drawn inputs, by its name among an exercise's checks."""

    name: str
    drawn: DrawnCheck


@dataclass(frozen=True, slots=True)
class GradedBy:
    """What an answer is held to besides the code of the checks, and how these are told of."""

    standing: tuple[str, ...]
    """The code that the solution stands on."""
    solution: str
    """What makes the reference of the checks that name none."""
    drawn: tuple[NamedDrawnCheck, ...] = ()
    rules: AnswerRules | None = None
    measure: Measure | None = None
    limits: tuple[tuple[str, float], ...] = ()
    """(name of a check, seconds) of the checks that say how long they may take; the others may take SECONDS."""
    hidden: tuple[str, ...] = ()
    """The names of the checks that are named only when they fail."""
    reference: str = ""
    """Code whose names the checks find, and the answer does not."""
    is_smallest_sought: bool = True
    """Whether smaller inputs are looked for where an answer fails: for who is to see them, not for a verdict alone."""


def rule_names(rules: AnswerRules | None, measure: Measure | None) -> tuple[str, ...]:
    """The names of the checks that rules and limits are, in the order in which they are made."""
    named = (
        (ALLOWED_CALLS, rules is not None and bool(rules.forbid)),
        (REQUIRED_CALLS, rules is not None and bool(rules.require)),
        (NO_LOOPS, rules is not None and not rules.has_loops),
        (SHORT_ENOUGH, rules is not None and rules.statements is not None),
        (FAST_ENOUGH, measure is not None and measure.most_time is not None),
        (LITTLE_MEMORY, measure is not None and measure.most_memory is not None),
    )
    return tuple(name for name, is_set in named if is_set)
