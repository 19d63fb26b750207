"""Work of ours takes its share of a run's time, and no more."""

from __future__ import annotations

from contextlib import suppress

from tui_torch.probe.isolation.time_budget import TimeBudget


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_first_time_is_free() -> None:
    assert TimeBudget(0.01, clock=Clock()).permits()


def test_what_was_spent_must_be_within_the_share_of_the_time_since_the_beginning() -> None:
    clock = Clock()
    budget = TimeBudget(0.25, clock=clock)
    with budget.spending():
        clock.now += 1
    assert not budget.permits()
    clock.now += 2.5
    assert not budget.permits()
    clock.now += 0.5
    assert budget.permits()


def test_work_begins_at_most_once_an_interval() -> None:
    clock = Clock()
    budget = TimeBudget(1.0, interval=0.5, clock=clock)
    with budget.spending():
        pass
    clock.now += 0.25
    assert not budget.permits()
    clock.now += 0.25
    assert budget.permits()


def test_work_that_fails_is_charged_too() -> None:
    clock = Clock()
    budget = TimeBudget(0.5, clock=clock)
    with suppress(ValueError), budget.spending():
        clock.now += 1
        raise ValueError
    assert not budget.permits()


def test_seconds_that_the_clock_does_not_show_are_charged() -> None:
    clock = Clock()
    budget = TimeBudget(0.5, clock=clock)
    budget.charge(2)
    clock.now += 3
    assert not budget.permits()
    clock.now += 1
    assert budget.permits()


def test_a_new_beginning_forgets_what_was_spent_and_when() -> None:
    clock = Clock()
    budget = TimeBudget(0.1, interval=10, clock=clock)
    with budget.spending():
        clock.now += 5
    budget.begin()
    assert budget.permits()
