"""Plays a lesson here and now in a plain terminal, or tells it as one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from tui_torch.course.proof.play import Played, error_line, play
from tui_torch.course.schema import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.course.step_run import code_of
from tui_torch.drawing.charts.captions import caption
from tui_torch.drawing.charts.loss_plot import View, draw
from tui_torch.drawing.charts.run_history import Runs
from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.drawing.text.numbers import one_line
from tui_torch.drawing.text.transcript import Transcript
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import (
    Displayed,
    Event,
    Explanation,
    Figure,
    Graded,
    InputRequested,
    Inspection,
    Note,
    Output,
    Summary,
    TrainingProgress,
)

CHART_HEIGHT = 12
LONGEST_UNFINISHED = 100_000
"""Characters of a line whose end is waited for before it is shown."""


async def tell(kernel: KernelSession, lesson: Lesson, steps: Sequence[AnyStep], write: Callable[[str], None]) -> bool:
    """Play the steps and `write` a JSON object for each. True when every one did what its lesson says."""
    well = True
    for step in steps:
        played = await play(kernel, lesson, step, watch=_Stdin(kernel).take)
        well = well and (played is None or played.ok)
        write(json.dumps(step_json(lesson, step, played), ensure_ascii=False))
    return well


def step_json(lesson: Lesson, step: AnyStep, played: Played | None) -> dict[str, Any]:
    """What a step did, as plain data. `error` is the exception that it raised, or where it differs from its lesson."""
    error = None
    if played is not None:
        sentences = [problem.sentence for problem in played.problems]
        error = "; ".join(sentences) or (error_line(played.failed) if played.failed else None)
    return {
        "lesson": lesson.id,
        "step": step.id,
        "kind": step.kind,
        "status": "ok" if played is None or played.ok else "failed",
        "output": played.output if played else "",
        "error": error,
        "variables": [variable_json(variable) for variable in _variables(played)],
        "losses": [_finite(loss) for loss in played.losses] if played else [],
        "epochs": (played.epochs or 0) if played else 0,
        "explanation": explanation_json(played.failed.explanation) if played and played.failed else None,
        "notes": [note_json(note) for note in played.notes] if played else [],
        "seconds": round(played.seconds, 6) if played else 0.0,
    }


def explanation_json(explanation: Explanation | None) -> dict[str, Any] | None:
    """An explained error as plain data: what it means, what the line names, and what to write instead."""
    if explanation is None:
        return None
    return {
        "meaning": explanation.meaning,
        "names": dict(explanation.names),
        "mend": explanation.mend,
        "mend_gives": explanation.mend_gives,
    }


def note_json(note: Note) -> dict[str, Any]:
    """What the coach said, as plain data: the rule, its sentences, the line (1 is the first) and the mended line."""
    return {"rule": note.rule, "says": note.says, "line": note.line, "mend": note.mend}


def _variables(played: Played | None) -> Sequence[Summary]:
    return played.inspection.variables if played and played.inspection else ()


def variable_json(summary: Summary) -> dict[str, Any]:
    """A summary as plain data. `values` and `grad` are nested lists (a number for 0-d) where they are small enough;
    a larger gradient is an object with its shape and statistics."""
    told: dict[str, Any] = {
        "name": summary.name,
        "kind": summary.kind,
        "type": summary.type,
        "shape": list(summary.shape) if summary.shape is not None else None,
        "dtype": summary.dtype,
        "device": summary.device,
        "requires_grad": summary.requires_grad,
        "is_leaf": summary.is_leaf,
        "grad_fn": summary.grad_fn,
        "grad": _gradient(summary.gradient),
        **_statistics(summary),
        "values": _nested(summary),
        "change": summary.change,
    }
    if summary.kind not in ("tensor", "parameter", "array", "module"):
        told["text"] = summary.text
    if summary.kind == "module":
        told["parameters"] = [
            {
                "name": parameter.name,
                "shape": list(parameter.shape),
                "trainable": parameter.trainable,
                "norm": parameter.norm,
                "gradient_norm": parameter.gradient_norm,
            }
            for parameter in summary.parameters
        ]
    if summary.note:
        told["note"] = summary.note
    return told


def _statistics(summary: Summary) -> dict[str, Any]:
    found = summary.statistics
    return {
        "min": found.minimum if found else None,
        "max": found.maximum if found else None,
        "mean": found.mean if found else None,
        "std": found.std if found else None,
        "nan": found.nan if found else None,
        "inf": found.inf if found else None,
    }


def _gradient(gradient: Summary | None) -> Any:
    if gradient is None:
        return None
    values = _nested(gradient)
    return {"shape": list(gradient.shape or ()), **_statistics(gradient)} if values is None else values


def _nested(summary: Summary) -> Any:
    """The elements as nested lists; None when there are too many of them to be in a summary."""
    if summary.values is None or summary.shape is None:
        return None
    level: list[Any] = list(summary.values)
    if not summary.shape:
        return level[0] if level else None
    for size in reversed(summary.shape[1:]):
        level = (
            [level[start : start + size] for start in range(0, len(level), size)] if size else [[]] * summary.shape[0]
        )
    return level


def _finite(loss: float) -> float | str:
    # JSON has no NaN.
    return loss if loss - loss == 0 else str(loss)


class _Stdin:
    """Answers `input()` with nothing: a script that waits for a line would wait for ever."""

    def __init__(self, kernel: KernelSession) -> None:
        self._kernel = kernel

    def take(self, event: Event) -> None:
        if isinstance(event, InputRequested):
            self._kernel.answer("")


async def show(
    kernel: KernelSession, lesson: Lesson, steps: Sequence[AnyStep], console: Console, *, ascii_only: bool
) -> bool:
    """Play the steps before the learner's eyes. True when every one did what its lesson says."""
    console.print(Text(lesson.title, "bold"))
    console.print(Text(lesson.summary, "dim"))
    failed: list[str] = []
    for number, step in enumerate(steps, start=1):
        console.print()
        title = Text(f"{number}/{len(steps)} {step.title or step.id}")
        console.print(Rule(title, align="left", characters="-" if ascii_only else "─", style="dim"))
        _show_page(console, step)
        scene = _Scene(kernel, console, ascii_only)
        played = await play(kernel, lesson, step, watch=scene.take)
        scene.end()
        if played is not None:
            _show_outcome(console, played, ascii_only)
            if not played.ok:
                failed.append(step.id)
    console.print()
    if failed:
        count = f"{len(failed)} of {len(steps)} steps" if len(steps) > 1 else "The step"
        console.print(Text(f"{count} did not do what the lesson says: {', '.join(failed)}.", "bold red"))
    else:
        console.print(Text("Every step did what the lesson says.", "green"))
    return not failed


