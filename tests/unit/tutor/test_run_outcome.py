"""What a run earns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui_torch.course.lesson import Check, Choice, Example, Exercise, Expect, Quiz, VersionExpect
from tui_torch.protocol.events import CheckResult, Failed, Finished, Graded, Outcome
from tui_torch.tutor.run_outcome import attempt_outcome, completes_step

PASSED = Graded((CheckResult("one", True), CheckResult("two", True)))
NOT_PASSED = Graded((CheckResult("one", True), CheckResult("two", False)))
OK = Finished("ok", 0.1)
FAILED = Finished("failed", 0.1)

EXAMPLE = Example(id="e", title="E", text="T", code="x")
RAISING = replace(EXAMPLE, expect=Expect(raises="TypeError"))
EXERCISE = Exercise(id="x", text="T", starter="x = 1", solution="x = 2", checks=(Check(name="one", code="assert x"),))
QUIZ = Quiz(id="q", question="Q", choices=(Choice(text="a", correct=True, because="b"), Choice(text="c", because="d")))


def failed(error: str, in_step: str | None = None) -> Failed:
    return Failed(error, "", (), in_step=in_step)


@pytest.mark.parametrize(
    ("finished", "graded", "outcome"),
    [
        (OK, None, "ok"),
        (OK, PASSED, "passed"),
        (OK, NOT_PASSED, "not passed"),
        (FAILED, None, "failed"),
        (Finished("interrupted", 0.1), PASSED, "interrupted"),
        (Finished("died", 0.1), None, "died"),
    ],
)
def test_an_attempt_is_recorded_by_its_grade_or_by_how_it_ended(
    finished: Finished, graded: Graded | None, outcome: str
) -> None:
    assert attempt_outcome(finished, graded) == outcome


@pytest.mark.parametrize(("outcome", "done"), [("ok", True), ("failed", False), ("interrupted", False)])
def test_an_example_is_done_by_a_run_to_its_end(outcome: Outcome, done: bool) -> None:
    error = failed("TypeError") if outcome == "failed" else None
    assert completes_step(EXAMPLE, Finished(outcome, 0.1), error, None) is done


def test_an_example_that_shows_an_error_is_done_by_that_error() -> None:
    assert completes_step(RAISING, FAILED, failed("TypeError"), None)


def test_the_error_that_the_installed_release_shows_completes_an_example() -> None:
    expect = Expect(raises="TypeError", versions=(VersionExpect(torch=">=2.0", raises="KeyError"),))
    step = replace(EXAMPLE, expect=expect)
    assert completes_step(step, FAILED, failed("KeyError"), None)
    assert not completes_step(step, FAILED, failed("TypeError"), None)


def test_another_error_does_not_complete_an_example() -> None:
    assert not completes_step(RAISING, FAILED, failed("KeyError"), None)


def test_the_same_error_in_an_earlier_step_does_not_complete_an_example() -> None:
    assert not completes_step(RAISING, FAILED, failed("TypeError", in_step="before"), None)


def test_an_exercise_is_done_when_every_check_passes() -> None:
    assert completes_step(EXERCISE, OK, None, PASSED)
    assert not completes_step(EXERCISE, OK, None, NOT_PASSED)
    assert not completes_step(EXERCISE, OK, None, None)


def test_a_quiz_is_not_done_by_a_run() -> None:
    assert not completes_step(QUIZ, OK, None, None)
