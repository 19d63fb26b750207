"""What keys do with the panes of a screen, whatever stands in them: copy, fill the screen, move from one to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.events import TextSelected
from textual.screen import Screen
from textual.widget import Widget

from tui_torch.protocol.orders import Request
from tui_torch.ui.charts.fit_chart import FitChart
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.keys.copied import text_of
from tui_torch.ui.lesson.output.transcript_view import TranscriptView

if TYPE_CHECKING:
    from tui_torch.kernel.session import KernelSession
    from tui_torch.tutor.config import FigureGraphics
    from tui_torch.ui.keys.conditions import LessonConditions
    from tui_torch.ui.lesson.layout import PaneLayout
    from tui_torch.ui.lesson.panes import CodePanes
    from tui_torch.ui.lesson.running.code_run import CodeRun
    from tui_torch.ui.screens.figure import FigureScreen
    from tui_torch.ui.screens.jump import Target
    from tui_torch.ui.shown_figure import ShownFigure


class PaneScreen(Screen[None]):
    """A screen of panes, with the keys that do the same in each of them."""

    kernel: KernelSession
    panes: CodePanes
    lesson_layout: PaneLayout
    _key_conditions: LessonConditions

    graphics: FigureGraphics = "blocks"
    """How a figure over the whole screen is drawn."""

    _large_figure: FigureScreen | None = None
    """What shows a figure over the whole screen, or did so last."""

    _had_selection = False
    _left_editor = False
    """Whether the focus came to where it is by leaving the editor."""

    @property
    def run(self) -> CodeRun:
        """The run of code on this screen."""
        raise NotImplementedError

    @property
    def key_conditions(self) -> LessonConditions:
        """What the keys depend on."""
        return self._key_conditions

    # Copying

    @on(TextSelected)
    @on(CodeEditor.SelectionChanged)
    def _show_whether_there_is_something_to_copy(self) -> None:
        now = self._key_conditions.has_selection
        if now is not self._had_selection:
            self._had_selection = now
            self.refresh_bindings()

    def text_select_all(self) -> None:
        """Select nothing. Three clicks select the pane that scrolls around them; of a title, it would be the screen."""

    def action_copy_text(self) -> None:
        """Copy what is selected, which then is selected no more; if nothing but empty space is, interrupt."""
        text = self.get_selected_text()
        self.clear_selection()
        self._show_whether_there_is_something_to_copy()
        if text:
            self.app.copy_to_clipboard(text)
        elif self.run.in_progress is not None:
            self.run.interrupt()

    @work(exclusive=True, group="copy")
    async def action_copy_pane(self) -> None:
        """Copy the text of the pane with the focus; among the tensors, the selected value as code."""
        pane = self.focused_pane
        if pane is self.panes.inspector:
            await self._copy_value()
        elif pane is not None and (text := text_of(pane, self.panes)):
            self.app.copy_to_clipboard(text)
        else:
            self.panes.remark("There is no text to copy here.")

    def say_why_no_value(self, wanted: str) -> None:
        """Say why there is no value among the tensors; `wanted`: what a key would do with one."""
        if not self.panes.inspector.is_empty:
            self.panes.remark("No name matches the filter.")
        elif self.panes.output.has_run:
            self.panes.remark(self.panes.inspector.why_empty)
        else:
            self.panes.remark(f"No code has run here yet: {wanted}.")

    async def _copy_value(self) -> None:
        """Copy the value that is shown in full, as code; what has no such code, as the text of its page."""
        detail = self.panes.inspector.in_full
        summary = detail.summary if detail is not None else None
        if detail is None or summary is None:
            self.say_why_no_value("a value that it makes is copied as code")
        elif summary.kind not in ("tensor", "parameter", "array") or summary.change == "gone":
            self.app.copy_to_clipboard(detail.page.plain)
        elif self.run.in_progress is not None or self.lesson_layout.is_replaying:
            # The kernel answers when the run is over, and has no values of a moment in it.
            self.panes.remark("A value is copied as code when its run is over, and its replay left.")
        else:
            from tui_torch.protocol.views import CodeView  # not imported at the launch

            view = await self.kernel.look(Request("code", summary.name, frame=self.panes.inspector.frame))
            if not isinstance(view, CodeView):
                self.panes.remark(f"The kernel cannot give {summary.name} as code now.")
            elif view.note is not None:
                self.panes.remark(f"{summary.name}: {view.note}.")
            else:
                self.app.copy_to_clipboard(view.code)

    # Figures

    def action_figure(self) -> None:
        """Show the figure in sight over the whole screen."""
        self._show_figure(*self.panes.output.view.figures())

    @on(TranscriptView.FigureClicked)
    def _show_clicked_figure(self, message: TranscriptView.FigureClicked) -> None:
        figures, _ = self.panes.output.view.figures()
        if message.figure in figures:  # else another took its place since
            self._show_figure(figures, figures.index(message.figure))

    def _show_figure(self, figures: Sequence[ShownFigure], at: int) -> None:
        if figures and self.is_current:
            from tui_torch.ui.screens.figure import FigureScreen

            # A protocol for pictures has colours in it.
            graphics = "dots" if self.app.no_color else self.graphics
            self._large_figure = FigureScreen(figures, at, graphics)
            self.app.push_screen(self._large_figure)

    @on(TranscriptView.FigureDrawn)
    def _go_on_with_figures(self) -> None:
        large = self._large_figure
        if large is not None and large.is_attached and (figures := self.panes.output.view.drawn):
            large.follow(figures)

    # Which pane is where

    @property
    def focused_pane(self) -> Widget | None:
        """The pane with the focus; None if the focus is in no pane."""
        return next((pane for pane in self.panes.all if pane.has_focus_within), None)

    @property
    def help_section(self) -> str:
        """The title of the help's section about where the learner is; empty on the text and in a quiz."""
        if self.lesson_layout.is_replaying:
            return "Replay, line by line"
        panes, pane = self.panes, self.focused_pane
        in_full = panes.inspector.in_full
        if pane is panes.inspector and in_full is not None and in_full.page.TITLE == "Graph":
            return "Graph"
        if isinstance(pane, FitChart):
            return "Confusion matrix"
        sections = {
            panes.editor: "In the editor",
            panes.output: "Output",
            panes.inspector: "Tensors",
            panes.loss_chart: "Loss chart",
        }
        return next((title for known, title in sections.items() if known is pane), "")

    def action_zoom(self) -> None:
        """Let the pane with the focus fill the screen; if it does, bring the others back."""
        zoom, pane = self.lesson_layout.zoom, self.focused_pane
        if zoom.pane is not None:
            zoom.end()
        elif pane is not None:
            zoom.fill(pane)

    def action_zoom_code(self) -> None:
        """The same from within the editor, where a letter is text."""
        self.action_zoom()

    @work(exclusive=True, group="jump")
    async def action_jump(self) -> None:
        """Put a letter on every pane and tab, and go to the one whose letter is pressed."""
        from tui_torch.ui.screens.jump import JumpScreen

        chosen = await self.app.push_screen_wait(JumpScreen(self._targets()))
        if chosen is not None:
            chosen.go()

    def _targets(self) -> list[Target]:
        from tui_torch.ui.screens.jump import Target

        panes = self.panes
        going: dict[Widget, Callable[[], object]] = {panes.output: panes.output.view.focus}
        targets = [
            Target(pane.region.x, pane.region.y, going.get(pane, pane.focus))
            for pane in panes.all
            if self._can_go_to(pane)
        ]
        title = panes.title
        for x, tab in title.tabs_at:
            targets.append(Target(title.region.x + x, title.region.y, partial(self.lesson_layout.toggle_tab, tab)))
        in_full = panes.inspector.in_full
        if in_full is not None and panes.inspector.region:
            targets += [Target(x, y, go) for x, y, go in in_full.tabs_at]
        return targets

    @staticmethod
    def _can_go_to(pane: Widget) -> bool:
        is_empty = isinstance(pane, TensorInspector) and not pane.takes_focus
        return bool(pane.region) and not is_empty and not (isinstance(pane, FitChart) and not pane.can_focus)

    def action_move_border(self, by: int) -> None:
        """Make the left column wider by so many steps, or narrower."""
        self.lesson_layout.move_border(by)

    def on_code_editor_left(self) -> None:
        self._left_editor = True

    def forget_leaving(self) -> None:
        """The focus has been elsewhere since the editor was left."""
        self._left_editor = False

    def focus_next(self, selector: Any = "*") -> Widget | None:
        """Move the focus to the next pane: after the editor was left, to the one after that.

        Tab is an indent in the editor. Without this it would lead from the text into the editor whenever it was left.
        """
        editor = self.panes.editor
        chain = self.focus_chain
        if self._left_editor and editor in chain and self.focused is self.panes.text:
            self._left_editor = False
            self.set_focus(chain[(chain.index(editor) + 1) % len(chain)])
            return self.focused
        return super().focus_next(selector)
