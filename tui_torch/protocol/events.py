"""What a run says, as frozen dataclasses. The only vocabulary that crosses from the kernel to everything above it.

Both sides share these classes: the probe builds them inside the kernel, `kernel.wire` carries them over, and
the tutor, the console and the widgets read them. The module imports nothing heavy, on either side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["tensor", "parameter", "array", "module", "optimizer", "dataset", "loader", "container", "value"]
"""What a summary describes. `container`: a list, tuple, dict or dataclass with a tensor, array or module in it.
`value`: anything else, such as a number, a string, or a list of them."""

Change = Literal["new", "changed", "changed in place", "gradient filled", "same", "gone"]
"""What the last run did to a name. `changed`: bound to another object. `changed in place`: other numbers in it."""

Element = int | float | bool | str
"""One element of a tensor. Numbers that JSON lacks (`nan`, `inf`, `-inf`, complex numbers) arrive as text."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers about the elements of one tensor. NaN and Inf are counted, and left out of everything else."""

    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    """Sample standard deviation, as `Tensor.std()` gives it; None for fewer than two finite elements."""
    nan: int
    inf: int
    zeros: int
    histogram: tuple[int, ...]
    """Ten counts over equal bins from minimum to maximum; empty when there is no finite element."""
    seen: int
    """How many elements these numbers were computed from. Fewer than the tensor has: it was sampled."""


@dataclass(frozen=True, slots=True)
class ParameterSummary:
    """One parameter of a module."""

    name: str
    shape: tuple[int, ...]
    trainable: bool
    norm: float | None
    """Euclidean norm of the weights; None when they cannot be read (meta device, uninitialized)."""
    gradient_norm: float | None
    """Euclidean norm of `.grad`; None before any `backward()`."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One value of the namespace (or one pinned expression), as much of it as a person wants to see."""

    name: str
    kind: Kind
    type: str
    """The class's name: `Tensor`, `Parameter`, `ndarray`, `Linear`, `int`."""
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    """`float32`, `int64`, …, without a `torch.` in front."""
    device: str | None = None
    requires_grad: bool = False
    is_leaf: bool = True
    grad_fn: str | None = None
    """The class of the operation that made this tensor: `MulBackward0`. None at a leaf."""
    numel: int = 0
    """Elements of a tensor; parameters' elements of a module or an optimizer, all together; items of a container."""
    statistics: Statistics | None = None
    values: tuple[Element, ...] | None = None
    """Every element in row-major order, when there are at most 64 of them."""
    gradient: Summary | None = None
    """The summary of `.grad`; None when there is none."""
    parameters: tuple[ParameterSummary, ...] = ()
    """A module's parameters, the first 32."""
    text: str = ""
    """A plain value's repr, a module's one-line repr; at most 200 characters."""
    change: Change = "same"
    note: str | None = None
    """Why something could not be shown, or a failed pinned expression's error, in a sentence."""
    facts: tuple[tuple[str, str], ...] = ()
    """(what, how much) of an optimizer, a dataset or a loader: `("batch size", "32")`; at most 24."""
    shares: tuple[str, ...] = ()
    """Other names whose memory is in the same storage, NumPy arrays' included; the first 4."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The summaries of a namespace after a run."""

    pinned: tuple[Summary, ...]
    """The step's pinned expressions, in the lesson's order."""
    variables: tuple[Summary, ...]
    """Names in the order in which they were first bound; names that begin with `_` are left out."""
    omitted: int = 0
    """How many more names there were than an inspection carries."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of the learner's own code in a traceback."""

    line: int
    """1 is the first line of what was run."""
    function: str
    code: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check of an exercise found."""

    name: str
    passed: bool
    message: str = ""
    """What was seen and what was wanted; empty when the check passed."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The value of one expression in the namespace, as plain data."""

    expression: str
    value: object
    """Tensors, arrays, sizes and tuples as lists; numbers, text, bools, None as they are; anything else as its repr."""
    error: str | None = None
    """`NameError: name 'w' is not defined`, when it could not be evaluated."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first word of the probe, once torch is imported."""

    problem: str | None
    """Why no code can run, and what to do, in a sentence or two; None when all is well."""


