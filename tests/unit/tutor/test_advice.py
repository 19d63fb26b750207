"""What the tutor says to a wrong answer: of a known mistake, below its check or below its error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.courses import course_in
from tui_torch.course.lesson import Exercise
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import CheckResult, Failed, Graded
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor


@pytest.fixture
def tutor(tmp_path: Path) -> Iterator[Tutor]:
    with Progress.open(tmp_path / "progress.db") as progress:
        tutor = Tutor(course_in(), progress, cast("KernelSession", None))
        tutor.open(tutor.course.lesson("gradients"), "twenty-steps")
        yield tutor


def test_a_mistake_that_raises_is_told_by_its_error(tutor: Tutor) -> None:
    step = tutor.step
    assert isinstance(step, Exercise)
    mistake = next(mistake for mistake in step.mistakes if mistake.raises == "RuntimeError")
    assert tutor.advice_on_error(mistake.code, Failed("RuntimeError", "a leaf …", ())) == mistake.says
    assert tutor.advice_on_error(mistake.code, Failed("TypeError", "no", ())) is None
    assert tutor.advice_on_error(step.solution, Failed("RuntimeError", "no", ())) is None
    tutor.open(tutor.course.lesson("gradients"), "three-scalars")
    assert tutor.advice_on_error(mistake.code, Failed("RuntimeError", "no", ())) is None


def test_a_mistake_is_told_below_its_check_and_the_other_checks_give_their_hints(tutor: Tutor) -> None:
    step = tutor.step
    assert isinstance(step, Exercise)
    mistake = next(mistake for mistake in step.mistakes if mistake.fails == "every step has the rate 0.05")
    graded = Graded(tuple(CheckResult(check.name, False, "no") for check in step.checks))
    advice = tutor.advice(mistake.code, graded)
    assert advice["every step has the rate 0.05"] == mistake.says
    hints = {check.name: check.hint for check in step.checks if check.hint}
    assert {name: said for name, said in advice.items() if said != mistake.says} == {
        name: hint for name, hint in hints.items() if name != mistake.fails
    }


def test_a_check_that_was_stopped_has_no_hint(tutor: Tutor) -> None:
    step = tutor.step
    assert isinstance(step, Exercise)
    stopped, failed = [check for check in step.checks if check.hint][:2]
    results = CheckResult(stopped.name, False, "stopped", was_stopped=True), CheckResult(failed.name, False, "no")
    assert tutor.advice("pass", Graded(results)) == {failed.name: failed.hint}
