"""What every line goes through on its way to the terminal."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color

from tests.ui.conftest import Build, started
from tui_torch.ui.line_filters import AsciiFilter, FilterChain, HarmlessFilter

GROUND = Color(0, 0, 0)


def test_a_chain_of_filters_does_what_each_does_in_turn() -> None:
    line = [Segment("a\x1b[31m"), Segment("→ ∂")]
    harmless, ascii_only = HarmlessFilter(), AsciiFilter()
    in_turn = ascii_only.apply(harmless.apply(line, GROUND), GROUND)
    assert in_turn != line
    assert FilterChain((harmless, ascii_only)).apply(line, GROUND) == in_turn
    assert FilterChain(()).apply(line, GROUND) == line


async def test_lines_go_through_the_same_one_filter_until_the_filters_change(build: Build) -> None:
    app = build()
    async with started(app, (80, 24)):
        (before,) = app.get_line_filters()
        assert app.get_line_filters() == [before]
        app.ansi_theme_dark = app.ansi_theme_light
        (after,) = app.get_line_filters()
        assert isinstance(before, FilterChain) and isinstance(after, FilterChain)
        assert after is not before
        assert [type(one) for one in after.filters] == [type(one) for one in before.filters]
