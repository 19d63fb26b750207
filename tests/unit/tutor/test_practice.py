"""Spaced repetition: what comes back, and when."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.course.outline import Outline
from tui_torch.tutor.practice import DAY, INTERVALS, Memory, draw, due, memories_of, memory_of
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


def test_solved_again_half_a_day_later_counts_twice() -> None:
    memory = tried(("passed", 0), ("passed", 0.5))
    assert memory is not None and memory.solved == 2


def test_each_solution_begins_the_half_day_again() -> None:
    memory = tried(("passed", 0), ("passed", 0.4), ("passed", 0.8))
    assert memory is not None and (memory.solved, memory.last) == (1, int(0.8 * DAY))


def test_what_fails_on_the_day_it_was_solved_begins_again() -> None:
    memory = tried(("passed", 0), ("failed", 0.1), ("passed", 0.2))
    assert memory is not None and memory.solved == 1


def test_a_run_that_was_interrupted_or_died_or_was_set_aside_changes_nothing() -> None:
    solved = tried(("passed", 0), ("passed", 2))
    assert solved == tried(("passed", 0), ("died", 1), ("passed", 2), ("interrupted", 3), ("set aside", 4))


def test_who_looked_at_the_solution_is_one_level_behind() -> None:
    for solved, days in ((0, 0), (1, 0), (2, 1), (4, 7), (9, 60)):
        assert Memory(solved, 0, solution_seen=True).due == days * DAY


def test_what_is_due_is_so_from_that_second_on() -> None:
    memories = {"e": Memory(1, 0, False)}
    assert due(memories, DAY) == ["e"]
    assert due(memories, DAY - 1) == []


def test_a_round_holds_five() -> None:
    memories = {number: Memory(0, number, False) for number in range(9)}
    assert draw(memories, 10) == [0, 1, 2, 3, 4]


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
        by_step = progress.all_attempts("exercise")
    assert {place: [attempt.code for attempt in attempts] for place, attempts in by_step.items()} == {
        ("a", "s"): ["1", "2"],
        ("practice:a", "s"): ["4"],
    }


def test_an_exercise_is_remembered_from_its_lesson_and_from_practice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = Outline("a", "A", "S.", 5, ("e", "s", "untried"), ("E", "S", "U"), ("s", "untried"))
    with Progress.open(tmp_path / "progress.db") as progress:
        for key, step, outcome, day in (
            ("practice:a", "s", "passed", 3),
            ("a", "s", "passed", 1),
            ("a", "e", "ok", 4),
            ("b", "s", "failed", 5),
        ):
            monkeypatch.setattr("time.time", lambda day=day: day * DAY)
            kind = "exercise" if step == "s" else "example"
            progress.record_attempt(key, step, "x", kind, outcome)  # type: ignore[arg-type]
        assert memories_of([lesson], progress) == {("a", "s"): Memory(2, 3 * DAY, False)}


@pytest.mark.parametrize(("practised", "seen"), [(False, True), (True, False)])
def test_a_solution_that_was_seen_counts_until_the_exercise_is_practised(
    tmp_path: Path, practised: bool, seen: bool
) -> None:
    lesson = Outline("a", "A", "S.", 5, ("s",), ("S",), ("s",))
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.record_attempt("a", "s", "x", "exercise", "passed")
        progress.show_solution("a", "s")
        if practised:
            progress.record_attempt("practice:a", "s", "x", "exercise", "passed")
        assert memories_of([lesson], progress)["a", "s"].solution_seen is seen
