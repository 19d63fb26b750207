"""One line says what a picture takes the elements for and why, and what the key does; another, what is on show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui_torch.drawing.pictures.pixels import pixels_of
from tui_torch.drawing.pictures.sentences import detail_sentence, reading_sentence, shown_tiles
from tui_torch.protocol.orders import Reading, Request
from tui_torch.protocol.views import PictureView, Tiles

ROWS = ("000000ffffff", "ff000000ff00")
IMAGE = PictureView(
    Request("picture", "x"),
    "image",
    ROWS,
    0.0,
    1.0,
    0.0,
    1.0,
    False,
    (2, 2),
    (),
    (),
    True,
    0,
    None,
    (3, 2, 2),
    ("image", "strip", "heatmap"),
    "values 0 to 1",
)
GRID = replace(
    IMAGE,
    reading="grid",
    rows=ROWS * 3,
    shape=(5, 3, 2, 2),
    readings=("grid", "image", "strip", "heatmap"),
    tiles=Tiles(2, 2, 1, 0, 5, 2),
    index=(0,),
    counts=(2,),
)


def heatmaps(reading: Reading, shape: tuple[int, ...], why: str, readings: tuple[Reading, ...]) -> PictureView:
    tiles = Tiles(2, 4, 1, 0, shape[0], 1) if reading == "strip" else None
    rows = ("01ff", "ff01") * (shape[0] if tiles else 1)
    return replace(IMAGE, reading=reading, rows=rows, shape=shape, readings=readings, why=why, tiles=tiles)


SAID = [
    (IMAGE, "read as an image: 3×2×2, values 0 to 1; m: its matrices side by side"),
    (replace(IMAGE, reading="strip"), "drawn as 1 heatmap: 2×2 each; m: one at a time"),
    (GRID, "read as 5 images: 3×2×2 each, values 0 to 1; m: one at a time"),
    (replace(GRID, reading="image", tiles=None), "read as an image: 3×2×2; m: its matrices side by side"),
    (
        heatmaps("strip", (8, 2, 2), "each row sums to 1", ("strip", "heatmap")),
        "drawn as 8 heatmaps: 2×2 each, each row sums to 1; m: one at a time",
    ),
    (
        heatmaps("heatmap", (8, 2, 2), "", ("strip", "heatmap", "grey-grid")),
        "drawn as a heatmap: 2×2 of 8×2×2; m: as grey images",
    ),
    (heatmaps("heatmap", (2, 2), "", ("heatmap",)), ""),
    (heatmaps("heatmap", (2, 2), "", ("heatmap", "grey")), "2×2; m: as a grey image"),
    (
        replace(IMAGE, reading="image-last", shape=(2, 2, 3), readings=("heatmap", "image-last")),
        "read as an image: 2×2×3, channels last; m: as a heatmap",
    ),
    (
        replace(IMAGE, reading="grey-grid", shape=(9, 2, 2), readings=("grey-grid",), tiles=Tiles(2, 1, 1, 0, 9, 9)),
        "read as 9 grey images: 2×2 each, values 0 to 1",
    ),
]


@pytest.mark.parametrize(("view", "said"), SAID)
def test_it_says_what_it_is_read_as_and_why_and_what_the_key_does(view: PictureView, said: str) -> None:
    assert reading_sentence(view, "m", "×") == said


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (IMAGE, ""),
        (replace(IMAGE, low=-2.0, high=2.5), "black is -2, white 2.5"),
        (replace(IMAGE, size=(4, 8)), "a cell is the mean of 2×4"),
        (replace(IMAGE, size=(4, 8), exact=False), "a cell is the mean of some of 2×4"),
        (replace(GRID, size=(4, 4)), "a cell is the mean of 2×2"),
        (heatmaps("heatmap", (2, 2), "", ("heatmap",)), "2×2"),
        (heatmaps("heatmap", (2, 2), "", ("heatmap", "grey")), ""),
        (heatmaps("strip", (8, 2, 2), "", ("strip",)), ""),
    ],
)
def test_it_says_what_a_cell_stands_for_where_it_is_no_element(view: PictureView, said: str) -> None:
    assert detail_sentence(view, "×") == said


def test_of_pages_it_says_which_pictures_are_on_show_of_how_many() -> None:
    assert shown_tiles(GRID, ascii=False) == "0–2 of 5"
    assert shown_tiles(replace(GRID, rows=ROWS * 2, tiles=Tiles(2, 2, 1, 3, 5, 2)), ascii=True) == "3-4 of 5"
    assert shown_tiles(replace(GRID, tiles=Tiles(2, 2, 1, 0, 5, 1)), ascii=False) == ""
    assert shown_tiles(IMAGE, ascii=False) == ""


def test_pictures_stand_in_rows_with_a_pixel_between_them() -> None:
    view = replace(heatmaps("strip", (3, 1, 2), "", ("strip",)), rows=("01ff", "80ff", "0101"))
    view = replace(view, tiles=Tiles(1, 2, 2, 0, 3, 1))
    wide = [1, 1, 255, 255, None, 128, 128, 255, 255]
    below = [1, 1, 1, 1, None, None, None, None, None]
    assert pixels_of(view, 9, 5) == [wide, wide, [None] * 9, below, below]


def test_pictures_that_are_wider_than_the_widget_are_cut_at_its_edge() -> None:
    assert [len(row) for row in pixels_of(GRID, 3, 3)] == [3, 3, 3]
