"""The plain face's console of Rich: it lets no character through that a terminal would obey and Rich did not write."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook
from rich.segment import Segment
from rich.theme import Theme

from tui_torch.console.encoding import speaks_unicode
from tui_torch.drawing.code_colours import INLINE_OF_TERMINAL
from tui_torch.drawing.text.visible import visible_lines

_CODE = Theme({"markdown.code": INLINE_OF_TERMINAL, "markdown.code_block": "none"})
"""Without Rich's black ground, which the code of a light terminal would be on."""


def plain_console(*, err: bool = False) -> Console:
    """A console of Rich for standard output, which writes out every control character that is not Rich's own.

    `err` is for standard error instead.
    """
    console = Console(highlight=False, theme=_CODE, stderr=err)
    console.push_render_hook(_Harmless(ascii_only=not speaks_unicode()))
    return console


class _Harmless(RenderHook):
    def __init__(self, *, ascii_only: bool) -> None:
        self._ascii_only = ascii_only

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [WrittenOut(renderable, ascii_only=self._ascii_only) for renderable in renderables]


class WrittenOut:
    """What is to be printed, with its control characters written out."""

    def __init__(self, renderable: RenderableType, *, ascii_only: bool) -> None:
        self._renderable = renderable
        self._ascii_only = ascii_only

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible_lines(segment.text, self._ascii_only), segment.style)
