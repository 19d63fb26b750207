"""What the keys of a screen on which code runs depend on, read from the objects that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual.widgets import Input, TextArea

from tui_torch.course.lesson import Exercise, Quiz
from tui_torch.ui.keys.conditions import Place
from tui_torch.ui.lesson.editor import CodeEditor

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

    from tui_torch.tutor.tutor import Tutor
    from tui_torch.ui.lesson.layout import PaneLayout
    from tui_torch.ui.lesson.panes import CodePanes, LessonPanes
    from tui_torch.ui.lesson.replaying import LessonReplay
    from tui_torch.ui.lesson.running.code_run import CodeRun


class PaneKeyConditions:
    """The `PaneConditions` of the moment. Each is read when a key asks for it: Textual asks for every key often."""

    def __init__(
        self, screen: Screen[None], panes: CodePanes, layout: PaneLayout, run: CodeRun, replay: LessonReplay
    ) -> None:
        self._screen = screen
        self._panes = panes
        self._layout = layout
        self._run = run
        self._replay = replay

    @property
    def place(self) -> Place:
        if self.types_line:
            return self._field()
        if self.replays:
            return "replay"
        panes, focused = self._panes, self._screen.focused
        if focused is panes.editor:
            return "editor"
        if panes.inspector.has_focus_within:
            return "value" if focused is panes.inspector.in_full else "tensors"
        for place, pane in self.places.items():
            if pane.has_focus_within:
                return place
        return "text"

    @property
    def places(self) -> dict[Place, Widget]:
        """The places that a pane of their own is."""
        return {"output": self._panes.output, "chart": self._panes.loss_chart}

    def _field(self) -> Place:
        """The place of a field for one line."""
        panes, focused = self._panes, self._screen.focused
        finding = panes.editor.finding
        fields: dict[Place, Widget] = {
            "find": finding.wanted,
            "replace": finding.instead,
            "search": panes.value_search,
        }
        for place, field in fields.items():
            if field is focused:
                return place
        return "filter" if panes.inspector.has_focus_within else "answer"

    @property
    def runs(self) -> bool:
        return self._run.in_progress is not None

    @property
    def has_selection(self) -> bool:
        # Not its text: to read that may take long, and this is asked for at each key.
        return self.marks_text or bool(self._screen.selections)

    @property
    def marks_text(self) -> bool:
        focused = self._screen.focused
        return isinstance(focused, TextArea | Input) and bool(focused.selected_text)

    @property
    def types_text(self) -> bool:
        return isinstance(self._screen.focused, CodeEditor | Input)

    @property
    def types_line(self) -> bool:
        return isinstance(self._screen.focused, Input)

    @property
    def replays(self) -> bool:
        return self._replay.is_active

    @property
    def types_pass(self) -> bool:
        return self._replay.is_typing

    @property
    def has_suggested_fix(self) -> bool:
        return self._panes.output.has_suggested_fix

    @property
    def has_figure(self) -> bool:
        return self._panes.output.has_figure

    @property
    def pages(self) -> int:
        value = self._panes.inspector.in_full
        return len(value.pages) if value is not None else 0

    @property
    def opens_parts(self) -> bool:
        value = self._panes.inspector.in_full
        return value is not None and value.page.HAS_PARTS

    @property
    def slices(self) -> int:
        value = self._panes.inspector.in_full
        return value.page.slices if value is not None else 0

    @property
    def other_drawing(self) -> Literal["", "picture", "graph"]:
        value = self._panes.inspector.in_full
        return value.page.other_drawing if value is not None else ""

    @property
    def has_curves(self) -> bool:
        return self._panes.loss_chart.has_curves

    @property
    def one_column(self) -> bool:
        return self._layout.one_column


class LessonKeyConditions(PaneKeyConditions):
    """The `LessonConditions` of the moment."""

    def __init__(
        self,
        screen: Screen[None],
        tutor: Tutor,
        panes: LessonPanes,
        layout: PaneLayout,
        run: CodeRun,
        replay: LessonReplay,
    ) -> None:
        super().__init__(screen, panes, layout, run, replay)
        self._tutor = tutor
        self._quiz = panes.quiz
        self._matrix = panes.fit_chart

    @property
    def places(self) -> dict[Place, Widget]:
        return {"quiz": self._quiz, "matrix": self._matrix, **super().places}

    @property
    def choices(self) -> int:
        step = self._tutor.step
        return len(step.choices) if isinstance(step, Quiz) else 0

    @property
    def has_code(self) -> bool:
        step = self._tutor.step
        return not isinstance(step, Quiz) or step.code is not None

    @property
    def has_editor(self) -> bool:
        return not self.is_quiz or self._screen.has_class("-settled")

    @property
    def is_exercise(self) -> bool:
        return isinstance(self._tutor.step, Exercise)

    @property
    def is_quiz(self) -> bool:
        return isinstance(self._tutor.step, Quiz)
