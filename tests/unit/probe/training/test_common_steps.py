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


@given(st.sets(st.integers(1, 400)), st.sets(st.integers(1, 400)), st.sets(st.integers(1, 400)))
def test_where_looking_costs_too_much_rare_steps_are_looked_at(
    ready: set[int], one_can: set[int], other_can: set[int]
) -> None:
    def looked_at(can: set[int]) -> list[int]:
        common, found = CommonSteps(), list[int]()
        for step in range(1, 401):
            if common.is_chosen(step):
                is_done = common.is_rare(step) or step in can
                common.use(was_affordable=is_done)
                found += [step] if is_done else []
            if step in ready or step % 7 == 0:
                common.choose_after(step)
        return found

    both = sorted(set(looked_at(one_can)) & set(looked_at(other_can)))
    assert both[0] == 1 and both[-1] >= 300
    assert all(other <= max(2 * one, 32) for one, other in itertools.pairwise(both))


def test_rare_steps_are_few() -> None:
    rare = [step for step in range(1, 100_001) if CommonSteps.is_rare(step)]
    assert rare[:20] == [*range(1, 17), 18, 20, 22, 24]
    assert len(rare) < 130
