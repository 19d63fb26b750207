"""Norms of gradients stand side by side for one step alone."""

from __future__ import annotations

from tui_torch.ui.watching.ranks import rank_rows
from tui_torch.watching.ranks.findings import RankNorms
from tui_torch.watching.ranks.rank_record import RankRecord
from tui_torch.watching.ranks.together import compared, norms_at_one_step

FIRST = RankRecord(0, 1, 0.0, step=40, norms=((38, 1.0), (39, 3.0)), local_norms=((38, 1.1), (39, 3.1)))
SECOND = RankRecord(1, 2, 0.0, step=39, norms=((37, 5.0), (38, 1.0)), local_norms=((38, 1.4),))
AVERAGED = {0: 2, 1: 2}


def test_they_are_of_the_last_step_that_all_ranks_have_kept() -> None:
    assert norms_at_one_step([FIRST, SECOND], AVERAGED) == RankNorms(38, {0: 1.1, 1: 1.4}, {0: 1.0, 1: 1.0})


def test_without_such_a_step_there_are_none() -> None:
    other = RankRecord(1, 2, 0.0, step=37, norms=((37, 5.0),), local_norms=((37, 1.4),))
    assert norms_at_one_step([FIRST, other], AVERAGED) is None
    assert norms_at_one_step([], {}) is None


def test_those_that_are_not_averaged_are_left_out() -> None:
    assert norms_at_one_step([FIRST, SECOND], {}) == RankNorms(38, {0: 1.1, 1: 1.4}, {})


def test_the_table_has_no_norm_where_the_step_is_not_one() -> None:
    lines = compared([FIRST, SECOND], (), is_running=True, time=0.0).lines
    assert "own gradient" not in rank_rows(lines)[0]
    heading, *rows = rank_rows(lines, RankNorms(38, {0: 1.1, 1: 1.4}, {0: 1.0, 1: 1.0}))
    at = heading.index("own gradient")
    assert [row[at : at + 2] for row in rows] == [("1.100", "1.000"), ("1.400", "1.000")]
