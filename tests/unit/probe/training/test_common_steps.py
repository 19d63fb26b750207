"""Processes that train together look at the same steps, though each is ready at times of its own."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.probe.training.norms.common_steps import CommonSteps


def looked_at(ready: set[int], steps: int) -> list[int]:
    """The steps that a process looks at that is ready again after some."""
    common, found = CommonSteps(), list[int]()
    for step in range(1, steps + 1):
        if common.is_chosen(step):
            found.append(step)
            common.use()
        if step in ready:
            common.choose_after(step)
    return found


@given(st.sets(st.integers(1, 400)))
def test_a_step_is_looked_at_once_and_at_most_one_each_time_that_it_is_ready(ready: set[int]) -> None:
    found = looked_at(ready, 400)
    assert found == sorted(set(found)) and found[0] == 1
    assert len(found) <= len(ready) + 1
    assert all(sum(one <= time < other for time in ready) >= 1 for one, other in itertools.pairwise(found))


@given(st.lists(st.integers(6, 12), min_size=60, max_size=60), st.lists(st.integers(20, 30), min_size=20, max_size=20))
def test_two_meet_again_and_again_whatever_their_pace(fast: list[int], slow: list[int]) -> None:
    def times(gaps: list[int]) -> set[int]:
        return {sum(gaps[: count + 1]) for count in range(len(gaps))}

    both = sorted(set(looked_at(times(fast), 400)) & set(looked_at(times(slow), 400)))
    gaps = [other - one for one, other in zip(both, [*both[1:], 400], strict=True)]
    assert both[0] == 1 and max(gaps) <= 128


def test_where_looking_costs_too_much_fewer_steps_are_chosen() -> None:
    common, chosen = CommonSteps(), list[int]()
    for step in range(1, 200):
        if common.is_chosen(step):
            chosen.append(step)
            common.use(was_affordable=len(chosen) > 3)
        common.choose_after(step)
    assert chosen == [1, 2, 4, *range(8, 200, 8)]
