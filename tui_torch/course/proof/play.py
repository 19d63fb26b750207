"""Plays a step as its lesson has it, without a screen, and compares what happened with what the lesson says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import field, replace

from tui_torch.course.expected import expected_here
from tui_torch.course.lesson import AnyStep, Exercise, Expect, Lesson, Quiz, VersionExpect
from tui_torch.course.problem import Loc, Problem
from tui_torch.course.proof.expect import difference, output_matches, outside
from tui_torch.course.step_run import code_of, run_of, unmeasured, without_smallest
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Cleared,
    Displayed,
    Evaluated,
    Evaluation,
    Event,
    Failed,
    Figure,
    Finished,
    FrameLocals,
    Graded,
    InputRequested,
    Inspected,
    Inspection,
    LocalsRead,
    Note,
    Noted,
    Outcome,
    Output,
    Started,
    TrainingProgress,
)
from tui_torch.protocol.inspection_updates import is_complete
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import STOPPED
from tui_torch.protocol.plots.plotted import Plotted
from tui_torch.protocol.plots.sampled_texts import SampledText, TextsSampled

END_OF_INPUT = "\x04"
"""What a Jupyter kernel takes for the end of the input: `input()` raises EOFError."""
STOPS_EVERY = 1.0
"""Seconds between two attempts to stop code that has run for too long: a kernel that starts hears none."""


@dataclass(frozen=True, slots=True)
class Unattended:
    """That nobody watches a run: its `input()` is told that there is none, and one that takes too long is stopped."""

    limit: float | None
    """Seconds that it may take, with what it stands on and with its checks; None: as long as it takes."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a step did, and where that differs from what its lesson says."""

    output: str
    """What it printed to stdout, since its last `clear_output()`; the fields down to `figures` likewise."""
    stderr: str
    """What it printed to stderr, warnings among it."""
    result: str | None
    """The text of its last expression's value; None where it had none."""
    displayed: tuple[str, ...]
    """The texts of what it gave to `display()`, as they were last, other than figures."""
    figures: tuple[Figure, ...]
    failed: Failed | None
    inspection: Inspection | None
    frames: tuple[FrameLocals, ...]
    """The functions that it trained in, with their locals."""
    losses: tuple[float, ...]
    """The recorded losses, oldest first; thinned if there were more than the recorder sends."""
    series: dict[str, tuple[tuple[int, float], ...]]
    """The points (step, value) of each series by its name: losses, learning rates, gradient norms, what was logged."""
    epochs: int | None
    """Number of passes over a DataLoader with a backward() in them; None if there were none."""
    graded: Graded | None
    values: tuple[Evaluation, ...]
    outcome: Outcome
    reason: str
    """A sentence for `interrupted` and `died`; empty otherwise."""
    seconds: float
    problems: tuple[Problem, ...] = ()
    """Where it differs from what the lesson says, by path from the step; empty when it did what it should."""
    notes: tuple[Note, ...] = ()
    """The coach's notes on the run."""
    plotted: Plotted | None = None
    """What the step plots, as it was at the end."""
    texts: tuple[SampledText, ...] = ()
    """What the run wrote now and then, each at its step."""
    started: bool = False
    """Whether what it stands on has run, so that its own code began."""
    limit: float | None = None
    """The seconds after which it was stopped; None when it was not."""
    asked: str | None = None
    """What its first `input()` asked, where nobody was there to answer; None when there was none."""

    @property
    def ok(self) -> bool:
        """Whether the step did what its lesson says."""
        return not self.problems


