"""The lesson: text, code and output at the left, what the run did at the right; in one column, behind tabs."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from tui_torch.course.loader import LessonErrors
from tui_torch.course.schema import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.drawing.charts.fit_plot import FitNames
from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.cells import clipped, one_cell_each
from tui_torch.kernel.session import KernelState
from tui_torch.protocol.events import (
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
    Note,
    Noted,
    Output,
    Started,
    Trace,
    Traced,
    TrainingProgress,
    Watched,
)
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.charts.fit_chart import FitChart
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.output import OutputPane
from tui_torch.ui.lesson.page import about, ending, further, page_of
from tui_torch.ui.lesson.quiz import QuizChoices
from tui_torch.ui.lesson.replay_bar import ReplayBar
from tui_torch.ui.lesson.status_line import StatusLine
from tui_torch.ui.lesson.text import LessonText
from tui_torch.ui.lesson.title_bar import TitleBar
from tui_torch.ui.screens.present_size import PresentSize

if TYPE_CHECKING:
    from tui_torch.protocol.views import Request
    from tui_torch.ui.lesson.replaying import Replaying

SAVE_AFTER = 0.3
"""Seconds after which what was typed is saved, whether or not more is being typed."""

BRIEF = 0.03
"""Seconds of a run in which nothing is drawn: of most, the next frame shows the result, and not a glimpse before it."""

UNREADABLE = "The next lesson cannot be read: `tui-torch check` says why."

LETTERS = {
    "next": "n",
    "previous": "p",
    "hint": "h",
    "solution": "s",
    "reset": "r",
    "restart": "R",
    "lessons": "l",
    "tensors": "t",
    "graph": "g",
    "chart": "c",
    "toggle_suggested_fix": "m",
    "interrupt": "i",
    "edit": "e",
    "help": "question_mark",
    "quit": "q",
}
"""Actions on single letters: they work outside the editor only."""

SCRUBBING = {"scrub", "change", "turn", "digit", "to_pass", "leave_replay"}
"""Actions that there are in a replay only, where their keys mean nothing else, whatever has the focus."""

IN_REPLAY = SCRUBBING | {"help", "run"}
"""What the footer shows in a replay."""


@dataclass(slots=True)
class _Running:
    """The run in progress."""

    code: str
    since: float
    steps: int = 0
    inspection: Inspection | None = None
    trace: Trace | None = None
    """How it went, line by line, when it was recorded."""
    notes: list[Note] = field(default_factory=list[Note])
    """What the coach said so far; shown when the run is over."""


class LessonScreen(PresentSize, Screen[None]):
    """Shows one step and passes what the kernel says to the panes. What a run means is the tutor's to know."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5,ctrl+r,ctrl+enter,shift+enter", "run", "Run", key_display="F5", priority=True, id="run"),
        Binding("f6", "replay", "Replay", key_display="F6", priority=True, id="replay"),
        Binding("ctrl+c", "stop", "Interrupt", priority=True, id="stop"),
        Binding("i", "interrupt", "Interrupt", id="interrupt"),
        Binding("n", "next", "Next", id="next"),
        Binding("p", "previous", "Back", id="previous"),
        Binding("e", "edit", "Edit", id="edit"),
        Binding("h", "hint", "Hint", id="hint"),
        Binding("s", "solution", "Solution", id="solution"),
        Binding("r", "reset", "Reset", id="reset"),
        Binding("R", "restart", "Restart kernel", show=False, id="restart"),
        Binding("t", "tensors", "Tensors", id="tensors"),
        Binding("g", "graph", "Graph", id="graph"),
        Binding("c", "chart", "Chart", id="chart"),
        Binding("m", "toggle_suggested_fix", "Mend", id="mend"),
        Binding("l", "lessons", "Lessons", id="lessons"),
        Binding("question_mark", "help", "Help", key_display="?", id="help"),
        Binding("q", "quit", "Quit", id="quit"),
        Binding("escape", "home", "To the text", show=False, id="home"),
        *(Binding(str(number), f"answer({number - 1})", show=False) for number in range(1, 10)),
        # In a replay. Textual's own pictures of the arrow keys are no ASCII.
        Binding("right", "scrub(1)", "Line", key_display="left right", priority=True, id="replay.forward"),
        Binding("left", "scrub(-1)", "Line back", show=False, priority=True, id="replay.back"),
        Binding("shift+right", "scrub(10)", "Ten lines on", show=False, priority=True, id="replay.forward-ten"),
        Binding("shift+left", "scrub(-10)", "Ten lines back", show=False, priority=True, id="replay.back-ten"),
        Binding("home", "scrub(-1000000)", "To the beginning", show=False, priority=True, id="replay.first"),
        Binding("end", "scrub(1000000)", "To the end", show=False, priority=True, id="replay.last"),
        Binding("slash", "change(1)", "Next change", key_display="/", priority=True, id="replay.change"),
        Binding("backslash", "change(-1)", "Change before", show=False, priority=True, id="replay.change-back"),
        Binding("right_square_bracket", "turn(1, False)", "Pass", key_display="[ ]", priority=True, id="replay.pass"),
        Binding("left_square_bracket", "turn(-1, False)", "Pass before", show=False, priority=True),
        Binding("right_curly_bracket", "turn(1, True)", "Outermost pass", show=False, priority=True),
        Binding("left_curly_bracket", "turn(-1, True)", "Outermost pass before", show=False, priority=True),
        *(Binding(digit, f"digit('{digit}')", "To a pass", show=False, priority=True) for digit in "0123456789"),
        Binding("enter", "to_pass", "To that pass", show=False, priority=True, id="replay.to-pass"),
        Binding("escape", "leave_replay", "Result", key_display="esc", priority=True, id="replay.leave"),
    ]

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-short"), (32, "-tall")]  # noqa: RUF012 - as Textual declares it

    class LessonsRequested(Message):
        """The learner asks for the list of lessons."""

    class HelpRequested(Message):
        """The learner asks for the help screen."""

    def __init__(self, tutor: Tutor, *, ascii_only: bool = False, dark: bool = True) -> None:
        super().__init__()
        self.tutor = tutor
        self.ascii_only = ascii_only
        self._current: _Running | None = None
        self._saving: Timer | None = None
        self._shown_solution = False
        # Kept, since it has the code to the end: when the app closes, the widgets go first.
        self._editor = CodeEditor(dark=dark, ascii_only=ascii_only)
        self._replaying: Replaying | None = None
        self._still = ExitStack()
        """While it is open, nothing is drawn."""

    def compose(self) -> ComposeResult:
        # While there is no widget yet: to restyle all of them takes as long as to draw them.
        self.update_classes(self._kind_of_step() | self._kind_of_size(), update=False)
        self.add_class("-tab-lesson", update=False)
        plain = self.ascii_only
        yield TitleBar(ascii_only=plain)
        with Horizontal(id="body"):
            with Vertical(id="lesson"):
                yield LessonText(ascii_only=plain)
                yield QuizChoices(ascii_only=plain)
                yield self._editor
                yield OutputPane(ascii_only=plain)
            with Vertical(id="seen"):
                yield TensorInspector(ascii_only=plain)
                yield FitChart(ascii_only=plain)
                yield LossChart(ascii_only=plain)
        yield ReplayBar(ascii_only=plain)
        yield StatusLine(ascii_only=plain)
        yield KeyBar()

    async def on_mount(self) -> None:
        self.set_interval(0.1, self._tick)
        await self.show_step()
        if self.tutor.progress.notice:
            self._note(self.tutor.progress.notice)

    def prepare(self) -> None:
        """Make ready for a run, once the step is on the screen."""
        self.query_one(TensorInspector).prepare()

    def on_resize(self, event: Resize) -> None:
        self._arrange()
        self.call_after_refresh(self._focus_in_sight)

    def watch_focused(self, focused: Widget | None) -> None:
        # Textual takes it from what is hidden, and gives it to no one, or to what is hidden next.
        if focused is None:
            self.call_after_refresh(self._focus_in_sight)

    # Showing a step

    async def show_lesson(self, lesson: Lesson) -> None:
        """Go to a lesson of the course."""
        self.save()
        self.tutor.open(lesson)
        await self.show_step()

    async def show_lesson_of(self, lesson_id: str) -> None:
        """Go to the lesson of the course with that id."""
        try:
            lesson = self.tutor.course.lesson(lesson_id)
        except LessonErrors:
            self._note("That lesson cannot be read any more: `tui-torch check` says why.")
        else:
            await self.show_lesson(lesson)

    async def practise(self) -> None:
        """Begin a round of the exercises that are due."""
        self.save()
        await self.tutor.read_course()
        if self.tutor.begin_practice():
            await self.show_step()
            count = numbers.counted(len(self.tutor.marks), "exercise")
            self._note(f"{count} to solve anew: what you got wrong, or have not seen for long.")
        else:
            self._note("There is nothing to practise yet: an exercise comes back after you have tried it.")

    async def play(self) -> None:
        """Go to the playground."""
        self.save()
        self.tutor.open_playground()
        await self.show_step()
        self._editor.move_cursor(self._editor.document.end)
        self.action_edit()

    async def show_step(self) -> None:
        """Draw the tutor's current step from scratch."""
        step = self.tutor.step
        self._leave_replay()
        self._leave_run()
        self._shown_solution = False
        self._note("")
        self.query_one(StatusLine).loss = ""
        self._editor.load(self.tutor.code)
        self.query_one(OutputPane).begin()
        self.query_one(TensorInspector).clear()
        self.query_one(LossChart).clear()
        plot = None if isinstance(step, Quiz) else step.plot
        self.query_one(FitChart).begin(FitNames(plot.x, plot.y, plot.fit) if plot is not None else None)
        self.query_one(TitleBar).fresh = frozenset()
        if isinstance(step, Quiz):
            last = self.tutor.progress.last_answer(self.tutor.key, step.id)
            self.query_one(QuizChoices).show(step, last.choice if last else None)
        elif isinstance(step, Exercise):
            self.query_one(OutputPane).show_checks(check.name for check in step.checks)
        self._say_what_is_missing()
        self._show_tab("lesson", self._kind_of_step())
        self._refresh_title()
        await self.query_one(LessonText).show(self._page())
        if isinstance(step, Quiz):
            self.query_one(QuizChoices).focus()
        else:
            self.query_one(LessonText).focus()
        self.refresh_bindings()

    def _kind_of_step(self) -> dict[str, bool]:
        """The classes that say what is shown of the tutor's current step."""
        step = self.tutor.step
        answered = self.tutor.progress.last_answer(self.tutor.key, step.id) is not None
        return {
            "-quiz": isinstance(step, Quiz),
            "-exercise": isinstance(step, Exercise),
            "-fit": not isinstance(step, Quiz) and step.plot is not None,
            "-settled": isinstance(step, Quiz) and step.code is not None and answered,
        }

    def _kind_of_size(self) -> dict[str, bool]:
        """The classes that Textual gives the screen once it is told of its size."""
        width, height = self.app.size
        return {
            name: size >= least and not any(least < more <= size for more, _ in breakpoints or ())
            for size, breakpoints in ((width, self.HORIZONTAL_BREAKPOINTS), (height, self.VERTICAL_BREAKPOINTS))
            for least, name in breakpoints or ()
        }

    async def reload(self, *, agreed: str | None = None) -> None:
        """Show what was saved to the lesson's file: at the same step, with the learner's code. Raises as
        `Tutor.reload` does, and then nothing changes."""
        self.save()
        step, page = self.tutor.step, self._page()
        self.tutor.reload(agreed=agreed)
        text = self.query_one(LessonText)
        if self.tutor.step != step:
            typed, height = self._editor.has_focus, text.scroll_offset.y
            await self.show_step()
            if typed:
                self._editor.focus()
            # Whoever mends the end of a long text wants to see it there.
            self.call_after_refresh(text.scroll_to, y=height, animate=False)
        elif self._page() != page:
            await text.show(self._page())
        self._refresh_title()
        path = self.tutor.path
        assert path is not None
        self._note(f"{path.name} was saved: this is how it is now.")

    def _page(self) -> str:
        tutor = self.tutor
        solution = tutor.solution() if self._shown_solution else None
        return page_of(tutor.step, tutor.hints, solution, before=self._before(), after=self._after())

    def _before(self) -> str:
        """What stands above a step: on the first, what the lesson is about; in practice, where the step is from."""
        lesson = self.tutor.lesson
        match self.tutor.kind:
            case "practice":
                return f"*From {lesson.title}.*"
            case "lesson" | "file" if self.tutor.at == 0:
                return about(lesson)
            case _:
                return ""

    def _after(self) -> str:
        """What stands below the last step: what to read, and where to go."""
        tutor = self.tutor
        if not tutor.is_last:
            return ""
        match tutor.kind:
            case "playground":
                return ""
            case "practice":
                return "The last of this round."
            case _:
                try:
                    following = tutor.following()
                except LessonErrors:
                    return "\n\n".join(filter(None, (further(tutor.lesson), UNREADABLE)))
                return ending(tutor.lesson, following, in_course=tutor.in_course)

    def _refresh_title(self) -> None:
        tutor = self.tutor
        bar = self.query_one(TitleBar)
        bar.lesson = tutor.title
        match tutor.kind:
            case "lesson":
                bar.track = tutor.course.track_of(tutor.lesson.id).title
            case "file":
                bar.track = "Your file"
            case "practice" | "playground":
                bar.track = ""
        bar.steps = tuple("done" if done else "open" for done in tutor.marks)
        bar.current = tutor.at

    # One column or two

    @property
    def one_column(self) -> bool:
        return self.size.width < 110

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Every binding that works, as Textual has it; the footer shows those with `show`."""
        hidden: set[str] = set()
        if self.one_column:
            # The tabs show two of these themselves, and for the others there is no room.
            hidden |= {"tensors", "chart", "graph", "replay"}
        if self._current is not None:
            hidden |= {"run", "replay"}
        if not self._types:
            # A letter does it there.
            hidden.add("stop")
        if self._replaying is not None:
            hidden |= {active.binding.action for active in super().active_bindings.values()}
            hidden = {action for action in hidden if action.partition("(")[0] not in IN_REPLAY}
        return {
            key: active._replace(binding=replace(active.binding, show=False))
            if active.binding.action in hidden
            else active
            for key, active in super().active_bindings.items()
        }

    @property
    def _types(self) -> bool:
        """Whether a letter is text where the focus is, and no command."""
        return isinstance(self.focused, CodeEditor | Input)

    def _arrange(self) -> None:
        bar = self.query_one(TitleBar)
        bar.show_tabs = self.one_column
        # Where the focus is the learner is, and that is to be in sight.
        self._show_tab(self._tab_with_focus() or bar.tab)
        self.refresh_bindings()

    def _tab_with_focus(self) -> str | None:
        """The tab of the pane that has the focus; None when none has it."""
        if self.query_one(TensorInspector).has_focus_within:
            return "tensors"
        if any(chart.has_focus_within for chart in (self.query_one(LossChart), self.query_one(FitChart))):
            return "chart"
        return "lesson" if self.query_one("#lesson").has_focus_within else None

    def _focus_in_sight(self) -> None:
        """Give the focus to what is in front, unless it is in sight already."""
        if not self.is_attached or (self.focused is not None and self.can_view_partial(self.focused)):
            return
        tensors = self.query_one(TensorInspector)
        if self._replaying is not None and self.can_view_partial(tensors):
            # Where it is empty at one line, as at the first, it fills at another.
            if not tensors.has_focus_within:
                tensors.focus()
            return
        tab = self.query_one(TitleBar).tab if self.one_column else "lesson"
        if tab == "lesson":
            self._focus_lesson()
        else:
            self._focus_pane(tab)

    def _show_tab(self, tab: str, classes: dict[str, bool] | None = None) -> None:
        bar = self.query_one(TitleBar)
        bar.tab = tab
        bar.fresh = bar.fresh - {tab}
        # All at once, since each time all of the screen is styled anew; and not at all where it is as it should be.
        self.update_classes({f"-tab-{name}": name == tab for name in TitleBar.TABS} | (classes or {}))

    def _freshen(self, tab: str) -> None:
        bar = self.query_one(TitleBar)
        if self.one_column and bar.tab != tab:
            bar.fresh = bar.fresh | {tab}

    def on_title_bar_tab_chosen(self, message: TitleBar.TabChosen) -> None:
        self._to_tab(message.tab)

    def _to_tab(self, tab: str) -> None:
        """Bring a pane to the front and give it the focus; a second time, go back to the lesson."""
        here = self.query_one(TitleBar).tab
        if tab == "lesson" or (self.one_column and here == tab):
            self._show_tab("lesson")
            self._focus_lesson()
            return
        self._show_tab(tab)
        if not self.one_column and self._tab_with_focus() == tab:
            self._focus_lesson()
        else:
            self._focus_pane(tab)

    def _focus_pane(self, tab: str) -> None:
        if tab == "chart":
            self.query_one(LossChart).focus()
        elif not self.query_one(TensorInspector).is_empty:
            self.query_one(TensorInspector).focus()
        elif self.one_column:
            self.set_focus(None)
        else:
            self._note("There are no tensors yet: run the code first.")

    def _focus_lesson(self) -> None:
        if self._replaying is not None:
            self.query_one(OutputPane).view.focus()
        elif isinstance(self.tutor.step, Quiz) and not self.has_class("-settled"):
            self.query_one(QuizChoices).focus()
        else:
            self.query_one(LessonText).focus()

    # Running

    @property
    def running(self) -> bool:
        """Whether code of the learner's runs."""
        return self._current is not None

    def action_run(self) -> None:
        # The key for this overtakes the letters before it, which wait in the editor's queue.
        self._editor.call_later(self._run_what_is_there)

    def action_replay(self) -> None:
        self._editor.call_later(self._run_what_is_there, recorded=True)

    def _run_what_is_there(self, *, recorded: bool = False) -> None:
        if self._current is not None:
            self._note("It is running: press i (or ctrl+c) to interrupt it.")
            return
        step = self.tutor.step
        if isinstance(step, Quiz) and not self.has_class("-settled"):
            self._note("Answer first: press the number of a choice.")
            return
        self.save()
        self._run(self._editor.text, recorded=recorded)

    @work(group="run")
    async def _run(self, code: str, *, recorded: bool = False) -> None:
        still = self._still = ExitStack()
        still.enter_context(self.app.batch_update())
        self.set_timer(BRIEF, still.close)
        self._leave_replay()
        running = self._current = _Running(code, time.monotonic())
        self._editor.mark(None)
        self.query_one(OutputPane).begin()
        self.query_one(LossChart).begin(code)
        self.query_one(StatusLine).loss = ""
        if not isinstance(self.tutor.step, Quiz):
            self._note("")
        self.refresh_bindings()
        try:
            async for event in self.tutor.record(code) if recorded else self.tutor.run(code):
                # A run that was left goes on to its end unseen.
                if self._current is running and self._stands:
                    self.take(event)
        finally:
            if self._current is running and self._stands:
                self._current = None
                self._refresh_title()
                if recorded:
                    self._enter_replay(running)
                self.refresh_bindings()
            still.close()

    @property
    def _stands(self) -> bool:
        """Whether its panes are there. When the app closes they go one by one, and only then a run in progress ends."""
        return self.is_attached and bool(self.query(TitleBar)) and bool(self.query(StatusLine))

    def _leave_run(self) -> None:
        """Interrupt the run in progress, as another step is about to be shown."""
        if self._current is not None:
            self._current = None
            self.query_one(OutputPane).stop_asking()
            self.action_interrupt()

    def take(self, event: Event) -> None:
        """Hand an event of the run to the pane that shows it."""
        output = self.query_one(OutputPane)
        match event:
            case Started():
                if self._current is not None:
                    self._current.since = time.monotonic()
            case Output(text, stream):
                output.write(text, stream)
            case Displayed(text):
                output.show_result(text)
            case Figure(_, text):
                output.note(f"A figure was drawn ({text}); a terminal cannot show it here.")
            case InputRequested(prompt, password):
                self._show_tab("lesson")
                output.ask(prompt, password)
            case TrainingProgress():
                self._train(event)
            case Fitted():
                self.query_one(FitChart).show(event)
                self._freshen("chart")
            case Watched(summaries):
                self.query_one(TensorInspector).show_live(summaries)
            case Traced(trace) if self._current is not None:
                self._current.trace = trace
            case Noted(note) if self._current is not None:
                self._current.notes.append(note)
                self._note(f"The coach: {_beginning(note.says)}.")
            case Inspected(inspection):
                if self._current is not None:
                    self._current.inspection = inspection
                self.query_one(TensorInspector).show(inspection)
                self._freshen("tensors")
                self.call_after_refresh(self._focus_in_sight)
            case Graded():
                self._grade(event)
            case Failed():
                output.show_failure(event)
                if event.in_step is None and event.frames:
                    own = [frame.line for frame in event.frames if frame.function == "<module>"]
                    self._editor.mark(own[0] if own else event.frames[0].line)
            case Finished():
                self._finish(event)
            case _:
                pass

    @on(TensorInspector.Selected)
    def _watch(self, message: TensorInspector.Selected) -> None:
        self.tutor.kernel.watch((message.summary.name,))

    @on(TensorInspector.ViewRequested)
    def _look(self, message: TensorInspector.ViewRequested) -> None:
        self._look_at(message.request)

    @work(group="look", exclusive=True)
    async def _look_at(self, request: Request) -> None:
        # Who goes through the rows quickly wants to see the last one only. In a replay the kernel is elsewhere: it has
        # what the run left, and not what was there at the line on show.
        view = await self.tutor.kernel.look(request) if self._replaying is None else None
        self.query_one(TensorInspector).show_view(view)

    def _train(self, progress: TrainingProgress) -> None:
        chart = self.query_one(LossChart)
        chart.extend(progress)
        loss = chart.run.loss
        if not chart.has_loop or loss is None or loss.last is None:
            return
        self._freshen("chart")
        if self.one_column:
            name = one_cell_each(loss.name, ascii_only=self.ascii_only)
            self.query_one(StatusLine).loss = f"{clipped(name, 16, self.ascii_only)} {loss.last.value:.4g}"

    @on(LossChart.DotsChosen)
    def _draw_the_fit_so_too(self, message: LossChart.DotsChosen) -> None:
        self.query_one(FitChart).dots = message.dots

    def _grade(self, graded: Graded) -> None:
        assert self._current is not None
        advice = self.tutor.advice(self._current.code, graded)
        self.query_one(OutputPane).show_grade(graded, advice)

    def _finish(self, finished: Finished) -> None:
        output = self.query_one(OutputPane)
        output.stop_asking()
        # Below all that was printed, or they would be gone with it.
        for note in self._current.notes if self._current is not None else ():
            output.show_note(note)
        self.query_one(LossChart).finish(finished.outcome)
        if finished.reason:
            output.note(finished.reason)
        if self._editor.failed_line is None and (lines := [note.line for note in output.notes if note.line]):
            self._editor.mark(lines[0], failed=False)
        took = _duration(finished.seconds)
        step = self.tutor.step
        match finished.outcome:
            case "ok" if self._current is not None and self._current.trace is not None:
                pass  # the replay says the rest
            case "ok" if isinstance(step, Exercise):
                passed = self.tutor.marks[self.tutor.at] and self._passed
                self._note(f"Solved in {took}: n goes on." if passed else "Not yet: h gives a hint.")
            case "ok" if isinstance(step, Quiz):
                last = self.tutor.progress.last_answer(self.tutor.key, step.id)
                self._note(f"{_verdict(last.correct)} Ran in {took}." if last else f"Ran in {took}.")
            case "ok":
                self._note(f"Ran in {took}.")
            case "failed":
                self._note("It raised an error: see the output.")
            case "interrupted":
                self._note("Interrupted.")
            case "died":
                self._note(finished.reason)

    @property
    def _passed(self) -> bool:
        attempts = self.tutor.progress.attempts(self.tutor.key, self.tutor.step.id)
        return bool(attempts) and attempts[-1].outcome == "passed"

    @on(OutputPane.Answered)
    def _give_line(self, message: OutputPane.Answered) -> None:
        self.tutor.kernel.answer(message.text)
        self.query_one(OutputPane).stop_asking()
        self._focus_lesson()

    def kernel_changed(self, state: KernelState) -> None:
        """Say what the kernel is doing now."""
        status = next(iter(self.query(StatusLine)), None)
        if status is None:  # the app is closing, and the run in progress ends
            return
        before, status.state = status.state, state
        if state is KernelState.READY and before is KernelState.RESTARTING:
            self._note("The kernel was restarted.")
        self._say_what_is_missing()
        self.refresh_bindings()

    def _say_what_is_missing(self) -> None:
        """Where no code can run, say why; the lesson is there to be read all the same."""
        problem = self.tutor.kernel.problem
        if self.tutor.kernel.state is KernelState.DEAD and problem is not None:
            self._note("No code can run: see the output.")
            self.query_one(OutputPane).begin()
            self.query_one(OutputPane).note(problem)

    def _tick(self) -> None:
        if self._current is not None:
            self.query_one(StatusLine).seconds = time.monotonic() - self._current.since

    def _note(self, sentence: str) -> None:
        self.query_one(StatusLine).note = sentence

    # Replay, line by line

    def _enter_replay(self, running: _Running) -> None:
        """Go back to the beginning of a run that was recorded."""
        trace = running.trace
        if trace is None or not trace.positions:
            if trace is not None:
                self._note("There is nothing to replay: no line of the code ran.")
            return
        from tui_torch.tutor.replay.replay import Replay
        from tui_torch.ui.lesson.replaying import Replaying

        self.add_class("-replaying")
        self._replaying = Replaying(
            Replay(trace, self.tutor.step.pin),
            running.inspection,
            bar=self.query_one(ReplayBar),
            editor=self._editor,
            inspector=self.query_one(TensorInspector),
            output=self.query_one(OutputPane),
        )
        self._show_tab("lesson")
        if self.one_column:
            self._focus_lesson()
        else:
            self.query_one(TensorInspector).focus()
        self._note(trace.stopped or "Recorded: left and right go through it line by line.")

    def _leave_replay(self) -> None:
        """Show the result of the run again."""
        replaying, self._replaying = self._replaying, None
        if replaying is not None:
            replaying.leave()
            self.remove_class("-replaying")
            self.refresh_bindings()

    def action_leave_replay(self) -> None:
        if self._replaying is not None and self._replaying.is_typing:
            self._replaying.erase()
            return
        self._leave_replay()
        self._note("")
        self.action_home()

    def action_scrub(self, by: int) -> None:
        if self._replaying is not None:
            self._replaying.scrub(by)

    def action_change(self, direction: int) -> None:
        if self._replaying is not None:
            self._note(self._replaying.change(direction))

    def action_turn(self, direction: int, outermost: bool) -> None:
        if self._replaying is not None:
            self._note(self._replaying.turn(direction, outermost=outermost))

    def action_digit(self, digit: str) -> None:
        if self._replaying is not None:
            self._replaying.type(digit)

    def action_to_pass(self) -> None:
        if self._replaying is not None:
            self._note(self._replaying.to_typed())

    @on(ReplayBar.Chosen)
    def _scrub_to(self, message: ReplayBar.Chosen) -> None:
        if self._replaying is not None:
            self._replaying.go(message.index)

    # What the learner writes

    @on(CodeEditor.Changed)
    def _typed(self) -> None:
        self._still.close()  # what is typed is drawn, whatever runs
        if self._saving is None:
            self._saving = self.set_timer(SAVE_AFTER, self.save)

    def save(self) -> None:
        """Keep what was typed and is not saved yet."""
        if self._saving is not None:
            self._saving.stop()
            self._saving = None
            self.tutor.save(self._editor.text)

    def on_unmount(self) -> None:
        self.save()

    @on(CodeEditor.Left)
    def action_home(self) -> None:
        self._show_tab("lesson")
        self._focus_lesson()

    def action_edit(self) -> None:
        self._leave_replay()
        self._show_tab("lesson")
        self._editor.focus()

    def action_reset(self) -> None:
        self._leave_replay()
        editor = self._editor
        back = self.tutor.swap_with_original(editor.text)
        if back is None:
            self._note("The code is as it was given.")
            return
        mine = back != self.tutor.original
        editor.put(back)
        self._note("Your code is back." if mine else "The code is as it was given; r brings yours back.")

    # Moving

    async def action_next(self) -> None:
        self.save()
        if self.tutor.move(1):
            await self.show_step()
            return
        try:
            following = self.tutor.following()
        except LessonErrors:
            self._note(UNREADABLE)
            return
        if following is not None:
            await self.show_lesson(following)
        elif self.tutor.kind == "practice":
            await self.practise()
        else:
            self._note("That was the last step. l lists the lessons.")

    async def action_previous(self) -> None:
        self.save()
        if self.tutor.move(-1):
            await self.show_step()
        else:
            self._note("This is the first step. l lists the lessons.")

    def action_lessons(self) -> None:
        self.save()
        self.post_message(self.LessonsRequested())

    def action_help(self) -> None:
        self.post_message(self.HelpRequested())

    def action_quit(self) -> None:
        self.save()
        self.app.exit()

    def action_tensors(self) -> None:
        self._to_tab("tensors")

    def action_chart(self) -> None:
        self._to_tab("chart")

    def action_toggle_suggested_fix(self) -> None:
        self._show_tab("lesson")
        self.query_one(OutputPane).toggle_suggested_fixes()

    @work(exclusive=True, group="graph")
    async def action_graph(self) -> None:
        """Show how the value that is selected among the tensors was computed."""
        if self._current is not None:
            self._note("It is running: the graph can be looked at when it is done.")
            return
        summary = self.query_one(TensorInspector).selected
        if summary is None:
            self._note("Run the code first: the graph is of a value that it made.")
            return
        graph = await self.tutor.graph(summary.name)
        if graph is None:
            self._note(f"The kernel cannot say how {summary.name} was computed.")
        elif self.is_current:
            from tui_torch.ui.screens.graph import GraphScreen

            self.app.push_screen(GraphScreen(graph, ascii_only=self.ascii_only))

    # Help with a step

    def action_answer(self, index: int) -> None:
        """Answer a quiz by its choice's number, wherever the focus is."""
        self.query_one(QuizChoices).choose(index)

    @on(QuizChoices.Chosen)
    async def _answer(self, message: QuizChoices.Chosen) -> None:
        step = self.tutor.step
        assert isinstance(step, Quiz)
        choice = self.tutor.answer(message.index)
        self.query_one(QuizChoices).answer(message.index)
        self._refresh_title()
        self._note(_verdict(choice.correct))
        if step.code is not None and self._current is None:
            self.add_class("-settled")
            self._run(self._editor.text)
        self.refresh_bindings()

    async def action_hint(self) -> None:
        self._leave_replay()
        if self.tutor.next_hint() is None:
            self._note("There is no further hint; s shows the solution.")
            return
        self._show_tab("lesson")
        await self.query_one(LessonText).show(self._page(), newest=1)
        self._note("")

    @work
    async def action_solution(self) -> None:
        self._leave_replay()
        if self._shown_solution:
            editor = self._editor
            solution = self.tutor.solution()
            assert solution is not None
            self.tutor.set_aside(editor.text)
            editor.put(solution)
            self._note("The solution is in the editor; e, then ctrl+z, brings your code back.")
            return
        from tui_torch.ui.screens.confirm import ConfirmScreen

        question = "Show the solution? It will stand below the text; your code stays as it is."
        if await self.app.push_screen_wait(ConfirmScreen(question, yes="Show it")):
            self._shown_solution = True
            self._show_tab("lesson")
            await self.query_one(LessonText).show(self._page(), newest=2)
            self._note("s again puts it into the editor.")

    # The kernel

    def action_stop(self) -> None:
        self.action_interrupt()

    @work
    async def action_interrupt(self) -> None:
        await self.tutor.kernel.interrupt()

    @work
    async def action_restart(self) -> None:
        self._note("Restarting the kernel.")
        await self.tutor.kernel.restart("The kernel was restarted: its variables are gone, your code is here.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What works now is what the footer shows."""
        if action in LETTERS and self._types:
            return False
        step: AnyStep = self.tutor.step
        running = self._current is not None
        match action:
            case "stop" | "interrupt":
                return running
            case "to_pass":
                return self._replaying is not None and self._replaying.is_typing
            case _ if action in SCRUBBING:
                # Where a line is being typed, these keys are text.
                return self._replaying is not None and not isinstance(self.focused, Input)
            case "answer":
                return isinstance(step, Quiz) and not self._types
            case "toggle_suggested_fix":
                return self._replaying is None and any(pane.has_suggested_fix for pane in self.query(OutputPane))
            case "run" | "replay":
                return not (isinstance(step, Quiz) and step.code is None)
            case "hint" | "solution":
                return isinstance(step, Exercise)
            case "reset" | "edit":
                return isinstance(step, Example | Exercise) or self.has_class("-settled")
            case _:
                return True

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()


def _verdict(correct: bool) -> str:
    return "Right: n goes on." if correct else "Not that one. Look, and choose again."


def _beginning(sentence: str) -> str:
    """As much of what the coach says as stands before the first stop."""
    return re.split(r"[:;.] ", sentence.replace("`", ""))[0]


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
