"""Spaced repetition: what comes back, and when."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tui_torch.tutor.practice import DAY, INTERVALS, Memory, draw, due, memory_of
from tui_torch.tutor.progress.progress import Attempt, AttemptOutcome, Progress


def tried(*attempts: tuple[AttemptOutcome, float]) -> Memory | None:
    """What is known after attempts at those days."""
    return memory_of(Attempt("", "exercise", outcome, int(day * DAY)) for outcome, day in attempts)


def test_an_exercise_that_was_never_tried_is_not_practised() -> None:
    assert tried() is None
    assert tried(("set aside", 1), ("interrupted", 2)) is None
    assert draw({}, now=0) == []


def test_what_was_got_wrong_is_due_at_once() -> None:
    memory = tried(("passed", 0), ("passed", 3), ("not passed", 9))
    assert memory is not None and memory.due == 9 * DAY
    memory = tried(("passed", 0), ("failed", 9))
    assert memory is not None and memory.due == 9 * DAY


def test_what_was_solved_comes_back_later_each_time() -> None:
    days: list[float] = []
    attempts: list[tuple[AttemptOutcome, float]] = []
    for at in (0, 1, 4, 11, 32, 92):
        attempts.append(("passed", at))
        memory = tried(*attempts)
        assert memory is not None
        days.append(memory.due / DAY - at)
    assert days == [1, 3, 7, 21, 60, 60]


def test_to_solve_it_twice_on_one_day_is_to_know_it_once() -> None:
    memory = tried(("passed", 0), ("passed", 0.1))
    assert memory is not None and memory.solved == 1


def test_who_looked_at_the_solution_sees_the_exercise_again_on_the_same_day() -> None:
    memory = memory_of([Attempt("", "exercise", "passed", 5 * DAY)], solution_seen=True)
    assert memory is not None and memory.due == 5 * DAY


def test_a_round_begins_with_what_was_got_wrong_and_goes_on_with_the_most_overdue() -> None:
    memories = {"late": Memory(2, 0, False), "wrong": Memory(0, 9 * DAY, False), "later": Memory(1, 0, False)}
    assert due(memories, 10 * DAY) == ["wrong", "later", "late"]


def test_with_nothing_due_a_round_takes_what_will_be_soonest() -> None:
    memories = {f"e{at}": Memory(3 - at, 0, False) for at in range(3)}
    assert draw(memories, now=1, size=2) == ["e2", "e1"]


@given(
    st.dictionaries(st.integers(0, 20), st.builds(Memory, st.integers(0, 9), st.integers(0, 10**9), st.booleans())),
    st.integers(0, 2 * 10**9),
    st.integers(1, 8),
)
def test_a_round_has_no_exercise_twice_none_untried_and_all_that_fit_of_the_due(
    memories: dict[int, Memory], now: int, size: int
) -> None:
    names = draw(memories, now, size)
    waiting = {name for name, memory in memories.items() if memory.due <= now}
    assert len(set(names)) == len(names) == min(size, len(waiting) or len(memories))
    assert set(names) <= memories.keys()
    assert not waiting or set(names) <= waiting
    assert all(0 <= (memory.due - memory.last) // DAY <= INTERVALS[-1] for memory in memories.values())


def test_attempts_are_read_by_lesson_and_step_oldest_first(tmp_path: Path) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.record_attempt("a", "s", "1", "exercise", "not passed")
        progress.record_attempt("a", "s", "2", "exercise", "passed")
        progress.record_attempt("a", "e", "3", "example", "ok")
        progress.record_attempt("practice:a", "s", "4", "exercise", "passed")
        told = progress.all_attempts("exercise")
    assert {place: [attempt.code for attempt in attempts] for place, attempts in told.items()} == {
        ("a", "s"): ["1", "2"],
        ("practice:a", "s"): ["4"],
    }
