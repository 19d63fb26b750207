"""Spaced repetition: which exercises are due, given the attempts at them.

A failed exercise is due at once. A solved one is due after a day, and after a longer interval each time it is solved
again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from tui_torch.course.outline import Outline
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.progress import Attempt, Progress
from tui_torch.tutor.study_session import PRACTICE

Name = TypeVar("Name", bound=Hashable)
"""What identifies an exercise."""

DAY = 86_400
"""Seconds."""

INTERVALS = (0, 1, 3, 7, 21, 60)
"""Days until an exercise is due, indexed by the number of days in a row on which it was solved."""

ROUND = 5
"""Number of exercises in a round."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How well an exercise is known."""

    solved: int
    """Number of times that it was solved since it last failed; twice within half a day counts once."""
    last: int
    """When it was last tried, in unix seconds."""
    solution_seen: bool
    """Whether its solution was shown, and it has not been practised since."""

    @property
    def due(self) -> int:
        """When it is due, in unix seconds."""
        # What was read is forgotten sooner than what was found: seeing the solution takes off one level.
        level = min(max(self.solved - self.solution_seen, 0), len(INTERVALS) - 1)
        return self.last + INTERVALS[level] * DAY


def memory_of(attempts: Iterable[Attempt], *, solution_seen: bool = False) -> Memory | None:
    """How well an exercise is known, given the attempts at it, oldest first; None when it was never tried."""
    solved = 0
    last = solved_at = None
    for attempt in attempts:
        match attempt.outcome:
            case "passed":
                solved += solved_at is None or attempt.at - solved_at >= DAY // 2
                solved_at = attempt.at
            case "not passed" | "failed":
                solved, solved_at = 0, None
            case _:
                continue
        last = attempt.at
    return None if last is None else Memory(solved, last, solution_seen)


def memories_of(lessons: Iterable[Outline], progress: Progress) -> dict[tuple[str, str], Memory]:
    """How well each exercise that was ever tried is known, by the ids of its lesson and step."""
    attempts = progress.all_attempts("exercise")
    memories: dict[tuple[str, str], Memory] = {}
    for lesson in lessons:
        for step_id in lesson.exercises:
            in_lesson, in_practice = (attempts.get((key, step_id), ()) for key in (lesson.id, PRACTICE + lesson.id))
            solution_seen = not in_practice and progress.solution_seen(lesson.id, step_id)
            oldest_first = sorted((*in_lesson, *in_practice), key=lambda attempt: attempt.at)
            memory = memory_of(oldest_first, solution_seen=solution_seen)
            if memory is not None:
                memories[lesson.id, step_id] = memory
    return memories


def due(memories: Mapping[Name, Memory], now: int) -> list[Name]:
    """The exercises that are due at `now` (unix seconds): unsolved ones first, then the longest overdue."""
    waiting = [name for name, memory in memories.items() if memory.due <= now]
    return sorted(waiting, key=lambda name: (memories[name].solved > 0, memories[name].due))


def draw(memories: Mapping[Name, Memory], now: int, size: int = ROUND) -> list[Name]:
    """At most `size` exercises for a round: those that are due, or if none is, those that are due soonest.

    An exercise that was never tried has no memory and is not drawn, since its lesson has not taught it yet.
    """
    chosen = due(memories, now) or sorted(memories, key=lambda name: memories[name].due)
    return chosen[:size]
