"""Runs the learner's code, and hands each event of the run to the pane that shows it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from dataclasses import field
from typing import TYPE_CHECKING, Any

from textual.message import Message

from tui_torch.course.lesson import Exercise, Quiz
from tui_torch.drawing.text.cells import clipped, one_cell_each
from tui_torch.formulas.found import with_formulas
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Cleared,
    Displayed,
    Event,
    Failed,
    Figure,
    Finished,
    Fitted,
    Graded,
    InputRequested,
    Inspected,
    Inspection,
    LateOutput,
    LocalsRead,
    Note,
    Noted,
    Output,
    PutBack,
    Started,
    Trace,
    Traced,
    TrainingProgress,
    Watched,
)
from tui_torch.protocol.inspection_updates import is_complete
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.ui.lesson.editing.writing import DocumentationFound
from tui_torch.ui.lesson.quiz import verdict
from tui_torch.ui.lesson.status_line import pressed

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.worker import Worker

    from tui_torch.tutor.tutor import Tutor
    from tui_torch.ui.lesson.layout import LessonLayout
    from tui_torch.ui.lesson.panes import LessonPanes
    from tui_torch.ui.lesson.replaying import LessonReplay
    from tui_torch.ui.lesson.step_view import StepView

HOLD_DRAWING = 0.03
"""Seconds from the start of a run in which nothing is drawn. Most runs are over by then, and the next frame shows their
result at once, with no half-filled panes before it."""

SOON_OVER = 0.3
"""Seconds for which a step that is left waits for the end of its run."""

INTERRUPTED_WITHIN = 1.0
"""Seconds for which it waits for the end of a run that it interrupts."""

LOSS_NAME_CELLS = 16
"""Maximum width of a loss's name on the status line, in cells."""

GATHERED = "threads share a core: other programs are busy"
"""What the status line says while PyTorch's threads are gathered."""


@dataclass(slots=True)
class RunInProgress:
    """The code that runs, and what its events said that is used at its end."""

    code: str
    since: float
    """`time.monotonic()` when it started."""
    inspection: Inspection | None = None
    trace: Trace | None = None
    """The recording, line by line, if the run was recorded."""
    notes: list[Note] = field(default_factory=list[Note])
    """The coach's notes so far, shown once the run is over."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once all of it is shown."""


