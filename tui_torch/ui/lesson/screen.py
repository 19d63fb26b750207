"""The lesson screen: text, code and output at the left, values and charts at the right; in one column, behind tabs."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message

from tui_torch.course.lesson import Quiz
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.charts.fit_chart import FitChart
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.keys_in_order import focus_at_once
from tui_torch.ui.keys.declared import LESSON_SCREEN
from tui_torch.ui.lesson.drafts import Drafts
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.keys.key_conditions import LessonKeyConditions
from tui_torch.ui.lesson.keys.step_screen import StepScreen
from tui_torch.ui.lesson.layout import HEIGHTS, WIDTHS, LessonLayout, lesson_column
from tui_torch.ui.lesson.output.kernel_news import KernelNews
from tui_torch.ui.lesson.panes import LessonPanes
from tui_torch.ui.lesson.quiz import QuizChoices, verdict
from tui_torch.ui.lesson.replaying import LessonReplay
from tui_torch.ui.lesson.run import LessonRun
from tui_torch.ui.lesson.status_line import pressed
from tui_torch.ui.lesson.step_view import StepView, first_change

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Request
    from tui_torch.tutor.code_help.writing import WritingHelp


class LessonScreen(StepScreen):
    """One step of a lesson. The screen composes its parts, binds keys to them, and goes from step to step.

    It is given the tutor, which knows what a run means, and posts messages for what the app shows.
    """

    KEYS = LESSON_SCREEN
    BINDINGS: ClassVar[list[BindingType]] = LESSON_SCREEN.bindings()

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    class LessonsRequested(Message):
        """The learner asks for the list of lessons."""

    def __init__(self, tutor: Tutor, *, ascii_only: bool = False, own_keys: Container[str] = ()) -> None:
        super().__init__()
        self.tutor = tutor
        self.kernel = tutor.kernel
        self.own_keys = own_keys
        self.ascii_only = ascii_only
        self.panes = LessonPanes(ascii_only=ascii_only)
        self.lesson_layout = LessonLayout(self, self.panes)
        self.step_view = StepView(tutor, self.panes)
        self.drafts = Drafts(tutor, self.panes.editor, self.warn)
        self.replay = LessonReplay(self, self.panes, self.lesson_layout)
        self.kernel_news = KernelNews(
            self.kernel, self.panes.status, self.panes.output, lambda: self.run.refresh_keys()
        )
        self._lesson_run = LessonRun(self, tutor, self.panes, self.lesson_layout, self.step_view, self.replay)
        self._key_conditions = LessonKeyConditions(self, tutor, self.panes, self.lesson_layout, self.run, self.replay)

    @property
    def run(self) -> LessonRun:
        return self._lesson_run

    def compose(self) -> ComposeResult:
        # Before there is any widget: restyling all of them takes as long as drawing them.
        self.update_classes(self.step_view.classes() | self.lesson_layout.size_classes(), update=False)
        self.add_class("-tab-lesson", update=False)
        panes = self.panes
        yield panes.title
        with Horizontal(id="body"):
            yield lesson_column(panes)
            with Vertical(id="seen"):
                yield panes.inspector
                yield panes.fit_chart
                yield panes.loss_chart
        yield panes.replay_bar
        yield panes.value_search
        yield panes.status
        yield KeyBar()

    async def on_mount(self) -> None:
        self.set_interval(0.1, self.run.update_clock)
        await self.show_step()
        if self.tutor.progress.notice:
            self.panes.say(self.tutor.progress.notice)
        self.kernel_news.changed(self.tutor.kernel.state)

    # Going to a lesson and from step to step

    async def show_step(self) -> None:
        """Draw the tutor's current step from scratch."""
        self.replay.leave()
        self.run.leave()
        self.step_view.clear()
        self.kernel_news.say_why_nothing_runs()
        self.lesson_layout.show_tab("lesson", self.step_view.classes())
        self.step_view.refresh_title()
        await self.step_view.show_page()
        # At once: a key that came in the same read may lead elsewhere.
        if isinstance(self.tutor.step, Quiz):
            self.panes.quiz.focus()
        else:
            focus_at_once(self.panes.text)
        self.refresh_bindings()

    async def reload(self, *, agreed: str | None = None) -> None:
        """Show the lesson's file as it was saved, at the same step, with the learner's code.

        Raises what `Tutor.reload` raises, and then nothing changes.
        """
        self.drafts.save()
        step, page = self.tutor.step, self.step_view.page()
        self.tutor.reload(agreed=agreed)
        text, editor = self.panes.text, self.panes.editor
        if self.tutor.step != step:
            was_typing, height = editor.has_focus, text.scroll_offset.y
            await self.show_step()
            if was_typing:
                editor.focus()
            # The end of a long text stays in sight while it is being edited.
            self.call_after_refresh(text.scroll_to, y=height, animate=False)
        elif self.step_view.page() != page:
            await self.step_view.show_page()
        self.step_view.refresh_title()
        path = self.tutor.path
        assert path is not None
        self.panes.say(f"{path.name} was saved: this is how it is now.")

    def action_lessons(self) -> None:
        self.drafts.save()
        self.post_message(self.LessonsRequested())

    def save_drafts(self) -> None:
        self.drafts.save()

    def run_code(self, *, recorded: bool) -> None:
        if isinstance(self.tutor.step, Quiz) and not self.has_class("-settled"):
            self.panes.remark("Answer first: press the number of a choice.")
            return
        self.drafts.save()
        self.tutor.playground.line = self.panes.editor.cursor_location[0] + 1
        self.run_worker(self.run.follow(self.panes.editor.text, recorded=recorded), group="run")

    @property
    def writing(self) -> WritingHelp:
        return self.tutor.writing

    @on(LossChart.DotsChosen)
    def _draw_the_fit_alike(self, message: LossChart.DotsChosen) -> None:
        self.panes.fit_chart.dots = message.dots

    @on(FitChart.CellOpened)
    def _read_cell(self, message: FitChart.CellOpened) -> None:
        self.run_worker(self._show_cell(message.request), group="cell", exclusive=True)

    async def _show_cell(self, request: Request) -> None:
        self.panes.fit_chart.answer(request, await self.kernel.look(request))

    # Writing code

    @on(CodeEditor.Changed)
    def _typed(self) -> None:
        self.run.draw_now()
        self.run.edited(self.panes.editor.text)
        self.drafts.changed()

    def action_reset(self) -> None:
        self.replay.leave()
        self.panes.say(self.drafts.swap_with_original(self.step_view.left_steps.ran_code))

    def action_own_editor(self) -> None:
        """Open the code in the learner's own editor, which has the terminal until it is closed."""
        from tui_torch.ui.lesson.editing.own_editor import OwnEditorError, edited_in, own_editor

        self.replay.leave()
        code = self.panes.editor.text
        try:
            command = own_editor()
            with self.app.suspend():
                edited = edited_in(command, code, self.tutor.step.id)
        except (OwnEditorError, SuspendNotSupported) as error:
            self.panes.remark(str(error))
            return
        if edited.code != code:
            self.panes.editor.put(edited.code)
        self.panes.remark(edited.says)

    # Quizzes, hints and solutions

    def action_answer(self, index: int) -> None:
        """Answer a quiz by its choice's number, wherever the focus is."""
        self.panes.quiz.choose(index)

    @on(QuizChoices.ChoiceMade)
    def _answer(self, message: QuizChoices.ChoiceMade) -> None:
        step = self.tutor.step
        if not isinstance(step, Quiz) or step != message.quiz:
            return  # the learner went on before the choice came here
        choice = self.tutor.answer(message.index)
        self.panes.quiz.answer(message.index)
        self.step_view.refresh_title()
        self.panes.say(verdict(choice.correct))
        if step.code is not None and self.run.in_progress is None:
            self.add_class("-settled")
            self.run_worker(self.run.follow(self.panes.editor.text), group="run")
        self.refresh_bindings()

    async def action_hint(self) -> None:
        self.replay.leave()
        if self.tutor.next_hint() is None:
            self.panes.remark(f"There is no further hint; {pressed('{solution}')} shows the solution.")
            return
        self.lesson_layout.show_tab("lesson")
        await self.step_view.show_page(newest=1)
        self.panes.say("")

    @work
    async def action_solution(self) -> None:
        self.replay.leave()
        if self.step_view.shows_solution:
            self.panes.say(self.drafts.put_solution())
            return
        from tui_torch.ui.screens.confirm import ConfirmScreen

        question = "Show the solution? It will stand below the text; your code stays as it is."
        if await self.app.push_screen_wait(ConfirmScreen(question, yes="Show it")):
            self.step_view.shows_solution = True
            self.lesson_layout.show_tab("lesson")
            difference = first_change(self.panes.editor.text, self.tutor.solution() or "")
            await self.step_view.show_page(newest=2, line=difference)
            self.panes.say(f"{pressed('{solution}')} again puts it into the editor.")
