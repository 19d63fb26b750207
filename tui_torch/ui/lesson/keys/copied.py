"""The text of a pane, as it is copied: the lesson's Markdown, the code, all of the output, a chart's characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from textual.widget import Widget

    from tui_torch.ui.lesson.panes import CodePanes


@runtime_checkable
class HasPlainText(Protocol):
    """A pane with a text of its own."""

    @property
    def plain(self) -> str:
        """All of it."""
        ...


def text_of(pane: Widget, panes: CodePanes) -> str:
    """Return the whole text of a pane, of which less may be in sight; empty if it has none."""
    if pane is panes.text:
        return panes.text.markdown
    if pane is panes.editor:
        return panes.editor.text
    if pane is panes.output:
        return panes.output.shown()
    return pane.plain if isinstance(pane, HasPlainText) else ""
