"""What keys do on a screen where code runs: run it, interrupt it, restart its kernel, and look at what it left."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.binding import ActiveBinding
from textual.events import Resize, ScreenResume
from textual.message import Message
from textual.widget import Widget

from tui_torch.tutor.graphs import graph_of
from tui_torch.ui.common.closed_screens import TIDY_AFTER, free_closed_screens
from tui_torch.ui.common.keys_in_order import focus_at_once, time_of_key
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.keys.bound import keys_of
from tui_torch.ui.keys.footer import FOOTER, FooterKey, in_footer_order
from tui_torch.ui.lesson.editing.writing import WritingHelped
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.keys.replay_screen import ReplayScreen
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.lesson.status_line import pressed
from tui_torch.ui.lesson.title_bar import TitleBar
from tui_torch.ui.screens.present_size import PresentSize

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Request
    from tui_torch.ui.keys.conditions import Place
    from tui_torch.ui.keys.table import KeyTable
    from tui_torch.ui.lesson.output.kernel_news import KernelNews


class RunScreen(PresentSize, WritingHelped, ReplayScreen):
    """A screen of panes around an editor whose code runs in a kernel.

    A subclass makes the panes and what draws on them, and says what runs.
    """

    KEYS: KeyTable[Any]
    """Every key of the screen."""

    FOOTER: Mapping[Place, tuple[FooterKey, ...]] = FOOTER
    """The keys that the footer shows, by where the focus is."""

    ascii_only: bool
    own_keys: Container[str] = ()
    """The names of keys for which the learner has chosen others."""
    kernel_news: KernelNews

    _was_shown = False

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

    def save_drafts(self) -> None:
        """Keep what was typed and is not kept yet."""
        raise NotImplementedError

    def run_code(self, *, recorded: bool) -> None:
        """Begin a run of the code in the editor, or say why it does not run now; nothing runs."""
        raise NotImplementedError

    def warn(self, sentence: str) -> None:
        """Say in a corner of the screen what went wrong."""
        self.notify(sentence, severity="warning", markup=False)

    # The screen

    def on_screen_resume(self, event: ScreenResume) -> None:
        # What is shown for the first time has just been styled. Later, the theme may have changed meanwhile.
        if not self._was_shown:
            self._was_shown = True
            event.refresh_styles = False
            return
        self.set_timer(TIDY_AFTER, free_closed_screens)

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
        if self.focused is not self.lesson_layout.home_pane:
            self.forget_leaving()
        self.panes.status.types_text = self._key_conditions.types_text
        self.refresh_bindings()

    def action_help(self) -> None:
        self.post_message(self.HelpRequested(self.help_section))

    def action_quit(self) -> None:
        self.save_drafts()
        self.app.exit()

    def on_unmount(self) -> None:
        self.save_drafts()

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
        # What it left, such as a long recording, may have kept the app busy until now.
        if pressed_at < self.run.over_at:
            return
        if not self.says_that_it_runs():
            self.run_code(recorded=recorded)

    def says_that_it_runs(self) -> bool:
        """Whether code runs, which is said then: nothing else can."""
        if self.run.in_progress is None:
            return False
        self.panes.remark(
            f"It is running: press {pressed('{interrupt} (or {stop})', typing='{stop}')} to interrupt it."
        )
        return True

    @on(OutputPane.Answered)
    def _give_line(self, message: OutputPane.Answered) -> None:
        self.run.answered()
        self.kernel.answer(message.text)
        self.panes.output.stop_asking()
        self.lesson_layout.focus_lesson()

    def action_interrupt(self) -> None:
        self.run.interrupt()

    action_stop = action_interrupt

    @work
    async def action_restart(self) -> None:
        self.panes.say("Restarting the kernel.")
        await self.kernel.restart("The kernel was restarted: its variables are gone, your code is here.")

    # Looking at values

    def on_title_bar_tab_chosen(self, message: TitleBar.TabChosen) -> None:
        self.lesson_layout.toggle_tab(message.tab)

    def action_tensors(self) -> None:
        self.lesson_layout.toggle_tab("tensors")

    def action_chart(self) -> None:
        self.lesson_layout.toggle_tab("chart")

    @on(TensorInspector.Selected)
    def _watch(self, message: TensorInspector.Selected) -> None:
        self._watch_what_is_in_sight(message.summary.name)

    def _watch_what_is_in_sight(self, name: str) -> None:
        inspector = self.panes.inspector
        self.kernel.watch((name,), locals_too=inspector.frame is not None, pages=inspector.pages_in_sight)

    @on(TensorInspector.ViewRequested)
    def _look(self, message: TensorInspector.ViewRequested) -> None:
        # Exclusive for each page, since only the last row is looked at by someone who goes through the rows quickly.
        request = message.request
        if (selected := self.panes.inspector.selected) is not None:
            self._watch_what_is_in_sight(selected.name)
        self.run_worker(partial(self._look_at, request), group=f"look at {request.side}", exclusive=True)

    async def _look_at(self, request: Request) -> None:
        # In a replay the kernel has the values after the run, and not those at the line on show.
        if self.replay.is_active:
            why = keys_of(self.app).in_words("A replay does not keep this: {replay.leave} leaves it, to see it.")
            self.panes.inspector.show_view(None, request, why)
            return
        if self.run.in_progress is not None:
            self.panes.inspector.say_when(request, "Your code is running: this is read when it is done.")
        self.panes.inspector.show_view(await self.kernel.look(request), request)

    @on(TensorInspector.PlotWanted)
    def _plot(self, message: TensorInspector.PlotWanted) -> None:
        from tui_torch.ui.screens.plot import open_plot

        open_plot(self.panes.inspector, message.summary, ascii_only=self.ascii_only)

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

        look = partial(graph_of, self.kernel, summary.name, frame=self.panes.inspector.frame)
        graph = await look((), box_rows(self.app.size.height))
        if graph is None:
            self.panes.remark(f"The kernel cannot say how {summary.name} was computed.")
        elif self.is_current:
            self.app.push_screen(GraphScreen(graph, look, ascii_only=self.ascii_only))

    # Writing code

    @on(CodeEditor.Left)
    def action_home(self) -> None:
        self.lesson_layout.show_tab("lesson")
        self.lesson_layout.focus_lesson()

    def action_edit(self) -> None:
        """Go into the editor."""
        self.replay.leave()
        self.lesson_layout.show_tab("lesson")
        focus_at_once(self.panes.editor)

    def action_toggle_suggested_fix(self) -> None:
        self.lesson_layout.show_tab("lesson")
        self.panes.output.toggle_suggested_fixes()

    # Which keys work

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key's action does anything now; the footer shows the keys that do."""
        return self.KEYS.works(action, self._key_conditions)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Every binding that works; those with `show` are for the footer, which shows them in this order."""
        return in_footer_order(super().active_bindings, self._key_conditions, self.own_keys, self.FOOTER)