def _show_page(console: Console, step: AnyStep) -> None:
    match step:
        case Example() | Exercise():
            console.print(Markdown(step.text))
        case Quiz():
            console.print(Markdown(step.text + "\n\n" + step.question if step.text else step.question))
            for number, choice in enumerate(step.choices, start=1):
                mark = "right" if choice.correct else "wrong"
                console.print(Padding(Markdown(f"{number}. {choice.text}  ({mark}: {choice.because})"), (0, 2)))
    code = code_of(step)
    if code is not None:
        if isinstance(step, Exercise):
            console.print(Text("The solution:", "dim"))
        console.print(Padding(Syntax(code.rstrip(), "python", theme="ansi_dark", background_color="default"), (1, 2)))


class _Scene:
    """What a run says, as it says it: its lines above, the chart of its loss below them while it trains."""

    def __init__(self, kernel: KernelSession, console: Console, ascii_only: bool) -> None:
        self._kernel = kernel
        self._console = console
        self._ascii_only = ascii_only
        self._unfinished = ""
        self._runs = Runs()
        self._live: Live | None = None

    def take(self, event: Event) -> None:
        match event:
            case Output(text):
                self._print(text)
            case Displayed(text):
                self._print(f"{text}\n")
            case Figure(_, text):
                self._print(f"A figure was drawn ({text}).\n")
            case InputRequested():
                self._kernel.answer(self._ask(event))
            case TrainingProgress():
                self._train(event)
            case _:
                pass

    def _ask(self, asked: InputRequested) -> str:
        if not self._console.is_terminal:
            return ""
        return self._console.input(Text(asked.prompt), password=asked.password)

    def _train(self, progress: TrainingProgress) -> None:
        self._runs.current.extend(progress)
        # A loop is worth a chart, and only a terminal can redraw one.
        if not self._runs.current.has_loop or not self._console.is_terminal:
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stdout=False)
            self._live.start()
        self._live.update(self._chart(), refresh=True)

    def _chart(self) -> RenderableType:
        width = min(self._console.width, 100)
        view = View(dots="ascii" if self._ascii_only else "braille")
        return Group(
            # One text, its lines ended here: drawn lines have no end of their own, and would be one long line.
            Text("\n", no_wrap=True).join(draw(self._runs, width, CHART_HEIGHT, view=view)),
            Text(caption(self._runs, width, ascii_only=self._ascii_only), "dim"),
        )

    def _print(self, text: str) -> None:
        """Print the lines that are whole; what a terminal would obey is shown as text, colours excepted."""
        whole, end, rest = (self._unfinished + text).rpartition("\n")
        if len(rest) > LONGEST_UNFINISHED:
            whole, end, rest = whole + end + rest, "\n", ""
        self._unfinished = rest
        if end:
            lines = Transcript(self._ascii_only)
            lines.write(whole)
            lines.end_line()
            for line in lines.lines:
                self._console.print(line, end="\n", soft_wrap=True, highlight=False)

    def end(self) -> None:
        """Show what is left: a last line without its end, and the chart as it stands for good."""
        if self._unfinished:
            self._print("\n")
        if self._live is not None:
            self._live.stop()
        if self._runs.current.has_loop:
            self._console.print(self._chart())