# What a run yields, in this order: Started, then any of the middle ones, then Finished, always and last.


@dataclass(frozen=True, slots=True)
class Started:
    """The kernel began to run the code, everything that it stands on having run before."""


@dataclass(frozen=True, slots=True)
class Output:
    """Text that the code wrote."""

    text: str
    stream: Literal["stdout", "stderr"] = "stdout"


@dataclass(frozen=True, slots=True)
class Displayed:
    """The value of a last line that is an expression, or what `display()` was given."""

    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture, as matplotlib shows one."""

    png: bytes
    text: str


@dataclass(frozen=True, slots=True)
class InputRequested:
    """The code called `input()` and waits for a line."""

    prompt: str
    password: bool = False


SeriesKind = Literal["loss", "learning rate", "gradient norm", "logged"]
"""What the numbers of a series are. `logged`: given by the learner, to `log()` or to a `SummaryWriter`."""


@dataclass(frozen=True, slots=True)
class SeriesPoints:
    """What came to one series of a run's numbers. Bounded: at most 1,000 points, thinned by min and max."""

    name: str
    """Of a loss, the expression that `backward()` was called on: `loss`, `loss_d`; `loss` when it cannot be told. Of a
    learning rate, `lr`, or `opt_d.lr` where several optimizers step. `gradient norm`, or `opt_d gradient norm`, sampled
    at each event. Of what was logged, the name that it was given."""
    kind: SeriesKind
    points: tuple[tuple[int, float], ...]
    """(step, value) pairs, oldest first. The first step is 1; steps are counted over all the losses of a run. What is
    logged in a run without a loss is counted by itself."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """What the recorder saw since the last event."""

    step: int
    """Number of backward() calls on a scalar since the run began."""
    series: tuple[SeriesPoints, ...]
    """The series that grew, in the order in which they first came up in the run; at most 16."""
    epoch: int | None
    """Passes over a DataLoader, with a backward() in them, begun so far; None when the loop uses none."""
    epoch_starts: tuple[int, ...]
    """The steps at which the epochs since the last event began."""
    learning_rate: float | None
    """Of the first parameter group of the optimizer that stepped last."""
    optimizer_steps: int
    """Calls of an optimizer's step() since the run began."""
    steps_per_second: float | None = None
    """How fast steps come just now; None before the second event of a run."""

    @property
    def losses(self) -> tuple[tuple[int, float], ...]:
        """(step, loss) pairs of every loss there is, oldest first."""
        return tuple(sorted(point for series in self.series if series.kind == "loss" for point in series.points))


