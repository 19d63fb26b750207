"""Follows a run, and hands each of its events to the pane that shows it."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import ExitStack
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from textual.message import Message

from tui_torch.drawing.text.cells import clipped, one_cell_each
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Cleared,
    Displayed,
    Event,
    Failed,
    Figure,
    Finished,
    Frame,
    InputRequested,
    Inspected,
    Inspection,
    LateOutput,
    LocalsRead,
    Note,
    Noted,
    Output,
    PagesRead,
    PutBack,
    Started,
    Trace,
    Traced,
    TrainingProgress,
    Watched,
)
from tui_torch.protocol.inspection_updates import is_complete
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.plots.sampled_texts import TextsSampled
from tui_torch.ui.lesson.editing.writing import DocumentationFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from textual.screen import Screen
    from textual.worker import Worker

    from tui_torch.kernel.session import KernelSession
    from tui_torch.ui.lesson.layout import PaneLayout
    from tui_torch.ui.lesson.panes import CodePanes
    from tui_torch.ui.lesson.replaying import LessonReplay

HOLD_DRAWING = 0.03
"""Seconds from the start of a run in which nothing is drawn. Most runs are over by then, and the next frame shows their
result at once, with no half-filled panes before it."""

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
    passed: bool | None = None
    """Whether it passed every check; None if it is not graded."""
    notes: list[Note] = field(default_factory=list[Note])
    """The coach's notes so far, shown once the run is over."""
    asked_at: float | None = None
    """`time.monotonic()` when it asked for a line that is not given yet."""
    waited: float = 0.0
    """Seconds that it has waited for the lines that it asked for."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once all of it is shown."""


class CodeRun:
    """Follows the runs of a screen, one at a time, and leaves them. What a run means is its subclasses'."""

    def __init__(
        self, screen: Screen[None], kernel: KernelSession, panes: CodePanes, layout: PaneLayout, replay: LessonReplay
    ) -> None:
        self._screen = screen
        self._kernel = kernel
        self._panes = panes
        self._layout = layout
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

    def follow_events(
        self, events: AsyncIterator[Event], code: str, *, recorded: bool = False, pins: tuple[str, ...] = ()
    ) -> Coroutine[Any, Any, None]:
        """Show a run until it is over: what is returned is for a worker of its own.

        Args:
            events: Those of the run, which begins when the first one is asked for.
            code: What runs.
            recorded: It is recorded line by line, and replayed then.
            pins: The expressions that a replay shows on top.
        """
        # At once, and not when the worker begins: the next key may come before.
        run = self.in_progress = RunInProgress(code, time.monotonic())
        return self._follow(run, events, recorded=recorded, pins=pins)

    async def _follow(
        self, run: RunInProgress, events: AsyncIterator[Event], *, recorded: bool, pins: tuple[str, ...]
    ) -> None:
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
        panes.output.begin(run=True, recorded=recorded)
        panes.loss_chart.begin(code)
        panes.status.loss = panes.status.threads = ""
        self.say_that_it_begins()
        try:
            async for event in events:
                if isinstance(event, Figure) and self._shows(run):
                    # In a thread: to import what reads it, and to decode a large one, takes longer than a frame.
                    await asyncio.to_thread(panes.output.figures.read, event)
                # A run that was left goes on to its end unseen.
                if self._shows(run):
                    self.dispatch_event(event)
        finally:
            if self._shows(run):
                self.in_progress = None
                self.say_that_it_is_over()
                if run.trace is not None:
                    self._replay.enter(run.trace, run.inspection, pins)
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

    def say_that_it_begins(self) -> None:
        """Take from the status line what was said of the run before."""
        self._panes.say("")

    def say_that_it_is_over(self) -> None:
        """Show what the end of a run has changed besides the panes that its events are for."""

    async def _read_on(self) -> None:
        """Show what the run left as it is read, which there was no time for at once: a moment's worth at a time."""
        while (inspection := await self._kernel.read_on()) is not None:
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
        self._screen.run_worker(self._kernel.interrupt())

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

    def answered(self) -> None:
        """The line that the code asked for is given: how long that was typed is not how long the code took."""
        run = self.in_progress
        if run is not None and run.asked_at is not None:
            run.waited += time.monotonic() - run.asked_at
            run.asked_at = None

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
                if run is not None:
                    run.asked_at = time.monotonic()
                self._layout.show_tab("lesson")
                panes.output.ask(prompt, password)
            case TrainingProgress() as progress:
                self._show_progress(progress)
            case TextsSampled(texts):
                panes.loss_chart.show_texts(texts)
            case Watched(summaries):
                panes.inspector.show_live(summaries)
            case PagesRead() as pages:
                panes.inspector.show_pages(pages)
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
            case Failed() as failed:
                self.show_failed(failed)
            case Finished() as finished:
                waited = run.waited if run is not None else 0.0
                self._show_finished(replace(finished, seconds=max(0.0, finished.seconds - waited)))
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

    def show_failed(self, failed: Failed) -> None:
        """Show an error, and mark the innermost line of what runs that led to it."""
        self._panes.output.show_failed(failed)
        if failed.in_step is None:
            own = [frame.line for frame in failed.frames if self.is_of_what_runs(frame)]
            if own:
                self.mark_line(own[-1])

    def is_of_what_runs(self, frame: Frame) -> bool:
        """Whether a line is of the code that runs, and not of what that stands on."""
        return frame.file is None

    def mark_line(self, line: int, *, failed: bool = True) -> None:
        """Mark a line of what runs, by its number; `failed`: it failed there, and else the coach has a note."""
        run = self.in_progress
        self._panes.editor.mark(line, failed=failed, code=run.code if run is not None else None)

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
            self.mark_line(lines[0], failed=False)
        self._replay.how_it_ended = said = self.how_it_ended(finished)
        if finished.outcome == "ok" and run is not None and run.trace is not None:
            return  # the replay says the rest
        panes.say(said)

    def how_it_ended(self, finished: Finished) -> str:
        """What the status line says of a run that is over."""
        match finished.outcome:
            case "ok":
                return f"Ran in {duration(finished.seconds)}."
            case "failed":
                line = self._panes.editor.failed_line
                return f"It raised an error{f' in line {line}' if line is not None else ''}: see the output."
            case "interrupted":
                return "Interrupted."
            case "died":
                return finished.reason


def _beginning(sentence: str) -> str:
    """The first clause of a coach's note, without backticks."""
    return re.split(r"[:;.] ", sentence.replace("`", ""))[0]


def duration(seconds: float) -> str:
    """How long a run took, as a person says it."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
