"""The texts in a widget's border, set only when they change: setting one draws the widget and all in it again."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


def label_border(widget: Widget, title: str, subtitle: str | Content) -> None:
    """Write a title and a subtitle into a widget's border.

    Args:
        title, subtitle: Markup, or a `Content`, which is taken as it is.
    """
    if widget.border_title != _markup(title):
        widget.border_title = title
    if widget.border_subtitle != _markup(subtitle):
        widget.border_subtitle = subtitle


def _markup(label: str | Content) -> str:
    """The label as Textual gives it back."""
    return label.markup if isinstance(label, Content) else Content.from_markup(label).markup
