"""Recognises a known mistake in the learner's code, whatever its layout."""

from __future__ import annotations

import ast
from copy import copy
from typing import cast

from tui_torch.course.lesson import Exercise, Mistake
from tui_torch.protocol.events import Graded


def recognise(exercise: Exercise, code: str, graded: Graded) -> Mistake | None:
    """The known mistake that explains a failed grade, or None.

    Its check failed, and the learner's code contains every statement in which the mistake differs from the solution.
    """
    written = _statements(code)
    solution = _statements(exercise.solution)
    for mistake in exercise.mistakes:
        mistaken = _statements(mistake.code)
        differing = mistaken - solution
        # A mistake of omission has no statement of its own: then all of it must be what was written.
        same = differing <= written if differing else mistaken == written
        if mistake.fails in graded.failing and same:
            return mistake
    return None


def _statements(code: str) -> frozenset[str]:
    """Each statement of the code, at any depth, in a normal form without comments, quotes and spacing.

    Empty if the code does not parse.
    """
    try:
        return frozenset(ast.dump(_alone(node)) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()


def _alone(statement: ast.stmt) -> ast.stmt:
    """A statement without the statements inside it, such as a loop's head: its body is compared separately."""
    if not hasattr(statement, "body"):
        return statement
    alone = copy(statement)
    for name, value in ast.iter_fields(statement):
        if isinstance(value, list) and any(isinstance(item, ast.stmt) for item in cast("list[object]", value)):
            setattr(alone, name, [])
    return alone
