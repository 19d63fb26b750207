"""Several pictures side by side: each of them is on one page, once, and every page fits where it is to be drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.probe.inspector.test_answer import LAYOUTS, seen
from tests.unit.probe.inspector.test_readings import digits, photo, random
from tui_torch.drawing.pictures.pixels import pixels_of
from tui_torch.probe.inspector.pictures.arrangement import arranged
from tui_torch.protocol.orders import PICTURE_COLUMNS, PICTURE_ROWS
from tui_torch.protocol.views import PictureView

SIDES = st.integers(1, 300)


@given(st.integers(1, 500), SIDES, SIDES, st.integers(1, 100), st.integers(1, 160))
@settings(deadline=None, max_examples=400)
def test_a_page_fits_and_all_pages_hold_all_pictures(
    count: int, rows: int, columns: int, height: int, width: int
) -> None:
    layout = arranged(count, rows, columns, height, width)
    assert 1 <= layout.height <= rows and 1 <= layout.width <= columns
    assert 1 <= layout.across <= layout.page <= count
    assert layout.across * (layout.width * layout.magnified + 1) - 1 <= width
    assert math.ceil(layout.page / layout.across) * (layout.height * layout.magnified + 1) - 1 <= height
    assert (layout.pages - 1) * layout.page < count <= layout.pages * layout.page


@given(
    dtype=st.sampled_from([torch.float32, torch.uint8, torch.bool, torch.complex64, torch.int64, torch.bfloat16]),
    shape=st.lists(st.integers(1, 11), min_size=1, max_size=5).map(tuple),
    layout=st.sampled_from(LAYOUTS),
    flaw=st.sampled_from([0.5, math.nan, math.inf, -math.inf]),
    scale=st.sampled_from([0.1, 1.0, 200.0]),
    size=st.tuples(st.integers(1, 40), st.integers(1, 60)),
)
@settings(deadline=None, max_examples=160)
def test_whatever_is_drawn_is_whole_on_its_pages_and_fits(
    dtype: torch.dtype,
    shape: tuple[int, ...],
    layout: object,
    flaw: float,
    scale: float,
    size: tuple[int, int],
) -> None:
    tensor = torch.rand(shape) * scale
    tensor.view(-1)[0] = flaw if dtype in (torch.float32, torch.bfloat16) else 1
    tensor = layout(tensor.to(dtype))  # type: ignore[operator]
    if dtype is torch.float32:
        tensor.requires_grad_()
    if not tensor.numel():
        return
    height, width = size
    first: PictureView = seen("picture", tensor, height=height, width=width)
    for reading in first.readings:
        view: PictureView = seen("picture", tensor, height=height, width=width, reading=reading)
        drawn = pixels_of(view, width, height)
        assert len(drawn) <= height and all(len(row) == len(drawn[0]) <= width for row in drawn)
        if view.tiles is None:
            continue
        numbers: list[int] = []
        for page in range(view.tiles.pages):
            index = (*view.index[:-1], page) if view.tiles.pages > 1 else view.index
            other: PictureView = seen("picture", tensor, height=height, width=width, reading=reading, index=index)
            assert other.tiles is not None and len(other.rows) % other.tiles.height == 0
            numbers += range(other.tiles.first, other.tiles.first + len(other.rows) // other.tiles.height)
        assert numbers == list(range(view.tiles.total))
    assert dtype is not torch.float32 or tensor.grad is None
    assert tensor._version <= 1 or not tensor.requires_grad


def test_a_batch_is_a_grid_of_all_its_images() -> None:
    batch = torch.stack([photo(32, 32, seed) for seed in range(6)])
    view: PictureView = seen("picture", batch, height=60, width=118)
    assert (view.reading, view.size, view.shape, view.counts) == ("grid", (32, 32), (6, 3, 32, 32), ())
    assert view.tiles is not None
    assert (view.tiles.total, view.tiles.first, view.tiles.pages) == (6, 0, 1)
    assert len(view.rows) == 6 * view.tiles.height


def test_images_that_do_not_fit_are_reduced_to_twelve_pixels_and_then_paged() -> None:
    view: PictureView = seen("picture", digits(64)[:, None], height=40, width=80)
    assert view.tiles is not None
    assert (view.tiles.height, view.tiles.pages, view.counts, view.index) == (12, 4, (4,), (0,))
    last: PictureView = seen("picture", digits(64)[:, None], height=40, width=80, index=(9,))
    assert last.tiles is not None
    assert (last.tiles.first, last.index) == (54, (3,))
    assert len(last.rows) == 10 * 12


def test_the_images_of_a_grid_are_in_the_order_of_the_batch() -> None:
    batch = torch.zeros(2, 3, 8, 8)
    batch[0, 0], batch[1, 1] = 1.0, 0.5
    view: PictureView = seen("picture", batch, height=20, width=20)
    assert view.tiles is not None and view.tiles.magnified == 1
    assert view.rows == ("ff0000" * 8,) * 8 + ("008000" * 8,) * 8


def test_channels_share_one_scale() -> None:
    channels = torch.zeros(5, 4, 4)
    channels[0], channels[1] = 4.0, 1.0
    view: PictureView = seen("picture", channels, height=20, width=80)
    assert (view.reading, view.low, view.high) == ("strip", 0, 4)
    assert view.tiles is not None
    tall = view.tiles.height
    assert set(view.rows[:tall]) == {"ff" * 4} and set(view.rows[tall : 2 * tall]) == {"41" * 4}
    assert set(view.rows[2 * tall :]) == {"01" * 4}


def test_the_channels_of_one_of_several_are_chosen_by_its_index() -> None:
    activations = random(3, 16, 4, 4)
    view: PictureView = seen("picture", activations, index=(2,), height=40, width=80)
    assert (view.reading, view.counts, view.index) == ("strip", (3,), (2,))
    alone: PictureView = seen("picture", activations[2], height=40, width=80)
    assert view.rows == alone.rows


def test_filters_of_one_channel_are_all_beside_each_other() -> None:
    view: PictureView = seen("picture", random(16, 1, 5, 5) * 0.1, height=40, width=80)
    assert view.tiles is not None and view.tiles.total == 16


def test_greys_of_0_to_255_that_are_no_bytes_are_black_at_0_and_white_at_255() -> None:
    image = (photo(32, 32) * 200).round()
    view: PictureView = seen("picture", image)
    assert (view.reading, view.low, view.high) == ("image", 0, 255)


@pytest.mark.parametrize("shape", [(64, 3, 100_000, 100_000), (500, 20, 50_000, 40_000), (3, 200_000, 150_000)])
def test_pictures_are_small_however_large_the_tensor_is(shape: tuple[int, ...]) -> None:
    view: PictureView = seen("picture", torch.zeros(1).expand(shape))
    assert not view.exact
    assert len(view.rows) * len(view.rows[0]) <= PICTURE_ROWS * PICTURE_COLUMNS * 6


def test_an_array_and_its_tensor_are_the_same_pictures() -> None:
    batch = torch.stack([photo(20, 24, seed) for seed in range(4)])
    for reading in seen("picture", batch).readings:
        of_tensor, of_array = (seen("picture", value, reading=reading) for value in (batch, batch.numpy()))
        assert of_tensor == of_array


def test_the_value_is_left_as_it_was() -> None:
    batch = torch.stack([photo(20, 24, seed) for seed in range(4)]).requires_grad_()
    before, version = batch.detach().clone(), batch._version
    for reading in seen("picture", batch).readings:
        seen("picture", batch, reading=reading)
    assert batch.grad is None and batch._version == version and np.array_equal(before, batch.detach())
