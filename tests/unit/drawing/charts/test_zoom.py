"""The part of a run that is looked at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.charts.zoom import StepRange, StepWindow

WHOLE = StepRange(1, 1001)

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
    whole, window = StepRange(first, first + length), StepWindow()
    for move, by in made:
        match move:
            case "zoom":
                window = window.zoomed(by, whole, about=cursor, least=8)
            case "pan":
                window = window.panned(by, whole)
            case "hold":
                window = window.holding(by, whole)
            case _:
                whole = StepRange(whole.first, whole.last + by)
        shown = window.on(whole)
        assert whole.first <= shown.first <= shown.last <= whole.last
        assert shown.length >= min(8, length) - 1e-6


def test_zooming_in_shows_the_newest_half():
    assert StepWindow().zoomed(0.5, WHOLE).on(WHOLE) == StepRange(501, 1001)


def test_zooming_in_on_a_step_leaves_it_where_it_is_in_the_picture():
    assert StepWindow().zoomed(0.5, WHOLE, about=251).on(WHOLE) == StepRange(126, 626)


def test_a_window_on_the_newest_steps_follows_them():
    window = StepWindow().zoomed(0.5, WHOLE)
    assert window.on(StepRange(1, 2001)) == StepRange(1501, 2001)


def test_a_window_that_was_moved_back_stands_still():
    window = StepWindow().zoomed(0.5, WHOLE).panned(-0.5, WHOLE)
    assert window.on(WHOLE) == window.on(StepRange(1, 2001)) == StepRange(251, 751)


def test_zooming_out_as_far_as_it_was_zoomed_in_shows_everything():
    window = StepWindow().zoomed(0.5, WHOLE, about=100).zoomed(2.0, WHOLE)
    assert window.on(WHOLE) == WHOLE


def test_a_step_out_of_sight_is_brought_to_the_nearest_edge():
    window = StepWindow().zoomed(0.5, WHOLE)
    assert window.holding(101, WHOLE).on(WHOLE) == StepRange(101, 601)


def test_zooming_in_on_a_step_out_of_sight_keeps_the_edge_that_is_nearer_to_it():
    assert StepWindow(100, 500).zoomed(0.5, WHOLE, about=900).on(WHOLE) == StepRange(450, 500)
    assert StepWindow(100, 500).zoomed(0.5, WHOLE, about=10).on(WHOLE) == StepRange(400, 450)


def test_a_window_that_lies_beyond_a_shorter_run_shows_its_end():
    assert StepWindow(100, 2000).on(WHOLE) == StepRange(901, 1001)
    assert StepWindow(100, 10).on(WHOLE) == StepRange(1, 101)
