"""What a run yields, as frozen dataclasses: the values, the numbers of its training, its errors, its recording.

The probe builds them inside the kernel, `wire` writes and reads them, and the tutor and both faces use them as they
are. In sentences for the learner, backticks stand around code.
"""

from __future__ import annotations

from typing import Literal

from tui_torch.protocol.code_help import Documentation

# What an event holds is found where the event is.
from tui_torch.protocol.grading.results import CheckResult as CheckResult
from tui_torch.protocol.grading.results import Measured as Measured
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.notes import Note
from tui_torch.protocol.plots.plotted import Plotted
from tui_torch.protocol.plots.sampled_texts import TextsSampled
from tui_torch.protocol.summaries import Change as Change
from tui_torch.protocol.summaries import Element as Element
from tui_torch.protocol.summaries import FrameLocals as FrameLocals
from tui_torch.protocol.summaries import Inspection as Inspection
from tui_torch.protocol.summaries import Kind as Kind
from tui_torch.protocol.summaries import ParameterSummary as ParameterSummary
from tui_torch.protocol.summaries import Statistics as Statistics
from tui_torch.protocol.summaries import Summary as Summary


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of the learner's own code in a traceback."""

    line: int
    """From 1, the first line of what was run."""
    function: str
    """`<module>` at the level of the module."""
    code: str
    file: str | None = None
    """The path of the file that it is in, `In [3]` for a notebook's cell, or `step a-fit` for an earlier step of a
    lesson; None for what runs, where that is in neither."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The value of one expression in the namespace, as plain data."""

    expression: str
    value: object
    """Tensors, arrays, sizes and tuples as lists; numbers, text, bools, None as they are; anything else as its repr."""
    error: str | None = None
    """Why it could not be evaluated: `NameError: name 'w' is not defined`."""


# The course of a run: `Started`, unless what it stands on failed, then any of the others, and `Finished` last.


@dataclass(frozen=True, slots=True)
class PutBack:
    """What code before had left otherwise than it was, and is again as it was. Each is said once in a kernel's life."""

    names: tuple[str, ...]
    """As one writes them, in backticks, or a few words: "`random.seed`", "hooks on every module"."""
    is_fresh: bool = False
    """Whether nothing changes it back, so that a fresh kernel was started for the run."""

    @property
    def sentence(self) -> str:
        """What the learner is told."""
        names = ", ".join(self.names)
        if self.is_fresh:
            return f"Code before had changed {names}, which nothing changes back, so a fresh kernel runs this."
        return f"Put back, since code before had changed it: {names}."


@dataclass(frozen=True, slots=True)
class Started:
    """The kernel runs the code now; what the code stands on has run."""


@dataclass(frozen=True, slots=True)
class Output:
    """Text that the code wrote."""

    text: str
    stream: Literal["stdout", "stderr"] = "stdout"


@dataclass(frozen=True, slots=True)
class LateOutput:
    """Text that a thread or a process of an earlier run wrote while this one goes on."""

    text: str
    sentence: str
    """What the learner is told, with the text."""


@dataclass(frozen=True, slots=True)
class Printed:
    """Texts that the code wrote to its two streams in turn, in the order in which it wrote them."""

    pieces: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Displayed:
    """The value of a last line that is an expression, or of an argument of `display()`, as text."""

    text: str
    is_result: bool = False
    """Whether it is the value of the last line."""
    display_id: str | None = None
    """The id that the code gave it, by which it can be replaced; None if it stays as it is."""
    is_update: bool = False
    """Whether it stands in the place of what was displayed under its id."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that the code displays, such as one of Matplotlib's: a PNG, JPEG or GIF, as it was sent."""

    image: bytes
    text: str
    """What to show where there is no room for pictures: `<Figure size 640x480 with 1 Axes>`."""
    display_id: str | None = None  # these two as in `Displayed`
    is_update: bool = False


@dataclass(frozen=True, slots=True)
class Cleared:
    """The code called `clear_output()`: what it has printed and displayed is to be taken away."""


@dataclass(frozen=True, slots=True)
class InputRequested:
    """The code called `input()` and waits for a line."""

    prompt: str
    password: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """The code is about to ask for a line, and all that it wrote before has been sent."""

    number: int
    """How often code has asked since the process began."""


# Training

