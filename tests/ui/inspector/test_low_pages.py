"""Pages where they are low: what they say of the elements is what is seen of them, and a picture is seen at all."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.ui.inspector.test_detail import BIG, IMAGE, Pane, answer, screen, shown
from tui_torch.protocol.events import Summary
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import ValuesView
from tui_torch.ui.inspector.pages.picture import PicturePage, PixelGrid
from tui_torch.ui.inspector.pages.values import ValuesPage, above_elements, draw_elements
from tui_torch.ui.inspector.slices import Slices

FLAWED = replace(BIG, note="Three elements were read.")
MATRIX = answer(Request("values", "big", (0,)))
LONG = ValuesView(Request("values", "v"), (900,), (), 0, 0, (tuple(float(at) for at in range(512)),), None)


def above(summary: Summary, height: int) -> str:
    assert isinstance(MATRIX, ValuesView)
    return "\n".join(line.plain for line in above_elements(MATRIX, summary, 78, height, False))


def drawn(view: ValuesView, height: int) -> list[str]:
    return [line.plain for line in draw_elements(view, 0, 0, Slices(), 60, height, False).lines]


@pytest.mark.parametrize("height", range(1, 9))
def test_as_many_rows_are_drawn_as_are_said(height: int) -> None:
    assert isinstance(MATRIX, ValuesView)
    lines = drawn(MATRIX, height)
    assert len(lines) == height
    rows = [line for line in lines if re.match(r"\d", line)]
    if height > 1:
        assert lines[0].startswith(f"rows 0–{len(rows) - 1} of 30,")
    assert len(rows) == max(height - 2, 1)


@pytest.mark.parametrize("height", range(1, 6))
def test_as_much_of_a_long_vector_is_drawn_as_is_said(height: int) -> None:
    lines = drawn(LONG, height)
    assert len(lines) == height
    rows = [line for line in lines if line.lstrip().startswith("[")]
    assert len(rows) == max(height - 1, 1)
    last = int(float(rows[-1].split()[-1]))
    assert height == 1 or lines[0] == f"0–{last} of 900"


def test_a_low_page_leaves_out_the_statistics_then_the_facts_and_never_what_warns() -> None:
    assert ["min" in above(FLAWED, height) for height in (9, 8)] == [True, False]
    assert ["Tensor" in above(FLAWED, height) for height in (8, 5, 4)] == [True, True, False]
    assert above(FLAWED, 2) == "Three elements were read."
    assert above(FLAWED, 0) == above(FLAWED, 40)


async def test_the_rows_that_a_low_pane_says_are_the_rows_in_sight() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG)
        page = app.inspector.query_one(ValuesPage)
        heights: set[int] = set()
        for height in range(24, 4, -1):
            await pilot.resize_terminal(80, height)
            await pilot.pause()
            heights.add(page.size.height)
            if said := re.search(r"rows 0–(\d+) of 30", screen(app)):
                rows = [line for line in screen(app).splitlines() if re.search(r"\d\.0.*│.*\d\.0", line)]
                assert len(rows) == int(said[1]) + 1, (height, screen(app))
            assert page.max_scroll_y == 0 or page.size.height < 2
        assert {3, 4, 5, 6} <= heights


async def test_above_a_low_picture_less_is_said_of_it_so_that_it_is_in_sight() -> None:
    async with Pane(answering=False).run_test(size=(40, 24)) as pilot:
        app = await shown(pilot, replace(BIG, shape=(3, 8, 8)), keys="2")
        app.inspector.show_view(replace(IMAGE, request=app.wanted[-1]))
        page, said = app.inspector.query_one(PicturePage), dict[int, bool]()
        for height in range(24, 4, -1):
            await pilot.resize_terminal(40, height)
            await pilot.pause()
            said[page.size.height] = "read as an image" in page.plain
            grid = page.query_one(PixelGrid).region
            assert page.size.height < 4 or (grid.height >= 3 and grid.bottom <= page.region.bottom), screen(app)
        assert said[max(said)] and not said[4]
