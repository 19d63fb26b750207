"""The lesson screen: text, code and output at the left, values and charts at the right; in one column, behind tabs."""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize, ScreenResume
from textual.message import Message
from textual.widget import Widget

from tui_torch.course.lesson import Quiz
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.common.closed_screens import TIDY_AFTER, free_closed_screens
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.keys_in_order import focus_at_once, time_of_key
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.keys.declared import LESSON_SCREEN
from tui_torch.ui.keys.footer import in_footer_order
from tui_torch.ui.lesson.drafts import Drafts
from tui_torch.ui.lesson.editing.writing import WritingHelped
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.keys.key_conditions import LessonKeyConditions
from tui_torch.ui.lesson.keys.step_screen import StepScreen
from tui_torch.ui.lesson.layout import HEIGHTS, WIDTHS, LessonLayout, lesson_column
from tui_torch.ui.lesson.output.kernel_news import KernelNews
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.lesson.panes import LessonPanes
from tui_torch.ui.lesson.quiz import QuizChoices, verdict
from tui_torch.ui.lesson.replaying import LessonReplay
from tui_torch.ui.lesson.run import LessonRun
from tui_torch.ui.lesson.status_line import pressed
from tui_torch.ui.lesson.step_view import StepView, first_change
from tui_torch.ui.lesson.title_bar import TitleBar
from tui_torch.ui.screens.present_size import PresentSize

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Request


