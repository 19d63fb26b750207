"""A slip is named by the check that sees what it leaves, in whatever spelling, and by no other name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.course.slips_of_basics import SLIPS as OF_BASICS
from tests.course.slips_of_classification import SLIPS as OF_CLASSIFICATION
from tests.course.slips_of_images import SLIPS as OF_IMAGES
from tests.course.slips_of_regression import SLIPS as OF_REGRESSION
from tests.courses import course_in
from tests.spread import PARTS, in_full_only, marks
from tui_torch.course.lesson import Exercise
from tui_torch.course.proof.play import attempt
from tui_torch.kernel.session import KernelSession

COURSE = course_in()
WITH_MODELS = OF_CLASSIFICATION | OF_IMAGES
SLIPS = OF_BASICS | OF_REGRESSION | WITH_MODELS
IN_SUITE = sorted({name.partition("/")[0] for name in OF_BASICS | OF_REGRESSION})
IN_FULL = in_full_only(IN_SUITE, part=1) | {name.partition("/")[0] for name in WITH_MODELS}
"""Models that train before an exercise take too long for the suite."""


THIRDS = [
    pytest.param(
        *(name, SLIPS[name][part::PARTS]),
        id=f"{name}-{part}",
        marks=marks(name.partition("/")[0], IN_FULL) if part == number % PARTS else pytest.mark.slow,
    )
    for number, name in enumerate(SLIPS)
    for part in range(PARTS)
    if SLIPS[name][part::PARTS]
]
"""An exercise and a third of its slips, of which the suite tries one."""


@pytest.mark.parametrize(("name", "slips"), THIRDS)
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.xdist_group("course")
async def test_each_slip_is_told_by_its_own_name_alone(
    kernel: KernelSession, name: str, slips: Sequence[tuple[str, dict[str, str]]]
) -> None:
    lesson_id, _, step_id = name.partition("/")
    lesson = next(one for one in COURSE.lessons if one.id == lesson_id)
    step = next(one for one in lesson.steps if one.id == step_id)
    assert isinstance(step, Exercise)
    names = {part for says, _ in SLIPS[name] for part in says.split(" & ")}
    wrong: list[str] = []
    for says, changes in slips:
        code = step.solution
        for old, new in changes.items():
            assert code.count(old) == 1, f"{old!r} is not one place in\n{code}"
            code = code.replace(old, new)
        play = await attempt(kernel, lesson, step, code)
        messages = [] if play.graded is None else [one.message for one in play.graded.checks if not one.passed]
        told = {one for one in names if any(one in message for message in messages)}
        if told != set(says.split(" & ")):
            wrong.append(f"{changes}: told {sorted(told)}, wanted {says!r}, in {messages or play.failed}")
    assert not wrong, "\n".join(wrong)
