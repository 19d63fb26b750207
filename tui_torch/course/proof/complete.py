"""What a lesson of the course must have, in addition to what the format requires of every lesson."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import replace

from tui_torch.course.counts import states_something
from tui_torch.course.lesson import Check, Example, Exercise, Lesson
from tui_torch.course.problem import Loc, Problem

STEPS = range(5, 10)
"""Allowed numbers of steps."""
MINUTES = range(8, 16)
"""Allowed durations."""
OPENING_STEPS = range(3, 5)
"""Allowed numbers of steps of an opening: a lesson in which nothing is asked, which shows what is to come."""
OPENING_MINUTES = range(2, 5)
"""Allowed durations of an opening."""
LEAST_CHECKS = 3
"""Minimum number of checks in an exercise."""
LEAST_ALSO = 3
"""Minimum number of right answers in other styles: a check that knows one style alone fails who knows another."""
LEAST_HINTS = 3
"""Minimum number of hints in an exercise: a nudge, a bigger nudge, nearly the line."""
LEAST_MISTAKES = 3
"""Minimum number of known mistakes in a problem of the arena."""
PROBLEM_MINUTES = range(3, 91)
"""Allowed durations of a problem of the arena."""
LONGEST_ID, LONGEST_TITLE = 25, 37
"""Maximum numbers of characters of a problem's id and title: in 80 columns, a list has room beside them for what the
learner has done."""
SUMMED_UP_IN = 5
"""Number of list items in the last step."""


def incomplete(lesson: Lesson) -> Iterator[Problem]:
    """What a lesson of the course lacks, or a problem of the arena. Those from elsewhere need not meet this."""
    if lesson.difficulty is not None:
        yield from _incomplete_problem(lesson)
        return
    steps, minutes = (OPENING_STEPS, OPENING_MINUTES) if _is_opening(lesson) else (STEPS, MINUTES)
    if len(lesson.steps) not in steps:
        yield Problem(("steps",), f"the lesson has {len(lesson.steps)} steps, expected {_between(steps)}")
    if lesson.minutes not in minutes:
        yield Problem(("minutes",), f"`minutes` is {lesson.minutes}, expected {_between(minutes)}")
    if not lesson.further:
        yield Problem((), "the lesson has no `further`, expected pages to read next")
    for index, step in enumerate(lesson.steps):
        loc: Loc = ("steps", index)
        match step:
            case Example() if not states_something(step):
                yield Problem(loc, f"step `{step.id}`: no `expect` says what the code does, expected one to prove")
            case Exercise():
                for lack in _lacks(step):
                    yield replace(lack, loc=(*loc, *lack.loc), sentence=f"step `{step.id}`: {lack.sentence}")
            case _:
                pass
    last = lesson.steps[-1]
    summed_up = _list_items(last.text) if isinstance(last, Example) else 0
    if summed_up != SUMMED_UP_IN:
        sentence = f"the last step lists {summed_up} things, expected an example that sums up in {SUMMED_UP_IN}"
        yield Problem(("steps", len(lesson.steps) - 1, "text"), sentence)


def _incomplete_problem(problem: Lesson) -> Iterator[Problem]:
    if problem.minutes not in PROBLEM_MINUTES:
        yield Problem(("minutes",), f"`minutes` is {problem.minutes}, expected {_between(PROBLEM_MINUTES)}")
    for key, text, most in (("id", problem.id, LONGEST_ID), ("title", problem.title, LONGEST_TITLE)):
        if len(text) > most:
            yield Problem((key,), f"`{key}` has {len(text)} characters, expected {most} at most, so that a list fits")
    if not problem.tags:
        yield Problem((), "the problem has no `tags`, expected words by which it is found")
    for index, step in enumerate(problem.steps):
        if not isinstance(step, Exercise):
            continue
        for lack in _lacks(step):
            yield replace(lack, loc=("steps", index, *lack.loc))
        yield from _untold(problem.setup or "", step)
        if 0 < len(step.mistakes) < LEAST_MISTAKES:
            sentence = f"the problem knows {len(step.mistakes)} mistakes, expected at least {LEAST_MISTAKES}"
            yield Problem(("steps", index, "mistakes"), sentence)


def _untold(setup: str, exercise: Exercise) -> Iterator[Problem]:
    """What a setup makes and the task does not name: an answer finds it, so that it may be the answer."""
    for statement in ast.parse(setup).body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                if re.search(rf"`{name}\b", exercise.text) is None:
                    sentence = f"`setup` makes `{name}`, which the task does not name, expected it in `reference`"
                    yield Problem(("setup",), sentence, line=statement.lineno, column=1)
            case _:
                pass


def _is_opening(lesson: Lesson) -> bool:
    """Whether a lesson is one of a few minutes in which there is nothing to answer."""
    return lesson.minutes in OPENING_MINUTES and all(isinstance(step, Example) for step in lesson.steps)


def _lacks(exercise: Exercise) -> Iterator[Problem]:
    if len(exercise.checks) < LEAST_CHECKS:
        sentence = f"the exercise has {len(exercise.checks)} of the checks, expected at least {LEAST_CHECKS}"
        yield Problem(("checks",), sentence)
    if len(exercise.hints) < LEAST_HINTS:
        sentence = f"the exercise has {len(exercise.hints)} of the hints, expected at least {LEAST_HINTS}"
        yield Problem(("hints",) if exercise.hints else (), sentence)
    if len(exercise.also) < LEAST_ALSO:
        has = f"the exercise has {len(exercise.also)} right answers in other styles"
        sentence = f"{has}, expected at least {LEAST_ALSO} in `also`"
        yield Problem(("also",) if exercise.also else (), sentence)
    if not exercise.mistakes:
        yield Problem((), "the exercise knows no `mistakes`, expected answers that people really give")
    if not _has_comment(exercise.solution):
        yield Problem(("solution",), "the solution has no comment, expected it to say why")
    for index, check in enumerate(exercise.checks):
        if line := _silent_assert(check):
            sentence = f"the check “{check.name}” asserts without a message, expected what was seen and what was wanted"
            yield Problem(("checks", index, "code"), sentence, line=line, column=1)


def _between(numbers: range) -> str:
    return f"{numbers.start} to {numbers.stop - 1}"


def _list_items(markdown: str) -> int:
    return sum(line.startswith("- ") for line in markdown.splitlines())


def _has_comment(code: str) -> bool:
    return any(token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(code).readline))


def _silent_assert(check: Check) -> int:
    """The line of the first `assert` without a message; 0 if each has one."""
    silent = (node for node in ast.walk(ast.parse(check.code)) if isinstance(node, ast.Assert) and node.msg is None)
    return next((node.lineno for node in silent), 0)
