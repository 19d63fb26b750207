"""What the keys of the screen of one's own program depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.ui.keys.conditions import Place
from tui_torch.ui.lesson.keys.key_conditions import PaneKeyConditions

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

    from tui_torch.tutor.own_program.opened import OpenedProgram
    from tui_torch.ui.lesson.layout import PaneLayout
    from tui_torch.ui.lesson.replaying import LessonReplay
    from tui_torch.ui.lesson.running.code_run import CodeRun
    from tui_torch.ui.program.panes import ProgramPanes


class ProgramKeyConditions(PaneKeyConditions):
    """The `ProgramConditions` of the moment. Its cells are no exercises and no quizzes."""

    choices = 0
    is_exercise = is_quiz = False

    def __init__(
        self,
        screen: Screen[None],
        program: OpenedProgram,
        panes: ProgramPanes,
        layout: PaneLayout,
        run: CodeRun,
        replay: LessonReplay,
    ) -> None:
        super().__init__(screen, panes, layout, run, replay)
        self._program = program
        self._cells = panes.cells
        self._text = panes.text

    @property
    def places(self) -> dict[Place, Widget]:
        return {"cells": self._cells, "text": self._text, **super().places}

    @property
    def has_code(self) -> bool:
        return True

    @property
    def has_editor(self) -> bool:
        return self._program.cell.takes_code

    @property
    def has_cells(self) -> bool:
        return not self._program.is_whole

    @property
    def is_notebook(self) -> bool:
        return self._program.is_notebook
