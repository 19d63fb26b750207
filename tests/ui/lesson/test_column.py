"""How the panes of a column share its rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.ui.lesson.column import Wish, heights

WISHES = st.lists(st.builds(Wish, st.integers(0, 90), st.integers(0, 8), st.integers(1, 12)), min_size=1, max_size=4)


def test_with_room_for_all_each_pane_has_what_it_wants() -> None:
    assert heights(40, [Wish(7, 3, 5), Wish(16, 4, 4), Wish(3, 4, 3)]) == [7, 16, 3]


def test_what_one_leaves_goes_to_those_that_want_more() -> None:
    assert heights(21, [Wish(17, 3, 5), Wish(4, 3, 4), Wish(2, 2, 3)]) == [15, 4, 2]


def test_where_all_want_more_the_rows_go_by_weight() -> None:
    assert heights(24, [Wish(90, 3, 5), Wish(90, 3, 4), Wish(90, 3, 3)]) == [10, 8, 6]


def test_the_largest_gives_first_where_not_even_the_least_fits() -> None:
    assert heights(4, [Wish(9, 4, 5), Wish(9, 3, 4), Wish(9, 1, 3)]) == [1, 2, 1]


@given(st.integers(0, 80), WISHES)
def test_no_row_is_given_twice_none_wasted_and_nobody_has_more_than_it_wants(rows: int, wishes: list[Wish]) -> None:
    given_rows = heights(rows, wishes)
    assert all(0 <= got <= wish.wanted for got, wish in zip(given_rows, wishes, strict=True))
    assert sum(given_rows) == min(rows, sum(wish.wanted for wish in wishes))
