"""Scroll bars of whole cells, which every terminal can draw."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBarRender


class WholeCells(ScrollBarRender):
    """Textual's own end in eighths of a block, which is no ASCII, and which many a terminal's font draws with a gap."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]