class LessonScreen(PresentSize, WritingHelped, StepScreen):
    """One step of a lesson. The screen composes its parts, binds keys to them, and goes from step to step.

    It is given the tutor, which knows what a run means, and posts messages for what the app shows.
    """

    BINDINGS: ClassVar[list[BindingType]] = LESSON_SCREEN.bindings()

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    class LessonsRequested(Message):
        """The learner asks for the list of lessons."""

    class HelpRequested(Message):
        """The learner asks for the help screen: for the section of that title first, empty for none."""

        def __init__(self, first: str) -> None:
            super().__init__()
            self.first = first

    class RunAsked(Message):
        """A key asks for a run; `recorded`: line by line. It takes the way of the keys before it."""

        def __init__(self, *, recorded: bool, pressed_at: float) -> None:
            super().__init__()
            self.recorded = recorded
            self.pressed_at = pressed_at

    def __init__(self, tutor: Tutor, *, ascii_only: bool = False, own_keys: Container[str] = ()) -> None:
        super().__init__()
        self.tutor = tutor
        self.own_keys = own_keys
        """The names of keys for which the learner has chosen others."""
        self.ascii_only = ascii_only
        self.panes = LessonPanes(ascii_only=ascii_only)
        self.lesson_layout = LessonLayout(self, self.panes)
        self.step_view = StepView(tutor, self.panes)
        self.drafts = Drafts(tutor, self.panes.editor, self._warn)
        self.replay = LessonReplay(self, self.panes, self.lesson_layout)
        self.kernel_news = KernelNews(tutor, self.panes.status, self.panes.output, lambda: self.run.refresh_keys())
        self.run = LessonRun(self, tutor, self.panes, self.lesson_layout, self.step_view, self.replay)
        self._was_shown = False
        self._key_conditions = LessonKeyConditions(self, tutor, self.panes, self.lesson_layout, self.run, self.replay)

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

    def on_screen_resume(self, event: ScreenResume) -> None:
        # What is shown for the first time has just been styled. Later, the theme may have changed meanwhile.
        if not self._was_shown:
            self._was_shown = True
            event.refresh_styles = False
            return
        self.set_timer(TIDY_AFTER, free_closed_screens)

    def _warn(self, sentence: str) -> None:
        self.notify(sentence, severity="warning", markup=False)

    def prepare(self) -> None:
        """Make ready for a run, once the step is on the screen."""
        self.panes.inspector.prepare()
        self.panes.editor.begin_help()

    def on_resize(self, event: Resize) -> None:
        self.lesson_layout.arrange()
        self.refresh_bindings()
        self.call_after_refresh(self.lesson_layout.focus_in_sight)

    def watch_focused(self, focused: Widget | None) -> None:
        # Textual takes the focus from a hidden widget and gives it to none, or to the next, which may be hidden too.
        if focused is None:
            self.call_after_refresh(self.lesson_layout.focus_in_sight)

    def on_descendant_focus(self) -> None:
        if self.focused is not self.panes.text:
            self.forget_leaving()
        self.panes.status.types_text = self._key_conditions.types_text
        self.refresh_bindings()

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
        if isinstance(self.tutor.step, Quiz):
            self.panes.quiz.focus()
        else:
            self.panes.text.focus()
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

    def action_help(self) -> None:
        self.post_message(self.HelpRequested(self.help_section))

    def action_quit(self) -> None:
        self.drafts.save()
        self.app.exit()

    # Running

    def action_run(self) -> None:
        self._ask_for_a_run()

    def action_replay(self) -> None:
        self._ask_for_a_run(recorded=True)

    def _ask_for_a_run(self, *, recorded: bool = False) -> None:
        # The key's binding has priority, and overtakes the letters before it: those for the editor wait in its queue,
        # and others, such as R, are on their way from what has the focus to the app.
        (self.focused or self).post_message(self.RunAsked(recorded=recorded, pressed_at=time_of_key(self.app)))

    @on(RunAsked)
    def _run_in_turn(self, message: RunAsked) -> None:
        message.stop()
        self.app.call_later(self._run_editor, message.pressed_at, recorded=message.recorded)

    def _run_editor(self, pressed_at: float, *, recorded: bool = False) -> None:
        """Run the code in the editor, or say why it does not run now."""
        # What it left, such as a long recording, may have kept the app busy until now.
        if pressed_at < self.run.over_at:
            return
        if self.run.in_progress is not None:
            self.panes.remark(
                f"It is running: press {pressed('{interrupt} (or {stop})', typing='{stop}')} to interrupt it."
            )
            return
        if isinstance(self.tutor.step, Quiz) and not self.has_class("-settled"):
            self.panes.remark("Answer first: press the number of a choice.")
            return
        self.drafts.save()
        self.tutor.playground.line = self.panes.editor.cursor_location[0] + 1
        self.run_worker(self.run.follow(self.panes.editor.text, recorded=recorded), group="run")

    @on(OutputPane.Answered)
    def _give_line(self, message: OutputPane.Answered) -> None:
        self.tutor.kernel.answer(message.text)
        self.panes.output.stop_asking()
        self.lesson_layout.focus_lesson()

    def action_interrupt(self) -> None:
        self.run.interrupt()

    action_stop = action_interrupt

    @work
    async def action_restart(self) -> None:
        self.panes.say("Restarting the kernel.")
        await self.tutor.kernel.restart("The kernel was restarted: its variables are gone, your code is here.")

    # Looking at values

    def on_title_bar_tab_chosen(self, message: TitleBar.TabChosen) -> None:
        self.lesson_layout.toggle_tab(message.tab)

    def action_tensors(self) -> None:
        self.lesson_layout.toggle_tab("tensors")

    def action_chart(self) -> None:
        self.lesson_layout.toggle_tab("chart")

    @on(TensorInspector.Selected)
    def _watch(self, message: TensorInspector.Selected) -> None:
        locals_too = self.panes.inspector.frame is not None
        self.tutor.kernel.watch((message.summary.name,), locals_too=locals_too)

    @on(TensorInspector.ViewRequested)
    def _look(self, message: TensorInspector.ViewRequested) -> None:
        # Exclusive for each page, since only the last row is looked at by someone who goes through the rows quickly.
        request = message.request
        self.run_worker(partial(self._look_at, request), group=f"look at {request.side}", exclusive=True)

    async def _look_at(self, request: Request) -> None:
        # In a replay the kernel has the values after the run, and not those at the line on show.
        if self.replay.is_active:
            self.panes.inspector.show_view(None, request, "A replay does not keep this: leave it to see it.")
            return
        if self.run.in_progress is not None:
            self.panes.inspector.say_when(request, "Your code is running: this is read when it is done.")
        self.panes.inspector.show_view(await self.tutor.kernel.look(request), request)

    @on(LossChart.DotsChosen)
    def _draw_the_fit_alike(self, message: LossChart.DotsChosen) -> None:
        self.panes.fit_chart.dots = message.dots

    @work(exclusive=True, group="graph")
    async def action_graph(self) -> None:
        """Show how the value that is selected among the tensors was computed."""
        if self.run.in_progress is not None:
            self.panes.remark("It is running: the graph can be looked at when it is done.")
            return
        summary = self.panes.inspector.selected
        if summary is None:
            self.say_why_no_value("the graph is of a value that it makes")
            return
        from tui_torch.ui.screens.graph import GraphScreen, box_rows

        look = partial(self.tutor.graph, summary.name, frame=self.panes.inspector.frame)
        graph = await look((), box_rows(self.app.size.height))
        if graph is None:
            self.panes.remark(f"The kernel cannot say how {summary.name} was computed.")
        elif self.is_current:
            self.app.push_screen(GraphScreen(graph, look, ascii_only=self.ascii_only))

    # Writing code

    @on(CodeEditor.Changed)
    def _typed(self) -> None:
        self.run.draw_now()
        self.drafts.changed()

    def on_unmount(self) -> None:
        self.drafts.save()

    @on(CodeEditor.Left)
    def action_home(self) -> None:
        self.lesson_layout.show_tab("lesson")
        self.lesson_layout.focus_lesson()

    def action_edit(self) -> None:
        self.replay.leave()
        self.lesson_layout.show_tab("lesson")
        focus_at_once(self.panes.editor)

    def action_reset(self) -> None:
        self.replay.leave()
        self.panes.say(self.drafts.swap_with_original(self.step_view.left_steps.ran_code))

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

    def action_toggle_suggested_fix(self) -> None:
        self.lesson_layout.show_tab("lesson")
        self.panes.output.toggle_suggested_fixes()

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

    # Which keys work

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key's action does anything now; the footer shows the keys that do."""
        return LESSON_SCREEN.works(action, self._key_conditions)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Every binding that works; those with `show` are for the footer, which shows them in this order."""
        return in_footer_order(super().active_bindings, self._key_conditions, self.own_keys)
