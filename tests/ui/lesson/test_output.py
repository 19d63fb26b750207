"""How long lines of output are wrapped, and what takes the place of what was there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.pilot import Pilot

from tests.ui.conftest import Build, lines, seen, shows, started, until
from tui_torch.protocol.events import Displayed, Figure, Output, PutBack
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.keys.bound import DEFAULT
from tui_torch.ui.lesson.output.pane import ANSWER, DEBUG, OutputPane
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


class Alone(ThemedApp):
    """The pane, and nothing else."""

    def compose(self) -> ComposeResult:
        yield OutputPane()


@asynccontextmanager
async def alone() -> AsyncIterator[tuple[OutputPane, Pilot[None]]]:
    app = Alone()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        yield app.query_one(OutputPane), pilot


def rows(pane: OutputPane) -> list[str]:
    """What the pane shows, without its empty rows at the end."""
    shown = [pane.view.render_line(row).text.rstrip() for row in range(pane.view.size.height)]
    while shown and not shown[-1]:
        shown.pop()
    return shown


async def test_a_bar_is_drawn_below_what_is_printed_meanwhile() -> None:
    async with alone() as (pane, pilot):
        pane.write("\r1/2 ███", "stderr")
        await until(pilot, lambda: rows(pane) == ["1/2 ███"])
        pane.write("loss 1\n")
        await until(pilot, lambda: rows(pane) == ["loss 1", "1/2 ███"])
        pane.write("\r2/2 ██████", "stderr")
        await until(pilot, lambda: rows(pane) == ["loss 1", "2/2 ██████"])
        pane.write("\n", "stderr")
        pane.write("done\n")
        await until(pilot, lambda: rows(pane) == ["loss 1", "2/2 ██████", "done"])


async def test_lines_that_were_drawn_are_drawn_again_once_they_are_written_over() -> None:
    async with alone() as (pane, pilot):
        pane.write("\router 1\n\rinner 1\n", "stderr")
        await until(pilot, lambda: rows(pane) == ["outer 1", "inner 1"])
        pane.write("\x1b[2A\router 2, which is now much longer than a row of this pane is wide\n", "stderr")
        await until(pilot, lambda: "".join(rows(pane)).startswith("outer 2, which"))
        await until(pilot, lambda: rows(pane)[-1] == "inner 1" and len(rows(pane)) == 3)


async def test_rows_that_the_output_has_no_more_are_blank_on_the_screen() -> None:
    async with alone() as (pane, pilot):
        for text in ("first\n", "one\ntwo\nthree\n", "shorter\n", ""):
            pane.begin()
            pane.write(text)
            await until(pilot, lambda: "".join(lines(pilot.app)[1:-1]).replace("│", "").split() == text.split())  # noqa: B023


async def test_what_is_displayed_again_stands_where_it_stood() -> None:
    async with alone() as (pane, pilot):
        pane.show_displayed(Displayed("0 %", display_id="a"))
        pane.write("between\n")
        await until(pilot, lambda: rows(pane) == ["→ 0 %", "between"])
        pane.show_displayed(Displayed("50 %\nof it", display_id="a", is_update=True))
        await until(pilot, lambda: rows(pane) == ["→ 50 %", "  of it", "between"])
        pane.show_figure(Figure(b"", "<Figure>", display_id="a", is_update=True))
        await until(pilot, lambda: rows(pane)[0].startswith("A figure cannot be drawn") and rows(pane)[-1] == "between")


async def test_an_update_of_what_is_not_there_is_shown() -> None:
    async with alone() as (pane, pilot):
        pane.show_displayed(Displayed("50 %", display_id="a", is_update=True))
        await until(pilot, lambda: rows(pane) == ["→ 50 %"])


async def test_cleared_output_goes_and_what_was_put_back_stays() -> None:
    async with alone() as (pane, pilot):
        pane.show_put_back(PutBack(("`random.seed`",)))
        said = "Put back, since code before had changed it: random.seed."
        pane.write("frame 1\n")
        await until(pilot, lambda: rows(pane) == [said, "frame 1"])
        pane.clear_output()
        pane.write("frame 2\n")
        await until(pilot, lambda: rows(pane) == [said, "frame 2"])
        pane.begin()
        pane.clear_output()
        pane.write("frame 3\n")
        await until(pilot, lambda: rows(pane) == ["frame 3"])


async def test_at_a_moment_of_a_replay_the_streams_stand_on_lines_of_their_own() -> None:
    async with alone() as (pane, pilot):
        pane.show_until([Output("loss "), Output("\r1/2", "stderr")])
        await until(pilot, lambda: rows(pane) == ["loss", "1/2"])
        pane.show_until([Output("loss "), Output("\r1/2", "stderr"), Output("3\n"), Output("\r2/2\n", "stderr")])
        await until(pilot, lambda: rows(pane) == ["loss", "3", "2/2"])


@pytest.mark.parametrize(("prompt", "words"), [("Name? ", ANSWER), ("ipdb> ", DEBUG), ("(Pdb) ", DEBUG)])
async def test_the_field_says_what_it_waits_for(prompt: str, words: str) -> None:
    async with alone() as (pane, pilot):
        pane.ask(prompt)
        await until(pilot, lambda: DEFAULT.in_words(words)[:40] in seen(pilot.app))
