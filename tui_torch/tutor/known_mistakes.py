"""Recognises a known mistake in what the learner wrote, however it is laid out."""

from __future__ import annotations

import ast
from copy import copy
from typing import cast

from tui_torch.course.schema import Exercise, Mistake
from tui_torch.protocol.events import Graded


def recognise(exercise: Exercise, code: str, graded: Graded) -> Mistake | None:
    """The known mistake that explains a failed grade: its check failed, and the statements that set it apart from the
    solution are all in the learner's code. None when none does."""
    written = _statements(code)
    failing = {check.name for check in graded.checks if not check.passed}
    solution = _statements(exercise.solution)
    for mistake in exercise.mistakes:
        of_mistake = _statements(mistake.code)
        apart = of_mistake - solution
        # A mistake of omission has no statement of its own: then all of it must be what was written.
        same = apart <= written if apart else of_mistake == written
        if mistake.fails in failing and same:
            return mistake
    return None


def _statements(code: str) -> frozenset[str]:
    """Each statement of the code, at any depth, as a normal form: comments, quotes and spacing do not count."""
    try:
        return frozenset(ast.dump(_alone(node)) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()


def _alone(statement: ast.stmt) -> ast.stmt:
    """A statement without those inside it: a loop is its head, and what stands in it counts for itself."""
    if not hasattr(statement, "body"):
        return statement
    alone = copy(statement)
    for name, value in ast.iter_fields(statement):
        if isinstance(value, list) and any(isinstance(item, ast.stmt) for item in cast("list[object]", value)):
            setattr(alone, name, [])
    return alone
