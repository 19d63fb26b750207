"""The names of the columns over the rows, which row comes selected and with which page, and what the marks mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui.conftest import Build, lines, shows, started, until
from tests.ui.inspector.test_pane import GRADIENTS, INPUTS, MODEL, Pane, W, X, Y, below, screen, shown, tensor
from tui_torch.drawing.text.histograms import sparkline
from tui_torch.protocol.events import Inspection, Kind, Summary
from tui_torch.ui.inspector.detail import _first_page
from tui_torch.ui.inspector.legend import MARKS, Legend
from tui_torch.ui.inspector.pages.picture import PicturePage
from tui_torch.ui.inspector.rows import RowTable, row_texts

NONE = Summary("w.grad", "value", "NoneType", text="None")


@pytest.mark.parametrize("width", [30, 45, 52, 70, 90, 120])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_each_name_of_a_column_stands_over_that_column(width: int, ascii_only: bool) -> None:
    summaries = (W, X, Y, INPUTS, tensor("v", (1.0, 2.0), (2,), shares=("a",)), MODEL)
    table = RowTable([row_texts(summary, False, ascii_only) for summary in summaries], width, ascii_only)
    header = table.header().plain
    assert header.isascii() or not ascii_only
    assert len(header) <= width
    lines = [table.line(row_texts(summary, False, ascii_only), False).plain for summary in summaries]
    spread = sparkline(INPUTS.statistics.histogram, ascii_only, 5) if INPUTS.statistics is not None else ""
    columns = {"name": "inputs", "shape": "[15, 3]", "dtype": "float32", "range": "x in" if ascii_only else "x∈"}
    columns |= {"hist": spread}
    for name, text in columns.items():
        if name in header and text in lines[3]:
            assert lines[3].index(text) == header.index(name), f"{header}\n{lines[3]}"
    assert "name" in header and "shape" in header


@pytest.mark.parametrize(
    ("summaries", "head"), [((INPUTS,), "shape"), ((Y, X), "value"), ((INPUTS, Y), "shape/value"), ((MODEL,), "value")]
)
def test_the_column_after_the_name_says_what_it_holds(summaries: tuple[Summary, ...], head: str) -> None:
    for width in (40, 60, 100):
        table = RowTable([row_texts(summary, False, False) for summary in summaries], width, ascii=False)
        assert head in table.header().plain.split(), width


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", range(16, 90, 3))
def test_no_text_of_a_row_is_cut_without_a_mark(width: int, ascii_only: bool) -> None:
    facts = {"shares": ("another_name", "and_another"), "device": "cuda:0"}
    long = replace(INPUTS, name="a_name_that_is_long", **facts)
    wide = replace(INPUTS, name="v", shape=(1024, 2048, 16, 16), **facts)
    text = Summary("s", "value", "str", text="'some text that is longer than the room'")
    summaries = (W, Y, long, wide, text, MODEL)
    rows = [row_texts(summary, False, ascii_only) for summary in summaries]
    table = RowTable(rows, width, ascii_only)
    for row in rows:
        said = table.line(row, False).plain
        assert all(len(line) <= width for line in said.splitlines())
        texts = (row.summary.name, row.what, row.rest, row.shares, row.dtype, row.gradient, row.extent, row.word)
        whole = {word for text in texts for word in text.split()}
        halves = [word for word in said.split() if len(word) > 2 and any(word < one and word in one for one in whole)]
        assert not [word for word in halves if word not in whole], said


def test_columns_do_not_become_narrower_while_a_loop_runs() -> None:
    def laid_out(loss: float, before: RowTable | None) -> tuple[RowTable, str]:
        rows = [row_texts(summary, False, False) for summary in (W, tensor("loss", (loss,)))]
        table = RowTable(rows, 60, False, before)
        return table, table.header().plain

    first, wide = laid_out(1234.5678, None)
    _, fresh = laid_out(0.5, None)
    later, narrow = laid_out(0.5, first)
    assert fresh != wide == narrow
    _, again = laid_out(0.25, later)
    assert again == wide


@pytest.mark.parametrize("first", [MODEL, Summary("loss", "value", "", note="not made yet")])
def test_values_are_laid_out_where_rows_without_columns_were(first: Summary) -> None:
    before = RowTable([row_texts(first, True, False)], 60, False)
    row = row_texts(tensor("loss", (0.5,)), True, False)
    assert "0.5" in RowTable([row], 60, False, before).line(row, False).plain


async def test_the_header_stands_over_the_rows_and_not_over_an_empty_pane() -> None:
    async with Pane().run_test(size=(90, 24)) as pilot:
        app = await shown(pilot)
        assert "dtype" not in screen(app)[1]
        app = await shown(pilot, GRADIENTS)
        assert screen(app)[1].split()[1:4] == ["name", "value", "dtype"]


async def test_the_first_tensor_comes_selected_and_not_a_pin_without_one() -> None:
    async with Pane().run_test(size=(60, 24)) as pilot:
        app = await shown(pilot, Inspection((NONE, W), (X,)))
        assert app.selected == ["w"]


async def test_a_pin_that_was_selected_for_want_of_a_tensor_gives_way_to_the_first_one() -> None:
    async with Pane().run_test(size=(60, 24)) as pilot:
        app = await shown(pilot, Inspection((NONE,), ()), Inspection((NONE,), (X,)))
        assert app.selected == ["w.grad", "x"]


async def test_what_the_learner_chose_stays_though_it_is_no_tensor() -> None:
    async with Pane().run_test(size=(60, 24)) as pilot:
        app = await shown(pilot, Inspection((NONE,), (X,)))
        await pilot.press("up")
        await pilot.pause()
        app = await shown(pilot, Inspection((NONE,), (X, W)))
        assert app.inspector.selected == NONE


SHAPES = {
    (3, 28, 28): True,
    (1, 8, 8): True,
    (16, 3, 32, 32): True,
    (10, 10): True,
    (2, 3): False,
    (64, 1): False,
    (1, 500): False,
    (4, 12, 12): False,
    (3, 4, 4): False,
    (7,): False,
    (): False,
}


@pytest.mark.parametrize(("shape", "is_picture"), SHAPES.items(), ids=map(str, SHAPES))
def test_an_image_and_a_matrix_too_large_to_read_come_as_a_picture(shape: tuple[int, ...], is_picture: bool) -> None:
    kind: Kind = "tensor"
    assert (_first_page(Summary("x", kind, "Tensor", shape, "float32")) is PicturePage) is is_picture


def test_an_image_as_files_have_it_comes_as_a_picture() -> None:
    assert _first_page(Summary("x", "tensor", "Tensor", (40, 30, 3), "uint8")) is PicturePage
    assert _first_page(Summary("x", "tensor", "Tensor", (40, 30, 3), "float32")) is not PicturePage


async def test_the_page_that_the_learner_chose_is_in_front_whatever_the_shape() -> None:
    large = tensor("large", tuple(map(float, range(100))), (10, 10))
    async with Pane().run_test(size=(90, 30)) as pilot:
        app = await shown(pilot, Inspection((), (large,)))
        assert "100 elements" not in below(app, "large")
        await pilot.press("1")
        await pilot.pause()
        app = await shown(pilot, Inspection((), (large, X)))
        assert "100 elements" in below(app, "large")


async def test_a_key_tells_what_each_mark_means_and_hides_it_again() -> None:
    async with Pane().run_test(size=(90, 30)) as pilot:
        app = await shown(pilot, GRADIENTS)
        before = screen(app)
        await pilot.press("k")
        await pilot.pause()
        assert all(any(mark.meaning in line for line in screen(app)) for mark in MARKS)
        await pilot.press("k")
        await pilot.pause()
        assert screen(app) == before


def test_histograms_of_rows_under_each_other_do_not_touch() -> None:
    assert "█" not in sparkline((1, 5, 9, 9), bars=10)
    assert sparkline((0, 1, 9), bars=10) == " ▁▇"


async def test_the_legend_leaves_the_rows_most_of_the_room_and_escape_closes_it_first(build: Build) -> None:
    app = build()
    async with started(app, (80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        await pilot.press("t", "k")
        await shows(pilot, "is in the same memory as a", "esc Close the legend")
        assert all(mark.meaning in " ".join(line.strip("│ ") for line in lines(app)) for mark in MARKS)
        legend = app.screen.query_one(Legend)
        assert legend.region.height <= 7
        await pilot.press("escape")
        await until(pilot, lambda: not legend.display)
        assert app.lesson_screen.panes.title.tab == "tensors"
        await pilot.press("escape")
        await until(pilot, lambda: app.lesson_screen.panes.title.tab == "lesson")


def test_a_mark_is_on_one_row_of_the_legend_with_others_or_alone_where_the_pane_is_narrow() -> None:
    legend = Legend(ascii_only=False)
    for width in (20, 52, 76, 118):
        rows = [row.plain for row in legend.rows(width)]
        entries = {f"{mark.unicode} {mark.meaning}" for mark in MARKS}
        assert sorted("   ".join(rows).split("   ")) == sorted(entries)
        assert all(len(row) <= width or "   " not in row for row in rows)
    assert len(legend.rows(20)) == len(MARKS) and len(legend.rows(76)) <= 6
