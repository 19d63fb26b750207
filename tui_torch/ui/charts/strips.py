"""Rich text, which `drawing` returns, as Textual's strips."""

from __future__ import annotations

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip


def strip_of(line: Text) -> Strip:
    """Convert a drawn line, whose spans lie side by side: without overlaps this is faster than Rich's own way."""
    segments: list[Segment] = []
    for span in line.spans:
        assert isinstance(span.style, Style)
        segments.append(Segment(line.plain[span.start : span.end], span.style))
    return Strip(segments, line.cell_len)


def centred(sentence: str, width: int, height: int, style: Style, console: Console) -> list[Strip]:
    """A wrapped sentence in the middle of a pane, cut to `height` lines."""
    lines = Text(sentence, style).wrap(console, max(1, width - 2))[: max(height, 1)]
    above = (height - len(lines)) // 2
    blank = Strip.blank(width, style)
    words = [Strip([Segment(line.plain.strip().center(width), style)]) for line in lines]
    return [*[blank] * above, *words, *[blank] * (height - above - len(lines))]
