"""The widgets of a screen on which code runs, made once and handed to the objects that draw on them."""

from __future__ import annotations

from textual.widget import Widget

from tui_torch.ui.charts.fit_chart import FitChart
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.lesson.quiz import QuizChoices
from tui_torch.ui.lesson.replay_bar import ReplayBar
from tui_torch.ui.lesson.status_line import StatusLine
from tui_torch.ui.lesson.text import LessonText
from tui_torch.ui.lesson.title_bar import TitleBar
from tui_torch.ui.lesson.value_search import ValueSearch


class CodePanes:
    """One of each pane. They outlive the screen: when the app closes, the editor still has the code to be saved."""

    def __init__(self, *, ascii_only: bool, title: TitleBar | None = None) -> None:
        self.ascii_only = ascii_only
        self.title = title or TitleBar(ascii_only=ascii_only)
        self.text = LessonText(ascii_only=ascii_only)
        self.editor = CodeEditor(ascii_only=ascii_only)
        self.output = OutputPane(ascii_only=ascii_only)
        self.inspector = TensorInspector(ascii_only=ascii_only)
        self.loss_chart = LossChart(ascii_only=ascii_only)
        self.replay_bar = ReplayBar(ascii_only=ascii_only)
        self.value_search = ValueSearch()
        self.status = StatusLine(ascii_only=ascii_only)

    @property
    def all(self) -> tuple[Widget, ...]:
        """The panes that take the focus, or hold what does."""
        return (self.text, self.editor, self.output, self.inspector, self.loss_chart)

    def say(self, sentence: str) -> None:
        """Put a sentence about how things are now on the status line; an empty one clears it."""
        self.status.note, self.status.remark = sentence, ""

    def remark(self, sentence: str) -> None:
        """Answer a key on the status line, in place of how things are, until the next key or click."""
        self.status.remark = sentence

    @property
    def are_mounted(self) -> bool:
        """Whether they are on the screen. When the app closes they leave one by one, and a run may end between."""
        return self.title.is_attached and self.status.is_attached


class LessonPanes(CodePanes):
    """The panes of a lesson: those of a quiz and of a fit, too."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.quiz = QuizChoices(ascii_only=ascii_only)
        self.fit_chart = FitChart(ascii_only=ascii_only)

    @property
    def all(self) -> tuple[Widget, ...]:
        return (
            self.text,
            self.quiz,
            self.editor,
            self.output,
            self.inspector,
            self.fit_chart,
            self.loss_chart,
        )