def _show_outcome(console: Console, played: Played, ascii_only: bool) -> None:
    if played.failed is not None:
        console.print(Text(error_line(played.failed), "red"))
        if played.failed.explanation is not None:
            _show_explanation(console, played.failed.explanation, ascii_only)
    for note in played.notes:
        _show_note(console, note, ascii_only)
    if played.graded is not None:
        _show_grade(console, played.graded, ascii_only)
    table = Table(box=None, show_header=False, pad_edge=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for summary in _of_interest(played.inspection) if played.inspection else ():
        table.add_row(summary.name, one_line(summary, ascii_only))
    if table.row_count:
        console.print(table)
    for problem in played.problems:
        console.print(Text(f"Not as the lesson says: {problem.sentence}", "bold red"))


def _show_explanation(console: Console, explanation: Explanation, ascii_only: bool) -> None:
    def drawable(text: str) -> str:
        return in_ascii(text) if ascii_only else text

    console.print()
    console.print(_with_code(drawable(explanation.meaning)))
    names = Table(box=None, show_header=False, pad_edge=True)
    names.add_column(no_wrap=True, style="bold")
    names.add_column()
    for name, description in explanation.names:
        names.add_row(Text(drawable(name)), Text(drawable(description)))
    if names.row_count:
        console.print(names)
    if explanation.mend is not None:
        gives = f"   gives {explanation.mend_gives}" if explanation.mend_gives is not None else ""
        console.print(Text.assemble("Try: ", (drawable(explanation.mend), "bold cyan"), (gives, "dim")))


def _show_note(console: Console, note: Note, ascii_only: bool) -> None:
    def drawable(text: str) -> str:
        return in_ascii(text) if ascii_only else text

    where = f"line {note.line}  " if note.line is not None else ""
    console.print()
    console.print(Text.assemble((where, "dim"), _with_code(drawable(note.says))))
    for number, line in enumerate((note.mend or "").splitlines()):
        console.print(Text.assemble("Try: " if number == 0 else "     ", (drawable(line), "bold cyan")))


def _with_code(sentence: str) -> Text:
    """A sentence in which what stands in backticks is shown as code."""
    pieces = sentence.split("`")
    return Text.assemble(*((piece, "bold cyan" if number % 2 else "") for number, piece in enumerate(pieces)))


def _of_interest(inspection: Inspection) -> list[Summary]:
    """What the step is about, and then whatever else the run made or changed."""
    pinned = {summary.name for summary in inspection.pinned}
    made = [summary for summary in inspection.variables if summary.change not in ("same", "gone")]
    return [*inspection.pinned, *(summary for summary in made if summary.name not in pinned)]


def _show_grade(console: Console, graded: Graded, ascii_only: bool) -> None:
    passed, failed = ("+", "x") if ascii_only else ("✓", "✗")
    for check in graded.checks:
        style = "green" if check.passed else "red"
        console.print(Text(f"  {passed if check.passed else failed} {check.name}", style))
        if check.message:
            console.print(Text(f"    {check.message}"))
