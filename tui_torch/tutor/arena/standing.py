"""How a learner stands with each problem of the arena."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tui_torch.course.lesson import Lesson
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.study_session import ARENA


@dataclass(frozen=True, slots=True)
class ProblemStanding:
    """A problem, and what the learner has done of it."""

    problem: Lesson
    is_solved: bool
    runs: int
    """How often an answer was tried."""
    best: tuple[float, float] | None = None
    """The shortest time of a right answer in seconds, and that of the reference beside it; None if none was timed."""

    def has(self, words: Sequence[str]) -> bool:
        """Whether each of the words is in what is said of the problem, or says how it stands."""
        problem = self.problem
        said = (problem.id, problem.title, problem.summary, problem.difficulty or "", *problem.tags)
        text = " ".join((*said, "solved" if self.is_solved else "open")).lower()
        return all(word.lower() in text for word in words)


def problem_standings(problems: Iterable[Lesson], progress: Progress) -> tuple[ProblemStanding, ...]:
    """How the learner stands with each problem."""
    done = progress.all_done()
    found: list[ProblemStanding] = []
    for problem in problems:
        key, step = ARENA + problem.id, problem.steps[0].id
        runs = sum(attempt.outcome != "set aside" for attempt in progress.attempts(key, step))
        found.append(ProblemStanding(problem, step in done.get(key, ()), runs, progress.best_time(key, step)))
    return tuple(found)


def by_difficulty(standings: Iterable[ProblemStanding]) -> Iterator[tuple[str, list[ProblemStanding]]]:
    """(difficulty, the problems) for each that has any, the easy ones first."""
    every = list(standings)
    for difficulty in ("easy", "medium", "hard"):
        if found := [standing for standing in every if standing.problem.difficulty == difficulty]:
            yield difficulty, found