@dataclass(slots=True)
class _EventsSoFar:
    """What the events of a run have reported so far."""

    output: list[str] = field(default_factory=list[str])
    stderr: list[str] = field(default_factory=list[str])
    result: str | None = None
    shown: list[Displayed | Figure] = field(default_factory=list["Displayed | Figure"])
    series: dict[str, list[tuple[int, float]]] = field(default_factory=dict[str, "list[tuple[int, float]]"])
    failed: Failed | None = None
    inspection: Inspection | None = None
    frames: tuple[FrameLocals, ...] = ()
    losses: list[float] = field(default_factory=list[float])
    epochs: int | None = None
    graded: Graded | None = None
    values: tuple[Evaluation, ...] = ()
    notes: list[Note] = field(default_factory=list[Note])
    plotted: Plotted | None = None
    texts: tuple[SampledText, ...] = ()
    started: bool = False
    finished: Finished = field(default_factory=lambda: Finished("died", 0.0, "The run ended without a word."))

    def add(self, event: Event) -> None:
        match event:
            case Output(text, "stdout"):
                self.output.append(text)
            case Documentation(_, text):
                self.output.append(f"{text}\n")
            case Output(text):
                self.stderr.append(text)
            case Displayed(text, is_result=True):
                self.result = text
            case Displayed() | Figure():
                self._show(event)
            case Cleared():
                self.result = None
                for kept in (self.output, self.stderr, self.shown):
                    kept.clear()
            case TrainingProgress():
                self.losses.extend(loss for _, loss in event.losses)
                self.epochs = event.epoch
                for series in event.series:
                    self.series.setdefault(series.name, []).extend(series.points)
            case Plotted():
                self.plotted = event
            case TextsSampled(texts):
                self.texts = texts
            case Noted(note):
                self.notes.append(note)
            case Inspected(inspection):
                self.inspection = inspection
            case LocalsRead(frames):
                self.frames = frames
            case Graded():
                self.graded = event
            case Evaluated(values):
                self.values = values
            case Failed():
                self.failed = event
            case Started():
                self.started = True
            case Finished():
                self.finished = event
            case _:
                pass

    def _show(self, event: Displayed | Figure) -> None:
        replaced = False
        if event.is_update and event.display_id is not None:
            for at, shown in enumerate(self.shown):
                if shown.display_id == event.display_id:
                    self.shown[at] = event
                    replaced = True
        if not replaced:
            self.shown.append(event)

    def played(self) -> Played:
        return Played(
            output="".join(self.output),
            stderr="".join(self.stderr),
            result=self.result,
            displayed=tuple(shown.text for shown in self.shown if isinstance(shown, Displayed)),
            figures=tuple(shown for shown in self.shown if isinstance(shown, Figure)),
            series={name: tuple(points) for name, points in self.series.items()},
            failed=self.failed,
            inspection=self.inspection,
            frames=self.frames,
            losses=tuple(self.losses),
            epochs=self.epochs,
            graded=self.graded,
            values=self.values,
            outcome=self.finished.outcome,
            reason=self.finished.reason,
            seconds=self.finished.seconds,
            notes=tuple(self.notes),
            plotted=self.plotted,
            texts=self.texts,
            started=self.started,
        )


async def attempt(
    kernel: KernelSession,
    lesson: Lesson,
    step: AnyStep,
    code: str,
    *,
    values: tuple[str, ...] = (),
    watch: Callable[[Event], None] | None = None,
    inspect: bool = True,
    unattended: Unattended | None = None,
    apart: bool = False,
    plot: bool = True,
    smallest: bool = True,
) -> Played:
    """Run some code in a step and collect what happens.

    Args:
        values: Expressions to evaluate after the run.
        watch: Called with each event as it comes.
        inspect: Look at the names that the code leaves, and at the pins. No verdict depends on that.
        unattended: Neither answer the code nor wait for it for ever. None: `watch` answers, and whoever waits stops it.
        apart: What runs next stands on the same or on more: what it stands on may be replayed once for all.
        plot: Read what the step plots, and time what it measures.
        smallest: Look for the smallest inputs on which the code fails. No verdict depends on that.
    """
    so_far = _EventsSoFar()
    asked: list[str] = []
    run = replace(run_of(lesson, step, code), values=values, apart=apart)
    if not inspect:
        run = replace(run, inspect=False, pins=())
    if not plot:
        run = replace(run, plot=None, graded_by=unmeasured(run.graded_by))
    if not smallest:
        run = replace(run, graded_by=without_smallest(run.graded_by))
    limit = unattended.limit if unattended is not None else None
    async with stopped_after(limit, kernel) as stopped:
        async for event in kernel.run(run):
            so_far.add(event)
            if unattended is not None and isinstance(event, InputRequested):
                asked.append(event.prompt)
                kernel.answer(END_OF_INPUT)
            if watch is not None:
                watch(event)
    while so_far.inspection is not None and not is_complete(so_far.inspection):
        if (more := await kernel.read_on()) is None:
            break
        so_far.inspection = more
    played = so_far.played()
    was_stopped = stopped.is_set() and played.outcome == "interrupted"
    return replace(played, limit=limit if was_stopped else None, asked=asked[0] if asked else None)


