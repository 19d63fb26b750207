"""The pages of a value's detail, given what a probe would say, and moved through by keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.spread import in_turn
from tui_torch.protocol.events import Inspection, PagesRead, ParameterSummary, Statistics, Summary
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import (
    ActivityView,
    DistributionView,
    ItemsView,
    Layer,
    LayerActivity,
    LayersView,
    MemoryView,
    PictureView,
    Sharer,
    Tiles,
    ValuesView,
    View,
)
from tui_torch.protocol.wire import encode_tagged
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.inspector.pane import TensorInspector

STATISTICS = Statistics(-1.0, 3.0, 0.5, 1.0, 0, 0, 2, (1, 2, 3, 4, 5, 5, 4, 3, 2, 1), 6000)
BIG = Summary("big", "tensor", "Tensor", (5, 30, 40), "float32", "cpu", numel=6000, statistics=STATISTICS)
MODEL = Summary("model", "module", "Sequential", numel=8, text="Sequential(Linear(…), ReLU())")
HELD = Summary("held", "container", "dict", numel=3, text="{'w': …}")
SMALL = Summary("held['w']", "tensor", "Tensor", (2,), "float32", "cpu", numel=2, values=(1.5, 2.5))
INNER = Summary("held['in']", "container", "list", numel=1)


def answer(request: Request) -> View:
    """What a kernel might say; the element at row r, column c of slice s is s*10000 + r*100 + c."""
    match request.side:
        case "values":
            index = request.index or (0,)
            window = tuple(
                tuple(
                    float(index[0] * 10_000 + row * 100 + column) if (row, column) != (1, 1) else "nan"
                    for column in range(request.column, min(request.column + 32, 40))
                )
                for row in range(request.row, 30)
            )
            return ValuesView(request, (5, 30, 40), index, request.row, request.column, window, window)
        case "picture":
            return PictureView(
                request,
                "heatmap",
                ("01ff80", "00ff01"),
                -2.0,
                2.0,
                -2.0,
                2.0,
                True,
                (2, 3),
                request.index or (0,),
                (5,),
                True,
                1,
                shape=(5, 2, 3),
                readings=("heatmap",),
            )
        case "distribution":
            quantiles = ((1, -0.9), (25, 0.0), (50, 0.5), (75, 1.0), (99, 2.9))
            histogram = tuple(range(1, 41))
            return DistributionView(
                request, histogram, False, -1.0, 3.0, 0.5, 1.0, quantiles, 2, 3, 0, 100_000, 9_000_000
            )
        case "memory":
            sharers = (Sharer("a", "same memory"), Sharer("u", "a view of it, transposed"))
            return MemoryView(request, 72, 72, 8, (3, 3), (3, 1), 0, True, 4, None, sharers, True)
        case "layers":
            weights = (
                ParameterSummary("weight", (2, 3), True, 1.25, 3.5),
                ParameterSummary("bias", (2,), False, 0.5, None),
            )
            layers = (
                Layer("model", "Sequential", "", 0, (), 8, "[15, 2]"),
                Layer("0", "Linear", "in_features=3", 1, weights, 8, "[15, 2]"),
                Layer("1", "ReLU", "", 1, (), 0, "[15, 2]"),
            )
            return LayersView(request, layers, 0, 8, 6, 1.3, 3.5)
        case "activity":
            rows = (
                LayerActivity("[0]", "Linear", 3.5, 0.25, 1.5, 0.0, 0, 4),
                LayerActivity("relu", "", None, 0.5, 0.75, 0.625, 1, 4),
                LayerActivity("[1]", "Linear", 0.035, 0.125, 2.0, 0.0, 0, 2),
            )
            return ActivityView(request, rows, 0)
        case "items":
            if request.expression == "held['in']":
                item = replace(SMALL, name="held['in'][0]")
                return ItemsView(request, (item,), 0, 1)
            return ItemsView(request, (SMALL, INNER, Summary("held['n']", "value", "int", text="7")), 0, 3)


class Pane(ThemedApp):
    def __init__(self, ascii_only: bool = False, answering: bool = True) -> None:
        super().__init__()
        self.inspector = TensorInspector(ascii_only=ascii_only)
        self.answering = answering
        self.wanted: list[Request] = []

    def compose(self) -> ComposeResult:
        yield self.inspector

    def on_tensor_inspector_view_requested(self, message: TensorInspector.ViewRequested) -> None:
        self.wanted.append(message.request)
        if self.answering:
            self.inspector.show_view(answer(message.request))


def screen(app: App[None]) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def shown(pilot: Pilot[None], *summaries: Summary, keys: str = "") -> Pane:
    app = pilot.app
    assert isinstance(app, Pane)
    app.inspector.show(Inspection((), summaries))
    app.inspector.focus()
    await press(pilot, keys)
    return app


async def press(pilot: Pilot[None], keys: str) -> str:
    """What the screen says after these keys, their names separated by blanks."""
    await pilot.pause()
    for key in keys.split():
        await pilot.press(key)
        await pilot.pause()
    return screen(pilot.app)


async def test_a_large_tensor_is_asked_for_and_shown_in_a_grid() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG)
        assert app.wanted == [Request("values", "big", (0,))]
        assert "[‹0›, :, :]  rows 0–" in screen(app)
        assert "of 30, columns 0–" in screen(app)


async def test_brackets_show_another_slice_round_at_the_end() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG)
        assert "[‹1›, :, :]" in await press(pilot, "right_square_bracket")
        assert "10000" in screen(app)
        assert "[‹4›, :, :]" in await press(pilot, "left_square_bracket left_square_bracket")


async def test_braces_choose_the_dimension_that_brackets_change() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, replace(BIG, shape=(2, 5, 30, 40)))
        app.answering = False
        request = app.wanted[-1]
        app.inspector.show_view(replace(answer(request), shape=(2, 5, 30, 40), index=(0, 0)))
        assert "[0, ‹0›, :, :]" in await press(pilot, "")
        assert "[‹0›, 0, :, :]" in await press(pilot, "left_curly_bracket")
        await press(pilot, "right_square_bracket")
        assert app.wanted[-1].index == (1, 0)


async def test_arrows_move_through_a_grid_that_was_entered_and_ask_where_the_window_ends() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG, keys="enter down down right")
        assert "rows 2–" in screen(app) and "columns 1–" in screen(app)
        before = len(app.wanted)
        await press(pilot, "right " * 39)
        assert app.wanted[before:] and app.wanted[-1].column > 0
        assert "–39 of 40" in screen(app)
        await press(pilot, "escape down")
        assert app.inspector.query_one("OptionList").has_focus


async def test_the_gradient_stands_beside_the_values() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG)
        line = next(line for line in screen(app).splitlines() if line.strip("│ ").startswith("2 "))
        assert line.count("200.0") == 2


async def test_nan_stands_out_among_the_values() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG)
        strips = app.screen._compositor.render_strips()
        found = [segment for strip in strips for segment in strip if segment.text.strip() == "nan"]
        assert found and all(segment.style is not None and segment.style.bold for segment in found)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("2", "2×3"),
        ("2", "1 element NaN or Inf (×)"),
        ("3", "median 0.5"),
        ("3", "from an even sample: 100,000 of 9,000,000 elements"),
        ("3", "3 NaN!"),
        ("4", "a  same memory"),
        ("4", "u  a view of it, transposed"),
        ("4", "(3, 1)"),
        ("right right right", "72 bytes, all of it"),
        ("left left", "4  times changed in place"),
    ],
)
async def test_digits_and_arrows_bring_a_page_to_the_front(keys: str, said: str) -> None:
    async with Pane().run_test(size=(80, 30)) as pilot:
        app = await shown(pilot, BIG, keys=keys)
        assert said in screen(app)


async def test_the_page_in_front_stays_for_the_next_value() -> None:
    async with Pane().run_test(size=(80, 30)) as pilot:
        app = await shown(pilot, BIG, replace(BIG, name="other"), keys="3 down")
        assert app.wanted[-1] == Request("distribution", "other")
        assert "median" in screen(app)


async def test_an_answer_to_what_was_asked_before_is_let_go() -> None:
    async with Pane(answering=False).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG, replace(BIG, name="other"), keys="down")
        app.inspector.show_view(answer(app.wanted[0]))
        assert "rows 0–" not in await press(pilot, "")
        app.inspector.show_view(answer(app.wanted[-1]))
        assert "rows 0–" in await press(pilot, "")


async def test_a_module_is_drawn_as_a_tree() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, MODEL)
        text = screen(app)
        assert "├ 0 Linear(in_features=3)" in text and "└ 1 ReLU" in text
        assert "│   weight [2, 3]" in text
        assert "6 trainable, 2 frozen" in text
        assert "[15, 2]" in text and "1.25" in text and "frozen" in text


async def test_the_second_page_of_a_module_has_bars_of_its_layers_and_marks_dead_units() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, MODEL, keys="2")
        assert app.wanted[-1] == Request("activity", "model")
        lines = [" ".join(line.strip("│ ").split()) for line in screen(app).splitlines()]
        assert "layer grad norm zeros dead mean spread" in lines
        assert "[0] Linear ━━━━━━━━━━━━ 3.5 0% 0.25 1.5" in lines
        assert "relu() ━━━━━━━╸ 62% 1/4 0.5 0.75" in lines
        assert "[1] Linear ━━━━━━ 0.035 0% 0.125 2" in lines


async def test_a_layers_parameter_is_shown_in_full_and_left_again() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, MODEL, keys="enter down down down enter")
        assert app.wanted[-1] == Request("values", "model[0].weight")
        assert "─ model[0].weight ─" in screen(app) and "requires grad" in screen(app)
        assert "─ model ─" in await press(pilot, "escape")
        # The cursor is where it was.
        await press(pilot, "down enter 4")
        assert app.wanted[-1] == Request("memory", "model[0].bias")
        await press(pilot, "escape escape")
        assert app.inspector.query_one("OptionList").has_focus


async def test_a_layer_is_shown_as_a_tree_of_its_own() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, MODEL, keys="enter down down enter")
        assert app.wanted[-1] == Request("layers", "model[0]")
        assert "─ model[0] ─" in screen(app)


IMAGE = PictureView(
    Request("picture", "big"),
    "image",
    ("ff0000", "0000ff"),
    0.0,
    1.0,
    0.0,
    1.0,
    False,
    (2, 1),
    (),
    (),
    True,
    0,
    None,
    (3, 2, 1),
    ("image", "heatmap"),
    "values 0 to 1",
)


async def test_a_key_goes_through_what_a_picture_can_be_and_back() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, replace(BIG, shape=(3, 8, 8)), keys="2")
        await press(pilot, "m")
        assert app.wanted[-1].reading is None  # it is nothing but a heatmap
        app.answering = False
        app.inspector.show_view(replace(IMAGE, request=app.wanted[-1]))
        assert "read as an image: 3×2×1, values 0 to 1; m: as a heatmap" in await press(pilot, "")
        await press(pilot, "m")
        assert app.wanted[-1].reading == "heatmap"
        matrix = replace(IMAGE, request=app.wanted[-1], reading="heatmap", rows=("01", "ff"), counts=(3,), index=(0,))
        app.inspector.show_view(matrix)
        assert "[‹0›, :, :]" in await press(pilot, "")
        await press(pilot, "m")
        assert app.wanted[-1].reading == "image"


async def test_what_was_chosen_for_a_value_stays_while_the_step_lasts() -> None:
    async with Pane(answering=False).run_test(size=(80, 24)) as pilot:
        other = replace(BIG, name="other")
        app = await shown(pilot, BIG, other, keys="2")
        app.inspector.show_view(replace(IMAGE, request=app.wanted[-1]))
        await press(pilot, "m")
        await press(pilot, "down")
        assert (app.wanted[-1].expression, app.wanted[-1].reading) == ("other", None)
        await press(pilot, "up")
        assert (app.wanted[-1].expression, app.wanted[-1].reading) == ("big", "heatmap")
        app.inspector.show(Inspection((), (replace(BIG, shape=(6, 8, 8)), other)))  # after another run
        await press(pilot, "")
        assert (app.wanted[-1].expression, app.wanted[-1].reading) == ("big", "heatmap")
        app.inspector.clear()  # at another step
        await shown(pilot, BIG)
        assert (app.wanted[-1].expression, app.wanted[-1].reading) == ("big", None)


async def test_brackets_turn_the_pages_of_a_grid() -> None:
    async with Pane(answering=False).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG, keys="2")
        tiles = Tiles(2, 2, 1, 0, 5, 2)
        grid = replace(
            IMAGE,
            reading="grid",
            readings=("grid", "image"),
            rows=IMAGE.rows * 4,
            shape=(5, 3, 2, 1),
            tiles=tiles,
            index=(0,),
            counts=(2,),
        )
        app.inspector.show_view(replace(grid, request=app.wanted[-1]))
        assert "‹0–3 of 5›" in await press(pilot, "")
        await press(pilot, "]")
        assert app.wanted[-1].index == (1,)
        last = replace(grid, rows=IMAGE.rows, tiles=replace(tiles, first=4), index=(1,))
        app.inspector.show_view(replace(last, request=app.wanted[-1]))
        assert "‹4 of 5›" in await press(pilot, "")


async def test_a_container_in_a_container_opens_in_its_place_and_closes_again() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, HELD, keys="enter down down enter")
        assert "▾ ['in']" in screen(app) and "[0]" in screen(app)
        assert "▸ ['in']" in await press(pilot, "enter")


async def test_an_item_is_shown_in_full_and_left_again() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, HELD, keys="enter down enter")
        assert "─ held['w'] ─" in screen(app) and "1.5  2.5" in screen(app)
        assert "─ held ─" in await press(pilot, "escape")
        await press(pilot, "escape")
        assert app.inspector.query_one("OptionList").has_focus


async def test_what_was_seen_of_a_value_is_asked_for_again_after_a_run() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG)
        app.inspector.show(Inspection((), (BIG,)))
        await pilot.pause()
        assert app.wanted == [Request("values", "big", (0,))] * 2


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (10, 4), (28, 12), (54, 22), (80, 24), (120, 40)])
@pytest.mark.usefixtures("seen_always")
async def test_no_size_and_no_page_crashes(size: tuple[int, int]) -> None:
    async with Pane().run_test(size=size) as pilot:
        app = await shown(pilot, BIG, MODEL, HELD)
        for keys in ("2", "3", "4", "1", "enter down right end", "escape down", "down enter down enter"):
            await press(pilot, keys)
            assert all(len(line) <= size[0] for line in screen(app).splitlines())


@pytest.mark.parametrize("keys", ["", "2", "3", "4", "down", "down down enter down down enter"])
async def test_ascii_only_stays_within_ascii(keys: str) -> None:
    plain = replace(MODEL, text="Sequential()"), replace(HELD, text="{}")
    async with Pane(ascii_only=True).run_test(size=(60, 30)) as pilot:
        app = await shown(pilot, BIG, *plain, keys=keys)
        assert screen(app).isascii(), [line for line in screen(app).splitlines() if not line.isascii()]


FEW_PAGES = Summary("a", "array", "ndarray", (5, 30, 40), "float64", numel=6000, statistics=STATISTICS)


@pytest.mark.parametrize(("width", "written"), [(80, "Distribution"), (50, "Distr."), (28, "D")])
async def test_the_tabs_are_written_alike_whatever_value_and_page_is_shown(width: int, written: str) -> None:
    async with Pane().run_test(size=(width, 24)) as pilot:
        long = replace(BIG, name="a_name_that_is_longer_than_the_tabs_leave_room_for")
        app = await shown(pilot, BIG, long, FEW_PAGES, replace(SMALL, name="s"))
        found: set[str] = set()
        for _ in range(4):
            for page in "1234":
                rule = await press(pilot, page)
                line = next(line for line in rule.splitlines() if f" {written} " in line and line.strip("│ ")[0] == "─")
                found.add(line[line.index(" V") :].removesuffix(" │").replace(" Graph", "").replace(" G", "").strip())
            await press(pilot, "down")
        assert len({" ".join(tabs.split()) for tabs in found}) == 1, (app.size, found)


CONSTANT = Summary(
    *("z", "tensor", "Tensor", (5,), "int64", "cpu"),
    numel=5,
    values=(0,) * 5,
    statistics=Statistics(0.0, 0.0, 0.0, 0.0, 0, 0, 5, (), 5),
)
EMPTY_ONE = Summary("e", "tensor", "Tensor", (0, 3), "float32", "cpu", numel=0, values=())


WITHOUT_ANSWER = {"big": BIG, "constant": CONSTANT, "empty": EMPTY_ONE, "gone": replace(CONSTANT, change="gone")}


@pytest.mark.parametrize(("summary", "page"), in_turn(WITHOUT_ANSWER, {page: page for page in "12345"}, each=2))
async def test_no_page_is_empty_where_there_is_no_answer(summary: Summary, page: str) -> None:
    async with Pane(answering=False).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, summary, keys=page)
        for request in app.wanted:
            app.inspector.show_view(None, request)
        detail = app.inspector.in_full
        assert detail is not None
        await press(pilot, "")
        below = screen(app).partition(" Graph ")[2].splitlines()[1:-1]
        assert any(line.strip("│ ") for line in below), detail.page
        assert page != "3" or summary is not CONSTANT or "Every element is 0." in screen(app)


async def test_a_page_that_waits_for_the_end_of_a_run_says_so_and_an_older_view_stays() -> None:
    async with Pane().run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG, keys="2")
        detail = app.inspector.in_full
        assert detail is not None
        detail.say_when(app.wanted[-1], "It is read later.")
        assert "It is read later." not in await press(pilot, "")
        app.answering = False
        await press(pilot, "3")
        detail.say_when(app.wanted[-1], "It is read later.")
        assert "It is read later." not in await press(pilot, ""), "the summary has a histogram"
        await press(pilot, "4")
        detail.say_when(app.wanted[-1], "It is read later.")
        assert "It is read later." in await press(pilot, "")


async def test_a_page_follows_its_value_while_code_runs() -> None:
    async with Pane(answering=False).run_test(size=(80, 24)) as pilot:
        app = await shown(pilot, BIG)
        assert app.inspector.pages_in_sight == (Request("values", "big", (0,)),)
        app.inspector.say_when(app.wanted[-1], "Your code is running.")
        later = answer(Request("values", "big", (3,)))
        for view in (later, answer(app.wanted[-1])):
            app.inspector.show_pages(PagesRead((encode_tagged(view), {"class": "no view"})))
        assert "[‹0›, :, :]" in await press(pilot, "") and "is running" not in screen(app)
