"""Scroll bars of whole cells, which every terminal can draw."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBarRender


class WholeCells(ScrollBarRender):
    """Draws a scroll bar of spaces alone.

    Textual's own ends in eighths of a block, which are not ASCII, and which many fonts draw with a gap.
    """

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]
