"""The part of a run that is looked at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.charts.zoom import Extent, Window

WHOLE = Extent(1, 1001)

moves = st.lists(
    st.one_of(
        st.tuples(st.just("zoom"), st.sampled_from([0.5, 2.0])),
        st.tuples(st.just("pan"), st.sampled_from([-0.5, 0.5])),
        st.tuples(st.just("hold"), st.integers(-10, 3000)),
        st.tuples(st.just("grow"), st.integers(0, 500)),
    ),
    max_size=30,
)


@given(st.integers(1, 100), st.integers(0, 2000), moves, st.one_of(st.none(), st.integers(-10, 3000)))
def test_however_it_is_moved_it_stays_within_the_run(first, length, made, cursor):
    extent, window = Extent(first, first + length), Window()
    for move, by in made:
        match move:
            case "zoom":
                window = window.zoomed(by, extent, about=cursor, least=8)
            case "pan":
                window = window.panned(by, extent)
            case "hold":
                window = window.holding(by, extent)
            case _:
                extent = Extent(extent.first, extent.last + by)
        shown = window.on(extent)
        assert extent.first <= shown.first <= shown.last <= extent.last
        assert shown.length >= min(8, length) - 1e-6


def test_zooming_in_shows_the_newest_half():
    assert Window().zoomed(0.5, WHOLE).on(WHOLE) == Extent(501, 1001)


def test_zooming_in_on_a_step_leaves_it_where_it_is_in_the_picture():
    assert Window().zoomed(0.5, WHOLE, about=251).on(WHOLE) == Extent(126, 626)


def test_a_window_on_the_newest_steps_follows_them():
    window = Window().zoomed(0.5, WHOLE)
    assert window.on(Extent(1, 2001)) == Extent(1501, 2001)


def test_a_window_that_was_moved_back_stands_still():
    window = Window().zoomed(0.5, WHOLE).panned(-0.5, WHOLE)
    assert window.on(WHOLE) == window.on(Extent(1, 2001)) == Extent(251, 751)


def test_zooming_out_as_far_as_it_was_zoomed_in_shows_everything():
    window = Window().zoomed(0.5, WHOLE, about=100).zoomed(2.0, WHOLE)
    assert window.on(WHOLE) == WHOLE


def test_a_step_out_of_sight_is_brought_to_the_nearest_edge():
    window = Window().zoomed(0.5, WHOLE)
    assert window.holding(101, WHOLE).on(WHOLE) == Extent(101, 601)
