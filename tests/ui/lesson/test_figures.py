"""Figures among the output: drawn for the room there is, replaced in place, kept in bounds, and seen large by a key."""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot

from tests.pictures import BLUE, GREEN, RED, Pixel, curve, png
from tests.ui.conftest import Build, lines, seen, shows, started, until
from tui_torch.protocol.events import Cleared, Displayed, Figure, Output
from tui_torch.tutor.config import Config
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.output import figures as figures_module
from tui_torch.ui.lesson.output.figures import DrawnFigure, FigureLog
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.screens.figure import FigureScreen


class Alone(ThemedApp):
    """The pane, and nothing else."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        yield OutputPane(self.ascii_only)


@asynccontextmanager
async def alone(
    size: tuple[int, int] = (60, 14), *, ascii_only: bool = False
) -> AsyncIterator[tuple[OutputPane, Pilot[None]]]:
    app = Alone(ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app.query_one(OutputPane), pilot


def rows(pane: OutputPane) -> list[str]:
    """What the pane shows, without its empty rows at the end."""
    shown = [pane.view.render_line(row).text.rstrip() for row in range(pane.view.size.height)]
    while shown and not shown[-1]:
        shown.pop()
    return shown


def figure(colour: Pixel, size: tuple[int, int] = (8, 8), **named: object) -> Figure:
    return Figure(png(*size, lambda x, y: colour), "<Figure>", **named)  # type: ignore[arg-type]


def colour_at(pane: OutputPane, row: int) -> tuple[int, int, int] | None:
    first = next(iter(pane.view.render_line(row)))
    colour = first.style.color if first.style is not None else None
    return tuple(colour.triplet) if colour is not None and colour.triplet is not None else None


BLOCK = ["▀" * 8] * 4


async def test_a_figure_stands_among_what_is_printed() -> None:
    async with alone() as (pane, pilot):
        pane.write("before\n")
        pane.show_figure(figure(RED))
        pane.write("after\n")
        await until(pilot, lambda: rows(pane) == ["before", *BLOCK, "after"])
        assert [colour_at(pane, row) for row in range(1, 5)] == [RED] * 4
        assert pane.plain() == "before\n[figure, 8 × 8]\nafter"


async def test_a_figure_that_is_higher_than_the_pane_is_seen_whole_and_grows_with_it() -> None:
    async with alone((60, 14)) as (pane, pilot):
        pane.show_figure(Figure(png(160, 120, curve), ""))
        room = pane.view.scrollable_content_region.height
        await until(pilot, lambda: len(rows(pane)) == room == 12)
        assert len(rows(pane)[0]) == 32
        await pilot.resize_terminal(60, 30)
        await until(pilot, lambda: len(rows(pane)) == 21)
        assert len(rows(pane)[0]) == 56
        await pilot.resize_terminal(60, 5)
        await until(pilot, lambda: pane.view.virtual_size.height == figures_module.LEAST_ROWS)


async def test_a_figure_that_is_updated_by_its_id_stays_where_it_is() -> None:
    async with alone() as (pane, pilot):
        pane.show_figure(figure(RED, display_id="a"))
        pane.write("after\n")
        await until(pilot, lambda: colour_at(pane, 0) == RED)
        for colour in (GREEN, BLUE):
            pane.show_figure(figure(colour, display_id="a", is_update=True))
            await until(pilot, lambda colour=colour: colour_at(pane, 0) == colour)
            assert rows(pane) == [*BLOCK, "after"]


async def test_figures_and_texts_take_each_others_places() -> None:
    async with alone() as (pane, pilot):
        pane.show_displayed(Displayed("0 %", display_id="a"))
        pane.show_figure(figure(RED, display_id="a", is_update=True))
        await until(pilot, lambda: rows(pane) == BLOCK)
        pane.show_displayed(Displayed("100 %", display_id="a", is_update=True))
        await until(pilot, lambda: rows(pane) == ["→ 100 %"])


async def test_older_figures_are_left_out_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_module, "MOST", 2)
    async with alone((80, 30)) as (pane, pilot):
        for _ in range(4):
            pane.show_figure(figure(RED))
        said = "A figure stood here: the last 30, and 32 MiB, are kept."
        await until(pilot, lambda: rows(pane) == [said, said, *BLOCK, *BLOCK])
        assert len(pane.view.figures()[0]) == 2


async def test_a_figure_whose_id_is_given_again_is_left_out_in_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_module, "MOST", 2)
    async with alone((80, 30)) as (pane, pilot):
        for _ in range(4):
            pane.show_figure(figure(RED, display_id="a"))
        pane.show_figure(figure(BLUE, display_id="a", is_update=True))
        await until(pilot, lambda: len(rows(pane)) == 10 and colour_at(pane, 6) == BLUE)
        assert [row.startswith("A figure stood here") for row in rows(pane)[:2]] == [True, True]
        assert colour_at(pane, 2) == RED


async def test_a_text_in_the_place_of_a_figure_is_not_left_out_with_the_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures_module, "MOST", 1)
    async with alone((80, 30)) as (pane, pilot):
        pane.show_figure(figure(RED, display_id="a"))
        pane.show_displayed(Displayed("100 %", display_id="a", is_update=True))
        assert not pane.has_figure
        pane.show_figure(figure(RED))
        pane.show_figure(figure(BLUE))
        await until(pilot, lambda: rows(pane)[0] == "→ 100 %" and len(rows(pane)) == 6)


async def test_figures_are_left_out_by_their_size_but_for_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_module, "MOST_BYTES", 1)
    async with alone((80, 30)) as (pane, pilot):
        for colour in (RED, GREEN):
            pane.show_figure(figure(colour))
        await until(pilot, lambda: len(rows(pane)) == 5)
        assert colour_at(pane, 1) == GREEN


async def test_a_figure_that_cannot_be_drawn_is_a_sentence_with_its_text() -> None:
    async with alone((80, 14)) as (pane, pilot):
        pane.show_figure(Figure(b"none", "<Figure size 640x480>"))
        said = "A figure cannot be drawn: it is no PNG, JPEG or GIF. <Figure size 640x480>"
        await until(pilot, lambda: rows(pane) == [said])
        assert not pane.has_figure


async def test_in_ascii_a_figure_is_saved_and_said_where_and_one_in_its_place_takes_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with alone((300, 14), ascii_only=True) as (pane, pilot):
        red, green = figure(RED, display_id="a"), figure(GREEN, display_id="a", is_update=True)
        pane.show_figure(red)
        pane.show_figure(figure(BLUE))
        (folder,) = tmp_path.iterdir()  # noqa: ASYNC240 - a moment
        said = [f"figure 8 x 8, saved at {folder}/{number}.png" for number in (1, 2)]
        await until(pilot, lambda: rows(pane) == said)
        assert (folder / "1.png").read_bytes() == red.image
        pane.show_figure(green)
        assert (folder / "1.png").read_bytes() == green.image
        pane.clear_output()
        pane.show_figure(red)
        await until(pilot, lambda: rows(pane) == said[:1])
        assert len(list(folder.iterdir())) == 2


async def test_a_figure_without_a_folder_to_be_saved_in_is_said_to_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    async with alone((300, 14), ascii_only=True) as (pane, pilot):
        pane.show_figure(figure(RED))
        await until(pilot, lambda: rows(pane) != [])
        assert rows(pane)[0].startswith("figure 8 x 8, which cannot be saved: [Errno 2]")


async def test_a_figure_is_seen_large_by_a_key_and_by_a_click_and_saved(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = build("a-figure")
    async with started(app, (120, 40)) as pilot:
        assert "Figure" not in lines(app)[-1]
        await pilot.press("f")
        assert not isinstance(app.screen, FigureScreen)
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await until(pilot, lambda: "Figure" in lines(app)[-1])
        view = app.screen.query_one(OutputPane).view
        assert sum("▀" in row for row in lines(app)) <= view.size.height
        await pilot.press("f")
        await shows(pilot, "Figure, 320 × 240")
        assert sum("▀" in row for row in lines(app)) == 37
        await pilot.press("s")
        await shows(pilot, "Saved as figure.png")
        assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
        await pilot.press("s")
        await shows(pilot, "Saved as figure-2.png")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)
        await pilot.click(OutputPane, offset=(5, view.size.height // 2 + 1))
        await shows(pilot, "Figure, 320 × 240")


async def test_the_figures_of_a_run_follow_each_other_by_keys(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, (120, 40)) as pilot:
        output = app.lesson_screen.panes.output
        for size in ((8, 8), (16, 8), (24, 8)):
            output.show_figure(figure(RED, size))
        await until(pilot, lambda: output.view.virtual_size.height == 12)
        await pilot.press("f")
        await shows(pilot, "Figure, 24 × 8 (3 of 3)")
        await pilot.press("right")
        await shows(pilot, "Figure, 8 × 8 (1 of 3)")
        await pilot.press("left", "left")
        await shows(pilot, "Figure, 16 × 8 (2 of 3)")


async def test_a_figure_that_is_seen_large_follows_a_loop_that_goes_on_drawing_it(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, (120, 40)) as pilot:
        run = app.lesson_screen.run
        first, other = figure(RED, (8, 8)), figure(RED, (16, 8), display_id="live")
        for event in (first, other):
            run.dispatch_event(event)
        await pilot.pause()
        await pilot.press("f")
        await shows(pilot, "Figure, 16 × 8 (2 of 2)")
        run.dispatch_event(figure(BLUE, (24, 8), display_id="live", is_update=True))
        await shows(pilot, "Figure, 24 × 8 (2 of 2)")
        run.dispatch_event(figure(BLUE, (32, 8)))
        await shows(pilot, "Figure, 24 × 8 (2 of 3)")
        for size in ((40, 8), (48, 8)):
            run.dispatch_event(Cleared())
            run.dispatch_event(figure(GREEN, size))
        await shows(pilot, "Figure, 48 × 8")
        assert "of" not in next(line for line in lines(app) if "Figure" in line)


async def test_figures_stay_with_their_run(build: Build) -> None:
    app = build("a-figure")
    async with started(app, (120, 40)) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: "▀" in seen(app))
        await pilot.press("n")
        await until(pilot, lambda: "▀" not in seen(app))
        assert not app.lesson_screen.panes.output.has_figure


async def test_a_loop_that_clears_and_draws_keeps_the_panes_where_they_are(build: Build) -> None:
    app = build("three-scalars")
    async with started(app, (120, 40)) as pilot:
        run, output = app.lesson_screen.run, app.lesson_screen.panes.output
        output.begin(run=True)
        tops: set[int] = set()
        heights: set[int] = set()
        for step in range(6):
            for event in (Cleared(), figure(RED if step % 2 else BLUE, (60, 40)), Output(f"step {step}\n")):
                run.dispatch_event(event)
                await pilot.pause()
                if step:
                    tops.add(output.region.y)
                    heights.add(output.region.height)
        assert len(tops) == len(heights) == 1


@pytest.mark.usefixtures("seen_always")
async def test_kitty_is_sent_the_picture_when_it_is_asked_for_and_told_to_forget_it(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build("a-figure", config=Config(figures="kitty"))
    async with started(app, (120, 40)) as pilot:
        written = io.StringIO()
        monkeypatch.setattr(sys, "__stdout__", written)
        await pilot.press("f5")
        await until(pilot, lambda: "▀" in seen(app))
        assert written.getvalue() == ""
        await pilot.press("f")
        await until(pilot, lambda: "\x1b_G" in written.getvalue() and "\U0010eeee" in seen(app))
        assert sum("\U0010eeee" in row for row in lines(app)) == 37
        await pilot.press("escape")
        await until(pilot, lambda: "\x1b_Ga=d," in written.getvalue())
        questions = ("a=q", "\x1b[c", "\x1b[16t")
        assert [asked for asked in questions if asked in written.getvalue()] == []


async def test_a_terminal_of_sixels_is_sent_them_when_it_is_asked_for(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build("a-figure", config=Config(figures="sixel"))
    async with started(app, (120, 40)) as pilot:
        written = io.StringIO()
        monkeypatch.setattr(sys, "__stdout__", written)
        await pilot.press("f5", "f")

        def sixels() -> list[str]:
            strips = [strip for strip in app.screen._compositor.render_strips() if strip is not None]
            return [piece.text for strip in strips for piece in strip if "\x1bP" in piece.text]

        await until(pilot, lambda: isinstance(app.screen, FigureScreen) and len(sixels()) == 1)
        assert "▀" not in seen(app)
        assert written.getvalue() == ""


async def test_without_colours_a_figure_is_dots(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = build("a-figure", config=Config(figures="kitty"))
    async with started(app, (120, 40)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        assert "▀" not in seen(app)
        assert any(0x2800 < ord(character) < 0x2900 for character in seen(app))
        await pilot.press("f")
        await shows(pilot, "Figure, 320 × 240")
        assert "▀" not in seen(app)


def drawn(printed: int, colour: Pixel, **named: object) -> DrawnFigure:
    return DrawnFigure(printed, "a", figure(colour, **named))


def test_a_log_shows_what_was_drawn_by_then_and_not_cleared_before_the_last_of_it() -> None:
    log, figures = FigureLog(), [drawn(at, RED) for at in range(4)]
    log.add(figures[0])
    log.add(figures[1])
    log.clear_output()
    log.add(figures[2])
    log.clear_output()
    log.add(figures[3])
    assert [log.shown(count) for count in range(5)] == [[], figures[:1], figures[:2], [figures[2]], [figures[3]]]


def test_a_log_keeps_the_last_figures_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = [drawn(0, RED) for _ in range(5)]
    monkeypatch.setattr(figures_module, "MOST_BYTES", 2 * len(figures[0].figure.image))
    log = FigureLog()
    for one in figures:
        log.add(one)
    assert log.shown(5) == figures[3:]
    assert log.shown(4) == figures[3:4]


async def test_a_replay_shows_the_figures_drawn_by_then_between_what_was_printed() -> None:
    async with alone((60, 20)) as (pane, pilot):
        pane.begin(run=True, recorded=True)
        pane.write("one\n")
        pane.show_figure(figure(RED))
        pane.write("two\n")
        pane.show_figure(figure(BLUE))
        await until(pilot, lambda: len(rows(pane)) == 10)
        pane.show_until([Output("one\n")], printed=4, figures=0)
        await until(pilot, lambda: rows(pane) == ["one"])
        pane.show_until([Output("one\ntwo\n")], printed=8, figures=1)
        await until(pilot, lambda: rows(pane) == ["one", *BLOCK, "two"])
        pane.show_until([Output("one\ntwo\n")], printed=8, figures=2)
        await until(pilot, lambda: rows(pane) == ["one", *BLOCK, "two", *BLOCK])
        assert [colour_at(pane, row) for row in (1, 6)] == [RED, BLUE]
        pane.show_until([Output("one\n")], printed=4, figures=1)
        await until(pilot, lambda: rows(pane) == ["one", *BLOCK])
        pane.show_all()
        await until(pilot, lambda: len(rows(pane)) == 10)


async def test_a_replay_updates_a_figure_where_it_stands() -> None:
    async with alone((60, 20)) as (pane, pilot):
        pane.begin(run=True, recorded=True)
        pane.show_figure(figure(RED, display_id="a"))
        pane.write("after\n")
        pane.show_figure(figure(BLUE, display_id="a", is_update=True))
        for count, colour in ((1, RED), (2, BLUE), (1, RED)):
            pane.show_until([Output("after\n")], printed=6, figures=count)
            await until(pilot, lambda colour=colour: rows(pane) == [*BLOCK, "after"] and colour_at(pane, 0) == colour)
