"""What `tutor` draws as Rich text, as Textual's strips."""

from __future__ import annotations

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip


def strip_of(line: Text) -> Strip:
    """A drawn line as Textual has it; its spans lie side by side, so that Rich need not work out what overlaps."""
    segments: list[Segment] = []
    for span in line.spans:
        assert isinstance(span.style, Style)
        segments.append(Segment(line.plain[span.start : span.end], span.style))
    return Strip(segments, line.cell_len)


def centred(sentence: str, width: int, height: int, style: Style, console: Console) -> list[Strip]:
    """A sentence in the middle of a pane, as much of it as there is room for."""
    lines = Text(sentence, style).wrap(console, max(1, width - 2))[: max(height, 1)]
    above = (height - len(lines)) // 2
    blank = Strip.blank(width, style)
    words = [Strip([Segment(line.plain.strip().center(width), style)]) for line in lines]
    return [*[blank] * above, *words, *[blank] * (height - above - len(lines))]
