"""The detail beside the rows in a wide pane: several pages of a value at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui.inspector.test_detail import BIG, MODEL, SMALL, Pane, answer, press, screen, shown

TITLES = ("Values", "Picture", "Distribution")
SCALAR = replace(SMALL, name="loss", shape=(), numel=1, values=(0.5,))


def titled(app: Pane) -> list[str]:
    """The pages in sight by the titles in their borders, from above."""
    lines = screen(app).splitlines()
    return [title for line in lines for title in TITLES if f"─{title}─" in line]


async def test_a_wide_pane_shows_values_picture_and_distribution_beside_the_rows() -> None:
    async with Pane().run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, BIG)
        assert titled(app) == list(TITLES)
        assert {request.side for request in app.wanted} == {"values", "picture", "distribution"}
        said = screen(app)
        assert "2×3" in said and "median" in said and "[5, 30, 40]" in said
        row = next(line for line in said.splitlines() if "▌" in line)
        assert row.index("big") < 60 < row.rindex("─")


@pytest.mark.parametrize("size", [(88, 40), (120, 20)], ids=str)
async def test_a_pane_with_too_little_room_shows_one_page(size: tuple[int, int]) -> None:
    async with Pane().run_test(size=size) as pilot:
        app = await shown(pilot, BIG)
        assert titled(app) == []
        assert {request.side for request in app.wanted} == {"values"}


async def test_a_page_without_anything_to_say_of_the_value_is_left_out() -> None:
    async with Pane().run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, SCALAR)
        assert titled(app) == []
        app = await shown(pilot, SMALL)
        assert titled(app) == ["Values", "Distribution"]
        app = await shown(pilot, MODEL)
        assert titled(app) == []


async def test_memory_and_graph_stand_alone_and_a_number_brings_the_others_back() -> None:
    async with Pane().run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, BIG, keys="4")
        assert titled(app) == []
        assert "storage" in screen(app)
        await press(pilot, "2")
        assert titled(app) == list(TITLES)


async def test_keys_move_the_page_in_front_and_leave_the_others() -> None:
    async with Pane().run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, BIG, keys="2")
        app.wanted.clear()
        await press(pilot, "]")
        assert [(request.side, request.index) for request in app.wanted] == [("picture", (1,))]


async def test_an_answer_that_is_late_or_missing_goes_to_its_page_only() -> None:
    async with Pane(answering=False).run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, BIG)
        by_side = {request.side: request for request in app.wanted}
        app.inspector.show_view(answer(by_side["distribution"]))
        app.inspector.show_view(None, by_side["picture"])
        await pilot.pause()
        assert "median" in screen(app)
        assert "2×3" not in screen(app)
        app.inspector.show_view(answer(replace(by_side["picture"], index=(4,))))
        await pilot.pause()
        assert "2×3" not in screen(app)


async def test_a_pane_that_becomes_narrow_shows_the_page_in_front_below_the_rows() -> None:
    async with Pane().run_test(size=(120, 40)) as pilot:
        app = await shown(pilot, BIG)
        await pilot.resize_terminal(80, 40)
        await pilot.pause()
        assert titled(app) == []
        lines = screen(app).splitlines()
        assert next(at for at, line in enumerate(lines) if "─ big ─" in line) > 2
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert titled(app) == list(TITLES)
