"""The text that a training made at a step, in lines below its curve."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.style import StyleType
from rich.text import Text

from tui_torch.drawing.text.cells import one_cell_each
from tui_torch.protocol.plots.sampled_texts import SampledText

LEAST_CHART = 6
"""Rows that the chart keeps in any case."""


def text_at(texts: Sequence[SampledText], step: int | None) -> SampledText | None:
    """The last text that was there at a step; without a step, the last of all."""
    return next((one for one in reversed(texts) if step is None or one.step <= step), None)


def text_rows(texts: Sequence[SampledText], height: int) -> int:
    """How many of the rows of a chart its texts take, so that it stays the same from text to text."""
    longest = max((one.text.count("\n") + 1 + len(one.text) // 60 for one in texts), default=0)
    return max(min(longest + 1, height - LEAST_CHART, 2 + height // 3), 0) if texts else 0


def draw_text(
    texts: Sequence[SampledText],
    step: int | None,
    width: int,
    height: int,
    *,
    ascii_only: bool,
    style: StyleType = "none",
    muted: StyleType = "dim",
) -> tuple[Text, ...]:
    """The text of a step on `height` lines of `width` cells, below a line that says when it was there."""
    if height < 1 or width < 1:
        return ()
    head, *lines = _lines(text_at(texts, step), texts, width, ascii_only)
    if len(lines) >= height:
        lines = [*lines[: height - 2], ".." if ascii_only else "…"] if height > 1 else []
    lines += [""] * (height - 1 - len(lines))
    # Each line is one span.
    return tuple(
        Text.assemble((line[:width].ljust(width), muted if place == 0 else style), no_wrap=True, end="")
        for place, line in enumerate([head, *lines])
    )


def _lines(found: SampledText | None, texts: Sequence[SampledText], width: int, ascii_only: bool) -> list[str]:
    if found is None:
        return ["no text yet at this step"]
    place = f" ({texts.index(found) + 1} of {len(texts)})" if len(texts) > 1 else ""
    name = f"{one_cell_each(found.name, ascii_only=ascii_only)} at " if found.name else ""
    lines = [f"{name}step {found.step:,}{place}"]
    for line in found.text.splitlines() or [""]:
        lines += wrap(one_cell_each(line, ascii_only=ascii_only), width, drop_whitespace=False) or [""]
    return lines