class LessonRun:
    """Starts a run, follows it, and leaves it."""

    def __init__(
        self,
        screen: Screen[None],
        tutor: Tutor,
        panes: LessonPanes,
        layout: LessonLayout,
        step_view: StepView,
        replay: LessonReplay,
    ) -> None:
        self._screen = screen
        self._tutor = tutor
        self._panes = panes
        self._layout = layout
        self._step_view = step_view
        self._replay = replay
        self.in_progress: RunInProgress | None = None
        """The run whose events are shown; None if no code runs."""
        self.over_at = 0.0
        """When the last run was over and shown, by the clock of `Message.time`; 0 before the first."""
        self._drawing_held = ExitStack()
        """Nothing is drawn while this is open."""
        self._reading_on: Worker[None] | None = None
        """Reads what the last inspection had no time for."""
        self._are_keys_held = False
        """Whether the keys that work are shown once that is closed."""

    def follow(self, code: str, *, recorded: bool = False) -> Coroutine[Any, Any, None]:
        """Run code in the current step and show it until it is over: what is returned is for a worker of its own.

        `recorded`: record it line by line, and replay it then.
        """
        # At once, and not when the worker begins: the next key may come before.
        self.in_progress = RunInProgress(code, time.monotonic())
        return self._follow(self.in_progress, recorded=recorded)

    async def _follow(self, run: RunInProgress, *, recorded: bool) -> None:
        screen, panes, code = self._screen, self._panes, run.code
        self._stop_reading_on()
        held = self._drawing_held = ExitStack()
        self._are_keys_held = True
        held.callback(self._release_keys)
        held.enter_context(screen.app.batch_update())
        held.callback(panes.output.view.release)
        panes.output.view.hold()
        screen.set_timer(HOLD_DRAWING, held.close)
        self._replay.leave()
        panes.editor.mark(None)
        self._step_view.left_steps.ran(code)
        panes.output.begin(run=True, recorded=recorded)
        panes.loss_chart.begin(code)
        panes.status.loss = panes.status.threads = ""
        if not isinstance(self._tutor.step, Quiz):
            panes.say("")
        try:
            async for event in self._tutor.record(code) if recorded else self._tutor.run(code):
                if isinstance(event, Figure) and self._shows(run):
                    # In a thread: to import what reads it, and to decode a large one, takes longer than a frame.
                    await asyncio.to_thread(panes.output.figures.read, event)
                # A run that was left goes on to its end unseen.
                if self._shows(run):
                    self.dispatch_event(event)
        finally:
            if self._shows(run):
                self.in_progress = None
                self._step_view.refresh_title()
                if run.trace is not None:
                    self._replay.enter(run.trace, run.inspection, self._tutor.step.pin)
                self.refresh_keys()
                if run.inspection is not None and not is_complete(run.inspection):
                    self._reading_on = screen.run_worker(self._read_on(), group="read on")
            panes.output.view.release()
            panes.output.end()
            # A moment later, when every pane has said that it is to be drawn: then all are drawn in one frame.
            if not screen.call_later(held.close):
                held.close()
            run.ended.set()
            self.over_at = Message().time

    async def _read_on(self) -> None:
        """Show what the run left as it is read, which there was no time for at once: a moment's worth at a time."""
        while (inspection := await self._tutor.kernel.read_on()) is not None:
            if self._replay.is_active:
                self._replay.keep_result(inspection)
            else:
                self._panes.inspector.show_more(inspection)

    def _stop_reading_on(self) -> None:
        if self._reading_on is not None:
            self._reading_on.cancel()
            self._reading_on = None

    def interrupt(self) -> None:
        """Interrupt the code that runs; the run ends by an event of its own."""
        self._screen.run_worker(self._tutor.kernel.interrupt())

    async def settle(self) -> str:
        """Let the run in progress come to its end before another step is shown: its result belongs to this one.

        One that goes on for longer is interrupted, since the next step needs the kernel. Returns a sentence about that,
        empty where nothing runs.
        """
        run = self.in_progress
        if run is None:
            return ""
        # In practice each round begins with the starters.
        is_kept = self._tutor.kind != "practice"
        if await _set_within(run.ended, SOON_OVER):
            return "The run that you left is over" + (": its step shows it." if is_kept else ".")
        self.interrupt()
        if await _set_within(run.ended, INTERRUPTED_WITHIN):
            return "Leaving interrupted the run" + (": its step shows how far it came." if is_kept else ".")
        return "Leaving interrupts the run, and what it did is lost."

    def leave(self) -> None:
        """Interrupt the run in progress and show nothing more of it: another step is about to be shown."""
        self._stop_reading_on()
        if self.in_progress is not None:
            self.in_progress = None
            self._panes.output.stop_asking()
            self.interrupt()

    def draw_now(self) -> None:
        """Draw what a beginning run holds back."""
        self._drawing_held.close()

    def refresh_keys(self) -> None:
        """Show which keys work now. A run that is over before anything is drawn of it does that once."""
        if not self._are_keys_held and self._screen.is_attached:
            self._screen.refresh_bindings()

    def _release_keys(self) -> None:
        self._are_keys_held = False
        self.refresh_keys()

    def update_clock(self) -> None:
        """Show how long the run has been going."""
        if self.in_progress is not None:
            self._panes.status.seconds = time.monotonic() - self.in_progress.since

    def _shows(self, run: RunInProgress) -> bool:
        """Whether this run is the one on the panes, and they are still there."""
        return self.in_progress is run and self._screen.is_attached and self._panes.are_mounted

    def dispatch_event(self, event: Event) -> None:
        """Hand an event of the run to the pane that shows it."""
        panes, run = self._panes, self.in_progress
        match event:
            case Started():
                if run is not None:
                    run.since = time.monotonic()
                panes.inspector.show_locals(())
            case PutBack() as put_back:
                panes.output.show_put_back(put_back)
            case Output(text, stream):
                panes.output.write(text, stream)
            case Documentation() as found:
                panes.output.note(f"{found.title}: its documentation is in a pane of its own; esc closes it.")
                self._screen.post_message(DocumentationFound(found))
            case LateOutput() as late:
                panes.output.note(late.sentence)
            case Displayed() as displayed:
                panes.output.show_displayed(displayed)
            case Figure() as figure:
                had_one = panes.output.has_figure
                panes.output.show_figure(figure)
                if not had_one:
                    self.refresh_keys()
            case Cleared():
                panes.output.clear_output()
            case InputRequested(prompt, password):
                self._layout.show_tab("lesson")
                panes.output.ask(prompt, password)
            case TrainingProgress() as progress:
                self._show_progress(progress)
            case Fitted() as fitted:
                panes.fit_chart.show(fitted)
                self._layout.mark_fresh("chart")
            case Watched(summaries):
                panes.inspector.show_live(summaries)
            case LocalsRead(frames):
                panes.inspector.show_locals(frames)
            case Traced(trace) if run is not None:
                run.trace = trace
            case Noted(note) if run is not None:
                run.notes.append(note)
                panes.say(f"The coach: {_beginning(note.says)}.")
            case Inspected(inspection):
                if run is not None:
                    run.inspection = inspection
                panes.inspector.show(inspection)
                self._layout.mark_fresh("tensors")
                self._screen.call_after_refresh(self._layout.focus_in_sight)
            case Graded() as graded if run is not None:
                panes.output.show_graded(graded, self._tutor.advice(run.code, graded))
            case Failed() as failed:
                self._show_failed(failed)
            case Finished() as finished:
                self._show_finished(finished)
            case _:
                pass

    def _show_progress(self, progress: TrainingProgress) -> None:
        chart = self._panes.loss_chart
        chart.extend(progress)
        loss = chart.run.loss
        self._panes.status.threads = GATHERED if progress.are_threads_gathered else ""
        if not chart.has_loop or loss is None or loss.last is None:
            return
        self._layout.mark_fresh("chart")
        ascii_only = self._panes.ascii_only
        name = clipped(one_cell_each(loss.name, ascii_only=ascii_only), LOSS_NAME_CELLS, ascii_only)
        self._panes.status.loss = f"{name} = {loss.last.value:.4g}"

    def _show_failed(self, failed: Failed) -> None:
        self._panes.output.show_failed(failed)
        run = self.in_progress
        says = self._tutor.advice_on_error(run.code, failed) if run is not None else None
        if says is not None:
            self._panes.output.note(with_formulas(" ".join(says.split()), ascii_only=self._panes.ascii_only))
        if failed.in_step is None and failed.frames:
            own = [frame.line for frame in failed.frames if frame.function == "<module>"]
            self._panes.editor.mark(
                own[0] if own else failed.frames[0].line, code=run.code if run is not None else None
            )

    def _show_finished(self, finished: Finished) -> None:
        panes, run = self._panes, self.in_progress
        panes.status.threads = ""
        panes.output.stop_asking()
        # Below everything that was printed: a flood would push the notes out of sight.
        for note in run.notes if run is not None else ():
            panes.output.show_note(note)
        panes.loss_chart.finish(finished.outcome)
        if finished.reason:
            panes.output.note(finished.reason)
        if panes.editor.failed_line is None and (lines := [note.line for note in panes.output.notes if note.line]):
            panes.editor.mark(lines[0], failed=False, code=run.code if run is not None else None)
        if finished.outcome == "ok" and run is not None and run.trace is not None:
            return  # the replay says the rest
        panes.say(self._how_it_ended(finished))

    def _how_it_ended(self, finished: Finished) -> str:
        took = _duration(finished.seconds)
        step = self._tutor.step
        match finished.outcome:
            case "ok" if isinstance(step, Exercise):
                going_on, hint = f"{pressed('{next}')} goes on", f"{pressed('{hint}')} gives a hint"
                return f"Solved in {took}: {going_on}." if self._is_solved else f"Not yet: {hint}."
            case "ok":
                said = self._how_a_cell_ended(took) or f"Ran in {took}."
            case "failed":
                line = self._panes.editor.failed_line
                said = f"It raised an error{f' in line {line}' if line is not None else ''}: see the output."
            case "interrupted":
                said = "Interrupted."
            case "died":
                said = finished.reason
        answered = self._tutor.answered if isinstance(step, Quiz) else None
        if isinstance(step, Quiz) and answered is not None:
            # Many a quiz is about an error: it is the answer that counts, however its code ended.
            return f"{verdict(step.choices[answered].correct)} {said}"
        return said

    def _how_a_cell_ended(self, took: str) -> str:
        """What is said of one cell of several in the playground, and of those that no longer hold; else nothing."""
        cells = self._tutor.playground
        if self._tutor.kind != "playground" or not cells.last:
            return ""
        return ". ".join((f"{cells.last} ran in {took}", *cells.stale(self._panes.editor.text))) + "."

    @property
    def _is_solved(self) -> bool:
        """Whether the exercise is done and its last attempt passed."""
        tutor = self._tutor
        attempts = tutor.progress.attempts(tutor.key, tutor.step.id)
        return tutor.marks[tutor.at] and bool(attempts) and attempts[-1].outcome == "passed"


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


def _beginning(sentence: str) -> str:
    """The first clause of a coach's note, without backticks."""
    return re.split(r"[:;.] ", sentence.replace("`", ""))[0]


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
