"""The graph pane: the picture, the keys in it, and the words below."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.app import App, ComposeResult

from tests.ui.recorded import looked_at
from tui_torch.protocol.autograd_graph import Graph, GraphEdge, GraphNode
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.graph_picture import GraphPicture
from tui_torch.ui.graph_view import EMPTY, GraphView

LINE = looked_at("graph-y")
LOSS = looked_at("graph-loss")
assert isinstance(LINE, Graph)
assert isinstance(LOSS, Graph)
WIDE = Graph(
    "y",
    (
        GraphNode("operation", "add", "AddBackward0", "y", ()),
        *(GraphNode("leaf", "leaf", "A", f"w{n}") for n in range(9)),
    ),
    tuple(GraphEdge(0, n) for n in range(1, 10)),
)


class Pane(ThemedApp):
    def __init__(self, graph: Graph | None, ascii_only: bool = False) -> None:
        super().__init__()
        self._graph = graph
        self.view = GraphView(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.show(self._graph)
        self.view.focus()


def screen(app: App[None]) -> str:
    """What a person reads."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def selected(app: Pane) -> str | None:
    graph, at = app.view.graph, app.view.selected
    assert graph is not None
    assert at is not None
    return graph.nodes[at].name or graph.nodes[at].label


async def test_the_gradients_are_at_the_leaves_and_none_at_x() -> None:
    app = Pane(LINE)
    async with app.run_test(size=(56, 30)):
        shown = screen(app)
    for text in ("y = 17.0", "w = 4.0", "grad 3.0", "b = 5.0", "grad 1.0", "x = 3.0", "no gradient"):
        assert text in shown


async def test_the_value_is_selected_first_and_says_that_its_graph_was_freed() -> None:
    app = Pane(LINE)
    async with app.run_test(size=(80, 24)):
        assert selected(app) == "y"
        assert "Freed by backward() to save memory; backward(retain_graph=True) keeps it." in screen(app)


async def test_a_small_graph_and_its_words_fit_a_small_terminal() -> None:
    app = Pane(LINE)
    async with app.run_test(size=(78, 21)):
        shown = screen(app)
    assert "grad 3.0" in shown
    assert "keeps it." in shown


async def test_down_to_the_product_shows_its_derivative_with_the_numbers() -> None:
    app = Pane(LINE)
    async with app.run_test(size=(56, 30)) as pilot:
        await pilot.press("down")
        assert selected(app) == "multiply"
        assert "w gets 1 × x = 1 × 3 = 3" in screen(app)


async def test_the_selected_box_is_marked_without_colour() -> None:
    app = Pane(LINE)
    async with app.run_test(size=(56, 30)) as pilot:
        await pilot.press("down")
        assert "▸ multiply ┃" in screen(app)
        assert screen(app).count("▸") == 1


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ("down down", "w"),
        ("down down right", "x"),
        ("down right", "b"),
        ("down right left", "multiply"),
        ("down down up", "multiply"),
        ("down down down", "w"),
        ("up", "y"),
        ("down down right home", "y"),
    ],
)
async def test_the_arrow_keys_go_from_box_to_box(keys: str, name: str) -> None:
    app = Pane(LINE)
    async with app.run_test(size=(56, 30)) as pilot:
        await pilot.press(*keys.split())
        assert selected(app) == name


async def test_a_click_selects_a_box() -> None:
    app = Pane(LINE)
    async with app.run_test(size=(56, 30)) as pilot:
        lines = screen(app).split("\n")
        y = next(at for at, line in enumerate(lines) if "b = 5.0" in line)
        await pilot.click(offset=(lines[y].index("b = 5.0"), y))
        assert selected(app) == "b"
        assert "b.grad = 1.0" in screen(app)


async def test_the_selected_box_is_brought_into_sight() -> None:
    app = Pane(WIDE)
    async with app.run_test(size=(40, 16)) as pilot:
        picture = app.query_one(GraphPicture)
        assert picture.virtual_size.width > 40
        await pilot.press("down", *["right"] * 8)
        assert selected(app) == "w8"
        assert any("▸" in line and "w8" in line for line in screen(app).split("\n"))
        await pilot.press(*["left"] * 8)
        assert selected(app) == "w0"
        assert picture.scroll_offset.x <= 1


async def test_shift_moves_the_picture_and_keeps_the_selection() -> None:
    app = Pane(WIDE)
    async with app.run_test(size=(40, 16)) as pilot:
        before = app.query_one(GraphPicture).scroll_offset.x
        await pilot.press("shift+right")
        assert app.query_one(GraphPicture).scroll_offset.x > before
        assert selected(app) == "y"


async def test_shapes_and_parameters_names_are_shown() -> None:
    app = Pane(LOSS)
    async with app.run_test(size=(100, 40)):
        shown = screen(app)
    for text in ("mse loss", "matmul, then add", "[5, 2]", "model.weight [2, 3]", "model.bias [2]", "‖grad‖ 0.07406"):
        assert text in shown


async def test_without_a_graph_there_is_an_invitation() -> None:
    app = Pane(None)
    async with app.run_test(size=(100, 20)):
        assert EMPTY in screen(app)


async def test_a_value_without_a_graph_says_why() -> None:
    app = Pane(Graph("x", note="x has no graph: it does not require a gradient."))
    async with app.run_test(size=(100, 20)):
        assert "x has no graph: it does not require a gradient." in screen(app)
        assert not app.query_one(GraphPicture).display


async def test_a_graph_with_a_note_shows_both() -> None:
    leaf = GraphNode("leaf", "leaf", "AccumulateGrad", "w", (), "float32", (4.0,))
    app = Pane(Graph("w", (leaf,), note="w is a leaf."))
    async with app.run_test(size=(60, 20)):
        assert "w = 4.0" in screen(app)
        assert "w is a leaf." in screen(app)


async def test_another_graph_takes_the_place_of_the_one_before() -> None:
    app = Pane(LOSS)
    async with app.run_test(size=(56, 30)) as pilot:
        await pilot.press("down", "down", "right")
        app.view.show(LINE)
        await pilot.pause()
        assert selected(app) == "y"
        assert "mse loss" not in screen(app)
        app.view.show(None)
        await pilot.pause()
        assert app.view.selected is None


async def test_within_ascii_everything_is() -> None:
    app = Pane(replace(LINE, name="größe"), ascii_only=True)
    async with app.run_test(size=(56, 30)) as pilot:
        for key in ("down", "down", "right", "home"):
            assert screen(app).isascii()
            await pilot.press(key)


@pytest.mark.usefixtures("seen_always")
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (9, 4), (30, 2)])
@pytest.mark.parametrize("graph", [LINE, WIDE, None])
async def test_no_size_is_too_small(size: tuple[int, int], graph: Graph | None) -> None:
    app = Pane(graph)
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "right", "shift+down", "shift+right", "home", "up")
