"""Plays a step as its lesson has it, without a screen, and holds what happened against what the lesson says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tui_torch.course.expect import difference, output_matches, value_matches
from tui_torch.course.part import Loc
from tui_torch.course.schema import AnyStep, Example, Exercise, Expect, Lesson, Quiz
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import (
    Evaluated,
    Evaluation,
    Event,
    Failed,
    Finished,
    Graded,
    Inspected,
    Inspection,
    Note,
    Noted,
    Outcome,
    Output,
    TrainingProgress,
)
from tui_torch.protocol.orders import Plot, Run


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a step did not do as its lesson says."""

    loc: Loc
    """Where the lesson says it, from the step: `("expect", "output")`."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Played:
    """What a step did."""

    output: str
    """What it printed to stdout."""
    failed: Failed | None
    inspection: Inspection | None
    losses: tuple[float, ...]
    """The recorded losses, oldest first; every one, unless there were more than the recorder sends."""
    epochs: int | None
    """Passes over a DataLoader with a backward() in them; None when there were none."""
    graded: Graded | None
    values: tuple[Evaluation, ...]
    outcome: Outcome
    reason: str
    """One sentence, for `interrupted` and `died`."""
    seconds: float
    problems: tuple[Problem, ...] = ()
    """Where it differs from what the lesson says; empty when it did what it should."""
    notes: tuple[Note, ...] = ()
    """What the coach said of the run."""

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(slots=True)
class _Seen:
    """What has been seen of a run so far."""

    output: list[str] = field(default_factory=list[str])
    failed: Failed | None = None
    inspection: Inspection | None = None
    losses: list[float] = field(default_factory=list[float])
    epochs: int | None = None
    graded: Graded | None = None
    values: tuple[Evaluation, ...] = ()
    notes: list[Note] = field(default_factory=list[Note])
    finished: Finished = field(default_factory=lambda: Finished("died", 0.0, "The run ended without a word."))

    def take(self, event: Event) -> None:
        match event:
            case Output(text, "stdout"):
                self.output.append(text)
            case TrainingProgress():
                self.losses.extend(loss for _, loss in event.losses)
                self.epochs = event.epoch
            case Noted(note):
                self.notes.append(note)
            case Inspected(inspection):
                self.inspection = inspection
            case Graded():
                self.graded = event
            case Evaluated(values):
                self.values = values
            case Failed():
                self.failed = event
            case Finished():
                self.finished = event
            case _:
                pass

    def played(self) -> Played:
        return Played(
            output="".join(self.output),
            failed=self.failed,
            inspection=self.inspection,
            losses=tuple(self.losses),
            epochs=self.epochs,
            graded=self.graded,
            values=self.values,
            outcome=self.finished.outcome,
            reason=self.finished.reason,
            seconds=self.finished.seconds,
            notes=tuple(self.notes),
        )


def code_of(step: AnyStep) -> str | None:
    """The code that the lesson itself runs in a step: an exercise's solution; None for a quiz without code."""
    match step:
        case Example() | Quiz():
            return step.code
        case Exercise():
            return step.solution


def run_of(lesson: Lesson, step: AnyStep, code: str) -> Run:
    """What running some code in a step takes: the replay, the pins, the checks, the plot."""
    checks = tuple((check.name, check.code) for check in step.checks) if isinstance(step, Exercise) else None
    drawn = None if isinstance(step, Quiz) else step.plot
    plot = None if drawn is None else Plot(drawn.x, drawn.y, drawn.fit)
    return Run(code, standing=lesson.stands_on(step.id), pins=step.pin, checks=checks, plot=plot)


async def attempt(
    kernel: KernelSession,
    lesson: Lesson,
    step: AnyStep,
    code: str,
    *,
    values: tuple[str, ...] = (),
    watch: Callable[[Event], None] | None = None,
) -> Played:
    """Run some code in a step and gather what happens. `watch` is told each event as it comes."""
    run = run_of(lesson, step, code)
    seen = _Seen()
    async for event in kernel.run(replace(run, values=values)):
        seen.take(event)
        if watch is not None:
            watch(event)
    return seen.played()


async def play(
    kernel: KernelSession,
    lesson: Lesson,
    step: AnyStep,
    *,
    watch: Callable[[Event], None] | None = None,
) -> Played | None:
    """Run a step's own code and compare with what the lesson says; None for a quiz that has no code."""
    code = code_of(step)
    if code is None:
        return None
    expect = step.expect or Expect()
    played = await attempt(kernel, lesson, step, code, values=tuple(expect.values), watch=watch)
    problems = tuple(_problems(played, step, expect))
    return Played(**{name: getattr(played, name) for name in Played.__slots__ if name != "problems"}, problems=problems)


def _problems(played: Played, step: AnyStep, expect: Expect) -> list[Problem]:
    code_key = "solution" if isinstance(step, Exercise) else "code"
    if played.outcome in ("interrupted", "died"):
        return [Problem((code_key,), played.reason)]
    failed = played.failed
    if failed is not None and failed.in_step is not None:
        return [Problem((code_key,), f"step `{failed.in_step}`, which it stands on, raised {said(failed)}")]
    found: list[Problem] = []
    if failed is not None and expect.raises is None:
        return [Problem((code_key,), f"the code raised {said(failed)}")]
    if expect.raises is not None:
        if failed is None:
            found.append(Problem(("expect", "raises"), f"the code ran without an error, expected {expect.raises}"))
        elif failed.error != expect.raises:
            found.append(Problem(("expect", "raises"), f"the code raised {said(failed)}, expected {expect.raises}"))
    if expect.output is not None and not output_matches(expect.output, played.output):
        found.append(Problem(("expect", "output"), _output_difference(expect.output, played.output)))
    for value in played.values:
        wanted = expect.values[value.expression]
        loc = ("expect", "values", value.expression)
        if value.error is not None:
            found.append(Problem(loc, f"`{value.expression}` cannot be evaluated: {value.error}"))
        elif not value_matches(wanted, value.value):
            found.append(Problem(loc, f"`{value.expression}`: {difference(wanted, value.value)}"))
    found.extend(
        Problem((code_key,), f"the solution fails the check “{check.name}”: {check.message}")
        for check in (played.graded.checks if played.graded else ())
        if not check.passed
    )
    return found


def said(failed: Failed) -> str:
    """An error in half a line: `RuntimeError: shapes cannot be multiplied`."""
    first = failed.message.strip().split("\n", 1)[0]
    return f"{failed.error}: {first}" if first else failed.error


def _output_difference(wanted: str, seen: str) -> str:
    """The first line that differs, for a person who looks at the lesson's file."""
    wanted_lines, seen_lines = wanted.rstrip().split("\n"), seen.rstrip().split("\n")
    for number, line in enumerate(wanted_lines, start=1):
        if "..." in line and not output_matches(line, seen_lines[number - 1] if number <= len(seen_lines) else ""):
            break
        if number > len(seen_lines):
            return f"the output ends before line {number}, expected {line!r}"
        if not output_matches(line, seen_lines[number - 1]):
            return f"line {number} of the output is {seen_lines[number - 1]!r}, expected {line!r}"
    return f"the output is {seen.rstrip()!r}, expected {wanted.rstrip()!r}"
