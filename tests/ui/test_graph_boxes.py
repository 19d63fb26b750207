"""A large graph in the graph pane: its rows of boxes, and what opens and closes them."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot

from tests.ui.recorded import RecordedKernel
from tests.ui.test_graph_view import LINE, screen
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import AutogradGraphView
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.graph_picture import GraphPicture
from tui_torch.ui.graph_view import GraphView, rows_for

SMALL, LARGE = (78, 21), (118, 37)


class Pane(ThemedApp):
    """A graph pane that is answered with what a real kernel said."""

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.view = GraphView(ascii_only=ascii_only)
        self.kernel = RecordedKernel("a-resnet")
        self.asked: list[tuple[tuple[int, ...], int]] = []

    def compose(self) -> ComposeResult:
        yield self.view

    async def on_mount(self) -> None:
        await self.answer((), rows_for(self.size.height))
        self.view.focus()

    async def answer(self, place: tuple[int, ...], rows: int) -> None:
        view = await self.kernel.look(Request("graph", "loss", place, height=rows))
        if isinstance(view, AutogradGraphView):  # only some boxes were opened when it was recorded
            self.view.show(view.graph)

    async def on_graph_view_wanted(self, message: GraphView.Wanted) -> None:
        self.asked.append((message.place, message.rows))
        await self.answer(message.place, message.rows)


def selected(app: Pane) -> str:
    graph, at = app.view.graph, app.view.selected
    assert graph is not None
    assert at is not None
    return graph.boxes[at].name if app.query_one(GraphPicture).in_boxes else graph.nodes[at].label


def to_box(app: Pane, name: str) -> list[str]:
    """The keys from the selected box down to the first of this name."""
    graph, at = app.view.graph, app.view.selected
    assert graph is not None
    assert at is not None
    names = [box.name for box in graph.boxes]
    return ["down"] * (names.index(name, at) - at)


async def open_block(app: Pane, pilot: Pilot[None]) -> None:
    await pilot.press(*to_box(app, "layer1.1"), "enter")
    await pilot.pause()


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_resnet_50_is_on_one_screen_and_nothing_is_left_out(size: tuple[int, int]) -> None:
    app = Pane()
    async with app.run_test(size=size):
        picture, graph = app.query_one(GraphPicture), app.view.graph
        assert graph is not None
        assert sum(box.nodes for box in graph.boxes) == graph.count
        assert picture.virtual_size.width <= picture.size.width
        assert picture.virtual_size.height <= picture.size.height
        shown = screen(app)
        for box in graph.boxes:
            assert box.name in shown


async def test_a_larger_screen_shows_a_level_more() -> None:
    app = Pane()
    async with app.run_test(size=LARGE):
        assert "layer3.5" in screen(app)
    app = Pane()
    async with app.run_test(size=SMALL):
        assert "layer3 (⊕6)" in screen(app)


async def test_the_line_on_top_says_what_is_open_and_how_much_is_in_it() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        assert screen(app).split("\n")[0].startswith(" loss  339 nodes in 13 boxes · ")
        await pilot.press(*to_box(app, "layer1"), "enter")
        await pilot.pause()
        assert screen(app).split("\n")[0].startswith(" loss ▸ layer1  62 nodes in 3 boxes · ")


async def test_enter_opens_a_box_and_escape_closes_it_with_the_same_one_selected() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*to_box(app, "layer1"), "enter")
        await pilot.pause()
        assert [box.name for box in (app.view.graph or Graph("")).boxes] == ["layer2", "2", "1", "0", "maxpool"]
        assert selected(app) == "2"
        await pilot.press("escape")
        await pilot.pause()
        assert selected(app) == "layer1"
        assert app.asked == [((4, 36), 15), ((), 15)]


async def test_a_block_shows_its_skip_and_right_goes_along_it() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*to_box(app, "layer1"), "enter")
        await pilot.pause()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert "⊕─╮  add" in screen(app)
        assert "skip from layer1.0" in screen(app)
        await pilot.press("down", "right")
        assert selected(app) == "layer1.0"
        await pilot.press("left")
        assert selected(app) == "add"


async def test_the_innermost_box_is_drawn_node_by_node() -> None:
    app = Pane()
    async with app.run_test(size=LARGE) as pilot:
        await open_block(app, pilot)
        await pilot.press(*to_box(app, "conv1"), "enter")
        await pilot.pause()
        assert "▸ convolution ┃" in screen(app)
        assert "model.layer1[1].conv1" in screen(app)
        assert screen(app).split("\n")[0] == " loss ▸ layer1.1 ▸ conv1"
        await pilot.press("escape")
        await pilot.pause()
        assert "conv1" in selected(app)


async def test_an_operation_cannot_be_opened_and_escape_on_the_outside_is_left_to_others() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter", "escape", "backspace")
        assert app.asked == []
        assert app.query_one(GraphPicture).check_action("leave", ()) is False
        assert app.query_one(GraphPicture).check_action("open", ()) is False
        await pilot.press(*to_box(app, "layer1"))
        assert app.query_one(GraphPicture).check_action("open", ()) is True


async def test_a_box_that_fits_either_way_is_drawn_in_the_other_by_a_key() -> None:
    app = Pane()
    async with app.run_test(size=LARGE) as pilot:
        await open_block(app, pilot)
        assert app.query_one(GraphPicture).in_boxes
        await pilot.press("m")
        assert not app.query_one(GraphPicture).in_boxes
        assert "batch norm" in screen(app)
        await pilot.press("m")
        assert app.query_one(GraphPicture).in_boxes


async def test_when_the_pane_grows_it_asks_for_more_boxes() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.resize_terminal(*LARGE)
        await pilot.pause()
        assert app.asked == [((), 31)]
        assert "layer3.5" in screen(app)
        await pilot.resize_terminal(*SMALL)
        await pilot.pause()
        assert "layer3 (⊕6)" in screen(app)


async def test_a_graph_of_more_boxes_than_fit_is_asked_for_again_once() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        await app.answer((), 31)
        await pilot.pause()
        assert app.asked == [((), 15)]
        assert "layer3 (⊕6)" in screen(app)


async def test_the_selected_row_is_marked_without_colour_and_explained() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*to_box(app, "layer1"))
        assert screen(app).count("▸") == 1
        assert "model.layer1 Sequential · [8, 32, 8, 8]" in screen(app)
        assert "computed from maxpool" in screen(app)


async def test_a_click_selects_a_row() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        y = next(at for at, line in enumerate(screen(app).split("\n")) if "layer2" in line)
        await pilot.click(offset=(12, y))
        assert selected(app) == "layer2"


async def test_the_graph_of_another_value_is_shown_from_the_outside() -> None:
    app = Pane()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*to_box(app, "layer1"), "enter")
        await pilot.pause()
        app.view.show(LINE)
        await pilot.pause()
        assert "▸ layer1" not in screen(app)
        assert "multiply" in screen(app)


async def test_within_ascii_everything_of_the_boxes_is() -> None:
    app = Pane(ascii_only=True)
    async with app.run_test(size=SMALL) as pilot:
        for key in ("down", *["down"] * 7, "enter", "down", "enter", "down"):
            await pilot.press(key)
            await pilot.pause()
            assert screen(app).isascii()


@pytest.mark.usefixtures("seen_always")
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (9, 4), (30, 2), (40, 12)])
async def test_no_size_is_too_small_for_boxes(size: tuple[int, int]) -> None:
    app = Pane()
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "down", "enter", "shift+down", "escape", "home", "m", "up")
