"""The problems that a learner has solved, which come back as exercises do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tui_torch.course.arena.problems import Arena
from tui_torch.course.lesson import Lesson
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.naming import key_in
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.study_session import ARENA


def solved_problems(arena: Arena, progress: Progress) -> Iterator[Lesson]:
    """Each problem that is solved and can be read; the others are not read."""
    own = ARENA + key_in(arena.course, "")
    for key, done in progress.all_done().items():
        if key.startswith(own):
            with suppress(LessonErrors, KeyError):
                problem = arena.problem(key.removeprefix(own))
                if problem.steps[0].id in done:
                    yield problem
