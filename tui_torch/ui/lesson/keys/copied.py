"""The text of a pane, as it is copied: the lesson's Markdown, the code, all of the output, a chart's characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.ui.charts.drawn import DrawnWidget

if TYPE_CHECKING:
    from textual.widget import Widget

    from tui_torch.ui.lesson.panes import LessonPanes


def text_of(pane: Widget, panes: LessonPanes) -> str:
    """Return the whole text of a pane, of which less may be in sight; empty if it has none."""
    if pane is panes.text:
        return panes.text.markdown
    if pane is panes.editor:
        return panes.editor.text
    if pane is panes.output:
        return panes.output.shown()
    if pane is panes.quiz:
        return panes.quiz.plain
    return pane.plain if isinstance(pane, DrawnWidget) else ""
