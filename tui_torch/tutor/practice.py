"""Spaced repetition: which exercises to practise now, from how they went before.

What was got wrong comes back at once. What was solved comes back after a day, and each time that it is solved again,
later: as long as it takes to be nearly forgotten.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tui_torch.tutor.progress.progress import Attempt

Name = TypeVar("Name", bound=Hashable)
"""What tells one exercise of the course from all others."""

DAY = 86_400
"""Seconds."""

INTERVALS = (0, 1, 3, 7, 21, 60)
"""Days until an exercise is due again, after it was solved so many times in a row, on as many days."""

ROUND = 5
"""Exercises that are drawn at a time."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How well an exercise is known."""

    solved: int
    """How often it was solved since it was last got wrong; twice on one day counts once."""
    last: int
    """When it was last tried: UTC, in unix seconds."""
    solution_seen: bool
    """Whether its solution was looked at before it was ever solved in practice."""

    @property
    def due(self) -> int:
        """When to practise it again: UTC, in unix seconds."""
        # Who looked at the solution knows it for a while, and less well.
        level = min(max(self.solved - self.solution_seen, 0), len(INTERVALS) - 1)
        return self.last + INTERVALS[level] * DAY


def memory_of(attempts: Iterable[Attempt], *, solution_seen: bool = False) -> Memory | None:
    """What the attempts at an exercise, oldest first, say about how well it is known; None when it was never tried."""
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


def due(memories: Mapping[Name, Memory], now: int) -> list[Name]:
    """Those to practise now, the most overdue first."""
    waiting = [name for name, memory in memories.items() if memory.due <= now]
    return sorted(waiting, key=lambda name: (memories[name].solved > 0, memories[name].due))


def draw(memories: Mapping[Name, Memory], now: int, size: int = ROUND) -> list[Name]:
    """A round of exercises: those that are due, and when none is, those that will be the soonest.

    An exercise that was never tried has no memory, and is not practised: its lesson has yet to teach it.
    """
    chosen = due(memories, now) or sorted(memories, key=lambda name: memories[name].due)
    return chosen[:size]