SeriesKind = Literal["loss", "learning rate", "gradient norm", "logged", "validation", "gradient norm by layer"]
"""`logged`: given to `log()` or a `SummaryWriter`. `validation`: by the training's loss function, without gradients."""
LAYERS: Literal["gradient norm by layer"] = "gradient norm by layer"
"""The kind of the series of layers, one each, which only a watched training has; their names are the layers'."""


@dataclass(frozen=True, slots=True)
class SeriesPoints:
    """The new points of one series: at most 1,000, thinned by minimum and maximum."""

    name: str
    """Of a loss, what goes backward: `loss`, `loss_d`. Of a rate, `lr`, or `opt_d.lr` where several optimizers step.
    `gradient norm`, or `opt_d gradient norm`, sampled at each event. Of a layer, `model.encoder`, `model[0]`, and of
    neighbours `model.layers[0:4]`. Of others, the name that the code gives them."""
    kind: SeriesKind
    points: tuple[tuple[int, float], ...]
    """(step, value) pairs, oldest first. Steps count from 1 over all the losses of a run; without one, by name."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """What the recorder found since the last event."""

    step: int
    """Number of `backward()` calls on a scalar since the run began; in code without any, of losses with gradients."""
    series: tuple[SeriesPoints, ...]
    """The series that grew, in the order of their first points in the run; at most 16, and 16 of layers."""
    epoch: int | None
    """Number of passes over a DataLoader that have begun and have a `backward()` in them; None without a DataLoader."""
    epoch_starts: tuple[int, ...]
    """The steps at which the epochs since the last event began."""
    learning_rate: float | None
    """Of the first parameter group of the optimizer that stepped last."""
    optimizer_steps: int
    """Number of calls of an optimizer's `step()` since the run began."""
    steps_per_second: float | None = None
    """The current speed; None before the second event of a run."""
    why_no_loss: str = ""
    """Why a loop has no loss to draw, in a sentence; empty if it has one."""
    are_threads_gathered: bool = False
    """Whether PyTorch's threads take turns on one processor, which makes the loop faster beside busy programs."""

    @property
    def losses(self) -> tuple[tuple[int, float], ...]:
        """(step, value) pairs of all losses together, oldest first."""
        return tuple(sorted(point for series in self.series if series.kind == "loss" for point in series.points))


@dataclass(frozen=True, slots=True)
class Watched:
    """Values in the middle of a run: the pinned ones, and the one that the learner looks at."""

    summaries: tuple[Summary, ...]


@dataclass(frozen=True, slots=True)
class PagesRead:
    """The pages that the learner looks at, in the middle of a run."""

    views: tuple[object, ...]
    """Each as `wire.encode_tagged()` made it of one of `views.py`, which is not imported at the launch."""


@dataclass(frozen=True, slots=True)
class LocalsRead:
    """The locals of the functions that the run trains in, in place of those before."""

    frames: tuple[FrameLocals, ...]
    """Those of the function that trained last first, then of its callers, then of others; at most 4."""


@dataclass(frozen=True, slots=True)
class Noted:
    """The coach has a note: during the run when it is urgent, otherwise at the end."""

    note: Note


@dataclass(frozen=True, slots=True)
class Inspected:
    """The run is over, and these are the values that it left."""

    inspection: Inspection


@dataclass(frozen=True, slots=True)
class Graded:
    """An exercise's checks, in the lesson's order."""

    checks: tuple[CheckResult, ...]
    measured: Measured | None = None
    """Time and memory of an answer that passes, where the exercise asks for them."""

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
    """The values of `Run.values`."""

    values: tuple[Evaluation, ...]


# Errors


