"""How long lines of output are wrapped."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ui.conftest import Build, lines, shows, started, until
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.lesson.output.transcript_view import row_starts

TEXTS = st.text(st.sampled_from("ab  é字\u0301🔥"), max_size=60)


@settings(deadline=None)
@given(TEXTS, st.integers(0, 30))
def test_rows_follow_each_other_and_fit_at_any_width(text: str, width: int) -> None:
    starts = row_starts(text, width)
    assert starts[0] == 0
    assert all(start < end for start, end in pairwise(starts))
    for start, end in pairwise([*starts, len(text)]):
        row = text[start:end]
        # A space may hang beyond, and one character stands in a row that is too narrow for it.
        assert cell_len(row.rstrip()) <= width or cell_len(row[:1]) > width or len(row) <= 1


async def test_a_pane_without_a_column_to_write_in_is_drawn_and_comes_back(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, (80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        before = lines(app)
        await pilot.resize_terminal(2, 24)
        view = app.screen.query_one(OutputPane).view
        await until(pilot, lambda: view.scrollable_content_region.width == 0 < view.size.width)
        # As it is when the pane was measured by a timer, before it heard of its size.
        view._ends, view._wrapped_at = [1], 0
        view._drawn.clear()
        assert view.render_line(0).cell_length == view.size.width
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: lines(app) == before)


async def test_another_theme_colours_written_and_empty_rows_alike(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, (80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        view = app.screen.query_one(OutputPane).view

        def backgrounds() -> set[str]:
            rows = [view.render_line(row) for row in range(view.size.height)]
            return {str(segment.style.bgcolor) for row in rows for segment in row if segment.style is not None}

        dark = backgrounds()
        assert len(dark) == 1
        app.theme = "ember-light"
        await until(pilot, lambda: backgrounds() != dark)
        assert backgrounds() == {str(view.rich_style.bgcolor)}