@asynccontextmanager
async def stopped_after(limit: float | None, kernel: KernelSession) -> AsyncGenerator[asyncio.Event]:
    """Interrupt the run in this block once it has taken too long; the event says that it had."""
    stopped = asyncio.Event()

    async def stop(seconds: float) -> None:
        await asyncio.sleep(seconds)
        stopped.set()
        while True:
            await kernel.interrupt()
            await asyncio.sleep(STOPS_EVERY)

    stopping = asyncio.create_task(stop(limit)) if limit is not None else None
    try:
        yield stopped
    finally:
        if stopping is not None:
            stopping.cancel()


async def play(
    kernel: KernelSession,
    lesson: Lesson,
    step: AnyStep,
    *,
    watch: Callable[[Event], None] | None = None,
    inspect: bool = True,
    unattended: Unattended | None = None,
    apart: bool = False,
) -> Played | None:
    """Run a step's own code and compare with what the lesson says. Returns None for a quiz without code.

    `watch`, `inspect`, `unattended` and `apart` are as for `attempt()`.
    """
    code = code_of(step)
    if code is None:
        return None
    expect, loc = expected_here(step.expect)
    played = await attempt(
        kernel,
        lesson,
        step,
        code,
        # Pins last: one that takes too long leaves the others evaluated.
        values=tuple(dict.fromkeys((*expect.values, *expect.within, *step.pin))),
        watch=watch,
        inspect=inspect,
        unattended=unattended,
        apart=apart,
    )
    return replace(played, problems=tuple(_problems(played, step, expect, loc)))


def _problems(played: Played, step: AnyStep, expect: Expect | VersionExpect, loc: Loc) -> list[Problem]:
    code_key = "solution" if isinstance(step, Exercise) else "code"
    if (sentence := not_finished(played, f"the {code_key}")) is not None:
        return [Problem((code_key,), sentence)]
    if played.outcome in ("interrupted", "died"):
        return [Problem((code_key,), played.reason)]
    failed = played.failed
    if failed is not None and failed.in_step is not None:
        return [Problem((code_key,), f"step `{failed.in_step}`, which it stands on, raised {error_line(failed)}")]
    found: list[Problem] = []
    if failed is not None and expect.raises is None:
        return [Problem((code_key,), f"the code raised {error_line(failed)}")]
    if expect.raises is not None:
        if failed is None:
            found.append(Problem((*loc, "raises"), f"the code ran without an error, expected {expect.raises}"))
        elif failed.error != expect.raises:
            found.append(Problem((*loc, "raises"), f"the code raised {error_line(failed)}, expected {expect.raises}"))
    if expect.output is not None and not output_matches(expect.output, played.output):
        found.append(Problem((*loc, "output"), _output_difference(expect.output, played.output)))
    for value in played.values:
        found.extend(_value_problems(value, expect, loc))
        if value.error is not None and value.expression in step.pin and not _is_never_made(value, expect):
            sentence = f"the pin `{value.expression}` cannot be evaluated: {value.error}"
            found.append(Problem(("pin", step.pin.index(value.expression)), sentence))
    if played.plotted is not None and played.plotted.problem is not None:
        found.append(Problem(("plot",), f"the plot cannot be drawn: {played.plotted.problem}"))
    if played.plotted is not None and played.plotted.cell_problem is not None:
        found.append(
            Problem(("plot", "matrix"), f"it is no confusion matrix of `images`: {played.plotted.cell_problem}")
        )
    if not isinstance(step, Quiz) and step.plot is not None and step.plot.text is not None and not played.texts:
        found.append(Problem(("plot", "text"), f"`{step.plot.text}` gave no text while the code ran"))
    found.extend(Problem((code_key,), f"the solution fails {said}") for said in failed_checks(played))
    return found


