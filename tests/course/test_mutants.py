"""Drops each line of each solution in turn: what is left must not pass the exercise's checks.

CI does it with one lesson; `python -m pytest -m "slow or not slow" tests/course/test_mutants.py` with all of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.courses import course_in
from tui_torch.course.lesson import Exercise, Lesson
from tui_torch.course.proof.play import attempt
from tui_torch.kernel.session import KernelSession

COURSE = course_in()
SAMPLE = "gradients"
"""The lesson that CI takes."""

EQUIVALENT: dict[tuple[str, str, str], str] = {}
"""(lesson, exercise, dropped line) where what is left does what it should, and why."""


def mutants(solution: str) -> Iterator[tuple[str, str]]:
    """(dropped line, what is left) for each line that does something; a block that is left empty gets a `pass`.

    Comments and prints are for the reader. Part of a statement alone has no mutant: the rest is not Python.
    """
    lines = solution.splitlines()
    for place, line in enumerate(lines):
        code = line.strip()
        if not code or code.startswith(("#", "print(")):
            continue
        indent = line[: len(line) - len(line.lstrip())]
        for instead in ([], [f"{indent}pass"]):
            left = "\n".join([*lines[:place], *instead, *lines[place + 1 :]]) + "\n"
            if _parses(left):
                yield code, left
                break


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def test_a_mutant_lacks_one_line_and_is_python() -> None:
    solution = "# why\nx = 1\ny = f(\n    x)\n\nif y:\n    y = 0\nprint(y)\n"
    assert dict(mutants(solution)) == {
        "x = 1": "# why\ny = f(\n    x)\n\nif y:\n    y = 0\nprint(y)\n",
        "y = 0": "# why\nx = 1\ny = f(\n    x)\n\nif y:\n    pass\nprint(y)\n",
    }


WITH_EXERCISES = [one for one in COURSE.lessons if any(isinstance(step, Exercise) for step in one.steps)]


@pytest.mark.parametrize(
    "lesson",
    [pytest.param(one, id=one.id, marks=() if one.id == SAMPLE else pytest.mark.slow) for one in WITH_EXERCISES],
)
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.xdist_group("course")
async def test_no_line_of_a_solution_goes_unmissed(kernel: KernelSession, lesson: Lesson) -> None:
    passed: set[tuple[str, str, str]] = set()
    tried = 0
    for step in lesson.steps:
        if not isinstance(step, Exercise):
            continue
        for dropped, left in mutants(step.solution):
            tried += 1
            played = await attempt(kernel, lesson, step, left)
            # A mutant that raises an error is missed as well: the exercise does not pass.
            if played.outcome == "ok" and played.graded is not None and played.graded.passed:
                passed.add((lesson.id, step.id, dropped))
    assert tried > 0
    print(f"{lesson.id}: {tried - len(passed)} of {tried} mutants are caught")  # noqa: T201
    assert passed == {key for key in EQUIVALENT if key[0] == lesson.id}
    assert len(passed) <= tried / 10