@dataclass(frozen=True, slots=True)
class Reading:
    """One of the things that a line may have been meant to do, with the code for it."""

    meant: str
    """The condition: `the rows are to stand side by side`."""
    code: str
    """Code to write instead; it was tried as a suggested fix is."""
    gives: str | None = None
    """What it evaluates to, `[2, 7]`; None where that says nothing."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error means where it happened."""

    meaning: str
    """One or two sentences, with the numbers of the line that failed."""
    names: tuple[tuple[str, str], ...] = ()
    """(expression, description) pairs of what the line names: `("x", "[15, 3] float32")`. At most 6."""
    suggested_fix: str | None = None
    """Code to write instead; it was tried on stand-ins of the same shapes and dtypes, and works."""
    suggested_fix_gives: str | None = None
    """What the suggested fix evaluates to, `[15, 2]`; None where that says nothing."""
    readings: tuple[Reading, ...] = ()
    """Where what was meant is not known, what each meaning would be written as; there is no suggested fix then."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The code raised."""

    error: str
    """The exception's class: `RuntimeError`."""
    message: str
    frames: tuple[Frame, ...]
    """The learner's lines only, outermost first; for a SyntaxError, the line that could not be read."""
    in_step: str | None = None
    """The id of the earlier step that failed when it was replayed; None when the code itself failed."""
    explanation: Explanation | None = None
    """None when there is nothing to add to the message."""


# Recordings line by line

PositionEvent = Literal["line", "return", "exception", "backward"]
"""`line`: the line runs next. `return`: the function returns next; at the last position of a run, everything has run.
`exception`: the line raised. `backward`: a `backward()` of the line has filled gradients."""


@dataclass(frozen=True, slots=True)
class Position:
    """One moment of a recorded run: where it is, and what has changed since the position before."""

    line: int
    """From 1, the first line of what was run."""
    function: str
    """`<module>`, `fit`, `Net.forward`, `outer.inner`; `<lambda>` for a lambda."""
    depth: int
    """Number of the learner's functions and class bodies that are running: 0 at the level of the module."""
    call: int
    """The number of the call that it belongs to, in the order in which calls begin: 0 is the module."""
    event: PositionEvent
    summaries: tuple[Summary, ...]
    """Of the names that changed, in the order of the namespace. A name that is no longer visible has the change `gone`:
    it was deleted, or its function was left. At the first position, of all names from before the run, each `same`."""
    printed: int
    """Number of characters printed so far."""
    note: str | None = None
    """What no name shows: `returns 3.0`, `ValueError: no`, `the gradient 1.0 arrives at loss; w.grad 3.0`."""
    omitted: int = 0
    """Number of visible names left out because there were more than a recording follows."""
    pinned: tuple[Summary, ...] = ()
    """Of the pinned expressions other than names, those whose summary changed; see `summaries`."""
    figures: int = 0
    """Number of pictures displayed so far."""

    @property
    def changed(self) -> tuple[str, ...]:
        """The names that changed since the position before."""
        return tuple(summary.name for summary in self.summaries if summary.change != "same")


@dataclass(frozen=True, slots=True)
class Trace:
    """A run recorded line by line: at most 20,000 positions and 32 MiB."""

    positions: tuple[Position, ...]
    source: str
    """The code that was run."""
    output: tuple[Output, ...]
    """What it printed, in pieces: the first 200,000 characters."""
    stopped: str | None
    """Where and why the recording ended before the run did, in a sentence; None when the run is complete."""
    clears: tuple[int, ...] = ()
    """How many characters it had printed at each `clear_output()`, which took them away for what came next."""


@dataclass(frozen=True, slots=True)
class Traced:
    """The recording of a run that was asked for with `Run.trace`."""

    trace: Trace


@dataclass(frozen=True, slots=True)
class ProgramExited:
    """A program has come to the end that `python FILE` would come to: its last line, `sys.exit()` or an exception."""

    code: int
    """Its exit code."""

    @property
    def is_success(self) -> bool:
        """Whether the code is 0."""
        return self.code == 0


Outcome = Literal["ok", "failed", "interrupted", "died"]
"""How a run ended. `died`: the kernel process is gone."""

INTERRUPTED = "Interrupted. What the code had made until then is still there."
"""The reason of a run that was interrupted, and whose kernel goes on."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over."""

    outcome: Outcome
    seconds: float
    reason: str = ""
    """For `interrupted` and `died`: one sentence that says what happened and what is left."""


Event = (
    PutBack
    | Started
    | Output
    | Displayed
    | Figure
    | LateOutput
    | Documentation
    | Cleared
    | InputRequested
    | TrainingProgress
    | Watched
    | LocalsRead
    | PagesRead
    | Plotted
    | TextsSampled
    | Noted
    | Inspected
    | Graded
    | Evaluated
    | Failed
    | Traced
    | ProgramExited
    | Finished
)
"""What a run yields."""