def _value_problems(value: Evaluation, expect: Expect | VersionExpect, loc: Loc) -> Iterator[Problem]:
    expression = value.expression
    for key in ("values", "within"):
        if expression not in getattr(expect, key):
            continue
        place = (*loc, key, expression)
        if value.error is not None:
            yield Problem(place, f"`{expression}` cannot be evaluated: {value.error}")
        elif said := (
            difference(expect.values[expression], value.value)
            if key == "values"
            else outside(expect.within[expression], value.value)
        ):
            yield Problem(place, f"`{expression}`: {said}")


def _is_never_made(value: Evaluation, expect: Expect | VersionExpect) -> bool:
    """Whether an expression uses a name that code which raises on purpose does not come to make."""
    return expect.raises is not None and (value.error or "").startswith("NameError:")


def failed_checks(played: Played) -> Iterator[str]:
    """Each check that failed, with what it said: `the check “w is 3”: w is 2; wanted 3`."""
    for check in played.graded.checks if played.graded else ():
        if not check.passed:
            example = check.counterexample
            inputs = ", ".join(f"{name} = {line}" for name, line in example.inputs) if example is not None else ""
            yield f"the check “{check.name}”: {check.message}{f' (with {inputs})' if inputs else ''}"


def not_finished(played: Played, what: str, *, begun: bool = False) -> str | None:
    """Why a run came to no end that says anything about its code: it took too long, or asked; None when it did.

    Args:
        what: The code, such as `the starter`.
        begun: Whether `what` is what the step stands on, which then is what took too long.
    """
    if played.limit is not None:
        code = what if played.started or begun else f"what {what} stands on"
        if (asked := _stopped_in(played)) is not None:
            code = f"{asked} on {what}"
        return f"{code} ran for longer than {played.limit:g} s, expected code that ends; `--limit` allows it more time"
    if played.failed is not None and played.failed.error == "EOFError" and played.asked is not None:
        asked = f"input({played.asked!r})" if played.asked else "input()"
        return f"{what} calls {asked}, expected code that needs no answer: nobody types while a lesson is checked"
    return None


def _stopped_in(played: Played) -> str | None:
    """What was stopped once a step's own code had come to its end: a check, or a value that the lesson expects."""
    for check in played.graded.checks if played.graded else ():
        if check.message == STOPPED:
            return f"the check “{check.name}”"
    for value in played.values:
        if value.error == STOPPED:
            return f"the value `{value.expression}`"
    return None


def error_line(failed: Failed) -> str:
    """The error's class and the first line of its message: `RuntimeError: shapes cannot be multiplied`."""
    first = failed.message.strip().split("\n", 1)[0]
    return f"{failed.error}: {first}" if first else failed.error


def _output_difference(wanted: str, seen: str) -> str:
    """A sentence about the first line that differs, or about all of the output if no single line does."""
    wanted_lines, seen_lines = wanted.rstrip().split("\n"), seen.rstrip().split("\n")
    for number, line in enumerate(wanted_lines, start=1):
        if "..." in line and not output_matches(line, seen_lines[number - 1] if number <= len(seen_lines) else ""):
            break
        if number > len(seen_lines):
            return f"the output ends before line {number}, expected {line!r}"
        if not output_matches(line, seen_lines[number - 1]):
            return f"line {number} of the output is {seen_lines[number - 1]!r}, expected {line!r}"
    return f"the output is {seen.rstrip()!r}, expected {wanted.rstrip()!r}"
