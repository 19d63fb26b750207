"""Each known mistake of the course is recognised as itself, and no right answer as one."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from tests.courses import course_in
from tests.spread import in_full_only, marks
from tui_torch.course.lesson import Exercise, Mistake
from tui_torch.protocol.events import CheckResult, Failed, Graded
from tui_torch.tutor.known_mistakes import recognise, recognise_error

COURSE = course_in()
IDS = [lesson.id for lesson in COURSE.lessons]


def exercises(part: int) -> list[ParameterSet]:
    """All of the course; the suite takes those of a part of the lessons."""
    full = in_full_only(IDS, part, parts=3)
    return [
        pytest.param(step, id=f"{lesson.id}/{step.id}", marks=marks(lesson.id, full))
        for lesson in COURSE.lessons
        for step in lesson.steps
        if isinstance(step, Exercise)
    ]


def said(exercise: Exercise, code: str, *, fails: str | None, raises: str | None) -> Mistake | None:
    if raises is not None:
        return recognise_error(exercise, code, Failed(raises, "", ()))
    return recognise(exercise, code, Graded((CheckResult(fails or "", False, "no"),)))


@pytest.mark.parametrize("exercise", exercises(0))
def test_each_known_mistake_is_recognised_as_itself(exercise: Exercise) -> None:
    for mistake in exercise.mistakes:
        assert said(exercise, mistake.code, fails=mistake.fails, raises=mistake.raises) is mistake


@pytest.mark.parametrize("exercise", exercises(1))
def test_no_right_answer_is_taken_for_a_mistake_whatever_fails(exercise: Exercise) -> None:
    ends = {(mistake.fails, mistake.raises) for mistake in exercise.mistakes}  # several end in the same way
    for code in (exercise.solution, *exercise.also):
        for fails, raises in ends:
            found = said(exercise, code, fails=fails, raises=raises)
            assert found is None, f"{code}\nis taken for: {found.says}"