@dataclass(frozen=True, slots=True)
class Watched:
    """Values as they are in the middle of a run: the pinned ones, and the one that the learner looks at."""

    summaries: tuple[Summary, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a step's `plot:` draws, as it is just now. Bounded: at most 500 points, and 500 of the fit."""

    points: tuple[tuple[float, float], ...]
    """(x, y) pairs."""
    fit: tuple[tuple[float, float], ...] = ()
    """(x, prediction) pairs by growing x, to be joined by a line; empty when there is none yet."""
    problem: str | None = None
    """Why it cannot be drawn, in a sentence."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the coach says about a run. What stands in backticks is code."""

    rule: str
    """The rule that found it: `never-zeroed`."""
    says: str
    """One or two sentences, with the numbers of this run."""
    line: int | None = None
    """Which of the learner's lines it is about; 1 is the first line of what was run."""
    suggested_fix: str | None = None
    """That line, or a few, as they ought to be."""


@dataclass(frozen=True, slots=True)
class Noted:
    """The coach has something to say: during the run when it cannot wait, or else as it ends."""

    note: Note


@dataclass(frozen=True, slots=True)
class Inspected:
    inspection: Inspection


@dataclass(frozen=True, slots=True)
class Graded:
    """An exercise's checks, in the lesson's order."""

    checks: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return not self.failing

    @property
    def failing(self) -> tuple[str, ...]:
        """The names of the checks that did not pass, in the lesson's order."""
        return tuple(check.name for check in self.checks if not check.passed)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The values of the expressions that a run was asked for."""

    values: tuple[Evaluation, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error means where it happened. What stands in backticks is code."""

    meaning: str
    """One or two sentences, with the numbers of the line that failed."""
    names: tuple[tuple[str, str], ...] = ()
    """(expression, description) pairs of what the line names: `("x", "[15, 3] float32")`. At most 6."""
    suggested_fix: str | None = None
    """Code to write instead; it was tried on stand-ins of the same shapes and dtypes, and works."""
    suggested_fix_gives: str | None = None
    """What the suggested fix evaluates to, `[15, 2]`; None where that says nothing."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The code raised."""

    error: str
    """The exception's class: `RuntimeError`."""
    message: str
    frames: tuple[Frame, ...]
    """The learner's lines only, outermost first; for a SyntaxError, the line that could not be read."""
    in_step: str | None = None
    """Which earlier part of the lesson failed while what the code stands on was replayed; None: the code itself."""
    explanation: Explanation | None = None
    """None for an error that has nothing to add to its own words."""


PositionEvent = Literal["line", "return", "exception", "backward"]
"""`line`: the line is about to run. `return`: the function is about to be left; as the last position of a run, all has
run. `exception`: the line raised. `backward`: a `backward()` of the line has just filled gradients."""


@dataclass(frozen=True, slots=True)
class Position:
    """One moment of a run recorded line by line: where it was, and what had changed since the position before."""

    line: int
    """1 is the first line of what was run."""
    function: str
    """`<module>`, `fit`, `Net.forward`, `outer.inner`; `<lambda>` for a lambda."""
    depth: int
    """How many of the learner's own functions (and class bodies) were being run: 0 at the level of the module."""
    call: int
    """Which call it belongs to, numbered in the order in which they began: 0 is the module."""
    event: PositionEvent
    summaries: tuple[Summary, ...]
    """Of the names that changed, and of those only, in the order of the namespace. A name that can no longer be seen
    has the change `gone`: it was deleted, or its function was left. At the first position, of all that was there
    before the run, with the change `same`."""
    printed: int
    """How many characters had been printed."""
    note: str | None = None
    """What a name cannot show: `returns 3.0`, `ValueError: no`, `the gradient 1.0 arrives at loss; w.grad 3.0`."""
    omitted: int = 0
    """How many more names could be seen than a recording follows."""
    pinned: tuple[Summary, ...] = ()
    """Of the pinned expressions that are no names, those that say something else than before; see `summaries`."""

    @property
    def changed(self) -> tuple[str, ...]:
        """The names that changed since the position before."""
        return tuple(summary.name for summary in self.summaries if summary.change != "same")


@dataclass(frozen=True, slots=True)
class Trace:
    """A run recorded line by line: at most 2,000 positions and 32 MB."""

    positions: tuple[Position, ...]
    source: str
    """The code that was run."""
    output: tuple[Output, ...]
    """What it printed, in pieces; the first 200,000 characters of it."""
    stopped: str | None
    """Where the recording ended before the run did, and why, in a sentence; None when all of the run is here."""


@dataclass(frozen=True, slots=True)
class Traced:
    """The run was recorded, as it was asked to be."""

    trace: Trace


Outcome = Literal["ok", "failed", "interrupted", "died"]


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over."""

    outcome: Outcome
    seconds: float
    reason: str = ""
    """For `interrupted` and `died`: one sentence that says what happened and what is left."""


Event = (
    Started
    | Output
    | Displayed
    | Figure
    | InputRequested
    | TrainingProgress
    | Watched
    | Fitted
    | Noted
    | Inspected
    | Graded
    | Evaluated
    | Failed
    | Traced
    | Finished
)
