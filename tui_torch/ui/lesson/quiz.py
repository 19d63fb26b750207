"""The choices of a quiz, and why the chosen one is right or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui_torch.course.lesson import Choice, Quiz
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.common.keys_in_order import focus_at_once
from tui_torch.ui.common.selectable import SelectableOptions
from tui_torch.ui.keys.declared import QUIZ
from tui_torch.ui.lesson.status_line import pressed


class QuizChoices(Widget):
    """Choices to be made by number, or by the arrows and enter, as often as the learner likes."""

    DEFAULT_CSS = """
    QuizChoices {
        height: auto;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-title-style: none;
        padding: 0 1;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        &:focus-within { border: round $primary; border-title-color: $primary; }
        &.-ascii { border: ascii $border-blurred; }
        &.-ascii:focus-within { border: ascii $primary; }
        OptionList { border: none; padding: 0; height: auto; max-height: 1000; background: transparent; }
        OptionList:focus { border: none; }
        Static { display: none; padding: 1 1 0 1; height: auto; }
        &.-explained > Static { display: block; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = QUIZ.bindings()

    class ChoiceMade(Message):
        """The learner made a choice of a quiz, which another step may have taken the place of since.

        `index` is the choice's place in the lesson, 0 for the first.
        """

        def __init__(self, quiz: Quiz, index: int) -> None:
            super().__init__()
            self.quiz = quiz
            self.index = index

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ascii_only = ascii_only
        self.border_title = "Your answer"
        self.set_class(ascii_only, "-ascii")
        self._quiz: Quiz | None = None
        self._order: tuple[int, ...] = ()
        """The places of the choices in the lesson, in the order in which they are shown."""
        self._answered: list[int] = []

    def compose(self) -> ComposeResult:
        yield SelectableOptions()
        yield Static()

    def show(self, quiz: Quiz, answered: int | None, order: Sequence[int] | None = None) -> None:
        """Show a quiz's choices.

        Args:
            answered: The place in the lesson of the choice that was made last time; None if there was none.
            order: Those of all choices, in the order to show them in; None: that of the lesson.
        """
        self._quiz = quiz
        self._order = tuple(range(len(quiz.choices)) if order is None else order)
        self._answered = [] if answered is None else [answered]
        self.query_one(OptionList).highlighted = None
        self._draw()

    @property
    def plain(self) -> str:
        """The choices as text, one a line, in the order in which they are shown."""
        lines = (self._line(shown).plain for shown in range(len(self._order)))
        return "\n".join([*lines, self._explanation().plain.strip()]).rstrip()

    def answer(self, index: int) -> None:
        """Show the choice at `index` in the lesson as made, whether it is right, and why."""
        self._answered = [index]
        self._draw()

    def on_resize(self) -> None:
        # Its code and output take rows from it once it is answered; the explanation is what is new then.
        if self._answered:
            self.query_one(Static).scroll_visible(animate=False, immediate=True)

    def choose(self, shown: int) -> None:
        """Make the choice that is shown there, 0 for the first; nothing happens if there is no such choice."""
        if self._quiz is not None and shown < len(self._order):
            self.post_message(self.ChoiceMade(self._quiz, self._order[shown]))

    @property
    def _choices(self) -> tuple[Choice, ...]:
        return self._quiz.choices if self._quiz is not None else ()

    def focus(self, scroll_visible: bool = True) -> QuizChoices:
        focus_at_once(self.query_one(OptionList))
        return self

    def _draw(self) -> None:
        options = self.query_one(OptionList)
        highlighted = options.highlighted
        options.clear_options()
        options.add_options(Option(self._line(shown)) for shown in range(len(self._order)))
        options.highlighted = self._order.index(self._answered[-1]) if self._answered else (highlighted or 0)
        explanation = self._explanation()
        self.set_class(bool(explanation), "-explained")
        self.query_one(Static).update(explanation)

    def _line(self, shown: int) -> Content:
        choice = self._choices[self._order[shown]]
        right, wrong = (" + right", " x wrong") if self.ascii_only else (" ✓ right", " ✗ wrong")
        mark = ""
        style = ""
        if self._order[shown] in self._answered:
            mark, style = (right, "$success") if choice.correct else (wrong, "$error")
        return Content.assemble(
            (f"{shown + 1}  ", "$accent bold"), inline(choice.text, ascii_only=self.ascii_only), (mark, f"{style} bold")
        )

    def _explanation(self) -> Content:
        """Why the last choice is right or wrong."""
        if not self._answered:
            return Content("")
        choice = self._choices[self._answered[-1]]
        return inline(choice.because, ascii_only=self.ascii_only)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.choose(event.option_index)

    def action_choose(self, index: int) -> None:
        self.choose(index)


def verdict(correct: bool) -> str:
    """Return the sentence that the status line has about an answer."""
    return f"Right: {pressed('{next}')} goes on." if correct else "Not that one. Look, and choose again."
