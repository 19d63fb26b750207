"""The widgets of the screen of one's own program: those of any code, and the list of its cells."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui_torch.ui.lesson.column import LessonColumn
from tui_torch.ui.lesson.layout import PaneLayout
from tui_torch.ui.lesson.panes import CodePanes
from tui_torch.ui.lesson.title_bar import LEAST_TITLE, TitleBar
from tui_torch.ui.program.cell_list import CellList

SHARE = 9
"""How many of fifteen parts of the width the code has at first, as in app.tcss: programs have long lines."""


class ProgramTitle(TitleBar):
    """One line: the file, which cell is in the editor, and whether all that was typed is in the file."""

    HOME_LABEL = "Code"

    is_edited: reactive[bool] = reactive(False)
    """Whether something was typed that is not in the file."""
    is_changed: reactive[bool] = reactive(False)
    """Whether somebody else has written to the file where something was typed."""

    def _left(self, width: int) -> Content:
        self._dots_shown = 0
        edited = ("* edited" if self.ascii_only else "● edited") if self.is_edited else ""
        words = [(edited, "$text-accent"), ("changed by somebody else" if self.is_changed else "", "$text-warning")]
        if len(self.steps) > 1:
            words.insert(0, (f"cell {self.current + 1}/{len(self.steps)}", "$text-muted"))
        said = Content("")
        for word, style in words:
            if word and width - said.cell_length - len(word) - 2 >= LEAST_TITLE:
                said = Content.assemble(said, "  ", (word, style))
        room = max(width - said.cell_length, 0)
        title = Content.styled(self.lesson, "bold")
        if title.cell_length > room:
            mark = "~" if self.ascii_only else "…"
            title = Content.assemble(title.truncate(max(0, room - 1)), mark if room else "")
        return Content.assemble(title, said)


class ProgramPanes(CodePanes):
    """The panes of a program."""

    def __init__(self, *, ascii_only: bool) -> None:
        self.title: ProgramTitle
        super().__init__(ascii_only=ascii_only, title=ProgramTitle(ascii_only=ascii_only))
        self.cells = CellList(ascii_only=ascii_only)

    @property
    def all(self) -> tuple[Widget, ...]:
        return (self.cells, *super().all)


class ProgramLayout(PaneLayout):
    """The layout of a program, whose keys are for the list of its cells."""

    _panes: ProgramPanes

    @property
    def home_pane(self) -> Widget:
        return self._panes.cells


def program_column(panes: ProgramPanes) -> LessonColumn:
    """The column of a cell's panes. Code counts most: it is what one has come for."""
    weights = {panes.cells: (2, 3), panes.text: (3, 4), panes.editor: (7, 12), panes.output: (4, 5)}
    column = LessonColumn(*weights, weights=weights, id="lesson")
    column.takes_the_rest = panes.output
    return column
