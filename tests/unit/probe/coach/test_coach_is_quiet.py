"""No false alarm: about what is right, the coach says nothing."""

from __future__ import annotations

import contextlib
import io

import pytest

from tests.courses import course_in, that_train
from tests.spread import at_both_speeds, in_full_only, marks
from tests.unit.probe.coach.every_program import CORRECT
from tests.unit.probe.coach.runs import Slowly, notes_of
from tui_torch.course.expected import expected_here
from tui_torch.course.lesson import Lesson
from tui_torch.course.step_run import code_of
from tui_torch.probe.lesson.namespace import seed

COURSE = course_in()

TEACHES = {
    # The quiz asks where the second step goes when zero_grad() is forgotten; this run settles it.
    ("optimizers", "the-forgotten-reset"): [("never-zeroed", 5)],
    # Seven faults are made in turn, and the coach knows this one.
    ("a-model-that-does-not-learn", "seven-that-do-not"): [("never-zeroed", 9)],
}
"""The steps whose code is wrong on purpose, and what the learner is then told."""


@pytest.mark.parametrize(("name", "slowly"), at_both_speeds(dict.fromkeys(CORRECT, "correct")))
def test_a_correct_loop_gets_no_note(name: str, slowly: bool) -> None:
    found = notes_of(CORRECT[name], clock=Slowly() if slowly else None)
    assert [(note.rule, note.line, note.says) for note in found] == []


def played(lesson: Lesson, step_id: str, code: str, raises: str | None) -> list[tuple[str, int | None]]:
    names: dict[str, object] = {"__name__": "__main__"}
    for portion in lesson.stands_on(step_id):
        seed(0)
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(portion.code, portion.step, "exec", dont_inherit=True), names)
    seed(0)
    return [(note.rule, note.line) for note in notes_of(code, names, raises)]


IDS = [lesson.id for lesson in COURSE.lessons]
FULL = in_full_only(IDS, 1) - {lesson_id for lesson_id, _ in TEACHES} | that_train()


@pytest.mark.parametrize(
    "lesson", [pytest.param(lesson, id=lesson.id, marks=marks(lesson.id, FULL)) for lesson in COURSE.lessons]
)
def test_a_lesson_gets_the_notes_that_it_teaches_and_no_other(lesson: Lesson) -> None:
    seen = {}
    for step in lesson.steps:
        code = code_of(step)
        if code is not None:
            raises = expected_here(step.expect)[0].raises
            if found := played(lesson, step.id, code, raises):
                seen[lesson.id, step.id] = found
    assert seen == {key: notes for key, notes in TEACHES.items() if key[0] == lesson.id}
