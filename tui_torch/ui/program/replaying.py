"""The replay of a run, which goes from cell to cell with the lines of a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui_torch.ui.lesson.replaying import LessonReplay

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui_torch.tutor.replay.replay import Moment
    from tui_torch.ui.lesson.layout import PaneLayout
    from tui_torch.ui.lesson.panes import CodePanes


class ProgramReplay(LessonReplay):
    """Replays what ran of a program.

    Args:
        show_line: Has the cell with a line, by its number, in the editor.
    """

    def __init__(
        self, screen: Screen[None], panes: CodePanes, layout: PaneLayout, show_line: Callable[[int], None]
    ) -> None:
        super().__init__(screen, panes, layout)
        self._show_line = show_line

    def show_moment(self, moment: Moment | None) -> None:
        if moment is not None:
            self._show_line(moment.position.line)
        super().show_moment(moment)
