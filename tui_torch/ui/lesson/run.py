"""Runs the code of a lesson's step, grades it, and says what it earned."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tui_torch.course.lesson import Quiz
from tui_torch.formulas.found import with_formulas
from tui_torch.protocol.events import Event, Failed, Finished, Frame, Graded
from tui_torch.protocol.plots.plotted import Plotted
from tui_torch.ui.lesson.quiz import verdict
from tui_torch.ui.lesson.running.code_run import CodeRun, duration
from tui_torch.ui.lesson.status_line import pressed

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui_torch.tutor.tutor import Tutor
    from tui_torch.ui.lesson.layout import PaneLayout
    from tui_torch.ui.lesson.panes import LessonPanes
    from tui_torch.ui.lesson.replaying import LessonReplay
    from tui_torch.ui.lesson.step_view import StepView


SOON_OVER = 0.3
"""Seconds for which a step that is left waits for the end of its run."""

INTERRUPTED_WITHIN = 1.0
"""Seconds for which it waits for the end of a run that it interrupts."""

OF_CODE_BEFORE = f"The checks are of the code as it ran: {pressed('{run}', typing='{run}')} checks it as it is now."


class LessonRun(CodeRun):
    """Starts the run of a step, and follows it."""

    _panes: LessonPanes

    def __init__(
        self,
        screen: Screen[None],
        tutor: Tutor,
        panes: LessonPanes,
        layout: PaneLayout,
        step_view: StepView,
        replay: LessonReplay,
    ) -> None:
        super().__init__(screen, tutor.kernel, panes, layout, replay)
        self._tutor = tutor
        self._step_view = step_view
        self._solved: tuple[str, str] | None = None
        """What is said of code that solved its exercise, and that code."""

    def follow(self, code: str, *, recorded: bool = False) -> Coroutine[Any, Any, None]:
        """Run code in the current step and show it until it is over: what is returned is for a worker of its own.

        `recorded`: record it line by line, and replay it then.
        """
        tutor = self._tutor
        self._step_view.left_steps.ran(code)
        events = tutor.record(code) if recorded else tutor.run(code)
        return self.follow_events(events, code, recorded=recorded, pins=tutor.step.pin)

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

    def say_that_it_begins(self) -> None:
        if not isinstance(self._tutor.step, Quiz):
            super().say_that_it_begins()

    def say_that_it_is_over(self) -> None:
        self._step_view.refresh_title()
        self._step_view.mark_cells()

    def dispatch_event(self, event: Event) -> None:
        run = self.in_progress
        match event:
            case Plotted() as plotted:
                self._panes.fit_chart.show(plotted)
                self._layout.mark_fresh("chart")
            case Graded() as graded if run is not None:
                run.passed = graded.passed
                self._panes.output.show_graded(graded, self._tutor.advice(run.code, graded))
            case _:
                super().dispatch_event(event)

    def show_failed(self, failed: Failed) -> None:
        super().show_failed(failed)
        run = self.in_progress
        says = self._tutor.advice_on_error(run.code, failed) if run is not None else None
        if says is not None:
            self._panes.output.note(with_formulas(" ".join(says.split()), ascii_only=self._panes.ascii_only))

    def how_it_ended(self, finished: Finished) -> str:
        step, run = self._tutor.step, self.in_progress
        # By its own grade: the last attempt in the file may be that of another window.
        if finished.outcome == "ok" and run is not None and run.passed is not None:
            going_on, hint = f"{pressed('{next}')} goes on", f"{pressed('{hint}')} gives a hint"
            if not run.passed:
                return f"Not yet: {hint}."
            solved = f"Solved: {going_on}. It ran in {duration(finished.seconds)}."
            self._solved = solved, run.code
            return solved
        is_ok = finished.outcome == "ok"
        of_cell = self._how_a_cell_ended(duration(finished.seconds)) if is_ok else ""
        said = of_cell or super().how_it_ended(finished)
        answered = self._tutor.answered if isinstance(step, Quiz) else None
        if isinstance(step, Quiz) and answered is not None:
            # Many a quiz is about an error: it is the answer that counts, however its code ended.
            return f"{verdict(step.choices[answered].correct)} {said}"
        return said

    def edited(self, code: str) -> None:
        """Say that an exercise is solved beside the code that solved it alone, also where that comes back."""
        self._step_view.mark_cells()
        if self._solved is None or self.in_progress is not None:
            return
        solved, by = self._solved
        if self._panes.status.note in (solved, OF_CODE_BEFORE):
            self._panes.status.note = solved if code == by else OF_CODE_BEFORE

    def is_of_what_runs(self, frame: Frame) -> bool:
        is_of_cell = self._tutor.kind == "playground" and frame.file == self._tutor.playground.name_of_run
        return is_of_cell or super().is_of_what_runs(frame)

    def _how_a_cell_ended(self, took: str) -> str:
        """What is said of one cell of several in the playground, and of those that no longer hold; else nothing."""
        cells = self._tutor.playground
        if self._tutor.kind != "playground" or not cells.last:
            return ""
        return ". ".join((f"{cells.last} ran in {took}", *cells.stale(self._panes.editor.text))) + "."


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
